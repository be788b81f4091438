//! The functions: of floats in f32, which is the definition; of integers in i32; and in f64 for the f64 run.

use program::op::{BinaryFn, CompareFn, IntegerFn, UnaryFn};
use program::{DType, Sign};

use super::cast::{cast_f32, saturated};
use super::error::CpuError;
use super::exp::exp_slice;
use super::power::{Power, raised_integer};
use super::simd::{Isa, Kernel, SimdLevel};
use super::turn::{Ahead, Turn};
use super::{whole, wide};

/// In place; `to` is what the results are then stored in, which casts go by.
pub(super) fn unary_f32(f: UnaryFn, x: &mut [f32], to: DType, simd: SimdLevel) {
    match f {
        UnaryFn::Cast
        | UnaryFn::CastTrunc
        | UnaryFn::CastFloor
        | UnaryFn::CastSaturate
        | UnaryFn::CastWrap => cast_f32(f, x, to, simd),
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
        UnaryFn::Sin => simd.run(Turn(x, Ahead::Sine)),
        UnaryFn::Cos => simd.run(Turn(x, Ahead::Cosine)),
        UnaryFn::Not => unreachable!("it takes integers alone"),
    }
}

/// Of integers of the dtype `from`, to what is then stored in `to`.
pub(super) fn unary_integer(f: IntegerFn, x: &mut [i32], from: DType, to: DType) {
    let each = |f: fn(i32) -> i32, x: &mut [i32]| x.iter_mut().for_each(|x| *x = f(*x));
    let sign = Sign::of([from]);
    match f {
        IntegerFn::Same => (),
        IntegerFn::Neg => each(i32::wrapping_neg, x),
        IntegerFn::Abs if sign == Sign::Unsigned => (),
        IntegerFn::Abs => each(i32::wrapping_abs, x),
        IntegerFn::Sign if sign == Sign::Unsigned => each(|x| i32::from(x != 0), x),
        IntegerFn::Sign => each(i32::signum, x),
        IntegerFn::Not if from == DType::Bool => each(|x| x ^ 1, x),
        IntegerFn::Not => each(|x| !x, x),
        IntegerFn::Saturate => x.iter_mut().for_each(|x| *x = saturated(*x, sign, to)),
    }
}

