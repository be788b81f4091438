//! The register tile of the GEMM: a few rows and registers of C, for all of a panel's depth.
#![allow(unsafe_code, reason = "reads and writes through pointers whose bounds the GEMM has checked")]

use super::lanes::{InPlace, Lanes};
use super::simd::Isa;

/// Rows of a, and the columns of C that one tile is wide. Distances are in bytes.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    pub a: *const u8,
    pub a_row: usize,
    pub a_column: usize,
    pub c: *mut u8,
    pub c_row: usize,
    pub count: usize,
}

/// Rows of b, one tile wide.
#[derive(Clone, Copy)]
pub(super) struct Panel {
    pub at: *const u8,
    /// Bytes from one row to the next.
    pub row: usize,
    pub depth: usize,
}

impl Rows {
    /// Adds a · b to C, as many rows at a time as registers hold.
    ///
    /// # Safety
    /// The computer has the instructions of `I`. `a` is valid for `count` rows of `depth` elements, `b` for `depth`
    /// rows and `c` for `count` rows of as many elements as `REGISTERS` hold.
    #[inline(always)]
    pub(super) unsafe fn over<I: Isa, T: InPlace, const REGISTERS: usize>(mut self, b: Panel) {
        while self.count > 0 {
            // SAFETY: each tile takes no more rows than are left.
            let done = unsafe {
                if I::TILE_ROWS >= 8 && self.count >= 8 {
                    self.tile::<I::Lanes, T, 8, REGISTERS>(b)
                } else if self.count >= 4 {
                    self.tile::<I::Lanes, T, 4, REGISTERS>(b)
                } else if self.count >= 2 {
                    self.tile::<I::Lanes, T, 2, REGISTERS>(b)
                } else {
                    self.tile::<I::Lanes, T, 1, REGISTERS>(b)
                }
            };
            self.count -= done;
            self.a = self.a.wrapping_add(done * self.a_row);
            self.c = self.c.wrapping_add(done * self.c_row);
        }
    }

    /// The definition: every sum takes `fma(a, b, sum)` for k ascending. Returns `ROWS`. Pointers walk, and
    /// arithmetic has no checks, so that the loop is nothing but loads and FMAs.
    ///
    /// # Safety
    /// As for [`Rows::over`], for `ROWS` rows.
    #[inline(always)]
    unsafe fn tile<L: Lanes, T: InPlace, const ROWS: usize, const REGISTERS: usize>(self, b: Panel) -> usize {
        let c = |row: usize| self.c.wrapping_add(row.wrapping_mul(self.c_row));
        let (mut a_at, mut b_at) = (self.a, b.at);
        // SAFETY: all places are within `ROWS` rows, `depth` steps and `REGISTERS` registers.
        unsafe {
            let mut sums = [[L::splat(0.0); REGISTERS]; ROWS];
            for (row, sums) in sums.iter_mut().enumerate() {
                for (register, sum) in sums.iter_mut().enumerate() {
                    *sum = L::load_f32(c(row).add(register * L::WIDTH * 4));
                }
            }
            for _ in 0..b.depth {
                let mut lanes = [L::splat(0.0); REGISTERS];
                for (register, lanes) in lanes.iter_mut().enumerate() {
                    *lanes = T::load(b_at.add(register * L::WIDTH * T::SIZE));
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    let a = a_at.wrapping_add(row.wrapping_mul(self.a_row)).cast::<f32>();
                    let a = L::splat(a.read_unaligned());
                    for (sum, &lanes) in sums.iter_mut().zip(&lanes) {
                        *sum = L::fma(a, lanes, *sum);
                    }
                }
                a_at = a_at.wrapping_add(self.a_column);
                b_at = b_at.wrapping_add(b.row);
            }
            for (row, sums) in sums.iter().enumerate() {
                for (register, sum) in sums.iter().enumerate() {
                    sum.canonical().store(c(row).add(register * L::WIDTH * 4));
                }
            }
        }
        ROWS
    }
}
