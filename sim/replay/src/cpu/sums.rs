//! C while it is computed: packed f32 that the first pass over it writes, so that it need not be cleared before.
#![allow(unsafe_code, reason = "copies to and from a vector's spare room, inside checked bounds")]

use super::gemm::Start;
use super::tile::{TILE_ROWS, TileOfC};

/// A tile that is narrower than its registers is one or two of them wide, 64 bytes at most each.
const EDGE_BYTES: usize = TILE_ROWS * 2 * 64;

pub(super) struct Sums {
    /// Its length is that of what the sums begin from; C is in its room.
    bytes: Vec<u8>,
    rows: usize,
    columns: usize,
    begun: bool,
    edge: [u8; EDGE_BYTES],
}

/// The part of C that one tile computes, and how many columns its registers hold.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub row: usize,
    pub rows: usize,
    pub column: usize,
    pub columns: usize,
    pub width: usize,
}

impl Sums {
    pub(super) fn new(start: Start, [rows, columns]: [usize; 2]) -> Sums {
        let (mut bytes, begun) = match start {
            Start::From(sums) => (sums, true),
            Start::Zero { mut room } => {
                room.clear();
                (room, false)
            }
        };
        bytes.reserve_exact((rows * columns * 4).saturating_sub(bytes.len()));
        Sums { bytes, rows, columns, begun, edge: [0; EDGE_BYTES] }
    }

    /// The tiles so far have covered all of C.
    pub(super) fn pass_is_done(&mut self) {
        self.begun = true;
    }

    /// Place for a tile: in C, or for one narrower than its registers at the edge.
    #[inline(always)]
    pub(super) fn open(&mut self, span: Span) -> TileOfC {
        let Span { row, rows, column, columns, width } = span;
        assert!(row + rows <= self.rows && column + columns <= self.columns, "a tile lies in C");
        if columns == width {
            return TileOfC { at: self.at(row, column), row: self.columns * 4, rows, begun: self.begun };
        }
        assert!(columns < width && rows * width * 4 <= EDGE_BYTES, "a narrow tile fits the edge");
        if self.begun {
            self.each_row(span, |c, edge, bytes| {
                // SAFETY: both rows hold so many bytes, and an earlier pass wrote those of C.
                unsafe { edge.copy_from_nonoverlapping(c, bytes) }
            });
        }
        TileOfC { at: self.edge.as_mut_ptr(), row: width * 4, rows, begun: self.begun }
    }

    /// Takes over what the tile wrote in the place that `open` gave.
    #[inline(always)]
    pub(super) fn close(&mut self, span: Span) {
        if span.columns < span.width {
            self.each_row(span, |c, edge, bytes| {
                // SAFETY: both rows hold so many bytes.
                unsafe { c.copy_from_nonoverlapping(edge, bytes) }
            });
        }
    }

    /// C, when all of k has been passed.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let size = self.rows * self.columns * 4;
        if !self.begun {
            return vec![0; size];
        }
        // SAFETY: there is room for `size` bytes, and a whole pass, or `start`, wrote all of them.
        unsafe { self.bytes.set_len(size) };
        self.bytes
    }

    fn each_row(&mut self, span: Span, copy: impl Fn(*mut u8, *mut u8, usize)) {
        for row in 0..span.rows {
            let c = self.at(span.row + row, span.column);
            copy(c, self.edge[row * span.width * 4..].as_mut_ptr(), span.columns * 4);
        }
    }
    fn at(&mut self, row: usize, column: usize) -> *mut u8 {
        self.bytes.as_mut_ptr().wrapping_add((row * self.columns + column) * 4)
    }
}
