//! The GEMM in f32: tiles of C held in registers, lanes across n, rows below one another, k innermost and ascending.
//! Neither blocking nor packing changes a bit: a sum that is stored and loaded again as f32 is the same sum.
#![allow(unsafe_code, reason = "hands the tile pointers, inside checked bounds")]

use program::{DType, Float};

use super::lanes::{InPlace, Lanes};
use super::left::Left;
use super::pack::{Block, Wide, pack};
use super::simd::{Isa, Kernel};
use super::stored::{Bf16, F16, F32};
use super::sums::{Span, Sums};
use super::tile::{Panel, Rows, TILE_ROWS};

/// Rows of b that one panel holds: 256 rows of 64 columns are 32 KiB of f16 and 64 KiB of f32.
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
    pub(super) fn contains(&self, rows: usize, columns: usize) -> bool {
        let last = |n: usize, step: usize| n.saturating_sub(1).saturating_mul(step);
        let elements = last(rows, self.row).saturating_add(last(columns, self.column)).saturating_add(1);
        rows == 0 || columns == 0 || elements.saturating_mul(self.dtype.size() as usize) <= self.bytes.len()
    }
}

/// What sums begin from.
pub(super) enum Start {
    /// From packed f32, in whose place the sums are made.
    From(Vec<u8>),
    /// From +0, in a vector whose bytes do not matter.
    Zero { room: Vec<u8> },
}

/// `start + a · b`, packed f32.
pub(super) struct Gemm<'a> {
    a: Matrix<'a>,
    b: Matrix<'a>,
    start: Start,
    m: usize,
    k: usize,
    n: usize,
}

impl<'a> Gemm<'a> {
    /// # Panics
    /// When an operand is none of f32, f16 and bf16, or the sizes do not fit: the loops rely on both.
    pub(super) fn new(a: Matrix<'a>, b: Matrix<'a>, start: Start, [m, k, n]: [usize; 3]) -> Gemm<'a> {
        let starts = match &start {
            Start::From(sums) => sums.len() == m * n * 4,
            Start::Zero { .. } => true,
        };
        assert!(a.contains(m, k) && b.contains(k, n) && starts, "the GEMM stays inside its operands");
        Gemm { a, b, start, m, k, n }
    }
}

/// A dtype that products read as it is stored: the GEMM widens it itself. Others are widened to f32 before.
#[derive(Clone, Copy)]
pub enum AsStored {
    F32,
    F16,
    Bf16,
}

impl AsStored {
    pub const fn of(dtype: DType) -> Option<AsStored> {
        match dtype.computed_float() {
            Some(Float::F32) => Some(AsStored::F32),
            Some(Float::F16) => Some(AsStored::F16),
            Some(Float::Bf16) => Some(AsStored::Bf16),
            Some(Float::F8e4m3 | Float::F8e5m2) | None => None,
        }
    }
}

impl Kernel for Gemm<'_> {
    type Out = Vec<u8>;
    #[inline(always)]
    fn run<I: Isa>(self) -> Vec<u8> {
        match AsStored::of(self.b.dtype) {
            Some(AsStored::F32) => self.by_panels::<I, F32>(),
            Some(AsStored::F16) => self.by_panels::<I, F16>(),
            Some(AsStored::Bf16) => self.by_panels::<I, Bf16>(),
            None => unreachable!("the caller widened other dtypes"),
        }
    }
}

/// What passes from panel to panel.
struct Passing<'a> {
    left: Left<'a>,
    sums: Sums,
    packed: Wide,
}

