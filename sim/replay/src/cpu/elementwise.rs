//! Ops that compute each element from the elements at its place.

use program::op::{BinaryFn, CompareFn, UnaryFn};
use program::{DType, Dims, Reduction, Sign};

use super::blocks::{BLOCK, Scratch, Source, each_block, made};
use super::cast::stored_as;
use super::convert::{encode_integers, integers, whole};
use super::error::CpuError;
use super::functions::{binary_f32, binary_integer, compared, fma_f32, unary_f32, unary_integer};
use super::operand::{Input, Packed, Strided, all_integers, sign_of};
use super::simd::SimdLevel;

/// `y = f(x)`, of the shape of `x`, in `room`. An integer is done in i32 where the function keeps it one, and all
/// else in f32.
pub fn unary(
    f: UnaryFn,
    x: &Strided,
    to: DType,
    room: Vec<u8>,
    simd: SimdLevel,
) -> Result<Vec<u8>, CpuError> {
    x.check()?;
    if let Some(of_integers) = f.of_integers()
        && !x.dtype.is_float()
    {
        let mut values = whole(x);
        unary_integer(of_integers, &mut values, x.dtype, to);
        return Ok(encode_integers(&values, Sign::of([x.dtype]), to));
    }
    if f.is_of_integers_alone() {
        return Err(CpuError::Integers { f: f.name() });
    }
    let mut source = Source::of(x)?;
    let to = stored_as(f, to);
    Ok(made(Packed { shape: x.shape, dtype: to }, room, simd, |block| {
        source.write_next(block, simd);
        unary_f32(f, block, to, simd);
    }))
}

/// `f(x, y)`, both repeated to fill the shape of `to`, in `room`.
pub fn binary(
    f: BinaryFn,
    x: &Input,
    y: &Input,
    to: Packed,
    room: Vec<u8>,
    simd: SimdLevel,
) -> Result<Vec<u8>, CpuError> {
    if f == BinaryFn::Pow && !y.is_constant() {
        return Err(CpuError::Exponent);
    }
    if f.is_of_integers_alone() && ![x, y].iter().all(|input| input.may_be_integer(sign_of(&[x, y]))) {
        return Err(CpuError::Integers { f: f.name() });
    }
    let sign = sign_of(&[x, y]);
    if f.is_of_integers_alone() || all_integers(&[x, y]) {
        let (x, y) = (integers(x, to.shape, sign)?, integers(y, to.shape, sign)?);
        return Ok(encode_integers(&binary_integer(f, x, &y, sign)?, sign, to.dtype));
    }
    let (mut x, mut y) = (Source::new(x, to.shape)?, Source::new(y, to.shape)?);
    let mut ys = Scratch::default();
    Ok(made(to, room, simd, |block| {
        x.write_next(block, simd);
        binary_f32(f, block, y.next(block.len(), &mut ys, simd), simd);
    }))
}

/// `x · y + z`, all repeated to fill the shape of `to`, in `room`: of floats with one rounding, of integers wrapping.
pub fn fma([x, y, z]: [&Input; 3], to: Packed, room: Vec<u8>, simd: SimdLevel) -> Result<Vec<u8>, CpuError> {
    if all_integers(&[x, y, z]) {
        let sign = sign_of(&[x, y, z]);
        let words = |input| integers(input, to.shape, sign);
        let (mut x, y, z) = (words(x)?, words(y)?, words(z)?);
        for ((x, y), z) in x.iter_mut().zip(y).zip(z) {
            *x = x.wrapping_mul(y).wrapping_add(z);
        }
        return Ok(encode_integers(&x, sign, to.dtype));
    }
    let [mut x, mut y, mut z] =
        [Source::new(x, to.shape)?, Source::new(y, to.shape)?, Source::new(z, to.shape)?];
    let (mut ys, mut zs) = (Scratch::default(), Scratch::default());
    Ok(made(to, room, simd, |block| {
        x.write_next(block, simd);
        let n = block.len();
        fma_f32(block, y.next(n, &mut ys, simd), z.next(n, &mut zs, simd), simd);
    }))
}

