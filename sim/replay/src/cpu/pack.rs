//! Copies part of a matrix to f32, row by row, so that the register tile can read it: panels of b that are
//! transposed (as in Q·Kᵀ), too narrow, or read often enough to be widened once; and an a that is not f32.
#![allow(unsafe_code, reason = "loads, stores and transposes in registers, inside checked bounds")]

use super::gemm::Matrix;
use super::lanes::{Eight, InPlace, Lanes};
use super::simd::Isa;

/// Part of a matrix.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub row: usize,
    pub rows: usize,
    pub column: usize,
    pub columns: usize,
}

/// A line of the cache, so that no register's worth of a packed block lies in two.
#[repr(C, align(64))]
struct Line([f32; 16]);

/// Packed blocks, one after the other. It may be read where something was written.
#[derive(Default)]
pub(super) struct Wide {
    /// Nothing but room.
    lines: Vec<Line>,
    len: usize,
}

impl Wide {
    /// Empties it and makes room for so many elements.
    pub(super) fn begin(&mut self, elements: usize) {
        self.len = 0;
        self.lines.reserve(elements.div_ceil(16));
    }
    pub(super) fn len(&self) -> usize {
        self.len
    }
    /// Appends elements, which the caller writes.
    pub(super) fn grow(&mut self, elements: usize) -> *mut f32 {
        let at = self.lines.as_mut_ptr().cast::<f32>().wrapping_add(self.len);
        self.len += elements;
        assert!(self.len <= self.lines.capacity() * 16, "there is room for what is packed");
        at
    }
    pub(super) fn at(&self, element: usize) -> *const f32 {
        assert!(element < self.len, "what is read was packed");
        self.lines.as_ptr().cast::<f32>().wrapping_add(element)
    }
}

/// Appends the block to `to`, as rows of `width`; columns beyond the block's are 0.
#[inline(always)]
pub(super) fn pack<I: Isa, T: InPlace>(from: Matrix, block: Block, width: usize, to: &mut Wide) {
    assert!(block.columns <= width && from.contains(block.row + block.rows, block.column + block.columns));
    let elements = block.rows * width;
    let begin = to.grow(elements);
    // What whole registers and whole squares cover; the rest goes one by one.
    let (rows, columns) = if from.column == 1 {
        (block.rows, block.columns / I::Lanes::WIDTH * I::Lanes::WIDTH)
    } else if from.row == 1 {
        (block.rows / 8 * 8, block.columns / 8 * 8)
    } else {
        (0, 0)
    };
    // SAFETY: the kernel runs at the level of `I`. `from` holds the block, and `to` has room for as many rows
    // of `width`. Registers, squares and single elements together write every element of the block.
    unsafe {
        if block.columns < width {
            begin.write_bytes(0, elements);
        }
        if from.column == 1 {
            pack_rows::<I::Lanes, T>(from, Block { columns, ..block }, width, begin);
        } else {
            pack_squares::<I::Eight, T>(from, Block { rows, columns, ..block }, width, begin);
        }
        for row in 0..block.rows {
            for column in if row < rows { columns } else { 0 }..block.columns {
                let element = from.element(block.row + row, block.column + column);
                let raw = &from.bytes[element * T::SIZE..][..T::SIZE];
                begin.add(row * width + column).write(T::decode(bytemuck::pod_read_unaligned(raw)));
            }
        }
    }
}

/// Widens rows that lie element by element.
///
/// # Safety
/// The computer has the instructions of `L`; `from` holds the block, whose columns are whole registers, and `to` as
/// many rows of `width`.
#[inline(always)]
unsafe fn pack_rows<L: Lanes, T: InPlace>(from: Matrix, block: Block, width: usize, to: *mut f32) {
    for row in 0..block.rows {
        let mut at = from.bytes[from.element(block.row + row, block.column) * T::SIZE..].as_ptr();
        let mut to = to.wrapping_add(row * width);
        for _ in 0..block.columns / L::WIDTH {
            // SAFETY: a register's worth of elements begins at both, and the next one after it.
            unsafe { T::load::<L>(at).store(to.cast()) };
            (at, to) = (at.wrapping_add(L::WIDTH * T::SIZE), to.wrapping_add(L::WIDTH));
        }
    }
}

/// Widens columns that lie element by element, turning squares of eight in registers.
///
/// # Safety
/// As for [`pack_rows`]; rows and columns of the block are multiples of eight.
#[inline(always)]
unsafe fn pack_squares<E: Eight, T: InPlace>(from: Matrix, block: Block, width: usize, to: *mut f32) {
    for column in (0..block.columns).step_by(8) {
        for row in (0..block.rows).step_by(8) {
            let element = from.element(block.row + row, block.column + column);
            // SAFETY: eight elements begin at `element` and at each of the next seven columns; in `to`, at
            // `column` of each of eight rows. Loops, not closures: what is not inlined is not compiled for
            // this level.
            unsafe {
                let at = from.bytes.as_ptr().add(element * T::SIZE);
                let mut columns = [E::splat(0.0); 8];
                for (i, lanes) in columns.iter_mut().enumerate() {
                    *lanes = T::load::<E>(at.add(i * from.column * T::SIZE));
                }
                for (i, lanes) in E::transpose(columns).into_iter().enumerate() {
                    lanes.store(to.add((row + i) * width + column).cast());
                }
            }
        }
    }
}