/// A function that is no cast, in f64.
pub fn unary_f64(f: UnaryFn) -> fn(f64) -> f64 {
    match f {
        UnaryFn::Cast
        | UnaryFn::CastTrunc
        | UnaryFn::CastFloor
        | UnaryFn::CastSaturate
        | UnaryFn::CastWrap => unreachable!("`cast_f64` knows the dtype"),
        UnaryFn::Not => unreachable!("it takes integers alone"),
        UnaryFn::Sin => libm::sin,
        UnaryFn::Cos => libm::cos,
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

/// The results take the place of `x`. The exponents of `pow` are all equal.
pub(super) fn binary_f32(f: BinaryFn, x: &mut [f32], y: &[f32], simd: SimdLevel) {
    match f {
        BinaryFn::Add => simd.run(Zip(x, y, |x, y| x + y)),
        BinaryFn::Sub => simd.run(Zip(x, y, |x, y| x - y)),
        BinaryFn::Mul => simd.run(Zip(x, y, |x, y| x * y)),
        BinaryFn::Div => simd.run(Zip(x, y, |x, y| x / y)),
        BinaryFn::Maxnum => simd.run(Zip(x, y, maxnum)),
        BinaryFn::Minnum => simd.run(Zip(x, y, minnum)),
        BinaryFn::Maximum => simd.run(Zip(x, y, maximum)),
        BinaryFn::Minimum => simd.run(Zip(x, y, minimum)),
        BinaryFn::Pow => simd.run(Power(x, y.first().map_or(0, |&y| y as i32))),
        BinaryFn::Rem | BinaryFn::Shl | BinaryFn::Shr | BinaryFn::And | BinaryFn::Or | BinaryFn::Xor => {
            unreachable!("it takes integers alone")
        }
    }
}

/// Of the 32 bits of integers, as they count by `sign`.
pub(super) fn binary_integer(f: BinaryFn, x: Vec<i32>, y: &[i32], sign: Sign) -> Result<Vec<i32>, CpuError> {
    if matches!(f, BinaryFn::Div | BinaryFn::Rem)
        && let Some(element) = y.iter().position(|&y| y == 0)
    {
        return Err(CpuError::DivisionByZero { element });
    }
    Ok(match sign {
        Sign::Signed => binary_i32(f, x, y),
        Sign::Unsigned => binary_u32(f, x, y),
    })
}

/// What differs where the 32 bits are a u32.
fn binary_u32(f: BinaryFn, mut x: Vec<i32>, y: &[i32]) -> Vec<i32> {
    let f: fn(u32, u32) -> u32 = match f {
        BinaryFn::Div => |x, y| x / y,
        BinaryFn::Rem => |x, y| x % y,
        BinaryFn::Maxnum | BinaryFn::Maximum => u32::max,
        BinaryFn::Minnum | BinaryFn::Minimum => u32::min,
        BinaryFn::Shl => |x, y| x.checked_shl(y).unwrap_or(0),
        BinaryFn::Shr => |x, y| x.checked_shr(y).unwrap_or(0),
        BinaryFn::Add
        | BinaryFn::Sub
        | BinaryFn::Mul
        | BinaryFn::And
        | BinaryFn::Or
        | BinaryFn::Xor
        | BinaryFn::Pow => return binary_i32(f, x, y),
    };
    for (x, &y) in x.iter_mut().zip(y) {
        *x = f(x.cast_unsigned(), y.cast_unsigned()).cast_signed();
    }
    x
}

fn binary_i32(f: BinaryFn, mut x: Vec<i32>, y: &[i32]) -> Vec<i32> {
    let f = match f {
        BinaryFn::Add => i32::wrapping_add,
        BinaryFn::Sub => i32::wrapping_sub,
        BinaryFn::Mul => i32::wrapping_mul,
        BinaryFn::Div => i32::wrapping_div,
        BinaryFn::Rem => i32::wrapping_rem,
        BinaryFn::Maxnum | BinaryFn::Maximum => i32::max,
        BinaryFn::Minnum | BinaryFn::Minimum => i32::min,
        BinaryFn::Shl => |x: i32, y: i32| u32::try_from(y).ok().and_then(|y| x.checked_shl(y)).unwrap_or(0),
        BinaryFn::Shr => |x: i32, y: i32| x >> u32::try_from(y).map_or(31, |y| y.min(31)),
        BinaryFn::And => |x, y| x & y,
        BinaryFn::Or => |x, y| x | y,
        BinaryFn::Xor => |x, y| x ^ y,
        BinaryFn::Pow => raised_integer,
    };
    for (x, &y) in x.iter_mut().zip(y) {
        *x = f(*x, y);
    }
    x
}

pub fn binary_f64(f: BinaryFn) -> fn(f64, f64) -> f64 {
    match f {
        BinaryFn::Add => |x, y| x + y,
        BinaryFn::Sub => |x, y| x - y,
        BinaryFn::Mul => |x, y| x * y,
        BinaryFn::Div => |x, y| x / y,
        BinaryFn::Maxnum => maxnum_f64,
        BinaryFn::Minnum => minnum_f64,
        BinaryFn::Maximum => maximum_f64,
        BinaryFn::Minimum => minimum_f64,
        BinaryFn::Pow => libm::pow,
        BinaryFn::Rem | BinaryFn::Shl | BinaryFn::Shr | BinaryFn::And | BinaryFn::Or | BinaryFn::Xor => {
            unreachable!("it takes integers alone")
        }
    }
}

/// `x · y + z` with one rounding; the results take the place of `x`.
pub(super) fn fma_f32(x: &mut [f32], y: &[f32], z: &[f32], simd: SimdLevel) {
    simd.run(Fma(x, y, z));
}

struct Fma<'a>(&'a mut [f32], &'a [f32], &'a [f32]);

impl Kernel for Fma<'_> {
    type Out = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        for ((x, &y), &z) in self.0.iter_mut().zip(self.1).zip(self.2) {
            *x = I::fma(*x, y, z);
        }
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
pub(super) fn maxnum(x: f32, y: f32) -> f32 {
    let zeros = f32::from_bits(x.to_bits() & y.to_bits());
    let larger = if x > y { x } else { y };
    let larger = if x == y { zeros } else { larger };
    // When x > y is false because y is NaN, y was taken.
    if y.is_nan() { x } else { larger }
}

#[inline(always)]
pub(super) fn minnum(x: f32, y: f32) -> f32 {
    let zeros = f32::from_bits(x.to_bits() | y.to_bits());
    let smaller = if x < y { x } else { y };
    let smaller = if x == y { zeros } else { smaller };
    if y.is_nan() { x } else { smaller }
}

/// The larger; a NaN gives NaN; −0 is below +0.
#[inline(always)]
pub(super) fn maximum(x: f32, y: f32) -> f32 {
    let zeros = f32::from_bits(x.to_bits() & y.to_bits());
    // When x > y is false because y is NaN, y was taken.
    let larger = if x > y { x } else { y };
    let larger = if x == y { zeros } else { larger };
    if x.is_nan() { x } else { larger }
}

#[inline(always)]
pub(super) fn minimum(x: f32, y: f32) -> f32 {
    let zeros = f32::from_bits(x.to_bits() | y.to_bits());
    let smaller = if x < y { x } else { y };
    let smaller = if x == y { zeros } else { smaller };
    if x.is_nan() { x } else { smaller }
}

pub fn maximum_f64(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() { f64::NAN } else { maxnum_f64(x, y) }
}

pub fn minimum_f64(x: f64, y: f64) -> f64 {
    -maximum_f64(-x, -y)
}

pub fn minnum_f64(x: f64, y: f64) -> f64 {
    -maxnum_f64(-x, -y)
}

/// A NaN yields the other one, and −0 is below +0, as in the definition.
pub fn maxnum_f64(x: f64, y: f64) -> f64 {
    let positive_zero = x == y && x.is_sign_positive();
    if y.is_nan() || x > y || positive_zero { x } else { y }
}

pub(super) struct Map<'a, F>(pub &'a mut [f32], pub F);

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
