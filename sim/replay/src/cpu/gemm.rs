//! The GEMM in f32: tiles of C held in registers, lanes across n, rows below one another, k innermost and ascending.
//! Neither blocking nor packing changes a bit: a sum that is stored and loaded again as f32 is the same sum.
#![allow(unsafe_code, reason = "hands the tile pointers, inside checked bounds")]

use program::DType;

use super::lanes::{InPlace, Lanes};
use super::pack::{Block, pack};
use super::simd::{Isa, Kernel};
use super::stored::{Bf16, F16, F32};
use super::tile::{Panel, Rows};

/// Rows of b that one panel holds: 256 rows × 32 columns of f32 fill 32 KiB.
const PANEL_DEPTH: usize = 256;

/// A matrix in memory, its first element at byte 0.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    pub bytes: &'a [u8],
    /// Elements from one row to the next.
    pub row: usize,
    /// Elements from one column to the next.
    pub column: usize,
    pub dtype: DType,
}

impl Matrix<'_> {
    /// The place of an element, in elements.
    #[inline(always)]
    pub(super) fn element(&self, row: usize, column: usize) -> usize {
        row * self.row + column * self.column
    }
    /// Whether `rows × columns` elements lie inside the bytes.
    pub(super) fn holds(&self, rows: usize, columns: usize) -> bool {
        let last = |n: usize, step: usize| n.saturating_sub(1).saturating_mul(step);
        let elements = last(rows, self.row).saturating_add(last(columns, self.column)).saturating_add(1);
        rows == 0 || columns == 0 || elements.saturating_mul(self.dtype.size() as usize) <= self.bytes.len()
    }
}

/// `c += a · b`; c holds packed f32.
pub(super) struct Gemm<'a> {
    a: Matrix<'a>,
    b: Matrix<'a>,
    c: &'a mut [u8],
    m: usize,
    k: usize,
    n: usize,
}

impl<'a> Gemm<'a> {
    /// # Panics
    /// When an operand is none of f32, f16 and bf16, or the sizes do not fit: the loops rely on both.
    pub(super) fn new(a: Matrix<'a>, b: Matrix<'a>, c: &'a mut [u8], [m, k, n]: [usize; 3]) -> Gemm<'a> {
        assert!(a.holds(m, k) && b.holds(k, n) && c.len() == m * n * 4, "the GEMM stays inside its operands");
        Gemm { a, b, c, m, k, n }
    }
}

impl Kernel for Gemm<'_> {
    type Out = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        if self.m == 0 || self.n == 0 || self.k == 0 {
            return;
        }
        // Elements of a are read one by one, for which f32 is best.
        let mut widened = Vec::new();
        let all = Block { row: 0, rows: self.m, column: 0, columns: self.k };
        match self.a.dtype {
            DType::F16 => pack::<I, F16>(self.a, all, self.k, &mut widened),
            DType::Bf16 => pack::<I, Bf16>(self.a, all, self.k, &mut widened),
            DType::F32 | DType::F8e4m3 | DType::F8e5m2 | DType::U8 | DType::I32 => (),
        }
        let gemm = if widened.is_empty() {
            self
        } else {
            let bytes = bytemuck::cast_slice(&widened);
            Gemm { a: Matrix { bytes, row: self.k, column: 1, dtype: DType::F32 }, ..self }
        };
        assert!(gemm.a.dtype == DType::F32, "the caller widened other dtypes");
        match gemm.b.dtype {
            DType::F32 => gemm.by_panels::<I, F32>(),
            DType::F16 => gemm.by_panels::<I, F16>(),
            DType::Bf16 => gemm.by_panels::<I, Bf16>(),
            DType::F8e4m3 | DType::F8e5m2 | DType::U8 | DType::I32 => {
                unreachable!("the caller widened other dtypes")
            }
        }
    }
}

impl Gemm<'_> {
    /// Panels of b, one tile wide and [`PANEL_DEPTH`] deep, so that a panel stays in the first cache while all
    /// rows of a pass over it.
    #[inline(always)]
    fn by_panels<I: Isa, T: InPlace>(mut self) {
        let lanes = I::Lanes::WIDTH;
        let mut packed = Vec::new();
        for row in (0..self.k).step_by(PANEL_DEPTH) {
            let rows = PANEL_DEPTH.min(self.k - row);
            let mut column = 0;
            while self.n - column > lanes {
                let columns = (2 * lanes).min(self.n - column);
                self.panel::<I, T, 2>(Block { row, rows, column, columns }, &mut packed);
                column += columns;
            }
            if column < self.n {
                let columns = self.n - column;
                self.panel::<I, T, 1>(Block { row, rows, column, columns }, &mut packed);
            }
        }
    }

    /// All rows of C over one panel of b, `REGISTERS` wide.
    #[inline(always)]
    fn panel<I: Isa, T: InPlace, const REGISTERS: usize>(&mut self, b: Block, packed: &mut Vec<f32>) {
        let width = REGISTERS * I::Lanes::WIDTH;
        // Widening in registers costs an instruction for each row of tiles, packing one store more: it pays
        // from the third row on.
        let widen_once = T::SIZE < 4 && self.m > 2 * I::TILE_ROWS;
        let in_place = b.columns == width && self.b.column == 1 && !widen_once;
        if !in_place {
            pack::<I, T>(self.b, b, width, packed);
        }
        // A C that is narrower than the tile goes through a copy that is not.
        let mut edge = Vec::new();
        if b.columns < width {
            edge = vec![0; self.m * width * 4];
            self.copy_columns(b, width, |c, edge| edge.copy_from_slice(c), &mut edge);
        }
        let (c, c_row) = if edge.is_empty() {
            (self.c[b.column * 4..].as_mut_ptr(), self.n * 4)
        } else {
            (edge.as_mut_ptr(), width * 4)
        };
        let a = self.a.bytes[self.a.element(0, b.row) * 4..].as_ptr();
        let rows = Rows { a, a_row: self.a.row * 4, a_column: self.a.column * 4, c, c_row, count: self.m };
        // SAFETY: the kernel runs at the level of `I`. `new` checked that a and b hold every element of the
        // block; a panel read in place has `width` columns, a packed one was made with as many. C has `m` rows
        // of `n` columns of which `width` begin at the block's; when there are fewer, `edge` has `m` rows of
        // `width`.
        unsafe {
            if in_place {
                let at = &self.b.bytes[self.b.element(b.row, b.column) * T::SIZE..];
                let panel = Panel { at: at.as_ptr(), row: self.b.row * T::SIZE, depth: b.rows };
                rows.over::<I, T, REGISTERS>(panel);
            } else {
                let panel = Panel { at: packed.as_ptr().cast(), row: width * 4, depth: b.rows };
                rows.over::<I, F32, REGISTERS>(panel);
            }
        }
        if !edge.is_empty() {
            self.copy_columns(b, width, |c, edge| c.copy_from_slice(edge), &mut edge);
        }
    }

    /// Copies the columns of a block between C and an edge of `width` columns.
    fn copy_columns(&mut self, b: Block, width: usize, copy: impl Fn(&mut [u8], &mut [u8]), edge: &mut [u8]) {
        for (c, edge) in self.c.chunks_exact_mut(self.n * 4).zip(edge.chunks_exact_mut(width * 4)) {
            copy(&mut c[b.column * 4..][..b.columns * 4], &mut edge[..b.columns * 4]);
        }
    }
}
