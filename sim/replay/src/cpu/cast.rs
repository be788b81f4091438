//! Casts of a float before it is stored. To store it in a float dtype rounds to the nearest; to store it in an integer
//! dtype truncates and saturates, and makes a 0 of NaN. A truth value is whether the float is not 0, by every cast.

use program::op::UnaryFn;
use program::{DType, Sign};

use super::convert::number;
use super::functions::Map;
use super::simd::SimdLevel;
use super::whole;

/// `f` is a cast.
pub(super) fn cast_f32(f: UnaryFn, x: &mut [f32], to: DType, simd: SimdLevel) {
    let largest = to.largest() as f32;
    if f == UnaryFn::CastSaturate && to.is_float() {
        simd.run(Map(x, |x: f32| if x.abs() > largest { largest.copysign(x) } else { x }));
    } else if to.is_float() || f == UnaryFn::CastTrunc || to == DType::Bool {
        // As it is stored.
    } else if f == UnaryFn::CastFloor {
        simd.run(Map(x, whole::floor));
    } else {
        simd.run(Map(x, whole::round));
        if f == UnaryFn::CastWrap {
            simd.run(Map(x, |x: f32| wrapped(f64::from(x), to) as f32));
        }
    }
}

/// The dtype that the result of a cast is stored as: what f32 does not hold of a u32 wraps as an i32 of its bits.
pub(super) fn stored_as(f: UnaryFn, to: DType) -> DType {
    if f == UnaryFn::CastWrap && to == DType::U32 { DType::I32 } else { to }
}

/// The same in f64.
pub(crate) fn cast_f64(f: UnaryFn, x: f64, to: DType) -> f64 {
    if f == UnaryFn::CastSaturate && to.is_float() {
        if x.abs() > to.largest() { to.largest().copysign(x) } else { x }
    } else if to.is_float() || f == UnaryFn::CastTrunc || to == DType::Bool {
        x
    } else if f == UnaryFn::CastFloor {
        libm::floor(x)
    } else if f == UnaryFn::CastWrap {
        wrapped(libm::rint(x), to)
    } else {
        libm::rint(x)
    }
}

/// A whole number by the low bits that an integer dtype keeps; NaN of what is not finite.
#[inline(always)]
fn wrapped(x: f64, to: DType) -> f64 {
    let [least, most] = to.integers().map_or([0.0, 0.0], |range| range.map(|number| number as f64));
    let values = most - least + 1.0;
    x - ((x - least) / values).floor() * values
}

/// The integer that saturates in `to`.
pub(super) fn saturated(x: i32, sign: Sign, to: DType) -> i32 {
    if to == DType::Bool {
        return x;
    }
    let most = to.largest() as i64;
    let [least, most] = to.integers().unwrap_or([-most, most]);
    number(x, sign).clamp(least, most) as i32
}
