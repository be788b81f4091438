//! Who touched the bytes of one buffer, tensor or slot. Most of them are always touched as a whole.

use order::RegionMap;
use program::{Base, View};

/// An op that touched some bytes, and its place in the queues of all PEs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    pub op: u32,
    pub queue: u32,
    pub number: u32,
}

/// Some bytes that have one history.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    pub writer: Option<Touch>,
    /// What the writer wrote it as.
    pub base: Option<Base>,
    /// Whether the bytes had a value before the writer's.
    pub had_value: bool,
    /// The newest reader of each queue.
    pub readers: Vec<Touch>,
}

impl Cell {
    pub fn read_by(&mut self, touch: Touch) {
        match self.readers.iter_mut().find(|reader| reader.queue == touch.queue) {
            Some(reader) => *reader = touch,
            None => self.readers.push(touch),
        }
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
    /// Visits all cells of a range; those never touched are made.
    pub fn update(&mut self, start: u64, end: u64, mut change: impl FnMut(&mut Cell)) {
        if start == 0 && matches!(self, Cells::Untouched) {
            *self = Cells::Whole(end, Cell::default());
        }
        match self {
            Cells::Whole(all, cell) if start == 0 && *all == end => change(cell),
            Cells::Untouched | Cells::Whole(..) | Cells::Parts(_) => {
                self.parts().update(start, end, Cell::default, change);
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
        new: impl FnOnce(Vec<Touch>, bool) -> Cell,
    ) {
        match self {
            Cells::Untouched if start == 0 => *self = Cells::Whole(end, new(Vec::new(), false)),
            Cells::Whole(all, cell) if start == 0 && *all == end => {
                old(start, end, cell);
                let mut room = std::mem::take(&mut cell.readers);
                room.clear();
                *cell = new(room, cell.writer.is_some());
            }
            Cells::Untouched | Cells::Whole(..) | Cells::Parts(_) => {
                let parts = self.parts();
                let mut had_writer = false;
                for (from, to, cell) in parts.overlapping(start, end) {
                    had_writer |= cell.writer.is_some();
                    old(from, to, cell);
                }
                let cell = new(Vec::new(), had_writer);
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

/// Visits the ranges of bytes that a view touches, counted from its base.
pub fn for_each_range(view: &View, mut visit: impl FnMut(u64, u64)) {
    if view.is_packed() {
        if view.elements() > 0 {
            visit(view.offset, view.offset + view.bytes());
        }
        return;
    }
    view.footprint().into_iter().for_each(|(start, length)| visit(start, start + length));
}
