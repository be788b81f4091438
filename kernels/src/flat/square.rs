//! Squares of ranks, and the assignment of heads, queries and keys to them.

use std::ops::Range;

use machine::RankAxis;

use crate::attention::Sizes;
use crate::shares::Shares;

/// Position of a rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Square {
    pub square: u32,
    pub row: u32,
    pub column: u32,
}

/// All ranks, as squares that lie side by side.
#[derive(Clone, Copy, Debug)]
pub struct Squares {
    n: u32,
    /// Of those, how many lie next to each other.
    across: u32,
    side: u32,
    /// PEs are taken along a snake, cubes row by row.
    is_snake: bool,
    kv_heads: u32,
    queries: Blocks,
    keys: Blocks,
}

/// A length that is taken in blocks, each split over some of a side's ranks.
#[derive(Clone, Copy, Debug)]
struct Blocks {
    all: Shares,
    parts: u32,
}

impl Blocks {
    /// Blocks of at most `slice` for each of `side` ranks, as even as can be. Where the smallest has fewer elements
    /// than there are ranks, only so many take part, and a slice is larger.
    fn of(total: u32, side: u32, slice: u32) -> Blocks {
        let n = total.div_ceil(side.saturating_mul(slice));
        Blocks { all: Shares { total, parts: n }, parts: side.min(total / n) }
    }
    fn range(&self, block: u32, part: u32) -> Range<u32> {
        let of = self.all.range(block);
        let share = Shares { total: of.end - of.start, parts: self.parts }.range(part);
        of.start + share.start..of.start + share.end
    }
}

/// The largest side whose square divides a number of ranks.
pub fn largest_side(ranks: u32) -> u32 {
    (1..=ranks.isqrt()).rev().find(|side| ranks.is_multiple_of(side * side)).unwrap_or(1)
}

impl Squares {
    /// `side` squared divides the ranks.
    pub fn of(sizes: &Sizes, side: u32, slice: u32) -> Squares {
        let n = sizes.ranks() / (side * side);
        let across = (1..=n.isqrt()).rev().find(|&across| n.is_multiple_of(across)).unwrap_or(1);
        Squares {
            n,
            across,
            side,
            is_snake: sizes.network.rank_axis == RankAxis::Pe,
            kv_heads: sizes.kv_heads,
            queries: Blocks::of(sizes.q_len, side, slice),
            keys: Blocks::of(sizes.kv_len, side, slice),
        }
    }

    pub fn all(&self) -> Range<u32> {
        0..self.n
    }
    /// Rows and columns of a square that have work.
    pub fn rows(&self) -> u32 {
        self.queries.parts
    }
    pub fn columns(&self) -> u32 {
        self.keys.parts
    }
    pub fn q_blocks(&self) -> u32 {
        self.queries.all.parts
    }
    pub fn kv_blocks(&self) -> u32 {
        self.keys.all.parts
    }
    /// The queries of a row in a block of them, and the keys of a column.
    pub fn queries(&self, block: u32, row: u32) -> Range<u32> {
        self.queries.range(block, row)
    }
    pub fn keys(&self, block: u32, column: u32) -> Range<u32> {
        self.keys.range(block, column)
    }
    /// The K and V heads of a square.
    pub fn heads(&self, square: u32) -> Range<u32> {
        Shares { total: self.kv_heads, parts: self.n }.range(square)
    }

    pub fn root_of_row(&self, square: u32, row: u32) -> Square {
        Square { square, row, column: row % self.columns() }
    }
    pub fn root_of_column(&self, square: u32, column: u32) -> Square {
        Square { square, row: column % self.rows(), column }
    }

    /// Position of a rank; `None` when it has no work.
    pub fn at(&self, rank: u32) -> Option<Square> {
        let width = self.across * self.side;
        let (y, along) = (rank / width, rank % width);
        let x = self.along(y, along);
        let square = y / self.side * self.across + x / self.side;
        let at = Square { square, row: y % self.side, column: x % self.side };
        let works = at.row < self.rows() && at.column < self.columns() && !self.heads(square).is_empty();
        works.then_some(at)
    }
    pub fn rank(&self, at: Square) -> u32 {
        let x = at.square % self.across * self.side + at.column;
        let y = at.square / self.across * self.side + at.row;
        y * self.across * self.side + self.along(y, x)
    }
    /// Every other row of a snake goes back.
    fn along(&self, y: u32, x: u32) -> u32 {
        if self.is_snake && y % 2 == 1 { self.across * self.side - 1 - x } else { x }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_split_over_a_side_with_nobody_left_empty() {
        for (total, side, slice, n, parts) in [
            (16, 4, 2, 2, 4),
            (17, 4, 2, 3, 4),
            (3, 4, 2, 1, 3),
            (5, 4, 1, 2, 2),
            (1, 8, 9, 1, 1),
            (9, 1, 4, 3, 1),
        ] {
            let blocks = Blocks::of(total, side, slice);
            assert_eq!((blocks.all.parts, blocks.parts), (n, parts), "{total} over {side} by {slice}");
            let ranges = (0..n).flat_map(|block| (0..parts).map(move |part| blocks.range(block, part)));
            let mut next = 0;
            for range in ranges {
                assert!(
                    range.start == next && !range.is_empty(),
                    "{total} over {side} by {slice}: {range:?}"
                );
                next = range.end;
            }
            assert_eq!(next, total);
        }
    }

    #[test]
    fn the_largest_side_divides() {
        for (ranks, side) in [(1, 1), (3, 1), (4, 2), (8, 2), (12, 2), (16, 4), (18, 3), (64, 8), (1024, 32)]
        {
            assert_eq!(largest_side(ranks), side, "{ranks}");
        }
    }
}
