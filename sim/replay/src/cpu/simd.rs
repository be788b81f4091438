//! Instruction sets. A kernel is written once, over [`Isa`], and compiled once for each level; all levels give the
//! same bits, so the choice affects only speed.
#![allow(unsafe_code, reason = "calls code compiled for instructions that were detected just before")]

use std::fmt;
use std::str::FromStr;

use super::fma::soft_fma;
use super::lanes::{Eight, Lanes};

/// Instructions a kernel may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SimdLevel {
    /// What every computer has; the only level beside x86-64.
    Narrow,
    /// AVX2, FMA and F16C.
    Avx2,
    /// AVX-512 F, BW, DQ and VL.
    Avx512,
}

impl SimdLevel {
    pub const ALL: [SimdLevel; 3] = [SimdLevel::Narrow, SimdLevel::Avx2, SimdLevel::Avx512];

    /// The best level of this computer.
    pub fn detect() -> SimdLevel {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx2") && has!("fma") && has!("f16c") {
                let wide = has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl");
                return if wide { SimdLevel::Avx512 } else { SimdLevel::Avx2 };
            }
        }
        SimdLevel::Narrow
    }
    pub const fn name(self) -> &'static str {
        match self {
            SimdLevel::Narrow => "narrow",
            SimdLevel::Avx2 => "avx2",
            SimdLevel::Avx512 => "avx512",
        }
    }

    /// Runs a kernel at this level, or at the best level there is where the computer lacks it: the bits do
    /// not depend on it, so neither does anyone who asked for too much.
    pub(super) fn run<K: Kernel>(self, kernel: K) -> K::Out {
        match self.min(SimdLevel::detect()) {
            SimdLevel::Narrow => kernel.run::<Portable>(),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `detect` found all that `Avx2` enables.
            SimdLevel::Avx2 => unsafe { x86::avx2(kernel) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `detect` found all that `Avx512` enables.
            SimdLevel::Avx512 => unsafe { x86::avx512(kernel) },
            #[cfg(not(target_arch = "x86_64"))]
            SimdLevel::Avx2 | SimdLevel::Avx512 => kernel.run::<Portable>(),
        }
    }
}

impl fmt::Display for SimdLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a SIMD level: use narrow, avx2 or avx512")]
pub struct SimdLevelError(pub String);

impl FromStr for SimdLevel {
    type Err = SimdLevelError;
    fn from_str(text: &str) -> Result<SimdLevel, SimdLevelError> {
        SimdLevel::ALL.into_iter().find(|s| s.name() == text).ok_or_else(|| SimdLevelError(text.to_owned()))
    }
}

/// A computation written once for all levels. `run`, and what it calls in its loops, is `#[inline(always)]`:
/// only code inlined into a level's entry point is compiled for that level.
pub(super) trait Kernel {
    type Out;
    fn run<I: Isa>(self) -> Self::Out;
}

/// A level as a type.
pub(super) trait Isa {
    /// The widest register.
    type Lanes: Lanes;
    /// Eight lanes, which can be transposed.
    type Eight: Eight;
    /// Registers of C in a row of the widest GEMM tile: 2 or 4.
    const TILE_REGISTERS: usize;
    /// `a · b + c`, rounded once.
    fn fma(a: f32, b: f32, c: f32) -> f32;
}

pub(super) enum Portable {}

impl Isa for Portable {
    type Lanes = [f32; 8];
    type Eight = [f32; 8];
    const TILE_REGISTERS: usize = 2;
    #[inline(always)]
    fn fma(a: f32, b: f32, c: f32) -> f32 {
        // Where the target has an FMA instruction by definition, `mul_add` is that instruction. Elsewhere
        // it would be a call into the platform's libm.
        if cfg!(any(target_arch = "aarch64", target_feature = "fma")) {
            a.mul_add(b, c)
        } else {
            soft_fma(a, b, c)
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{__m256, __m512};

    use super::{Isa, Kernel};

    enum Avx2 {}
    enum Avx512 {}

    impl Isa for Avx2 {
        type Lanes = __m256;
        type Eight = __m256;
        const TILE_REGISTERS: usize = 2;
        #[inline(always)]
        fn fma(a: f32, b: f32, c: f32) -> f32 {
            a.mul_add(b, c)
        }
    }
    impl Isa for Avx512 {
        type Lanes = __m512;
        type Eight = __m256;
        const TILE_REGISTERS: usize = 4;
        #[inline(always)]
        fn fma(a: f32, b: f32, c: f32) -> f32 {
            a.mul_add(b, c)
        }
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    pub(super) fn avx2<K: Kernel>(kernel: K) -> K::Out {
        kernel.run::<Avx2>()
    }
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
    pub(super) fn avx512<K: Kernel>(kernel: K) -> K::Out {
        kernel.run::<Avx512>()
    }
}
