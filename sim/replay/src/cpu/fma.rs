//! `a · b + c` in f32, rounded once, on computers without an instruction for it.

/// The product of two f32 is exact in f64 (48 bits). The sum is rounded to f64 *to odd*: when it is inexact,
/// to the neighbour whose last bit is 1. Rounding that to f32 gives the bits of a single rounding, because f64
/// has more than two bits to spare (Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums", 2008).
#[inline(always)]
pub(super) fn soft_fma(a: f32, b: f32, c: f32) -> f32 {
    let (product, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + c;
    // What the sum lost (Knuth's two-sum); NaN when something is infinite, and then nothing was lost.
    let shifted = sum - product;
    let lost = (product - (sum - shifted)) + (c - shifted);
    let inexact = !lost.is_nan() && lost != 0.0;
    let even = sum.to_bits() & 1 == 0;
    // One step of the bits away from zero if the lost part points there, else one towards zero.
    let step = if (lost > 0.0) == (sum > 0.0) { 1 } else { u64::MAX };
    let odd = sum.to_bits().wrapping_add(if inexact && even { step } else { 0 });
    f64::from_bits(odd) as f32
}
