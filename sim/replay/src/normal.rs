//! Random tensors that are the same on every computer.

use machine::Random;
use machine::random::mix;
use program::DType;

use crate::cpu::{SimdLevel, encode, normal_pairs};
use crate::threads::side_by_side;

/// Values that are drawn at once: half of them are pairs, so it is even.
const CHUNK: usize = 1 << 14;

/// The bytes of `n` values of a dtype: standard normal ones for a float, by Box–Muller on SplitMix64, and 0..256 for
/// an integer. They depend on the seed and the name alone: every part of the stream can be drawn on its own.
pub fn bytes(seed: u64, name: &str, n: usize, dtype: DType) -> Vec<u8> {
    let (random, size) = (stream(seed, name), dtype.size() as usize);
    let mut bytes = vec![0; n * size];
    side_by_side(bytes.chunks_mut(CHUNK * size).enumerate().collect(), |(chunk, bytes)| {
        let values = draw(&random.after((chunk * CHUNK) as u64), bytes.len() / size, dtype.is_float());
        bytes.copy_from_slice(&encode(&values, dtype, SimdLevel::detect()));
    });
    bytes
}

/// A stream of its own for each name.
fn stream(seed: u64, name: &str) -> Random {
    // FNV-1a, 64 bits: short, stable and good enough to tell names apart.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    Random::seeded(mix(seed ^ mix(hash)))
}

/// Every value takes one draw: a pair of normal ones takes two.
fn draw(random: &Random, n: usize, normal: bool) -> Vec<f32> {
    let mut random = random.clone();
    if !normal {
        return (0..n).map(|_| f32::from((random.bits() >> 56) as u8)).collect();
    }
    let mut values = normal_pairs(random, n.div_ceil(2), SimdLevel::detect());
    values.truncate(n);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_normal() {
        let values = draw(&stream(7, "q"), 40_000, true);
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
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
        let random = stream(7, "q");
        let bits: Vec<u32> = draw(&random, 4, true).into_iter().map(f32::to_bits).collect();
        assert_eq!(bits, [0xbe79_58ad, 0xbe25_b750, 0x3e56_989c, 0x3fbd_c18a]);
        assert_eq!(draw(&random.after(4), 4, false), [153.0, 150.0, 11.0, 60.0]);
    }

    /// The chunks are those of one stream, and an odd number of values leaves out the last of a pair.
    #[test]
    fn a_tensor_is_one_stream() {
        for (n, dtype) in [(1, DType::F32), (CHUNK * 2 + 7, DType::F32), (CHUNK + 1, DType::U8)] {
            let values = draw(&stream(3, "k"), n, dtype.is_float());
            assert_eq!(bytes(3, "k", n, dtype), encode(&values, dtype, SimdLevel::Narrow));
        }
    }

    #[test]
    fn a_name_has_a_stream_of_its_own() {
        let first = |seed, name| draw(&stream(seed, name), 1, true)[0].to_bits();
        assert_eq!(first(7, "q"), first(7, "q"));
        assert_ne!(first(7, "q"), first(7, "k"));
        assert_ne!(first(7, "q"), first(8, "q"));
    }
}
