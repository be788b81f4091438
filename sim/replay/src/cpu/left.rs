//! The left operand as the tile reads it, one element at a time: f32. What is not f32 is widened one tile ahead,
//! beside the FMAs, which leave the processor room for it.
#![allow(unsafe_code, reason = "loads and stores in registers, inside checked bounds")]

use program::DType;

use super::gemm::{AsStored, Matrix};
use super::lanes::Lanes;
use super::pack::{Block, Wide, pack};
use super::simd::Isa;
use super::stored::{Bf16, F16};
use super::tile::TILE_ROWS;

/// The columns of a that belong to the depth of a panel.
pub(super) struct Left<'a> {
    a: Matrix<'a>,
    block: Block,
    /// The first rows of the block; empty when a is f32.
    wide: Wide,
}

impl<'a> Left<'a> {
    pub(super) fn new(a: Matrix<'a>, rows: usize) -> Left<'a> {
        Left { a, block: Block { row: 0, rows, column: 0, columns: 0 }, wide: Wide::default() }
    }

    /// Goes to the next columns.
    pub(super) fn begin(&mut self, column: usize, columns: usize) {
        self.block = Block { column, columns, ..self.block };
        self.wide.begin(if self.is_f32() { 0 } else { self.block.rows * columns });
    }

    /// Makes the rows of the tile at `row` ready at once, and those of the next tile while this one is computed.
    #[inline(always)]
    pub(super) fn widen<I: Isa>(&mut self, row: usize) -> Option<Ahead> {
        if self.is_f32() {
            return None;
        }
        self.widen_at_once::<I>(self.unready(row + TILE_ROWS));
        let next = self.unready(row + 2 * TILE_ROWS);
        if next.rows == 0 || self.a.column != 1 || !next.columns.is_multiple_of(I::Lanes::WIDTH) {
            return None;
        }
        let from = self.a.bytes[self.a.element(next.row, next.column) * 2..].as_ptr();
        let to = self.wide.grow(next.rows * next.columns).cast();
        let dtype = self.a.dtype;
        Some(Ahead { from, row: self.a.row * 2, to, to_row: next.columns * 4, rows: next.rows, dtype })
    }

    #[inline(always)]
    fn widen_at_once<I: Isa>(&mut self, block: Block) {
        if block.rows == 0 {
            return;
        }
        match AsStored::of(self.a.dtype) {
            Some(AsStored::F16) => pack::<I, F16>(self.a, block, block.columns, &mut self.wide),
            Some(AsStored::Bf16) => pack::<I, Bf16>(self.a, block, block.columns, &mut self.wide),
            Some(AsStored::F32) | None => {
                unreachable!("f32 is read in place, and the caller widened other dtypes")
            }
        }
    }
    fn is_f32(&self) -> bool {
        self.a.dtype == DType::F32
    }
    /// Rows before `end` that are not ready.
    fn unready(&self, end: usize) -> Block {
        let row = self.wide.len() / self.block.columns;
        Block { row, rows: end.min(self.block.rows).saturating_sub(row), ..self.block }
    }

    /// Where a row of the block begins, and the bytes from row to row and from column to column.
    #[inline(always)]
    pub(super) fn at(&self, row: usize) -> (*const u8, usize, usize) {
        if self.is_f32() {
            let at = self.a.element(row, self.block.column) * 4;
            (self.a.bytes[at..].as_ptr(), self.a.row * 4, self.a.column * 4)
        } else {
            (self.wide.at(row * self.block.columns).cast(), self.block.columns * 4, 4)
        }
    }
}

/// Rows of a to widen while others are multiplied: as many elements as the panel is deep, in whole registers.
/// Distances are in bytes.
#[derive(Clone, Copy)]
pub(super) struct Ahead {
    from: *const u8,
    row: usize,
    to: *mut u8,
    to_row: usize,
    rows: usize,
    dtype: DType,
}

impl Ahead {
    /// Widens one register of each row, from column `column` on.
    ///
    /// # Safety
    /// The computer has the instructions of `L`, a register begins at `column`, and the [`Left`] that made this has
    /// not gone to other columns.
    #[inline(always)]
    pub(super) unsafe fn widen<L: Lanes>(&self, column: usize) {
        let (mut from, mut to) = (self.from.wrapping_add(column * 2), self.to.wrapping_add(column * 4));
        for _ in 0..self.rows {
            // SAFETY: `from` and `to` hold a register's worth in each of the rows.
            unsafe {
                if self.dtype == DType::F16 {
                    L::load_f16(from).store(to);
                } else {
                    L::load_bf16(from).store(to);
                }
            }
            (from, to) = (from.wrapping_add(self.row), to.wrapping_add(self.to_row));
        }
    }
}
