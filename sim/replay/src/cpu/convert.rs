//! Tensors to f32 or i32 and back.

use program::{DType, Dims, Sign};

use super::blocks::{Cursor, Encode, all, scatter};
use super::error::CpuError;
use super::operand::{Input, Strided};
use super::simd::SimdLevel;
use super::stored::{Bf16, F8e4m3, F8e5m2, F16, F32, Stored};

/// The elements of a view as f32, row-major. Exact, but for integers beyond 2²⁴ and f64, which are rounded.
pub fn decode(view: &Strided, simd: SimdLevel) -> Result<Vec<f32>, CpuError> {
    Ok(all(view, simd)?.into_owned())
}

/// The elements of a view as f64, row-major: exact, but for an i64 beyond 2⁵³, which is rounded.
pub(crate) fn widen(view: &Strided, simd: SimdLevel) -> Result<Vec<f64>, CpuError> {
    view.check()?;
    if view.dtype == DType::F64 {
        return Ok(gather(view, 0.0, f64::from_le_bytes));
    }
    if view.dtype == DType::I64 {
        return Ok(gather(view, 0.0, |raw| i64::from_le_bytes(raw) as f64));
    }
    if view.dtype.is_float() {
        return Ok(all(view, simd)?.iter().map(|&x| f64::from(x)).collect());
    }
    let sign = Sign::of([view.dtype]);
    Ok(whole(view).into_iter().map(|word| number(word, sign) as f64).collect())
}

/// The number that the 32 bits of an integer op are.
#[inline(always)]
pub(super) fn number(word: i32, sign: Sign) -> i64 {
    match sign {
        Sign::Signed => word.into(),
        Sign::Unsigned => word.cast_unsigned().into(),
    }
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

/// An operand that counts as integer, as the 32 bits of the op, repeated to fill `shape`.
pub(super) fn integers(input: &Input, shape: Dims, sign: Sign) -> Result<Vec<i32>, CpuError> {
    match input {
        Input::View(view) => {
            let view = view.broadcast(shape)?;
            view.check()?;
            Ok(whole(&view))
        }
        Input::Constant(constant) => Ok(vec![constant.word(sign).unwrap_or_default(); elements(shape)]),
    }
}

pub(super) fn elements(shape: Dims) -> usize {
    usize::try_from(shape.product()).unwrap_or(usize::MAX)
}

/// Reads a checked integer view, as 32 bits each.
pub(super) fn whole(view: &Strided) -> Vec<i32> {
    match view.dtype {
        DType::U8 => gather(view, 0, |[raw]: [u8; 1]| i32::from(raw)),
        DType::I32 | DType::U32 => gather(view, 0, i32::from_le_bytes),
        DType::I8 => gather(view, 0, |raw| i8::from_le_bytes(raw).into()),
        DType::I16 => gather(view, 0, |raw| i16::from_le_bytes(raw).into()),
        DType::U16 => gather(view, 0, |raw| u16::from_le_bytes(raw).into()),
        DType::Bool => gather(view, 0, |[raw]: [u8; 1]| raw.min(1).into()),
        DType::I64 => gather(view, 0, |raw| i64::from_le_bytes(raw) as i32),
        DType::F32 | DType::F16 | DType::Bf16 | DType::F8e4m3 | DType::F8e5m2 | DType::F64 => {
            unreachable!("only integer views are read as integers")
        }
    }
}

/// The least and the largest number of an integer dtype.
pub(super) fn range(dtype: DType) -> [i64; 2] {
    dtype.integers().expect("only integer dtypes are asked for")
}

/// What an integer dtype keeps of 32 bits, as 32 bits: wrapping in them and keeping this is wrapping in the dtype.
#[derive(Clone, Copy)]
pub(super) struct Kept {
    bits: u32,
    is_signed: bool,
}

impl Kept {
    pub(super) fn by(dtype: DType) -> Kept {
        Kept { bits: 8 * dtype.size().min(4) as u32, is_signed: dtype.is_signed() }
    }
    #[inline(always)]
    pub(super) fn of(self, word: i32) -> i32 {
        let lost = 32 - self.bits;
        let high = word << lost;
        if self.is_signed { high >> lost } else { (high.cast_unsigned() >> lost).cast_signed() }
    }
}

/// Reads the elements of a checked view, row-major.
pub(super) fn gather<R: bytemuck::Pod, V: Copy>(view: &Strided, zero: V, read: impl Fn(R) -> V) -> Vec<V> {
    let mut out = vec![zero; view.elements()];
    Cursor::of(view).read(view.bytes, &mut out, read);
    out
}

/// Writes integers: to an integer dtype the low bits, to a float dtype rounded once, to a truth value whether they are
/// not 0.
pub(super) fn encode_integers(values: &[i32], sign: Sign, dtype: DType) -> Vec<u8> {
    let mut bytes = vec![0; values.len() * dtype.size() as usize];
    let to = &mut bytes[..];
    match dtype {
        DType::I32 | DType::U32 => scatter(values, to, i32::to_le_bytes),
        DType::U8 | DType::I8 => scatter(values, to, |v| [v as u8]),
        DType::I16 | DType::U16 => scatter(values, to, |v| (v as u16).to_le_bytes()),
        DType::Bool => scatter(values, to, |v| [u8::from(v != 0)]),
        DType::I64 => scatter(values, to, |v| number(v, sign).to_le_bytes()),
        DType::F64 => scatter(values, to, |v| (number(v, sign) as f64).to_le_bytes()),
        DType::F32 => scatter(values, to, |v| F32::encode(number(v, sign) as f32)),
        DType::F16 => scatter(values, to, |v| F16::encode(sticky(number(v, sign)))),
        DType::Bf16 => scatter(values, to, |v| Bf16::encode(sticky(number(v, sign)))),
        DType::F8e4m3 => scatter(values, to, |v| F8e4m3::encode(sticky(number(v, sign)))),
        DType::F8e5m2 => scatter(values, to, |v| F8e5m2::encode(sticky(number(v, sign)))),
    }
    bytes
}

/// An f32 that rounds to a narrower float as `v` itself would: where f32 is too short for `v`, the last bit
/// kept is set if any below it was.
fn sticky(v: i64) -> f32 {
    if v.unsigned_abs() < 1 << 24 {
        return v as f32;
    }
    let kept = v & !0xff;
    (if kept == v { v } else { kept | 0x100 }) as f32
}
