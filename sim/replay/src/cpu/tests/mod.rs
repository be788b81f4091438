//! The ops against slow definitions written apart from them, at every SIMD level.

mod codecs;
mod dot;
mod elementwise;
mod exp;
mod functions;
mod integers;
mod layout;
mod reduce;
mod scaled;
mod scan;
mod words;

use program::{DType, Dims};

use super::stored::{Stored, with_stored};
use super::{Input, Packed, SimdLevel, Strided};

/// A small generator (xorshift), the same on every computer.
struct Random(u32);

impl Random {
    /// Prints the seed, so that a failure can be repeated.
    fn seeded(seed: u32) -> Random {
        println!("seed {seed}");
        Random(seed)
    }
    fn bits(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }
    fn below(&mut self, n: u32) -> u32 {
        self.bits() % n
    }
    /// In [−1, 1).
    fn unit(&mut self) -> f32 {
        (self.bits() >> 8) as f32 / 8_388_608.0 - 1.0
    }
    /// Now and then infinite, NaN, a zero of either sign or subnormal; else in [−1, 1).
    fn value(&mut self) -> f32 {
        const SPECIAL: [f32; 6] = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, -0.0, 0.0, 1e-40];
        if self.below(200) == 0 { SPECIAL[self.below(6) as usize] } else { self.unit() }
    }
    fn values(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| self.value()).collect()
    }
}

/// One value in one dtype, by the scalar definition.
fn bytes_of(values: &[f32], dtype: DType) -> Vec<u8> {
    with_stored!(dtype, T => values.iter().flat_map(|&x| T::encode(x)).collect())
}

fn floats_of(bytes: &[u8], dtype: DType) -> Vec<f32> {
    with_stored!(dtype, T => bytemuck::cast_slice::<u8, <T as Stored>::Raw>(bytes).iter().map(|&raw| T::decode(raw)).collect())
}

/// A place for results where something lay before: longer than some results and shorter than others.
fn room() -> Vec<u8> {
    vec![0xa5; 24]
}

fn ints(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn packed(shape: &[u32], dtype: DType) -> Packed {
    Packed { shape: Dims::new(shape), dtype }
}

fn view<'a>(bytes: &'a [u8], shape: &[u32], dtype: DType) -> Input<'a> {
    Input::View(Strided::packed(bytes, shape, dtype))
}

/// Runs at every level and insists on one answer.
fn at_every_level<T: PartialEq + std::fmt::Debug>(run: impl Fn(SimdLevel) -> T) -> T {
    let narrow = run(SimdLevel::Narrow);
    for level in SimdLevel::ALL {
        assert!(
            run(level) == narrow,
            "{level} differs from narrow (this computer has {})",
            SimdLevel::detect()
        );
    }
    narrow
}

/// FNV-1a, to hold many bytes to a known answer.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
