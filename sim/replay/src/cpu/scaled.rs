//! Block-scaled formats: what their bytes mean, and the bytes that numbers are packed into.
//!
//! MX: OCP Microscaling Formats (MX) Specification 1.0, sections 5 and 6.3. NVFP4: E2M1 with an E4M3 scale for 16, as
//! NVIDIA has it. bfp8 and bfp4: Tenstorrent's `bfloat8_b` and `bfloat4_b` (tt-metal, `blockfloat_common.cpp`): 16 elements
//! of a row share the largest exponent, mantissas have their leading one, and subnormals are 0.

use program::ScaledFormat;

use super::blocks::made;
use super::error::CpuError;
use super::layout::pack;
use super::operand::{Packed, Strided};
use super::simd::SimdLevel;
use super::stored::{F8e4m3, F8e5m2, Stored};

/// The magnitudes of E2M1, by code.
const E2M1: [f32; 8] = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0];
/// Largest exponents of elements, by which an MX scale is chosen.
const LARGEST: [(ScaledFormat, i32); 3] =
    [(ScaledFormat::Mxfp8E4m3, 8), (ScaledFormat::Mxfp8E5m2, 15), (ScaledFormat::Mxfp4, 2)];

/// 2ⁿ, of n from −149 to 127.
fn power(n: i32) -> f32 {
    f32::from_bits(if n < -126 { 1 << (n + 149) } else { ((n + 127) as u32) << 23 })
}

/// The number of an element before it is scaled, by its code of a byte or of four bits.
pub(crate) fn element(format: ScaledFormat, code: u8) -> f32 {
    let signed = |size: f32, is_negative: bool| if is_negative { -size } else { size };
    match format {
        ScaledFormat::Mxfp8E4m3 => F8e4m3::decode([code]),
        ScaledFormat::Mxfp8E5m2 => F8e5m2::decode([code]),
        ScaledFormat::Mxfp4 | ScaledFormat::Nvfp4 => signed(E2M1[usize::from(code & 7)], code & 8 != 0),
        ScaledFormat::Bfp8 => signed(f32::from(code & 0x7f), code & 0x80 != 0),
        ScaledFormat::Bfp4 => signed(f32::from(code & 7), code & 8 != 0),
    }
}

/// The number of a scale, by its code. Of bfp it is that of the last bit of a mantissa.
pub(crate) fn scale(format: ScaledFormat, code: u8) -> f32 {
    match format {
        ScaledFormat::Nvfp4 => F8e4m3::decode([code]),
        ScaledFormat::Mxfp8E4m3 | ScaledFormat::Mxfp8E5m2 | ScaledFormat::Mxfp4 => {
            if code == 0xff {
                f32::NAN
            } else {
                power(i32::from(code) - 127)
            }
        }
        ScaledFormat::Bfp8 => power(i32::from(code) - 127 - 6),
        ScaledFormat::Bfp4 => power(i32::from(code) - 127 - 2),
    }
}

/// Each element times the scale of its block, in f32, rounded once to `to`, in `room`. The first of two elements of a byte
/// is in its low bits.
pub fn dequantize(
    format: ScaledFormat,
    x: &Strided,
    scales: &Strided,
    to: Packed,
    room: Vec<u8>,
    simd: SimdLevel,
) -> Result<Vec<u8>, CpuError> {
    if format.shapes(to.shape) != Some([x.shape, scales.shape]) {
        return Err(CpuError::Blocks { format, x: x.shape, scales: scales.shape, to: to.shape });
    }
    let (codes, scales) = (pack(x)?, pack(scales)?);
    let values: [f32; 256] = std::array::from_fn(|code| element(format, code as u8));
    let block = format.block() as usize;
    let mut at = 0;
    Ok(made(to, room, simd, |values_of_block| {
        for value in values_of_block {
            let code = if format.per_byte() == 2 { codes[at / 2] >> (at % 2 * 4) & 0xf } else { codes[at] };
            *value = values[usize::from(code)] * scale(format, scales[at / block]);
            at += 1;
        }
    }))
}

