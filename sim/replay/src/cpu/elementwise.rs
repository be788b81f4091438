//! Ops that compute each element from the elements at its place.

use program::op::{BinaryFn, CompareFn, UnaryFn};
use program::{DType, Dims, Reduction};

use super::convert::{decode, encode, encode_integers, floats, integers, whole};
use super::error::CpuError;
use super::exp::exp_slice;
use super::operand::{Input, Packed, Strided, all_integers};
use super::simd::{Isa, Kernel, SimdLevel};

/// `y = f(x)`, of the shape of `x`. An integer stays one under cast, neg and abs; the rest are done in f32.
pub fn unary(f: UnaryFn, x: &Strided, to: DType, simd: SimdLevel) -> Result<Vec<u8>, CpuError> {
    x.check()?;
    if !x.dtype.is_float()
        && let Some(f) = integer_unary(f)
    {
        let values: Vec<i32> = whole(x).into_iter().map(f).collect();
        return Ok(encode_integers(&values, to));
    }
    let mut values = decode(x, simd)?;
    match f {
        UnaryFn::Cast => (),
        UnaryFn::Neg => simd.run(Map(&mut values, |x: f32| -x)),
        UnaryFn::Abs => simd.run(Map(&mut values, f32::abs)),
        UnaryFn::Exp => exp_slice(&mut values, simd),
        UnaryFn::Reciprocal => simd.run(Map(&mut values, |x: f32| 1.0 / x)),
        UnaryFn::Sqrt => simd.run(Map(&mut values, f32::sqrt)),
    }
    Ok(encode(&values, to, simd))
}

fn integer_unary(f: UnaryFn) -> Option<fn(i32) -> i32> {
    match f {
        UnaryFn::Cast => Some(|x| x),
        UnaryFn::Neg => Some(i32::wrapping_neg),
        UnaryFn::Abs => Some(i32::wrapping_abs),
        UnaryFn::Exp | UnaryFn::Reciprocal | UnaryFn::Sqrt => None,
    }
}

/// `f(x, y)`, both repeated to fill the shape of `to`.
pub fn binary(f: BinaryFn, x: &Input, y: &Input, to: Packed, simd: SimdLevel) -> Result<Vec<u8>, CpuError> {
    if all_integers(&[x, y]) {
        let (x, y) = (integers(x, to.shape)?, integers(y, to.shape)?);
        return Ok(encode_integers(&integer_binary(f, x, &y)?, to.dtype));
    }
    let (mut x, y) = (floats(x, to.shape, simd)?, floats(y, to.shape, simd)?);
    match f {
        BinaryFn::Add => simd.run(Zip(&mut x, &y, |x, y| x + y)),
        BinaryFn::Sub => simd.run(Zip(&mut x, &y, |x, y| x - y)),
        BinaryFn::Mul => simd.run(Zip(&mut x, &y, |x, y| x * y)),
        BinaryFn::Div => simd.run(Zip(&mut x, &y, |x, y| x / y)),
        BinaryFn::Maximum => simd.run(Zip(&mut x, &y, maximum)),
        BinaryFn::Minimum => simd.run(Zip(&mut x, &y, minimum)),
    }
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

fn integer_binary(f: BinaryFn, mut x: Vec<i32>, y: &[i32]) -> Result<Vec<i32>, CpuError> {
    let f = match f {
        BinaryFn::Add => i32::wrapping_add,
        BinaryFn::Sub => i32::wrapping_sub,
        BinaryFn::Mul => i32::wrapping_mul,
        BinaryFn::Div => {
            if let Some(element) = y.iter().position(|&y| y == 0) {
                return Err(CpuError::DivisionByZero { element });
            }
            i32::wrapping_div
        }
        BinaryFn::Maximum => i32::max,
        BinaryFn::Minimum => i32::min,
    };
    for (x, &y) in x.iter_mut().zip(y) {
        *x = f(*x, y);
    }
    Ok(x)
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

fn compared<T: PartialOrd>(f: CompareFn, x: &[T], y: &[T]) -> Vec<u8> {
    match f {
        CompareFn::Eq => each(x, y, |x, y| x == y),
        CompareFn::Ne => each(x, y, |x, y| x != y),
        CompareFn::Lt => each(x, y, |x, y| x < y),
        CompareFn::Le => each(x, y, |x, y| x <= y),
        CompareFn::Gt => each(x, y, |x, y| x > y),
        CompareFn::Ge => each(x, y, |x, y| x >= y),
    }
}

fn each<T>(x: &[T], y: &[T], holds: impl Fn(&T, &T) -> bool) -> Vec<u8> {
    x.iter().zip(y).map(|(x, y)| u8::from(holds(x, y))).collect()
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

/// The larger; a NaN yields the other one; −0 is below +0, and both have equal values, so their bits decide.
#[inline(always)]
pub(super) fn maximum(x: f32, y: f32) -> f32 {
    let zeros = f32::from_bits(x.to_bits() & y.to_bits());
    let larger = if x > y { x } else { y };
    let larger = if x == y { zeros } else { larger };
    // When x > y is false because y is NaN, y was taken.
    if y.is_nan() { x } else { larger }
}

#[inline(always)]
fn minimum(x: f32, y: f32) -> f32 {
    let zeros = f32::from_bits(x.to_bits() | y.to_bits());
    let smaller = if x < y { x } else { y };
    let smaller = if x == y { zeros } else { smaller };
    if y.is_nan() { x } else { smaller }
}

struct Map<'a, F>(&'a mut [f32], F);

impl<F: Fn(f32) -> f32> Kernel for Map<'_, F> {
    type Out = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        for x in self.0 {
            *x = (self.1)(*x);
        }
    }
}

struct Zip<'a, F>(&'a mut [f32], &'a [f32], F);

impl<F: Fn(f32, f32) -> f32> Kernel for Zip<'_, F> {
    type Out = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        for (x, &y) in self.0.iter_mut().zip(self.1) {
            *x = (self.2)(*x, y);
        }
    }
}
