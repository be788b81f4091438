//! Accesses to the bytes of one buffer, tensor or slot. Most buffers are always accessed as a whole.

use order::{LastAccess, Readers, RegionMap, Touch};
use program::Base;

/// An access that the last write of the bytes does not follow: a later one may meet it all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    pub touch: Touch,
    pub writes: bool,
    /// Bytes that it touched, in the numbers of the cells.
    pub bytes: [u64; 2],
}

/// Accesses of that kind that some bytes keep: more of them are more of the same mistake.
const PASSED: usize = 8;

/// Some bytes that have one history.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    pub last: LastAccess<Touch>,
    /// What the writer wrote it as.
    pub base: Option<Base>,
    /// Whether the bytes had a value before the writer's.
    pub had_value: bool,
    pub passed: Vec<Passed>,
}

impl Cell {
    /// Those of these bytes.
    pub fn passed_in(&self, [start, end]: [u64; 2]) -> impl Iterator<Item = Passed> + '_ {
        let meets = move |it: &&Passed| it.bytes[0] < end && start < it.bytes[1];
        self.passed.iter().filter(meets).map(move |it| {
            let [from, to] = it.bytes;
            Passed { bytes: [from.max(start), to.min(end)], ..*it }
        })
    }
}

/// Keeps an access, unless there are many. Bytes of one access are joined only where no byte lies between them.
pub fn keep(passed: &mut Vec<Passed>, new: Passed) {
    let room = passed.len() < PASSED;
    let meets = |it: &Passed| it.bytes[0] <= new.bytes[1] && new.bytes[0] <= it.bytes[1];
    match passed.iter_mut().find(|it| (it.touch, it.writes) == (new.touch, new.writes) && meets(it)) {
        Some(it) => it.bytes = [it.bytes[0].min(new.bytes[0]), it.bytes[1].max(new.bytes[1])],
        None if room => passed.push(new),
        None => {}
    }
}

#[derive(Clone, Debug, Default)]
pub enum Cells {
    #[default]
    Untouched,
    /// All of `0..end`.
    Whole(u64, Cell),
    Parts(RegionMap<Cell>),
}

impl Cells {
    /// Visits all cells of a range, each with the part of the range that it has; those never touched are made.
    pub fn update(&mut self, start: u64, end: u64, mut change: impl FnMut(u64, u64, &mut Cell)) {
        if start == 0 && matches!(self, Cells::Untouched) {
            *self = Cells::Whole(end, Cell::default());
        }
        match self {
            Cells::Whole(all, cell) if start == 0 && *all == end => change(start, end, cell),
            Cells::Untouched | Cells::Whole(..) | Cells::Parts(_) => {
                self.parts().update_parts(start, end, Cell::default, change);
            }
        }
    }

    /// Visits what was in a range, and then gives it a writer. `new` makes the cell from the room of an old list of
    /// readers, and from whether the bytes had a writer before.
    pub fn write(
        &mut self,
        start: u64,
        end: u64,
        mut old: impl FnMut(u64, u64, &Cell),
        new: impl FnOnce(Readers<Touch>, bool) -> Cell,
    ) {
        match self {
            Cells::Untouched if start == 0 => *self = Cells::Whole(end, new(Readers::new(), false)),
            Cells::Whole(all, cell) if start == 0 && *all == end => {
                old(start, end, cell);
                let mut room = std::mem::take(&mut cell.last.readers);
                room.clear();
                *cell = new(room, cell.last.writer.is_some());
            }
            Cells::Untouched | Cells::Whole(..) | Cells::Parts(_) => {
                let parts = self.parts();
                let mut had_writer = false;
                for (from, to, cell) in parts.overlapping(start, end) {
                    had_writer |= cell.last.writer.is_some();
                    old(from, to, cell);
                }
                let cell = new(Readers::new(), had_writer);
                if start == 0 && end >= parts.end() {
                    *self = Cells::Whole(end, cell);
                } else {
                    parts.insert(start, end, cell);
                }
            }
        }
    }

    /// Adds a cell where none is yet.
    pub fn insert(&mut self, start: u64, end: u64, cell: Cell) {
        self.parts().insert(start, end, cell);
    }

    pub fn overlapping(&self, start: u64, end: u64) -> Vec<(u64, u64, &Cell)> {
        match self {
            Cells::Untouched => Vec::new(),
            Cells::Whole(all, cell) => {
                let end = end.min(*all);
                if start < end { vec![(start, end, cell)] } else { Vec::new() }
            }
            Cells::Parts(parts) => parts.overlapping(start, end).collect(),
        }
    }

    fn parts(&mut self) -> &mut RegionMap<Cell> {
        if !matches!(self, Cells::Parts(_)) {
            let mut parts = RegionMap::default();
            if let Cells::Whole(end, cell) = std::mem::take(self) {
                parts.insert(0, end, cell);
            }
            *self = Cells::Parts(parts);
        }
        match self {
            Cells::Parts(parts) => parts,
            Cells::Untouched | Cells::Whole(..) => unreachable!("it has just been made of parts"),
        }
    }
}