impl Gemm<'_> {
    /// Panels of b, one tile wide and [`PANEL_DEPTH`] deep, so that a panel stays in a near cache while all rows
    /// of a pass over it.
    #[inline(always)]
    fn by_panels<I: Isa, T: InPlace>(mut self) -> Vec<u8> {
        let start = std::mem::replace(&mut self.start, Start::Zero { room: Vec::new() });
        let sums = Sums::new(start, [self.m, self.n]);
        let mut passing = Passing { left: Left::new(self.a, self.m), sums, packed: Wide::default() };
        for row in (0..self.k).step_by(PANEL_DEPTH) {
            let rows = PANEL_DEPTH.min(self.k - row);
            passing.left.begin(row, rows);
            let mut column = 0;
            while column < self.n {
                let rest = self.n - column;
                let b = |registers: usize| Block {
                    row,
                    rows,
                    column,
                    columns: rest.min(registers * I::Lanes::WIDTH),
                };
                // Only the last panel is narrower than its registers, and it has few.
                column += if I::TILE_REGISTERS >= 4 && rest >= 4 * I::Lanes::WIDTH {
                    self.panel::<I, T, 4>(b(4), &mut passing)
                } else if rest > I::Lanes::WIDTH {
                    self.panel::<I, T, 2>(b(2), &mut passing)
                } else {
                    self.panel::<I, T, 1>(b(1), &mut passing)
                };
            }
            passing.sums.pass_is_done();
        }
        passing.sums.finish()
    }

    /// All rows of C over one panel of b, `REGISTERS` wide. Returns the panel's columns.
    #[inline(always)]
    fn panel<I: Isa, T: InPlace, const REGISTERS: usize>(&self, b: Block, passing: &mut Passing) -> usize {
        let width = REGISTERS * I::Lanes::WIDTH;
        let right = self.right::<I, T>(b, width, &mut passing.packed);
        let Passing { left, sums, .. } = passing;
        for row in (0..self.m).step_by(TILE_ROWS) {
            let rows = TILE_ROWS.min(self.m - row);
            let span = Span { row, rows, column: b.column, columns: b.columns, width };
            let ahead = left.widen::<I>(row);
            let (a, a_row, a_column) = left.at(row);
            let rows = Rows { a, a_row, a_column, ahead, c: sums.open(span) };
            // SAFETY: the kernel runs at the level of `I`. `new` checked that a and b hold every element of the
            // block; a panel read in place has `width` columns, one packed or kept was made with as many.
            // `open` gave place for the rows, of `width` columns.
            unsafe {
                // One call of each kind: what is always inlined is compiled for every call.
                if const { T::SIZE == 4 } {
                    rows.over::<I::Lanes, F32, REGISTERS>(right.wide());
                } else if let Some(b) = right.stored(row) {
                    rows.over::<I::Lanes, T, REGISTERS>(b);
                } else {
                    rows.over::<I::Lanes, F32, REGISTERS>(right.wide());
                }
            }
            sums.close(span);
        }
        b.columns
    }

    #[inline(always)]
    fn right<I: Isa, T: InPlace>(&self, b: Block, width: usize, packed: &mut Wide) -> Right {
        let wide = |at: *const f32| Panel { at: at.cast(), row: width * 4, depth: b.rows, keep: None };
        if b.columns < width || self.b.column != 1 {
            packed.begin(b.rows * width);
            pack::<I, T>(self.b, b, width, packed);
            return Right::Packed(wide(packed.at(0)));
        }
        let at = self.b.bytes[self.b.element(b.row, b.column) * T::SIZE..].as_ptr();
        let placed = Panel { at, row: self.b.row * T::SIZE, depth: b.rows, keep: None };
        // Widening in registers costs every tile a little, keeping what was widened the first one more: it pays
        // from the third tile on.
        if T::SIZE == 4 || self.m <= 2 * TILE_ROWS {
            return Right::InPlace(placed);
        }
        packed.begin(b.rows * width);
        let keep = packed.grow(b.rows * width);
        Right::Kept { first: Panel { keep: Some(keep.cast()), ..placed }, then: wide(keep) }
    }
}

/// A panel of b as the tiles read it.
#[derive(Clone, Copy)]
enum Right {
    /// Where it lies, in its own dtype.
    InPlace(Panel),
    /// As f32, made before the first tile.
    Packed(Panel),
    /// Where it lies for the first tile, which keeps it as f32 for the others.
    Kept { first: Panel, then: Panel },
}

impl Right {
    /// The panel that the tile at `row` reads in the dtype of b.
    #[inline(always)]
    fn stored(&self, row: usize) -> Option<Panel> {
        match *self {
            Right::InPlace(b) => Some(b),
            Right::Kept { first, .. } => (row == 0).then_some(first),
            Right::Packed(_) => None,
        }
    }
    /// The panel that tiles read as f32.
    #[inline(always)]
    fn wide(&self) -> Panel {
        match *self {
            Right::InPlace(b) | Right::Packed(b) | Right::Kept { then: b, .. } => b,
        }
    }
}
