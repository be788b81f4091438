//! Functions that round to whole numbers: exact, so that every computer agrees. A zero that is made has the sign of x.

/// From it on every f32 is whole. Adding it to a smaller number rounds that to the nearest integer, ties to even.
const ALL_WHOLE: f32 = 8_388_608.0;

#[inline(always)]
pub(super) fn round(x: f32) -> f32 {
    let size = x.abs();
    let whole = (size + ALL_WHOLE) - ALL_WHOLE;
    (if size < ALL_WHOLE { whole } else { size }).copysign(x)
}

#[inline(always)]
pub(super) fn trunc(x: f32) -> f32 {
    let (size, near) = (x.abs(), round(x).abs());
    (if near > size { near - 1.0 } else { near }).copysign(x)
}

#[inline(always)]
pub(super) fn floor(x: f32) -> f32 {
    let near = round(x);
    // The sign is that of x, also where 1 − 1 is +0.
    if near > x { (near - 1.0).copysign(x) } else { near }
}

#[inline(always)]
pub(super) fn ceil(x: f32) -> f32 {
    -floor(-x)
}

#[inline(always)]
pub(super) fn sign(x: f32) -> f32 {
    let one = 1.0f32.copysign(x);
    // Zeros stay, and so does NaN.
    if x.abs() > 0.0 { one } else { x }
}
