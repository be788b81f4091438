//! Random numbers that are the same on every computer: the only generator of the project.

/// What a draw adds to the state: 2^64 divided by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub const fn seeded(seed: u64) -> Random {
        Random(seed)
    }
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }
    /// The generator after `n` more draws.
    #[must_use]
    pub const fn after(&self, n: u64) -> Random {
        Random(self.0.wrapping_add(STEP.wrapping_mul(n)))
    }
    /// A number below `end`. Of 2^64 draws, at most one too many falls on any number.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(end)) >> 64) as u64
    }
}

/// The output function of SplitMix64: a bijection in which every bit of the result depends on every bit of `z`.
pub const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the authors' C code prints them.
    #[test]
    fn bits_are_those_of_splitmix64() {
        let mut random = Random::seeded(1_234_567);
        assert_eq!(
            [(); 3].map(|()| random.bits()),
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn a_generator_can_skip_draws() {
        let mut random = Random::seeded(9);
        let mut later = random.after(5);
        for _ in 0..5 {
            random.bits();
        }
        assert_eq!(random.bits(), later.bits());
    }

    #[test]
    fn numbers_lie_below_the_end_and_reach_it() {
        let mut random = Random::seeded(1);
        let mut drawn: Vec<u64> = (0..200).map(|_| random.below(7)).collect();
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn, [0, 1, 2, 3, 4, 5, 6]);
    }
}
