//! Powers with a whole exponent, by squaring: from the lowest bit of the exponent to the highest.

use super::simd::{Isa, Kernel};

/// Values that are raised side by side.
const LANES: usize = 16;

/// Raises each value to the exponent, in f64, and rounds once: for the exponents that `pow` takes the products err by
/// less than 2⁻⁴², so that a result is wrong by at most 0.51 ulp. Anything to the power 0 is 1, NaN too.
pub(super) struct Power<'a>(pub &'a mut [f32], pub i32);

impl Kernel for Power<'_> {
    type Out = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Power(x, exponent) = self;
        for part in x.chunks_mut(LANES) {
            let mut lanes = [0.0; LANES];
            for (lane, &x) in lanes.iter_mut().zip(&*part) {
                *lane = f64::from(x);
            }
            let raised = raised(lanes, exponent);
            for (x, raised) in part.iter_mut().zip(raised) {
                *x = raised as f32;
            }
        }
    }
}

#[inline(always)]
fn raised(mut power: [f64; LANES], exponent: i32) -> [f64; LANES] {
    let (mut product, mut left) = ([1.0; LANES], exponent.unsigned_abs());
    while left > 0 {
        if left & 1 == 1 {
            for (product, power) in product.iter_mut().zip(power) {
                *product *= power;
            }
        }
        power = power.map(|x| x * x);
        left >>= 1;
    }
    if exponent < 0 { product.map(|x| 1.0 / x) } else { product }
}

/// The same of an integer, which wraps; of an exponent below 0, which no program has, it is 1.
pub(super) fn raised_integer(x: i32, exponent: i32) -> i32 {
    x.wrapping_pow(u32::try_from(exponent).unwrap_or(0))
}
