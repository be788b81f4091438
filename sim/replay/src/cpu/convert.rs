//! Tensors to f32 or i32 and back.

use program::{DType, Dims};

use super::error::CpuError;
use super::operand::{Input, Strided};
use super::simd::{Isa, Kernel, SimdLevel};
use super::stored::{Bf16, F8e4m3, F8e5m2, F16, F32, Stored, with_stored};

/// The elements of a view as f32, row-major. Exact, but for an i32 beyond 2²⁴, which is rounded.
pub fn decode(view: &Strided, simd: SimdLevel) -> Result<Vec<f32>, CpuError> {
    view.check()?;
    Ok(simd.run(Decode(view)))
}

/// The elements of a view as f64, row-major: exact for every dtype.
pub(crate) fn widen(view: &Strided, simd: SimdLevel) -> Result<Vec<f64>, CpuError> {
    if view.dtype.is_float() {
        return Ok(decode(view, simd)?.into_iter().map(f64::from).collect());
    }
    view.check()?;
    Ok(whole(view).into_iter().map(f64::from).collect())
}

/// Rounds f32 to the bytes of `dtype`.
pub fn encode(values: &[f32], dtype: DType, simd: SimdLevel) -> Vec<u8> {
    simd.run(Encode(values, dtype))
}

/// An operand as f32, repeated to fill `shape`.
pub(super) fn floats(input: &Input, shape: Dims, simd: SimdLevel) -> Result<Vec<f32>, CpuError> {
    match input {
        Input::View(view) => decode(&view.broadcast(shape)?, simd),
        Input::Constant(constant) => Ok(vec![constant.value(); elements(shape)]),
    }
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

struct Decode<'a>(&'a Strided<'a>);

impl Kernel for Decode<'_> {
    type Out = Vec<f32>;
    #[inline(always)]
    fn run<I: Isa>(self) -> Vec<f32> {
        with_stored!(self.0.dtype, T => gather(self.0, 0.0, T::decode))
    }
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
#[inline(always)]
pub(super) fn gather<R: bytemuck::Pod, V: Copy>(view: &Strided, zero: V, read: impl Fn(R) -> V) -> Vec<V> {
    let mut out = vec![zero; view.elements()];
    let mut rest = &mut out[..];
    let size = size_of::<R>();
    for run in view.runs() {
        let (row, after) = std::mem::take(&mut rest).split_at_mut(run.len);
        rest = after;
        let from = &view.bytes[run.start..];
        if run.stride == size {
            let raw: &[R] = bytemuck::cast_slice(&from[..run.len * size]);
            for (to, &raw) in row.iter_mut().zip(raw) {
                *to = read(raw);
            }
        } else if run.stride == 0 {
            row.fill(read(bytemuck::pod_read_unaligned(&from[..size])));
        } else {
            for (to, raw) in row.iter_mut().zip(from.chunks(run.stride)) {
                *to = read(bytemuck::pod_read_unaligned(&raw[..size]));
            }
        }
    }
    out
}

struct Encode<'a>(&'a [f32], DType);

impl Kernel for Encode<'_> {
    type Out = Vec<u8>;
    #[inline(always)]
    fn run<I: Isa>(self) -> Vec<u8> {
        with_stored!(self.1, T => scatter(self.0, T::encode))
    }
}

#[inline(always)]
fn scatter<V: Copy, R: bytemuck::Pod>(values: &[V], write: impl Fn(V) -> R) -> Vec<u8> {
    let mut out = vec![0; values.len() * size_of::<R>()];
    for (to, &value) in bytemuck::cast_slice_mut::<u8, R>(&mut out).iter_mut().zip(values) {
        *to = write(value);
    }
    out
}

/// Writes integers: to an integer dtype the low bits, to a float dtype rounded once.
pub(super) fn encode_integers(values: &[i32], dtype: DType) -> Vec<u8> {
    match dtype {
        DType::I32 => scatter(values, i32::to_le_bytes),
        DType::U8 => scatter(values, |v| [v as u8]),
        DType::F32 => scatter(values, |v| F32::encode(v as f32)),
        DType::F16 => scatter(values, |v| F16::encode(sticky(v))),
        DType::Bf16 => scatter(values, |v| Bf16::encode(sticky(v))),
        DType::F8e4m3 => scatter(values, |v| F8e4m3::encode(sticky(v))),
        DType::F8e5m2 => scatter(values, |v| F8e5m2::encode(sticky(v))),
    }
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
