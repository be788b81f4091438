//! `exp` in f32: one chosen polynomial, the same on all computers; no libm of the platform has a say.

use super::simd::{Isa, Kernel, SimdLevel};

/// ln 2 as the nearest f32, and what that leaves.
const LN2_HIGH: f32 = std::f32::consts::LN_2;
const LN2_LOW: f32 = -1.904_654_3e-9;
/// Adding 1.5 · 2²³ leaves the nearest integer in the last bits.
const TO_INTEGER: f32 = 12_582_912.0;
/// `(e^r − 1 − r) / r²` for |r| ≤ ln 2 / 2, highest power first: the coefficients of Cephes' `expf`.
const POLYNOMIAL: [f32; 6] =
    [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5];

/// The error is below 0.80 ulp for every f32 (the bench counts through all of them), subnormal results
/// included. −inf gives 0, +inf and overflow give +inf, NaN gives NaN.
#[inline(always)]
pub(super) fn exp<I: Isa>(x: f32) -> f32 {
    // Beyond these all results are 0 and +inf; a NaN fails both comparisons and stays.
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -105.0 { -105.0 } else { x };
    // x = n ln 2 + r, with |r| ≤ ln 2 / 2.
    let shifted = I::fma(x, std::f32::consts::LOG2_E, TO_INTEGER);
    let n = shifted - TO_INTEGER;
    let r = I::fma(n, -LN2_LOW, I::fma(n, -LN2_HIGH, x));
    let tail = POLYNOMIAL.into_iter().reduce(|sum, c| I::fma(sum, r, c)).unwrap_or(0.0);
    // 1 + r loses the low bits of r; they are recovered exactly and added with the tail.
    let one_r = 1.0 + r;
    let lost = r - (one_r - 1.0);
    let power = one_r + I::fma(tail, r * r, lost);
    // 2^n in two factors, each a normal number, so that only the last product rounds: results below 2^-126
    // are correct subnormals. The integers wrap because a NaN makes them nonsense, which NaN then hides.
    let n = shifted.to_bits().wrapping_sub(TO_INTEGER.to_bits()) as i32;
    let half = n >> 1;
    power * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// `exp` of every value, in place.
pub fn exp_slice(values: &mut [f32], simd: SimdLevel) {
    simd.run(ExpSlice(values));
}

struct ExpSlice<'a>(&'a mut [f32]);

impl Kernel for ExpSlice<'_> {
    type Out = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        for x in self.0 {
            *x = exp::<I>(*x);
        }
    }
}
