//! The register tile of the GEMM: a few rows and registers of C, for all of a panel's depth.
#![allow(unsafe_code, reason = "reads and writes through pointers whose bounds the GEMM has checked")]

use super::lanes::{InPlace, Lanes};
use super::left::Ahead;

/// Rows of C that a tile holds in registers. With four registers a row, on AVX-512, the loads and conversions of one
/// step fit beside its 16 FMAs; eight rows of two registers measured up to 15 % slower when b is f16.
pub(super) const TILE_ROWS: usize = 4;

/// What one tile reads of a, and the part of C it writes. Distances are in bytes.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    pub a: *const u8,
    pub a_row: usize,
    pub a_column: usize,
    /// What is widened meanwhile.
    pub ahead: Option<Ahead>,
    pub c: TileOfC,
}

/// The place of a tile's sums.
#[derive(Clone, Copy)]
pub(super) struct TileOfC {
    pub at: *mut u8,
    /// Bytes from one row to the next.
    pub row: usize,
    /// At most [`TILE_ROWS`].
    pub rows: usize,
    /// Whether it holds sums to go on from; else they begin from +0.
    pub begun: bool,
}

/// Rows of b, one tile wide.
#[derive(Clone, Copy)]
pub(super) struct Panel {
    pub at: *const u8,
    /// Bytes from one row to the next.
    pub row: usize,
    pub depth: usize,
    /// Where its rows are kept as f32, one after the other.
    pub keep: Option<*mut u8>,
}

impl Rows {
    /// C becomes C + a · b, or a · b.
    ///
    /// # Safety
    /// The computer has the instructions of `L`. `a` is valid for the rows of `c` by `depth` elements, and so is what is
    /// ahead; `b`, and where it is kept, for `depth` rows, and `c` for its rows, of as many elements as `REGISTERS`
    /// hold.
    #[inline(always)]
    pub(super) unsafe fn over<L: Lanes, T: InPlace, const REGISTERS: usize>(self, b: Panel) {
        // SAFETY: the caller's promise is the same.
        unsafe {
            match self.c.rows {
                0 => (),
                1 => self.tile::<L, T, 1, REGISTERS>(b),
                TILE_ROWS => self.tile::<L, T, TILE_ROWS, REGISTERS>(b),
                rows => {
                    // Every form is a copy of the loop for each panel, dtype and level, so three rows have none.
                    self.tile::<L, T, 2, REGISTERS>(b);
                    if rows > 2 {
                        self.third().tile::<L, T, 1, REGISTERS>(Panel { keep: None, ..b });
                    }
                }
            }
        }
    }

    /// The row after two.
    #[inline(always)]
    fn third(self) -> Rows {
        let a = self.a.wrapping_add(self.a_row.wrapping_mul(2));
        let at = self.c.at.wrapping_add(self.c.row.wrapping_mul(2));
        Rows { a, ahead: None, c: TileOfC { at, rows: 1, ..self.c }, ..self }
    }

    /// The definition: every sum takes `fma(a, b, sum)` for k ascending. Pointers walk, and arithmetic has no
    /// checks, so that the inner loop is little but loads and FMAs.
    ///
    /// # Safety
    /// As for [`Rows::over`], for `ROWS` rows.
    #[inline(always)]
    unsafe fn tile<L: Lanes, T: InPlace, const ROWS: usize, const REGISTERS: usize>(self, b: Panel) {
        // SAFETY: all places are within `ROWS` rows, `depth` steps and `REGISTERS` registers; what is ahead is
        // whole registers long.
        unsafe {
            let mut sums: [[L; REGISTERS]; ROWS] = self.c.load();
            let (mut a_at, mut b_at, mut keep) = (self.a, b.at, b.keep);
            let mut step = 0;
            while step < b.depth {
                if let Some(ahead) = self.ahead {
                    ahead.widen::<L>(step);
                }
                let end = b.depth.min(step + L::WIDTH);
                for _ in step..end {
                    let mut lanes = [L::splat(0.0); REGISTERS];
                    for (register, lanes) in lanes.iter_mut().enumerate() {
                        *lanes = T::load(b_at.add(register * L::WIDTH * T::SIZE));
                    }
                    if let Some(at) = keep {
                        for (register, lanes) in lanes.iter().enumerate() {
                            lanes.store(at.add(register * L::WIDTH * 4));
                        }
                        keep = Some(at.wrapping_add(REGISTERS * L::WIDTH * 4));
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
                step = end;
            }
            self.c.store(&sums);
        }
    }
}

impl TileOfC {
    #[inline(always)]
    fn register<L: Lanes>(&self, row: usize, register: usize) -> *mut u8 {
        self.at.wrapping_add(row.wrapping_mul(self.row)).wrapping_add(register * L::WIDTH * 4)
    }

    /// # Safety
    /// The computer has the instructions of `L`, and the place is valid for `ROWS` rows of `REGISTERS`.
    #[inline(always)]
    unsafe fn load<L: Lanes, const ROWS: usize, const REGISTERS: usize>(&self) -> [[L; REGISTERS]; ROWS] {
        // SAFETY: the caller's promise is the same.
        unsafe {
            let mut sums = [[L::splat(0.0); REGISTERS]; ROWS];
            for (row, sums) in sums.iter_mut().enumerate().take(if self.begun { ROWS } else { 0 }) {
                for (register, sum) in sums.iter_mut().enumerate() {
                    *sum = L::load_f32(self.register::<L>(row, register));
                }
            }
            sums
        }
    }

    /// # Safety
    /// As for [`TileOfC::load`].
    #[inline(always)]
    unsafe fn store<L: Lanes, const ROWS: usize, const REGISTERS: usize>(
        &self,
        sums: &[[L; REGISTERS]; ROWS],
    ) {
        for (row, sums) in sums.iter().enumerate() {
            for (register, sum) in sums.iter().enumerate() {
                // SAFETY: the caller's promise is the same.
                unsafe { sum.canonical().store(self.register::<L>(row, register)) };
            }
        }
    }
}
