//! Boxes that reach beyond their tensor, and sums in HBM. Shapes are known while recording, so that each is a few moves.

use std::panic::Location;

use crate::op::{MoveOp, Op};
use crate::tl::recorder::{At, Tl};
use crate::tl::tile::{Handle, HbmTile, Tile, TileOf};
use crate::view::Dims;

/// Of one axis: elements `from..from + len` of the tensor are `at..at + len` of the box.
#[derive(Clone, Copy)]
struct Inside {
    from: u32,
    at: u32,
    len: u32,
}

impl Tl {
    /// The box of this shape that begins at `starts`, in a new tile; elements that lie outside of the tensor are `other`.
    #[track_caller]
    pub fn load_box(
        &mut self,
        from: HbmTile,
        starts: &[i64],
        shape: impl AsRef<[u32]>,
        other: impl Into<f64>,
    ) -> Tile {
        let (at, first, other) = (Location::caller(), self.next_op(), other.into());
        self.catch(from.fault);
        let tile = self.tile(shape, from.dtype());
        let Some(inside) = self.inside("load_box", from.shape(), starts, tile.shape(), at) else {
            return tile;
        };
        let mut rest = tile;
        for (axis, part) in inside.iter().enumerate() {
            let (extent, end) = (rest.shape()[axis], part.at + part.len);
            // Of an axis without a part in the tensor, all is outside.
            for (start, len) in [(0, part.at), (end, extent - end)] {
                if len > 0 {
                    self.to(rest.slice(axis, start, len)).fill(other);
                }
            }
            if part.len == 0 {
                return tile.made_by(self.since(first));
            }
            rest = rest.slice(axis, part.at, part.len);
        }
        let (from, to) = (self.id(part_of(from, &inside)), self.id(rest));
        self.push(Op::Move(MoveOp::Load { from, to }), at);
        tile.made_by(self.since(first))
    }
    /// A tile to the box that begins at `starts`; elements that would lie outside of the tensor are left out. No op where
    /// all would.
    #[track_caller]
    pub fn store_box(&mut self, from: Tile, to: HbmTile, starts: &[i64]) -> Handle {
        let at = Location::caller();
        self.catch(to.fault);
        let Some(inside) = self.inside("store_box", to.shape(), starts, from.shape(), at) else {
            return Handle::default();
        };
        if inside.iter().any(|part| part.len == 0) {
            return Handle::default();
        }
        let mut rest = from;
        for (axis, part) in inside.iter().enumerate() {
            rest = rest.slice(axis, part.at, part.len);
        }
        let (from, to) = (self.id(rest), self.id(part_of(to, &inside)));
        self.push(Op::Move(MoveOp::Store { from, to }), at)
    }
    /// Adds a tile to what a tensor holds: it is loaded, added, rounded once to its dtype and stored. No other rank is
    /// kept out meanwhile: who adds first is for semaphores, messages and barriers to say, and without an order it is a
    /// race.
    #[track_caller]
    pub fn store_add(&mut self, from: Tile, to: HbmTile) -> Handle {
        let first = self.next_op();
        let old = self.load(to);
        let sum = self.tile(to.shape(), to.dtype());
        self.to(sum).add(old, from);
        self.store(sum, to);
        self.since(first)
    }

    /// By axis, what a box has of a tensor.
    fn inside(
        &mut self,
        what: &str,
        whole: Dims,
        starts: &[i64],
        shape: Dims,
        at: At,
    ) -> Option<Vec<Inside>> {
        if starts.len() != whole.len() || shape.len() != whole.len() {
            let message = format!("{what} of {shape} at {starts:?} in a tensor of {whole}");
            self.fail(at, message, "give a start and an extent for each axis of the tensor");
            return None;
        }
        let axes = starts.iter().zip(shape.iter().zip(whole.iter()));
        let inside = axes.map(|(&start, (&len, &extent))| {
            let (len, extent) = (i64::from(len), i64::from(extent));
            let from = start.clamp(0, extent);
            let end = start.saturating_add(len).clamp(from, extent);
            let at = from.saturating_sub(start).clamp(0, len);
            // Each lies between 0 and an extent.
            let narrow = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
            Inside { from: narrow(from), at: narrow(at), len: narrow(end - from) }
        });
        Some(inside.collect())
    }
}

/// The part of a tensor that a box has.
fn part_of<M: Copy>(whole: TileOf<M>, inside: &[Inside]) -> TileOf<M> {
    inside.iter().enumerate().fold(whole, |rest, (axis, part)| rest.slice(axis, part.from, part.len))
}
