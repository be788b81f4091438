//! The functions: of floats in f32, which is the definition; of integers in i32; and in f64 for the f64 run.

use program::op::{BinaryFn, CompareFn, IntegerFn, UnaryFn};

use super::error::CpuError;
use super::exp::exp_slice;
use super::simd::{Isa, Kernel, SimdLevel};
use super::{whole, wide};

pub(super) fn unary_f32(f: UnaryFn, x: &mut [f32], simd: SimdLevel) {
    match f {
        UnaryFn::Cast => (),
        UnaryFn::Neg => simd.run(Map(x, |x: f32| -x)),
        UnaryFn::Abs => simd.run(Map(x, f32::abs)),
        UnaryFn::Exp => exp_slice(x, simd),
        UnaryFn::Reciprocal => simd.run(Map(x, |x: f32| 1.0 / x)),
        UnaryFn::Sqrt => simd.run(Map(x, f32::sqrt)),
        UnaryFn::Exp2 => simd.run(Map(x, wide::exp2)),
        UnaryFn::Log => simd.run(Map(x, wide::log_natural)),
        UnaryFn::Log2 => simd.run(Map(x, wide::log2)),
        UnaryFn::Tanh => simd.run(Map(x, wide::tanh)),
        UnaryFn::Sigmoid => simd.run(Map(x, wide::sigmoid)),
        UnaryFn::Erf => simd.run(Map(x, wide::erf)),
        UnaryFn::Rsqrt => simd.run(Map(x, wide::rsqrt)),
        UnaryFn::Round => simd.run(Map(x, whole::round)),
        UnaryFn::Floor => simd.run(Map(x, whole::floor)),
        UnaryFn::Ceil => simd.run(Map(x, whole::ceil)),
        UnaryFn::Trunc => simd.run(Map(x, whole::trunc)),
        UnaryFn::Sign => simd.run(Map(x, whole::sign)),
    }
}

pub(super) fn unary_i32(f: IntegerFn) -> fn(i32) -> i32 {
    match f {
        IntegerFn::Same => |x| x,
        IntegerFn::Neg => i32::wrapping_neg,
        IntegerFn::Abs => i32::wrapping_abs,
        IntegerFn::Sign => i32::signum,
    }
}

pub fn unary_f64(f: UnaryFn) -> fn(f64) -> f64 {
    match f {
        UnaryFn::Cast => |x| x,
        UnaryFn::Neg => |x| -x,
        UnaryFn::Abs => f64::abs,
        UnaryFn::Exp => libm::exp,
        UnaryFn::Reciprocal => |x| 1.0 / x,
        UnaryFn::Sqrt => f64::sqrt,
        UnaryFn::Exp2 => libm::exp2,
        UnaryFn::Log => libm::log,
        UnaryFn::Log2 => libm::log2,
        UnaryFn::Tanh => libm::tanh,
        UnaryFn::Sigmoid => |x| 1.0 / (1.0 + libm::exp(-x)),
        UnaryFn::Erf => libm::erf,
        UnaryFn::Rsqrt => |x| 1.0 / x.sqrt(),
        UnaryFn::Round => libm::rint,
        UnaryFn::Floor => libm::floor,
        UnaryFn::Ceil => libm::ceil,
        UnaryFn::Trunc => libm::trunc,
        UnaryFn::Sign => |x| if x.abs() > 0.0 { 1f64.copysign(x) } else { x },
    }
}

/// The results take the place of `x`.
pub(super) fn binary_f32(f: BinaryFn, x: &mut [f32], y: &[f32], simd: SimdLevel) {
    match f {
        BinaryFn::Add => simd.run(Zip(x, y, |x, y| x + y)),
        BinaryFn::Sub => simd.run(Zip(x, y, |x, y| x - y)),
        BinaryFn::Mul => simd.run(Zip(x, y, |x, y| x * y)),
        BinaryFn::Div => simd.run(Zip(x, y, |x, y| x / y)),
        BinaryFn::Maximum => simd.run(Zip(x, y, maximum)),
        BinaryFn::Minimum => simd.run(Zip(x, y, minimum)),
    }
}

pub(super) fn binary_i32(f: BinaryFn, mut x: Vec<i32>, y: &[i32]) -> Result<Vec<i32>, CpuError> {
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

pub fn binary_f64(f: BinaryFn) -> fn(f64, f64) -> f64 {
    match f {
        BinaryFn::Add => |x, y| x + y,
        BinaryFn::Sub => |x, y| x - y,
        BinaryFn::Mul => |x, y| x * y,
        BinaryFn::Div => |x, y| x / y,
        BinaryFn::Maximum => maximum_f64,
        BinaryFn::Minimum => minimum_f64,
    }
}

/// `x ? y` as 1 or 0, element by element.
pub fn compared<T: PartialOrd>(f: CompareFn, x: &[T], y: &[T], to: &mut [u8]) {
    match f {
        CompareFn::Eq => each(x, y, to, |x, y| x == y),
        CompareFn::Ne => each(x, y, to, |x, y| x != y),
        CompareFn::Lt => each(x, y, to, |x, y| x < y),
        CompareFn::Le => each(x, y, to, |x, y| x <= y),
        CompareFn::Gt => each(x, y, to, |x, y| x > y),
        CompareFn::Ge => each(x, y, to, |x, y| x >= y),
    }
}

fn each<T>(x: &[T], y: &[T], to: &mut [u8], holds: impl Fn(&T, &T) -> bool) {
    for (to, (x, y)) in to.iter_mut().zip(x.iter().zip(y)) {
        *to = u8::from(holds(x, y));
    }
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
pub(super) fn minimum(x: f32, y: f32) -> f32 {
    let zeros = f32::from_bits(x.to_bits() | y.to_bits());
    let smaller = if x < y { x } else { y };
    let smaller = if x == y { zeros } else { smaller };
    if y.is_nan() { x } else { smaller }
}

pub fn minimum_f64(x: f64, y: f64) -> f64 {
    -maximum_f64(-x, -y)
}

/// A NaN yields the other one, and −0 is below +0, as in the definition.
pub fn maximum_f64(x: f64, y: f64) -> f64 {
    let positive_zero = x == y && x.is_sign_positive();
    if y.is_nan() || x > y || positive_zero { x } else { y }
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
