//! Ops that compute each element from the elements at its place.

use program::op::{BinaryFn, CompareFn, UnaryFn};
use program::{DType, Dims, Reduction};

use super::convert::{decode, encode, encode_integers, floats, integers, whole};
use super::error::CpuError;
use super::functions::{binary_f32, binary_i32, compared, unary_f32, unary_i32};
use super::operand::{Input, Packed, Strided, all_integers};
use super::simd::SimdLevel;

/// `y = f(x)`, of the shape of `x`. An integer is done in i32 where the function keeps it one, and all else in f32.
pub fn unary(f: UnaryFn, x: &Strided, to: DType, simd: SimdLevel) -> Result<Vec<u8>, CpuError> {
    x.check()?;
    if f.stays_integer() && !x.dtype.is_float() {
        let values: Vec<i32> = whole(x).into_iter().map(unary_i32(f)).collect();
        return Ok(encode_integers(&values, to));
    }
    let mut values = decode(x, simd)?;
    unary_f32(f, &mut values, simd);
    Ok(encode(&values, to, simd))
}

/// `f(x, y)`, both repeated to fill the shape of `to`.
pub fn binary(f: BinaryFn, x: &Input, y: &Input, to: Packed, simd: SimdLevel) -> Result<Vec<u8>, CpuError> {
    if all_integers(&[x, y]) {
        let (x, y) = (integers(x, to.shape)?, integers(y, to.shape)?);
        return Ok(encode_integers(&binary_i32(f, x, &y)?, to.dtype));
    }
    let (mut x, y) = (floats(x, to.shape, simd)?, floats(y, to.shape, simd)?);
    binary_f32(f, &mut x, &y, simd);
    Ok(encode(&x, to.dtype, simd))
}

/// `f(… f(f(x, y0), y1) …)`: each step is a [`binary`] that is rounded to the accumulator, and the result is rounded once more, to `to`.
pub fn fold(how: &Reduction, inputs: &[Input], to: Packed, simd: SimdLevel) -> Result<Vec<u8>, CpuError> {
    let f = how.f.of_two();
    let acc = Packed { dtype: how.acc, ..to };
    let mut sum = binary(f, &inputs[0], &inputs[1], acc, simd)?;
    for input in &inputs[2..] {
        sum = binary(f, &Input::View(Strided::packed(&sum, &to.shape, how.acc)), input, acc, simd)?;
    }
    unary(UnaryFn::Cast, &Strided::packed(&sum, &to.shape, how.acc), to.dtype, simd)
}

/// `f(x, y)` as 1 or 0, in u8.
pub fn compare(
    f: CompareFn,
    x: &Input,
    y: &Input,
    shape: Dims,
    simd: SimdLevel,
) -> Result<Vec<u8>, CpuError> {
    if all_integers(&[x, y]) {
        return Ok(compared(f, &integers(x, shape)?, &integers(y, shape)?));
    }
    Ok(compared(f, &floats(x, shape, simd)?, &floats(y, shape, simd)?))
}

/// `mask ≠ 0 ? x : y`, all repeated to fill the shape of `to`. A NaN in the mask is not 0.
pub fn select(
    mask: &Strided,
    x: &Input,
    y: &Input,
    to: Packed,
    simd: SimdLevel,
) -> Result<Vec<u8>, CpuError> {
    let mask = floats(&Input::View(*mask), to.shape, simd)?;
    if all_integers(&[x, y]) {
        let chosen = chosen(&mask, integers(x, to.shape)?, &integers(y, to.shape)?);
        return Ok(encode_integers(&chosen, to.dtype));
    }
    let chosen = chosen(&mask, floats(x, to.shape, simd)?, &floats(y, to.shape, simd)?);
    Ok(encode(&chosen, to.dtype, simd))
}

fn chosen<T: Copy>(mask: &[f32], mut x: Vec<T>, y: &[T]) -> Vec<T> {
    for ((x, &y), &mask) in x.iter_mut().zip(y).zip(mask) {
        *x = if mask != 0.0 { *x } else { y };
    }
    x
}