/// `f(… f(f(x, y0), y1) …)`: each step is a [`binary`] that is rounded to the accumulator, and the result is rounded once more, to `to`.
pub fn fold(
    how: &Reduction,
    inputs: &[Input],
    to: Packed,
    room: Vec<u8>,
    simd: SimdLevel,
) -> Result<Vec<u8>, CpuError> {
    let f = how.f.of_two().ok_or(CpuError::Fold { f: how.f.name() })?;
    let acc = Packed { dtype: how.acc, ..to };
    let mut sum = binary(f, &inputs[0], &inputs[1], acc, Vec::new(), simd)?;
    let mut free = Vec::new();
    for input in &inputs[2..] {
        let so_far = Input::View(Strided::packed(&sum, &to.shape, how.acc));
        let next = binary(f, &so_far, input, acc, free, simd)?;
        free = std::mem::replace(&mut sum, next);
    }
    unary(UnaryFn::CastTrunc, &Strided::packed(&sum, &to.shape, how.acc), to.dtype, room, simd)
}

/// `f(x, y)` as the bytes 1 or 0, in `room`.
pub fn compare(
    f: CompareFn,
    x: &Input,
    y: &Input,
    shape: Dims,
    room: Vec<u8>,
    simd: SimdLevel,
) -> Result<Vec<u8>, CpuError> {
    let elements = Packed { shape, dtype: DType::U8 }.elements();
    if all_integers(&[x, y]) {
        let sign = sign_of(&[x, y]);
        // Flipping the highest bit of both makes the order of u32 that of i32.
        let ordered = |input| -> Result<Vec<i32>, CpuError> {
            let mut words = integers(input, shape, sign)?;
            if sign == Sign::Unsigned {
                words.iter_mut().for_each(|word| *word ^= i32::MIN);
            }
            Ok(words)
        };
        let (x, y) = (ordered(x)?, ordered(y)?);
        let (mut xs, mut ys) = (&x[..], &y[..]);
        return Ok(each_block(elements, room, |block| {
            let (x, y);
            ((x, xs), (y, ys)) = (xs.split_at(block.len()), ys.split_at(block.len()));
            compared(f, x, y, block);
        }));
    }
    let (mut x, mut y) = (Source::new(x, shape)?, Source::new(y, shape)?);
    let (mut xs, mut ys) = (Scratch::default(), Scratch::default());
    Ok(each_block(elements, room, |block| {
        let n = block.len();
        compared(f, x.next(n, &mut xs, simd), y.next(n, &mut ys, simd), block);
    }))
}

/// `mask ≠ 0 ? x : y`, all repeated to fill the shape of `to`, in `room`. A NaN in the mask is not 0.
pub fn select(
    mask: &Strided,
    x: &Input,
    y: &Input,
    to: Packed,
    room: Vec<u8>,
    simd: SimdLevel,
) -> Result<Vec<u8>, CpuError> {
    let mut mask = Source::of(&mask.broadcast(to.shape)?)?;
    if all_integers(&[x, y]) {
        let sign = sign_of(&[x, y]);
        let (mut x, y) = (integers(x, to.shape, sign)?, integers(y, to.shape, sign)?);
        let mut masks = Scratch::default();
        for (x, y) in x.chunks_mut(BLOCK).zip(y.chunks(BLOCK)) {
            choose(mask.next(x.len(), &mut masks, simd), x, y);
        }
        return Ok(encode_integers(&x, sign, to.dtype));
    }
    let (mut x, mut y) = (Source::new(x, to.shape)?, Source::new(y, to.shape)?);
    let (mut masks, mut ys) = (Scratch::default(), Scratch::default());
    Ok(made(to, room, simd, |block| {
        x.write_next(block, simd);
        let n = block.len();
        choose(mask.next(n, &mut masks, simd), block, y.next(n, &mut ys, simd));
    }))
}

/// Takes `y` where the mask is 0.
fn choose<T: Copy>(mask: &[f32], x: &mut [T], y: &[T]) {
    for ((x, &y), &mask) in x.iter_mut().zip(y).zip(mask) {
        *x = if mask != 0.0 { *x } else { y };
    }
}
