//! Rounding a value to a storage dtype and back: to the nearest, ties to even. Overflow becomes infinity; in
//! e4m3, which has none, NaN.

use half::{bf16, f16};
use program::{DType, Float};

/// The f32 that is stored when `x` is written as `dtype`.
pub fn round_to(x: f32, dtype: DType) -> f32 {
    match dtype.computed_float() {
        Some(Float::F32) => x,
        Some(Float::F16) => f16::from_f32(x).to_f32(),
        Some(Float::Bf16) => bf16::from_f32(x).to_f32(),
        Some(Float::F8e4m3) => {
            Narrow { mantissa_bits: 3, least_exponent: -6, largest: 448.0, overflow: f32::NAN }.round(x)
        }
        Some(Float::F8e5m2) => {
            Narrow { mantissa_bits: 2, least_exponent: -14, largest: 57344.0, overflow: f32::INFINITY }
                .round(x)
        }
        None => unreachable!("kernels of floats refuse other dtypes"),
    }
}

/// As [`round_to`], of all numbers and in vectors where the dtype has 16 bits.
#[inline(always)]
pub fn round_all(numbers: &mut [f32], dtype: DType) {
    match dtype.computed_float() {
        Some(Float::F32) => {}
        Some(Float::F16) => {
            for x in numbers {
                *x = as_f16(*x);
            }
        }
        Some(Float::Bf16) => {
            for x in numbers {
                *x = as_bf16(*x);
            }
        }
        Some(Float::F8e4m3 | Float::F8e5m2) | None => {
            for x in numbers {
                *x = round_to(*x, dtype);
            }
        }
    }
}

const SIGN: u32 = 1 << 31;
const INFINITY: u32 = 0x7f80_0000;

/// Rounding to f16 without a branch or a call, which `half` has.
#[inline(always)]
fn as_f16(x: f32) -> f32 {
    let size = x.to_bits() & !SIGN;
    let normal = (size + 0xfff + ((size >> 13) & 1)) & !0x1fff;
    // Below 2^-14 the spacing is 2^-24, which is that of f32 above 0.5.
    let subnormal = (f32::from_bits(size) + 0.5 - 0.5).to_bits();
    let rounded = if size < 0x3880_0000 { subnormal } else { normal };
    let rounded = if rounded >= 0x4780_0000 { INFINITY } else { rounded };
    f32::from_bits((if size > INFINITY { size } else { rounded }) | (x.to_bits() & SIGN))
}

/// As [`as_f16`], to bf16.
#[inline(always)]
fn as_bf16(x: f32) -> f32 {
    let size = x.to_bits() & !SIGN;
    let rounded = (size + 0x7fff + ((size >> 16) & 1)) & !0xffff;
    f32::from_bits((if size > INFINITY { size } else { rounded }) | (x.to_bits() & SIGN))
}

/// A float narrower than f32, by the OCP 8-bit formats of June 2023.
struct Narrow {
    mantissa_bits: i32,
    /// Of the smallest normal number; below it the spacing stays.
    least_exponent: i32,
    largest: f32,
    overflow: f32,
}

impl Narrow {
    fn round(&self, x: f32) -> f32 {
        if !x.is_finite() {
            return if x.is_nan() { x } else { self.overflow.copysign(x) };
        }
        let exponent = ((x.to_bits() >> 23) & 0xff) as i32 - 127;
        let spacing = power_of_two(exponent.max(self.least_exponent) - self.mantissa_bits);
        // Both steps are exact but for the rounding itself: the spacing is a power of two.
        let rounded = (x / spacing).round_ties_even() * spacing;
        if rounded.abs() > self.largest { self.overflow.copysign(x) } else { rounded }
    }
}

fn power_of_two(exponent: i32) -> f32 {
    f32::from_bits(((exponent + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_round_to_the_nearest_even() {
        for (dtype, x, stored) in [
            (DType::F32, 0.1, 0.1),
            (DType::F16, 2049.0, 2048.0),
            (DType::F16, 65520.0, f32::INFINITY),
            (DType::Bf16, 257.0, 256.0),
            (DType::F8e4m3, 17.0, 16.0),
            (DType::F8e4m3, 19.0, 20.0),
            (DType::F8e4m3, 448.0, 448.0),
            (DType::F8e4m3, 464.0, 448.0),
            (DType::F8e4m3, 0.001, 0.001_953_125),
            (DType::F8e4m3, 0.000_9, 0.0),
            (DType::F8e5m2, 9.0, 8.0),
            (DType::F8e5m2, -61440.0, f32::NEG_INFINITY),
            (DType::F8e5m2, 0.000_01, 0.000_015_258_789),
        ] {
            assert_eq!(round_to(x, dtype), stored, "{x} as {dtype}");
        }
        assert!(round_to(465.0, DType::F8e4m3).is_nan());
        assert!(round_to(f32::NEG_INFINITY, DType::F8e4m3).is_nan());
    }

    /// Every 16-bit number and its neighbours in f32, on both sides of each tie.
    #[test]
    fn numbers_in_vectors_round_as_one_by_one() {
        let around = |bits: u32| {
            [bits, bits ^ 1, bits.wrapping_add(0xfff), bits.wrapping_add(0x1000), bits.wrapping_add(0x1001)]
        };
        let bits = (0..=u16::MAX).flat_map(|high| {
            around(u32::from(high) << 16).into_iter().chain(around((u32::from(high) << 16) | 0x8000))
        });
        let all: Vec<f32> = bits.chain((0..100_000).map(|at| at * 42_949)).map(f32::from_bits).collect();
        for dtype in [DType::F16, DType::Bf16] {
            let mut rounded = all.clone();
            round_all(&mut rounded, dtype);
            for (&x, &ours) in all.iter().zip(&rounded) {
                let alone = round_to(x, dtype);
                let equal = ours.to_bits() == alone.to_bits() || (ours.is_nan() && alone.is_nan());
                assert!(equal, "{x:e} as {dtype} is {alone:e}, in vectors {ours:e}");
            }
        }
    }

    #[test]
    fn stored_values_stay() {
        for bits in 0..=u8::MAX {
            let e5m2 = half::f16::from_bits(u16::from(bits) << 8).to_f32();
            assert_eq!(round_to(e5m2, DType::F8e5m2).to_bits(), e5m2.to_bits(), "{e5m2}");
        }
    }
}
