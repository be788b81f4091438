//! Box–Muller in vectors, with every bit of the f64 functions of `libm` (fdlibm): the same operations in the same
//! order, without branches. Angles where fdlibm takes a longer way are left to it.

use machine::Random;
use std::f64::consts::PI;

use super::simd::{Isa, Kernel, SimdLevel};
use super::wide::log;

/// Pairs that are computed side by side.
const LANES: usize = 16;
/// 2⁻⁵³: a draw of 53 bits is uniform in [0, 1) in its multiples.
const UNIT: f64 = f64::from_bits(0x3ca0_0000_0000_0000);

/// `n` pairs of standard normal values, two draws each.
pub(crate) fn normal_pairs(random: Random, n: usize, simd: SimdLevel) -> Vec<f32> {
    simd.run(Pairs { random, n })
}

struct Pairs {
    random: Random,
    n: usize,
}

impl Kernel for Pairs {
    type Out = Vec<f32>;

    #[inline(always)]
    fn run<I: Isa>(mut self) -> Vec<f32> {
        let mut values = Vec::with_capacity(self.n.next_multiple_of(LANES) * 2);
        for _ in (0..self.n).step_by(LANES) {
            let draws: [[u64; 2]; LANES] =
                std::array::from_fn(|_| [self.random.bits() >> 11, self.random.bits() >> 11]);
            let (mut pairs, mut is_near) = ([[0.0; 2]; LANES], [false; LANES]);
            for lane in 0..LANES {
                let [u, v] = draws[lane];
                let angle = angle(v);
                let radius = (-2.0 * log(1.0 - u as f64 * UNIT)).sqrt();
                let turned = turn(angle);
                pairs[lane] = [(radius * turned.cos) as f32, (radius * turned.sin) as f32];
                is_near[lane] = turned.is_near;
            }
            for lane in (0..LANES).filter(|&lane| is_near[lane]) {
                pairs[lane] = by_library(draws[lane]);
            }
            values.extend_from_slice(pairs.as_flattened());
        }
        values.truncate(self.n * 2);
        values
    }
}

#[inline(always)]
fn angle(draw: u64) -> f64 {
    2.0 * PI * (draw as f64 * UNIT)
}

/// The definition.
#[cold]
fn by_library([u, v]: [u64; 2]) -> [f32; 2] {
    let radius = libm::sqrt(-2.0 * libm::log(1.0 - u as f64 * UNIT));
    [(radius * libm::cos(angle(v))) as f32, (radius * libm::sin(angle(v))) as f32]
}

/// Where fdlibm takes one more quarter off an angle, by its high word.
const QUARTERS: [u64; 4] = [0x3fe9_21fb, 0x4002_d97c, 0x400f_6a7a, 0x4015_fdbc];
/// π/2: its first 33 bits, and the rest.
pub(super) const PI_2: [f64; 2] = [1.570_796_326_734_125_6, 6.077_100_506_506_192e-11];
/// A remainder below this, of an angle beyond π/4, may need more bits of π/2.
const NEAR: f64 = 1.0 / 4096.0;
/// The polynomials of k_sin.c and k_cos.c.
const S: [f64; 6] = [
    -0.166_666_666_666_666_32,
    0.008_333_333_333_322_49,
    -0.000_198_412_698_298_579_5,
    2.755_731_370_707_006_8e-6,
    -2.505_076_025_340_686_3e-8,
    1.589_690_995_211_55e-10,
];
const C: [f64; 6] = [
    0.041_666_666_666_666_6,
    -0.001_388_888_888_887_411,
    2.480_158_728_947_673e-5,
    -2.755_731_435_139_066_3e-7,
    2.087_572_321_298_175e-9,
    -1.135_964_755_778_819_5e-11,
];

struct Turned {
    cos: f64,
    sin: f64,
    /// Whether the angle is close to a multiple of π/2, so that these may be wrong.
    is_near: bool,
}

