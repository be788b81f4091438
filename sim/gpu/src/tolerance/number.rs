//! Distance of two elements in ulps, and the ulp of each dtype.

use program::{DType, Float};

/// Bits of the magnitude of infinity; what is above it is NaN. fp8 e4m3 has no infinity, and one NaN.
const fn infinity(dtype: DType) -> u64 {
    match dtype.computed_float() {
        Some(Float::F32) => 0x7f80_0000,
        Some(Float::F16) => 0x7c00,
        Some(Float::Bf16) => 0x7f80,
        Some(Float::F8e4m3) => 0x7e,
        Some(Float::F8e5m2) => 0x7c,
        None if matches!(dtype, DType::F64) => 0x7ff << 52,
        None => u64::MAX,
    }
}

/// Bits of a significand, with the hidden one; whole numbers have as many as f32 keeps of them.
pub(super) fn significand(dtype: DType) -> i32 {
    let whole = || (8 * dtype.size() as i32).min(24);
    dtype.float().map_or_else(whole, |(significand, _)| significand)
}

/// How many steps from one number of a dtype to the next lie between two; the two zeros are one apart. `u64::MAX`
/// from NaN to any other bits.
pub(super) fn distance(dtype: DType, a: &[u8], b: &[u8]) -> u64 {
    match (place(dtype, a), place(dtype, b)) {
        (Some(a), Some(b)) => a.abs_diff(b),
        (None, None) if a == b => 0,
        (None, _) | (_, None) => u64::MAX,
    }
}

/// Where a number stands among all of its dtype; none for NaN.
fn place(dtype: DType, bytes: &[u8]) -> Option<i64> {
    let bits = word(bytes);
    match dtype {
        DType::U8 | DType::U16 | DType::U32 | DType::Bool => Some(bits.cast_signed()),
        DType::I8 => Some((bits as i8).into()),
        DType::I16 => Some((bits as i16).into()),
        DType::I32 => Some((bits as i32).into()),
        DType::I64 => Some(bits.cast_signed()),
        DType::F32 | DType::F16 | DType::Bf16 | DType::F8e4m3 | DType::F8e5m2 | DType::F64 => {
            let sign = 1 << (dtype.size() * 8 - 1);
            let magnitude = bits & (sign - 1);
            let place = magnitude.cast_signed();
            (magnitude <= infinity(dtype)).then_some(if bits & sign == 0 { place } else { -1 - place })
        }
    }
}

fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

/// What one step of the dtype is at a value; nothing at zero and infinity, and too little where it is subnormal.
pub(super) fn step(dtype: DType, value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let exponent = (value.to_bits() >> 52 & 0x7ff) as i32 - 1023;
    power(exponent + 1 - significand(dtype))
}

/// 2^n, exactly, for n that are exponents of normal numbers.
pub(super) fn power(n: i32) -> f64 {
    assert!((-1022..=1023).contains(&n), "2^{n} is no normal number");
    f64::from_bits(((n + 1023) as u64) << 52)
}
