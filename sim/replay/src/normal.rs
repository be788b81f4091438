//! Random tensors that are the same on every computer.

use machine::Random;
use machine::random::mix;

/// Standard normal values from a seed and a name, by Box–Muller on SplitMix64.
pub struct Normal {
    random: Random,
    /// Box–Muller makes two values at a time.
    spare: Option<f32>,
}

impl Normal {
    /// A stream of its own for each name.
    pub fn new(seed: u64, name: &str) -> Normal {
        // FNV-1a, 64 bits: short, stable and good enough to tell names apart.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Normal { random: Random::seeded(mix(seed ^ mix(hash))), spare: None }
    }

    #[allow(clippy::should_implement_trait, reason = "it never ends, so it is no iterator")]
    pub fn next(&mut self) -> f32 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        // The logarithm needs a number in (0, 1]; the angle one in [0, 1).
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        let angle = 2.0 * std::f64::consts::PI * self.unit();
        self.spare = Some((radius * libm::sin(angle)) as f32);
        (radius * libm::cos(angle)) as f32
    }
    pub fn byte(&mut self) -> u8 {
        (self.random.bits() >> 56) as u8
    }
    /// Uniform in [0, 1), a multiple of 2⁻⁵³.
    fn unit(&mut self) -> f64 {
        (self.random.bits() >> 11) as f64 * f64::from_bits(0x3ca0_0000_0000_0000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_normal() {
        let mut random = Normal::new(7, "q");
        let values: Vec<f64> = (0..40_000).map(|_| f64::from(random.next())).collect();
        let mean = values.iter().sum::<f64>() / 40_000.0;
        let variance = values.iter().map(|v| v * v).sum::<f64>() / 40_000.0;
        let fourth = values.iter().map(|v| v * v * v * v).sum::<f64>() / 40_000.0;
        assert!(mean.abs() < 0.02, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.03, "variance {variance}");
        assert!((fourth - 3.0).abs() < 0.2, "fourth moment {fourth}");
    }

    /// The bits are the ones that this generator gave first: seeded inputs must never change.
    #[test]
    fn values_stay_as_they_were() {
        let mut random = Normal::new(7, "q");
        assert_eq!(
            [(); 4].map(|()| random.next().to_bits()),
            [0xbe79_58ad, 0xbe25_b750, 0x3e56_989c, 0x3fbd_c18a]
        );
        assert_eq!([(); 4].map(|()| random.byte()), [153, 150, 11, 60]);
    }

    #[test]
    fn a_name_has_a_stream_of_its_own() {
        let first = |seed, name| Normal::new(seed, name).next().to_bits();
        assert_eq!(first(7, "q"), first(7, "q"));
        assert_ne!(first(7, "q"), first(7, "k"));
        assert_ne!(first(7, "q"), first(8, "q"));
    }
}
