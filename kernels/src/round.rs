//! Rounding a value to a storage dtype and back: to the nearest, ties to even. Overflow becomes infinity; in
//! e4m3, which has none, NaN.

use half::{bf16, f16};
use program::DType;

/// The f32 that is stored when `x` is written as `dtype`.
pub fn round_to(x: f32, dtype: DType) -> f32 {
    match dtype {
        DType::F32 => x,
        DType::F16 => f16::from_f32(x).to_f32(),
        DType::Bf16 => bf16::from_f32(x).to_f32(),
        DType::F8e4m3 => {
            Narrow { mantissa_bits: 3, least_exponent: -6, largest: 448.0, overflow: f32::NAN }.round(x)
        }
        DType::F8e5m2 => {
            Narrow { mantissa_bits: 2, least_exponent: -14, largest: 57344.0, overflow: f32::INFINITY }
                .round(x)
        }
        DType::U8 | DType::I32 => unreachable!("kernels of floats refuse integer dtypes"),
    }
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

    #[test]
    fn stored_values_stay() {
        for bits in 0..=u8::MAX {
            let e5m2 = half::f16::from_bits(u16::from(bits) << 8).to_f32();
            assert_eq!(round_to(e5m2, DType::F8e5m2).to_bits(), e5m2.to_bits(), "{e5m2}");
        }
    }
}
