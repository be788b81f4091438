//! Rows of a tensor by a table that the host knows while recording: block tables, ragged batches, embeddings. A gather
//! is a load for each run of rows that follow each other, as hardware has a descriptor for each.

use std::collections::BTreeMap;
use std::panic::Location;

use crate::op::{MoveOp, Op};
use crate::tl::recorder::{At, Tl};
use crate::tl::tile::{Handle, HbmTile, Tile};
use crate::view::Dims;

/// Rows `row..row + len` of a tensor are rows `at..at + len` of a tile.
struct Run {
    row: u32,
    at: u32,
    len: u32,
}

impl Tl {
    /// The rows of an axis that a table names, in its order, in a new tile. A row may be named several times.
    #[track_caller]
    pub fn gather(&mut self, from: HbmTile, axis: usize, rows: &[u32]) -> Tile {
        let at = Location::caller();
        self.catch(from.fault);
        let shape = self.rows_of("gather", from.shape(), axis, rows, at).unwrap_or(from.shape());
        let tile = self.tile(shape, from.dtype());
        let handle = self.gather_into(from, axis, rows, tile);
        tile.made_by(handle)
    }
    /// The same, into a tile of the same dtype that has as many rows as the table.
    #[track_caller]
    pub fn gather_into(&mut self, from: HbmTile, axis: usize, rows: &[u32], to: Tile) -> Handle {
        let (at, first) = (Location::caller(), self.next_op());
        let Some(runs) = self.runs("gather", (from.shape(), to.shape()), axis, rows, at) else {
            return Handle::default();
        };
        for Run { row, at: place, len } in runs {
            let (from, to) = (self.id(from.slice(axis, row, len)), self.id(to.slice(axis, place, len)));
            self.push(Op::Move(MoveOp::Load { from, to }), at);
        }
        self.since(first)
    }
    /// A tile to the rows of an axis that a table names, each once: with a row named twice, which comes last is not
    /// defined.
    #[track_caller]
    pub fn scatter(&mut self, from: Tile, to: HbmTile, axis: usize, rows: &[u32]) -> Handle {
        let (at, first) = (Location::caller(), self.next_op());
        let mut places = BTreeMap::new();
        for (place, row) in rows.iter().enumerate() {
            if let Some(before) = places.insert(row, place) {
                let message = format!(
                    "scatter: the table names row {row} at places {before} and {place}, and which is stored last is \
                     not defined"
                );
                self.fail(at, message, "name each row once, or store one after the other");
                return Handle::default();
            }
        }
        let Some(runs) = self.runs("scatter", (to.shape(), from.shape()), axis, rows, at) else {
            return Handle::default();
        };
        for Run { row, at: place, len } in runs {
            let (from, to) = (self.id(from.slice(axis, place, len)), self.id(to.slice(axis, row, len)));
            self.push(Op::Move(MoveOp::Store { from, to }), at);
        }
        self.since(first)
    }

    /// Runs of rows of a tensor in `whole` that are those of a tile.
    fn runs(
        &mut self,
        what: &str,
        (whole, tile): (Dims, Dims),
        axis: usize,
        rows: &[u32],
        at: At,
    ) -> Option<Vec<Run>> {
        let shape = self.rows_of(what, whole, axis, rows, at)?;
        if shape != tile {
            let message =
                format!("{what} of {} rows of {whole} is {shape}, and the tile is {tile}", rows.len());
            self.fail(at, message, "give a tile with a row for each entry of the table");
            return None;
        }
        let mut runs: Vec<Run> = Vec::new();
        for (place, &row) in (0..).zip(rows) {
            match runs.last_mut() {
                Some(run) if run.row + run.len == row => run.len += 1,
                Some(_) | None => runs.push(Run { row, at: place, len: 1 }),
            }
        }
        Some(runs)
    }

    /// The shape of what a table names.
    fn rows_of(&mut self, what: &str, whole: Dims, axis: usize, rows: &[u32], at: At) -> Option<Dims> {
        let Some(&extent) = whole.get(axis) else {
            let message = format!("{what} along axis {axis} of {whole}, which has {} axes", whole.len());
            self.fail(at, message, "count axes from 0");
            return None;
        };
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        if count == 0 {
            self.fail(at, format!("{what} of no rows"), "name at least one row, or leave it out");
            return None;
        }
        if let Some((place, row)) = rows.iter().enumerate().find(|(_, row)| **row >= extent) {
            let message = format!(
                "{what}: the table names row {row} at place {place}, and axis {axis} has {extent} rows"
            );
            self.fail(at, message, "rows count from 0; leave out entries that stand for no row");
            return None;
        }
        Some(whole.with(axis, count))
    }
}
