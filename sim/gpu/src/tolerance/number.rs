//! Distance of two elements in ulps, and the ulp of each dtype.

use program::DType;

/// Bits of the magnitude of infinity; what is above it is NaN. fp8 e4m3 has no infinity, and one NaN.
const fn infinity(dtype: DType) -> u32 {
    match dtype {
        DType::F32 => 0x7f80_0000,
        DType::F16 => 0x7c00,
        DType::Bf16 => 0x7f80,
        DType::F8e4m3 => 0x7e,
        DType::F8e5m2 => 0x7c,
        DType::U8 | DType::I32 => u32::MAX,
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
        DType::U8 => Some(i64::from(bits)),
        DType::I32 => Some(i64::from(bits as i32)),
        DType::F32 | DType::F16 | DType::Bf16 | DType::F8e4m3 | DType::F8e5m2 => {
            let sign = 1 << (dtype.size() * 8 - 1);
            let magnitude = bits & (sign - 1);
            let place = i64::from(magnitude);
            (magnitude <= infinity(dtype)).then_some(if bits & sign == 0 { place } else { -1 - place })
        }
    }
}

fn word(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte))
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
