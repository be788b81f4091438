//! Casts of a float before it is stored. To store it in a float dtype rounds to the nearest; to store it in an integer
//! dtype truncates and saturates, and makes a 0 of NaN.

use program::DType;
use program::op::UnaryFn;

use super::functions::Map;
use super::simd::SimdLevel;
use super::whole;

/// `f` is a cast.
pub(super) fn cast_f32(f: UnaryFn, x: &mut [f32], to: DType, simd: SimdLevel) {
    let largest = to.largest() as f32;
    if f == UnaryFn::CastSaturate && to.is_float() {
        simd.run(Map(x, |x: f32| if x.abs() > largest { largest.copysign(x) } else { x }));
    } else if to.is_float() || f == UnaryFn::CastTrunc {
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

/// The same in f64.
pub(crate) fn cast_f64(f: UnaryFn, x: f64, to: DType) -> f64 {
    if f == UnaryFn::CastSaturate && to.is_float() {
        if x.abs() > to.largest() { to.largest().copysign(x) } else { x }
    } else if to.is_float() || f == UnaryFn::CastTrunc {
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
    let [least, values] = if to == DType::U8 { [0.0, 256.0] } else { [-2_147_483_648.0, 4_294_967_296.0] };
    x - ((x - least) / values).floor() * values
}

/// The integer that saturates in `to`.
pub(super) fn saturated(x: i32, to: DType) -> i32 {
    let most = to.largest() as i32;
    let least =
        if to == DType::U8 { 0 } else { most.wrapping_neg().wrapping_sub(i32::from(to == DType::I32)) };
    x.clamp(least, most)
}
