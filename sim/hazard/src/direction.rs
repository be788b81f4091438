//! Direction of a race: the access that should come first. Data flow decides: the order of a rank's program, and
//! between ranks the order that the program states. Where it states none, both directions are possible, and the
//! likelier one is told first.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use order::traversal::Start;
use order::{Dataflow, EventGraph, SharedOrder, Touch};
use program::{Base, OpIndex, Rank, Space};

use crate::cells::Cell;
use crate::conflict::Race;

/// What a race is called, and whether the program leaves open which access comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Direction {
    pub kind: Race,
    pub is_open: bool,
}

/// What the program says of accesses by different ranks, found when the first two of them race.
pub struct Directions<'a> {
    graph: &'a EventGraph<'a>,
    flow: &'a Dataflow,
    order: OnceCell<SharedOrder>,
    read: OnceCell<BTreeSet<(Rank, OpIndex)>>,
}

impl Direction {
    pub const fn decided(kind: Race) -> Direction {
        Direction { kind, is_open: false }
    }
    pub const fn open(kind: Race) -> Direction {
        Direction { kind, is_open: true }
    }
}

/// Bytes of a base, as addresses of a memory.
pub type Touched = (Space, Base, [u64; 2]);

/// Accesses that an op meets and that nothing orders with it.
#[derive(Default)]
pub struct Met {
    /// The bytes are those that both touch, from the first to the last.
    pub all: Vec<(Touch, Direction, [u64; 2])>,
}

/// Bytes of one op are found near each other.
const NEAR: usize = 8;

impl Met {
    pub fn note(&mut self, other: Touch, direction: Direction, [start, end]: [u64; 2]) {
        let near = self.all.iter_mut().rev().take(NEAR);
        match near.into_iter().find(|it| (it.0, it.1) == (other, direction)) {
            Some((.., bytes)) => *bytes = [bytes[0].min(start), bytes[1].max(end)],
            None => self.all.push((other, direction, [start, end])),
        }
    }
}

impl<'a> Directions<'a> {
    pub fn new(graph: &'a EventGraph<'a>, flow: &'a Dataflow) -> Directions<'a> {
        Directions { graph, flow, order: OnceCell::new(), read: OnceCell::new() }
    }

    /// A read of `base` meets a write that was visited before it. A message comes before later ones of its slot.
    pub fn of_late_read(&self, cell: &Cell, writer: u32, at: &Start<'_>, base: Base) -> Direction {
        let (rank, index) = self.graph.op(writer);
        let is_later = match (base, cell.base) {
            (Base::Message(read), Some(Base::Message(written))) => written.number > read.number,
            _ if rank == at.rank => index > at.index,
            _ => return self.between(at.op, writer, cell.had_value),
        };
        Direction::decided(if is_later { Race::War } else { Race::Raw })
    }

    /// A read and a write of different ranks; `had_value` says whether the bytes had a value before the write.
    pub fn between(&self, reader: u32, writer: u32, had_value: bool) -> Direction {
        let (read, write) = (self.graph.op(reader), self.graph.op(writer));
        match self.order().is_before(write, read) {
            Some(true) => Direction::decided(Race::Raw),
            Some(false) => Direction::decided(Race::War),
            // There is nothing else that it could read.
            None if !had_value => Direction::decided(Race::Raw),
            // Bytes that nothing else reads are written for this reader.
            None if !self.is_read(write) => Direction::open(Race::Raw),
            None => Direction::open(Race::War),
        }
    }

    /// Of two writes by different ranks: whether the first comes before the second; `None` where that is open.
    pub fn of_writes(&self, first: u32, second: u32) -> Option<bool> {
        self.order().is_before(self.graph.op(first), self.graph.op(second))
    }

    fn order(&self) -> &SharedOrder {
        self.order.get_or_init(|| SharedOrder::of(self.graph.program))
    }
    fn is_read(&self, write: (Rank, OpIndex)) -> bool {
        self.read.get_or_init(|| self.flow.read_writers()).contains(&write)
    }
}