/// The bytes of elements and of scales that numbers are packed into, whose last axis is whole blocks. MX takes the scale of
/// the largest exponent (floor), rounds half to even and saturates; a block with a number that is not finite has the scale
/// NaN. NVFP4 takes the largest divided by 6, rounded to e4m3. bfp shifts mantissas, cuts what is shifted out, and rounds the
/// rest half to even.
pub fn quantize(format: ScaledFormat, numbers: &[f32]) -> [Vec<u8>; 2] {
    let (mut codes, mut scales) = (Vec::new(), Vec::new());
    for block in numbers.chunks(format.block() as usize) {
        let (code, of_block) = packed_block(format, block);
        scales.push(code);
        codes.extend(of_block);
    }
    if format.per_byte() == 2 {
        codes = codes.chunks(2).map(|two| two[0] | two.get(1).map_or(0, |high| high << 4)).collect();
    }
    [codes, scales]
}

fn packed_block(format: ScaledFormat, block: &[f32]) -> (u8, Vec<u8>) {
    let largest = block.iter().fold(0f32, |largest, x| if x.abs() > largest { x.abs() } else { largest });
    match format {
        ScaledFormat::Mxfp8E4m3 | ScaledFormat::Mxfp8E5m2 | ScaledFormat::Mxfp4 => {
            if block.iter().any(|x| !x.is_finite()) {
                return (0xff, vec![0; block.len()]);
            }
            let most = LARGEST.iter().find(|(of, _)| *of == format).map_or(0, |(_, most)| *most);
            let exponent = (exponent_of(largest) - most).clamp(-127, 127);
            // Two powers, because that of 127 has no reciprocal among normal numbers.
            let scaled =
                |x: f32| x * power(-exponent.div_euclid(2)) * power(exponent.div_euclid(2) - exponent);
            let code = |&x: &f32| match format {
                ScaledFormat::Mxfp8E4m3 => F8e4m3::encode(scaled(x).clamp(-448.0, 448.0))[0],
                ScaledFormat::Mxfp8E5m2 => F8e5m2::encode(scaled(x).clamp(-57_344.0, 57_344.0))[0],
                ScaledFormat::Mxfp4 | ScaledFormat::Nvfp4 | ScaledFormat::Bfp8 | ScaledFormat::Bfp4 => {
                    e2m1(scaled(x).into())
                }
            };
            ((exponent + 127) as u8, block.iter().map(code).collect())
        }
        ScaledFormat::Nvfp4 => {
            let [scale] = F8e4m3::encode((largest / 6.0).min(448.0));
            let by = f64::from(F8e4m3::decode([scale]));
            let code = |&x: &f32| if by > 0.0 { e2m1(f64::from(x) / by) } else { 0 };
            (scale, block.iter().map(code).collect())
        }
        ScaledFormat::Bfp8 => bfp(block, 7),
        ScaledFormat::Bfp4 => bfp(block, 3),
    }
}

/// ⌊log2 x⌋, of a subnormal too; of 0 the least.
fn exponent_of(x: f32) -> i32 {
    let bits = x.to_bits();
    match bits >> 23 {
        0 => -118 - bits.leading_zeros() as i32,
        exponent => exponent as i32 - 127,
    }
}

/// The nearest code, of two the even one; it saturates.
fn e2m1(x: f64) -> u8 {
    let size = x.abs();
    let passed = [size > 0.25, size >= 0.75, size > 1.25, size >= 1.75, size > 2.5, size >= 3.5, size > 5.0];
    let code = passed.into_iter().map(u8::from).sum::<u8>();
    code | if x.is_sign_negative() { 8 } else { 0 }
}

/// Mantissas of so many bits, below the largest exponent of the block.
fn bfp(block: &[f32], bits: u32) -> (u8, Vec<u8>) {
    let exponent = |x: f32| x.to_bits() >> 23 & 0xff;
    let shared = block.iter().map(|&x| exponent(x)).max().unwrap_or(0);
    let code = |&x: &f32| {
        if exponent(x) == 0 {
            return 0;
        }
        let whole = (x.to_bits() & 0x007f_ffff) | 1 << 23;
        let shifted = whole.checked_shr(shared - exponent(x)).unwrap_or(0);
        let lost = 24 - bits;
        let (kept, rest, half) = (shifted >> lost, shifted & ((1 << lost) - 1), 1 << (lost - 1));
        let up = rest > half || (rest == half && kept & 1 == 1);
        let mantissa = (kept + u32::from(up)).min((1 << bits) - 1);
        let sign = if mantissa > 0 { x.to_bits() >> 31 } else { 0 };
        (sign << bits | mantissa) as u8
    };
    (shared as u8, block.iter().map(code).collect())
}
