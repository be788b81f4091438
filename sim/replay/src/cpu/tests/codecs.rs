use half::{bf16, f16};
use program::{DType, Float, Sign};

use super::{Random, at_every_level, bytes_of, floats_of, ints};
use crate::cpu::convert::{encode_integers, widen};
use crate::cpu::fma::soft_fma;
use crate::cpu::{SimdLevel, Strided, decode, encode};

const SMALL: [DType; 4] = [DType::F16, DType::Bf16, DType::F8e4m3, DType::F8e5m2];

/// Exponent bits, mantissa bits, and whether the top exponent is kept for infinity and NaN.
fn format(dtype: DType) -> (u32, u32, bool) {
    match dtype.computed_float() {
        Some(Float::F16) => (5, 10, true),
        Some(Float::Bf16) => (8, 7, true),
        Some(Float::F8e4m3) => (4, 3, false),
        Some(Float::F8e5m2) => (5, 2, true),
        Some(Float::F32) | None => unreachable!("not a small float"),
    }
}

/// All finite magnitudes by code, from the definition of a float, and one more: where overflow begins.
fn magnitudes(dtype: DType) -> Vec<f64> {
    let (exponent_bits, mantissa_bits, ieee) = format(dtype);
    let bias = (1 << (exponent_bits - 1)) - 1;
    // e4m3 has one NaN, the last code; the others give up the top exponent.
    let first_not_finite = if ieee { ((1u32 << exponent_bits) - 1) << mantissa_bits } else { 0x7f };
    (0..=first_not_finite)
        .map(|code| {
            let (exponent, mantissa) = (code >> mantissa_bits, f64::from(code & ((1 << mantissa_bits) - 1)));
            let unit = 2f64.powi(exponent.max(1) as i32 - bias - mantissa_bits as i32);
            (mantissa + if exponent > 0 { f64::from(1 << mantissa_bits) } else { 0.0 }) * unit
        })
        .collect()
}

/// The nearest code by search; ties go to the even code.
fn slow_encode(x: f64, dtype: DType, magnitudes: &[f64]) -> u32 {
    let sign = 1 << (8 * dtype.size() - 1);
    let top = magnitudes.len() as u32 - 1;
    let (_, mantissa_bits, ieee) = format(dtype);
    if x.is_nan() {
        return if ieee { top | 1 << (mantissa_bits - 1) } else { top };
    }
    let above = magnitudes.partition_point(|&m| m < x.abs()).min(magnitudes.len() - 1);
    let below = above.saturating_sub(1);
    let (down, up) = (x.abs() - magnitudes[below], magnitudes[above] - x.abs());
    let code = if down < up || (down == up && below % 2 == 0) { below } else { above } as u32;
    if code == top && !ieee { top } else { code | if x.is_sign_negative() { sign } else { 0 } }
}

fn code(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |code, &byte| code << 8 | u32::from(byte))
}

fn all_codes(dtype: DType) -> impl Iterator<Item = Vec<u8>> {
    let size = dtype.size() as usize;
    (0..1u32 << (8 * size)).map(move |code| code.to_le_bytes()[..size].to_vec())
}

#[test]
fn every_code_is_its_definition_and_comes_back() {
    for dtype in SMALL {
        let magnitudes = magnitudes(dtype);
        let sign = 1u32 << (8 * dtype.size() - 1);
        let nan = slow_encode(f64::NAN, dtype, &magnitudes);
        for bytes in all_codes(dtype) {
            let (x, code) = (floats_of(&bytes, dtype)[0], code(&bytes));
            let magnitude = (code & (sign - 1)) as usize;
            if magnitude + 1 < magnitudes.len() {
                assert_eq!(f64::from(x.abs()), magnitudes[magnitude], "{dtype} {code:x}");
                assert_eq!(x.is_sign_negative(), code & sign != 0, "{dtype} {code:x}");
            } else if magnitude + 1 == magnitudes.len() && dtype != DType::F8e4m3 {
                assert_eq!(x.abs(), f32::INFINITY, "{dtype} {code:x}");
            } else {
                assert!(x.is_nan(), "{dtype} {code:x}");
            }
            let back = super::codecs::code(&bytes_of(&[x], dtype));
            assert_eq!(back, if x.is_nan() { nan } else { code }, "{dtype} {code:x}");
        }
    }
}

