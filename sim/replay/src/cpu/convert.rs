//! Tensors to f32 or i32 and back.

use program::{DType, Dims};

use super::blocks::{Cursor, Encode, all, scatter};
use super::error::CpuError;
use super::operand::{Input, Strided};
use super::simd::SimdLevel;
use super::stored::{Bf16, F8e4m3, F8e5m2, F16, F32, Stored};

/// The elements of a view as f32, row-major. Exact, but for an i32 beyond 2²⁴, which is rounded.
pub fn decode(view: &Strided, simd: SimdLevel) -> Result<Vec<f32>, CpuError> {
    Ok(all(view, simd)?.into_owned())
}

/// The elements of a view as f64, row-major: exact for every dtype.
pub(crate) fn widen(view: &Strided, simd: SimdLevel) -> Result<Vec<f64>, CpuError> {
    if view.dtype.is_float() {
        return Ok(all(view, simd)?.iter().map(|&x| f64::from(x)).collect());
    }
    view.check()?;
    Ok(whole(view).into_iter().map(f64::from).collect())
}

/// Rounds f32 to the bytes of `dtype`.
pub fn encode(values: &[f32], dtype: DType, simd: SimdLevel) -> Vec<u8> {
    encode_in(values, dtype, Vec::new(), simd)
}

/// The same in `room`, a vector that the bytes may lie in.
pub(super) fn encode_in(values: &[f32], dtype: DType, mut room: Vec<u8>, simd: SimdLevel) -> Vec<u8> {
    room.resize(values.len() * dtype.size() as usize, 0);
    simd.run(Encode { values, dtype, to: &mut room });
    room
}

/// An operand that counts as integer, as i32, repeated to fill `shape`.
pub(super) fn integers(input: &Input, shape: Dims) -> Result<Vec<i32>, CpuError> {
    match input {
        Input::View(view) => {
            let view = view.broadcast(shape)?;
            view.check()?;
            Ok(whole(&view))
        }
        Input::Constant(constant) => Ok(vec![constant.integer().unwrap_or_default(); elements(shape)]),
    }
}

pub(super) fn elements(shape: Dims) -> usize {
    usize::try_from(shape.product()).unwrap_or(usize::MAX)
}

/// Reads a checked integer view.
pub(super) fn whole(view: &Strided) -> Vec<i32> {
    match view.dtype {
        DType::U8 => gather(view, 0, |[raw]: [u8; 1]| i32::from(raw)),
        DType::I32 => gather(view, 0, i32::from_le_bytes),
        DType::F32 | DType::F16 | DType::Bf16 | DType::F8e4m3 | DType::F8e5m2 => {
            unreachable!("only integer views are read as integers")
        }
    }
}

/// The least and the largest number of an integer dtype.
pub(super) fn range(dtype: DType) -> [i32; 2] {
    dtype.integers().expect("only integer dtypes are asked for")
}

/// The bits of an integer dtype: wrapping in i32 and keeping them is wrapping in the dtype.
pub(super) fn low_bits(dtype: DType) -> i32 {
    let [least, most] = range(dtype);
    most.wrapping_sub(least)
}

/// Reads the elements of a checked view, row-major.
pub(super) fn gather<R: bytemuck::Pod, V: Copy>(view: &Strided, zero: V, read: impl Fn(R) -> V) -> Vec<V> {
    let mut out = vec![zero; view.elements()];
    Cursor::of(view).read(view.bytes, &mut out, read);
    out
}

/// Writes integers: to an integer dtype the low bits, to a float dtype rounded once.
pub(super) fn encode_integers(values: &[i32], dtype: DType) -> Vec<u8> {
    let mut bytes = vec![0; values.len() * dtype.size() as usize];
    let to = &mut bytes[..];
    match dtype {
        DType::I32 => scatter(values, to, i32::to_le_bytes),
        DType::U8 => scatter(values, to, |v| [v as u8]),
        DType::F32 => scatter(values, to, |v| F32::encode(v as f32)),
        DType::F16 => scatter(values, to, |v| F16::encode(sticky(v))),
        DType::Bf16 => scatter(values, to, |v| Bf16::encode(sticky(v))),
        DType::F8e4m3 => scatter(values, to, |v| F8e4m3::encode(sticky(v))),
        DType::F8e5m2 => scatter(values, to, |v| F8e5m2::encode(sticky(v))),
    }
    bytes
}

/// An f32 that rounds to a narrower float as `v` itself would: where f32 is too short for `v`, the last bit
/// kept is set if any below it was.
fn sticky(v: i32) -> f32 {
    if v.unsigned_abs() < 1 << 24 {
        return v as f32;
    }
    let kept = v & !0xff;
    (if kept == v { v } else { kept | 0x100 }) as f32
}
