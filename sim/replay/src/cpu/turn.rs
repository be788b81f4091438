//! Sine and cosine of f32, computed in f64 and rounded once. Up to 2²⁰ two pieces of π/2 are taken off, in vectors;
//! beyond it the angle is multiplied by as many bits of 2/π as decide, after Payne and Hanek (1983).

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

use super::pairs::{PI_2, cos, short_sin};
use super::simd::{Isa, Kernel};
use super::wide::WHOLE;

/// Up to it a multiple of the first 33 bits of π/2 is exact in f64.
const FAR: f32 = 1_048_576.0;
/// Values that are looked at together.
const BLOCK: usize = 64;
/// 32 bits of zero, and 2/π behind the point.
const TWO_OVER_PI: [u32; 10] = [
    0,
    0xa2f9_836e,
    0x4e44_1529,
    0xfc27_57d1,
    0xf534_ddc0,
    0xdb62_9599,
    0x3c43_9041,
    0xfe51_63ab,
    0xdebb_c561,
    0xb724_6e3a,
];

/// The quarter turn by which a function is ahead of the sine.
#[derive(Clone, Copy)]
pub(super) enum Ahead {
    Sine = 0,
    Cosine = 1,
}

pub(super) struct Turn<'a>(pub &'a mut [f32], pub Ahead);

impl Kernel for Turn<'_> {
    type Out = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Turn(x, ahead) = self;
        for block in x.chunks_mut(BLOCK) {
            if block.iter().all(|x| x.abs() <= FAR) {
                block.iter_mut().for_each(|x| *x = near(*x, ahead));
            } else {
                block
                    .iter_mut()
                    .for_each(|x| *x = if x.abs() <= FAR { near(*x, ahead) } else { far(*x, ahead) });
            }
        }
    }
}

#[inline(always)]
fn near(x: f32, ahead: Ahead) -> f32 {
    let angle = f64::from(x);
    let whole = angle * FRAC_2_PI + WHOLE;
    let n = whole - WHOLE;
    let rest = (angle - n * PI_2[0]) - n * PI_2[1];
    let quarters = whole.to_bits().wrapping_sub(WHOLE.to_bits());
    let y = turned(rest, quarters.wrapping_add(ahead as u64)) as f32;
    // The sine of a zero has its sign.
    if x == 0.0 && (ahead as u64) == 0 { x } else { y }
}

/// The sine of `rest` and so many quarter turns, of which the last two bits count.
#[inline(always)]
fn turned(rest: f64, quarters: u64) -> f64 {
    let (sin, cos) = (short_sin(rest), cos(rest, 0.0));
    let size = if quarters & 1 == 0 { sin } else { cos };
    if quarters & 2 == 0 { size } else { -size }
}

/// Of what is not finite, NaN.
#[cold]
fn far(x: f32, ahead: Ahead) -> f32 {
    if !x.is_finite() {
        return f32::NAN;
    }
    let bits = x.abs().to_bits();
    let significand = u128::from(bits & 0x007f_ffff | 0x0080_0000);
    // x is the significand times 2^(exponent − 150). Bits of 2/π that make multiples of 4 quarters are left out: the first
    // one that counts has the place exponent − 151 behind the point.
    let first = (bits >> 23) as usize + 32 - 152;
    let (word, bit) = (first / 32, first % 32);
    let words = &TWO_OVER_PI[word..word + 5];
    let four = words[..4].iter().fold(0u128, |sum, &word| sum << 32 | u128::from(word));
    let window = if bit == 0 { four } else { four << bit | u128::from(words[4] >> (32 - bit)) };
    // Two bits of whole quarters, and 126 behind the point.
    let angle = significand.wrapping_mul(window);
    let quarters = angle.wrapping_add(1 << 125) >> 126;
    let rest = angle.wrapping_sub(quarters << 126).cast_signed() as f64 * 2f64.powi(-126) * FRAC_PI_2;
    let sign = if x > 0.0 { 1 } else { -1 };
    let quarters = (quarters as i64 * sign).cast_unsigned().wrapping_add(ahead as u64);
    turned(rest * sign as f64, quarters) as f32
}