/// Around every value and every midpoint: the only places where rounding changes its mind.
#[test]
fn every_boundary_rounds_as_the_slow_search_does() {
    for dtype in SMALL {
        let magnitudes = magnitudes(dtype);
        let check = |x: f32| {
            for x in [x, -x] {
                let (fast, slow) =
                    (code(&bytes_of(&[x], dtype)), slow_encode(f64::from(x), dtype, &magnitudes));
                assert_eq!(fast, slow, "{dtype} of {x:e}");
            }
        };
        for pair in magnitudes.windows(2) {
            for x in [pair[0], pair[0] / 2.0 + pair[1] / 2.0] {
                let x = x as f32;
                [x.next_down().max(0.0), x, x.next_up()].into_iter().for_each(check);
            }
        }
        [f32::MAX, f32::INFINITY, f32::NAN, f32::MIN_POSITIVE, 1e-45].into_iter().for_each(check);
    }
}

#[test]
fn halves_agree_with_the_half_crate() {
    for code in 0..=u16::MAX {
        let bytes = code.to_le_bytes();
        let same = |ours: f32, theirs: f32| ours == theirs || (ours.is_nan() && theirs.is_nan());
        assert!(same(floats_of(&bytes, DType::F16)[0], f16::from_bits(code).to_f32()), "f16 {code:x}");
        assert!(same(floats_of(&bytes, DType::Bf16)[0], bf16::from_bits(code).to_f32()), "bf16 {code:x}");
    }
    let mut random = Random::seeded(11);
    for _ in 0..1_000_000 {
        let x = f32::from_bits(random.bits());
        if x.is_nan() {
            continue;
        }
        assert_eq!(bytes_of(&[x], DType::F16), f16::from_f32(x).to_le_bytes(), "f16 of {x:e}");
        assert_eq!(bytes_of(&[x], DType::Bf16), bf16::from_f32(x).to_le_bytes(), "bf16 of {x:e}");
    }
}

#[test]
fn known_answers() {
    let check = |dtype, x: f32, expected: &[u8]| {
        assert_eq!(bytes_of(&[x], dtype), expected, "{dtype} of {x}");
    };
    let e4m3 = DType::F8e4m3;
    for (x, expected) in [(448.0, 0x7e), (464.0, 0x7e), (464.1, 0x7f), (-1e9, 0x7f), (f32::INFINITY, 0x7f)] {
        check(e4m3, x, &[expected]);
    }
    for (x, expected) in [(-0.0, 0x80), (2f32.powi(-9), 0x01), (2f32.powi(-10), 0x00), (1.0, 0x38)] {
        check(e4m3, x, &[expected]);
    }
    for (x, expected) in [(57344.0, 0x7b), (61440.0, 0x7c), (61439.0, 0x7b), (-1e9, 0xfc), (f32::NAN, 0x7e)] {
        check(DType::F8e5m2, x, &[expected]);
    }
    for (x, expected) in [(65519.0, 0x7bff_u16), (65520.0, 0x7c00), (-f32::NAN, 0x7e00)] {
        check(DType::F16, x, &expected.to_le_bytes());
    }
    check(DType::F32, f32::from_bits(0xffa0_0001), &0x7fc0_0000_u32.to_le_bytes());
    for (x, expected) in [(-1.0, 0), (2.9, 2), (300.0, 255), (f32::NAN, 0)] {
        check(DType::U8, x, &[expected]);
    }
    for (x, expected) in [(-2.9, -2), (1e10, i32::MAX), (f32::NEG_INFINITY, i32::MIN), (f32::NAN, 0)] {
        check(DType::I32, x, &expected.to_le_bytes());
    }
}

