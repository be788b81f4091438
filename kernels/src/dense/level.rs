//! Instruction levels of the references. A loop is written once and compiled once for each level. It has no fused
//! multiply-add and a fixed order of sums, so all levels give the same bits.
#![allow(unsafe_code, reason = "calls code compiled for instructions that were detected just before")]

/// Instructions that a loop may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "the levels of another processor"))]
pub enum Level {
    /// What the target always has.
    Baseline,
    Avx2,
    /// AVX-512 F, BW, DQ and VL.
    Avx512,
}

/// A loop over dense rows. What it calls is `#[inline(always)]`: only code inlined into the entry point of a level
/// is compiled for that level.
pub trait Loop {
    type Out;
    /// `ROWS` is how many rows of sums fit in registers at once.
    fn run<const ROWS: usize>(self) -> Self::Out;
}

impl Level {
    #[cfg(test)]
    pub const ALL: [Level; 3] = [Level::Baseline, Level::Avx2, Level::Avx512];
    /// The most rows that a level takes at once; the others divide it.
    pub const MOST_ROWS: usize = 8;

    /// The best level of this computer.
    pub fn detect() -> Level {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx2") {
                let wide = has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl");
                return if wide { Level::Avx512 } else { Level::Avx2 };
            }
        }
        Level::Baseline
    }

    /// Runs a loop at this level, or at the best one below it that the computer has.
    pub fn run<L: Loop>(self, body: L) -> L::Out {
        match self.min(Level::detect()) {
            Level::Baseline => body.run::<2>(),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `detect` found AVX2.
            Level::Avx2 => unsafe { avx2(body) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `detect` found all that `avx512` enables.
            Level::Avx512 => unsafe { avx512(body) },
            #[cfg(not(target_arch = "x86_64"))]
            Level::Avx2 | Level::Avx512 => body.run::<2>(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2<L: Loop>(body: L) -> L::Out {
    body.run::<4>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2")]
fn avx512<L: Loop>(body: L) -> L::Out {
    body.run::<8>()
}