/// Cosine and sine of an angle from 0 to 2π.
#[inline(always)]
fn turn(angle: f64) -> Turned {
    // A high word beyond the quarter's: at least the first number of the next one.
    let beyond = |high: u64| if angle >= f64::from_bits((high + 1) << 32) { 1.0 } else { 0.0 };
    let n = beyond(QUARTERS[0]) + beyond(QUARTERS[1]) + beyond(QUARTERS[2]) + beyond(QUARTERS[3]);
    let z = angle - n * PI_2[0];
    let x = z - n * PI_2[1];
    let tail = (z - x) - n * PI_2[1];
    let sin = if n == 0.0 { short_sin(x) } else { long_sin(x, tail) };
    let cos = cos(x, tail);
    // Quarter turns: n is 0 to 4.
    let is_odd = n == 1.0 || n == 3.0;
    let (along, across) = if is_odd { (sin, cos) } else { (cos, sin) };
    Turned {
        cos: if n == 1.0 || n == 2.0 { -along } else { along },
        sin: if n == 2.0 || n == 3.0 { -across } else { across },
        is_near: n != 0.0 && x.abs() < NEAR,
    }
}

#[inline(always)]
fn sin_tail(z: f64) -> f64 {
    let w = z * z;
    S[1] + z * (S[2] + z * S[3]) + z * w * (S[4] + z * S[5])
}

/// Of an angle that nothing was taken off.
#[inline(always)]
pub(super) fn short_sin(x: f64) -> f64 {
    let z = x * x;
    x + (z * x) * (S[0] + z * sin_tail(z))
}

#[inline(always)]
fn long_sin(x: f64, tail: f64) -> f64 {
    let z = x * x;
    let v = z * x;
    x - ((z * (0.5 * tail - v * sin_tail(z)) - tail) - v * S[0])
}

#[inline(always)]
pub(super) fn cos(x: f64, tail: f64) -> f64 {
    let z = x * x;
    let w = z * z;
    let r = z * (C[0] + z * (C[1] + z * C[2])) + w * w * (C[3] + z * (C[4] + z * C[5]));
    let half = 0.5 * z;
    let w = 1.0 - half;
    w + (((1.0 - w) - half) + (z * r - x * tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ends, the neighbours of every threshold and of every multiple of π/2, and 200 000 others.
    #[test]
    fn functions_have_every_bit_of_the_library_s() {
        let mut random = Random::seeded(5);
        let near = (0..=16).flat_map(|eighth| {
            let at = (f64::from(eighth) / 16.0 * 9_007_199_254_740_992.0) as u64;
            (0..64).flat_map(move |step| {
                [
                    at.saturating_sub(1 << step.min(40)),
                    at.saturating_sub(step),
                    at + step,
                    at + (1 << step.min(40)),
                ]
            })
        });
        let near: Vec<u64> = near.map(|draw| draw.min((1 << 53) - 1)).collect();
        let draws = near.into_iter().chain((0..200_000).map(|_| random.bits() >> 11));
        for draw in draws {
            let x = 1.0 - draw as f64 * UNIT;
            assert_eq!(log(x).to_bits(), libm::log(x).to_bits(), "log({x})");
            let angle = angle(draw);
            let Turned { cos, sin, is_near } = turn(angle);
            if !is_near {
                assert_eq!(cos.to_bits(), libm::cos(angle).to_bits(), "cos({angle})");
                assert_eq!(sin.to_bits(), libm::sin(angle).to_bits(), "sin({angle})");
            }
        }
    }

    #[test]
    fn pairs_are_those_of_the_definition_at_every_level() {
        for level in SimdLevel::ALL {
            let mut random = Random::seeded(11);
            let values = normal_pairs(random.clone(), 5_003, level);
            assert_eq!(values.len(), 10_006);
            for pair in values.chunks_exact(2) {
                let expected = by_library([random.bits() >> 11, random.bits() >> 11]);
                assert_eq!([pair[0].to_bits(), pair[1].to_bits()], expected.map(f32::to_bits), "{level}");
            }
        }
    }
}