#[test]
fn slices_are_the_scalar_definition_at_every_level() {
    // Every 4093rd f32: all exponents, all signs, NaNs of many payloads.
    let values: Vec<f32> = (0..=u32::MAX / 4093).map(|i| f32::from_bits(i * 4093)).collect();
    for dtype in DType::ALL {
        let bytes = at_every_level(|simd| encode(&values, dtype, simd));
        assert!(bytes == bytes_of(&values, dtype), "{dtype}");
        let n = values.len() as u32;
        let back = at_every_level(|simd| {
            let back = decode(&Strided::packed(&bytes, &[n], dtype), simd).expect("the view fits");
            bytemuck::cast_slice::<f32, u8>(&back).to_vec()
        });
        assert!(back == bytemuck::cast_slice::<f32, u8>(&floats_of(&bytes, dtype)), "{dtype}");
    }
}

#[test]
fn integers_widen_exactly() {
    let bytes = ints(&[16_777_217, -5]);
    let widened = widen(&Strided::packed(&bytes, &[2], DType::I32), SimdLevel::Narrow);
    assert_eq!(widened, Ok(vec![16_777_217.0, -5.0]));
    let widened = widen(&Strided::packed(&bytes, &[2], DType::U32), SimdLevel::Narrow);
    assert_eq!(widened, Ok(vec![16_777_217.0, 4_294_967_291.0]));
    let (whole, real) = ((-(1i64 << 52) - 1).to_le_bytes(), 0.1f64.to_le_bytes());
    for (bytes, dtype, exact) in [(whole, DType::I64, -4_503_599_627_370_497.0), (real, DType::F64, 0.1)] {
        assert_eq!(widen(&Strided::packed(&bytes, &[1], dtype), SimdLevel::Narrow), Ok(vec![exact]));
    }
}

#[test]
fn an_integer_is_rounded_once() {
    // Halfway between two bf16, and one more: rounding to f32 on the way would lose the one.
    let (tie, above) = ((1 << 30) + (1 << 22), (1 << 30) + (1 << 22) + 1);
    let mut random = Random::seeded(12);
    let mut values = vec![tie, above, -tie, -above, i32::MIN, i32::MAX, 0, 1 << 24, (1 << 24) + 1];
    values.extend((0..100_000).map(|_| random.bits().cast_signed() >> random.below(32)));
    for dtype in SMALL {
        let magnitudes = magnitudes(dtype);
        for sign in [Sign::Signed, Sign::Unsigned] {
            let encoded = encode_integers(&values, sign, dtype);
            for (bytes, &value) in encoded.chunks(dtype.size() as usize).zip(&values) {
                let exact =
                    if sign == Sign::Signed { value.into() } else { f64::from(value.cast_unsigned()) };
                assert_eq!(code(bytes), slow_encode(exact, dtype, &magnitudes), "{dtype} of {exact}");
            }
        }
    }
    assert_eq!(encode_integers(&[256 + 7, -1], Sign::Signed, DType::U8), [7, 255]);
    assert_eq!(encode_integers(&[-5], Sign::Signed, DType::I32), ints(&[-5]));
}

#[test]
fn the_software_fma_is_an_fma() {
    let check = |a: f32, b: f32, c: f32| {
        let (ours, exact) = (soft_fma(a, b, c), a.mul_add(b, c));
        let same = ours.to_bits() == exact.to_bits() || (ours.is_nan() && exact.is_nan());
        assert!(same, "fma({a:e}, {b:e}, {c:e}) = {exact:e}, not {ours:e}");
    };
    let special = [0.0, -0.0, 1.0, -1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX, 1e-45, 1e-38];
    for a in special {
        for b in special {
            for c in special {
                check(a, b, c);
            }
        }
    }
    let mut random = Random::seeded(13);
    for _ in 0..1_000_000 {
        let [a, b, c] = [random.bits(), random.bits(), random.bits()].map(f32::from_bits);
        check(a, b, c);
        // Close to cancelling, and close to half an ulp.
        check(a, b, -(a * b));
        check(a, b, (a * b) * 2f32.powi(24 - random.below(3).cast_signed()));
        check(a, b, (a * b) * 2f32.powi(-24 + random.below(3).cast_signed()));
    }
}
