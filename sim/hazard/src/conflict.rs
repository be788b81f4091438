//! Conflicts: which two accesses need an order, and what they are called without one.

use order::traversal::Start;
use order::{Clock, EdgeKind, EdgeSet, EventGraph, Touch};
use program::program::Role;
use program::{Base, Message, Program, Rank, Space};

use crate::cells::Cell;

/// Kind of a race, by the access that should come second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Race {
    /// A read, after a write.
    Raw,
    /// A write, after a read.
    War,
    /// A write, after a write.
    Waw,
}

impl Race {
    pub const fn name(self) -> &'static str {
        match self {
            Race::Raw => "raw",
            Race::War => "war",
            Race::Waw => "waw",
        }
    }
}

/// Two ops that touch the same bytes, one of them writing, and nothing orders them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    pub kind: Race,
    /// The op that comes too early, and the one it should come after.
    pub late: u32,
    pub early: u32,
    pub space: Space,
    /// Of the early op's view.
    pub base: Base,
    pub bytes: [u64; 2],
    /// Whether the late op knows that the early one was issued, though not that it has ended.
    pub issue_known: bool,
}

/// A slot released while an op may still be reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlyRelease {
    pub release: u32,
    pub reader: u32,
    pub message: Message,
}

impl EarlyRelease {
    /// The op that sends the next message to the slot.
    pub fn overwriting(&self, graph: &EventGraph<'_>) -> Option<u32> {
        let Message { ring, number } = self.message;
        let number = number.checked_add(graph.program.rings[ring.index()].n_slots)?;
        graph.sender(Message { ring, number })
    }
}

/// Whether `early` has ended before an op that starts with this clock.
pub fn is_ordered(edges: EdgeSet, clock: &Clock, early: Touch, late: Touch) -> bool {
    let same_queue = early.queue == late.queue && edges.has(EdgeKind::Queue);
    early.op == late.op || same_queue || clock.get(early.queue) > early.number
}

/// Accesses that are not ordered before a write of the cell.
pub fn unordered(
    edges: EdgeSet,
    clock: &Clock,
    late: Touch,
    cell: &Cell,
) -> impl Iterator<Item = (Race, Touch)> {
    let writer = cell.last.writer.map(|writer| (Race::Waw, writer));
    let readers = cell.last.readers.iter().map(|&reader| (Race::War, reader));
    writer.into_iter().chain(readers).filter(move |(_, early)| !is_ordered(edges, clock, *early, late))
}

/// Whether the op sends the message that is read: then its arrival decides.
pub fn is_own_message(graph: &EventGraph<'_>, op: u32, base: Base) -> bool {
    let (rank, index) = graph.op(op);
    match base {
        Base::Message(read) => graph.program.op(rank, index).sends().contains(&read),
        Base::Buffer(_) | Base::Tensor(_) => false,
    }
}

/// A read meets a write that nothing orders. In one rank program order says which should come first, and a
/// message comes before later ones of its slot; between ranks the write should when nothing else gave the bytes
/// a value.
pub fn raw_or_war(graph: &EventGraph<'_>, cell: &Cell, writer: Touch, at: &Start<'_>) -> Race {
    let (rank, index) = graph.op(writer.op);
    let read_first = match cell.base {
        Some(Base::Message(_)) if rank != at.rank => true,
        Some(_) | None if rank == at.rank => index > at.index,
        Some(_) | None => cell.had_value,
    };
    if read_first { Race::War } else { Race::Raw }
}

pub fn is_unwritten(program: &Program, rank: Rank, cell: &Cell, base: Base) -> bool {
    match base {
        // The other end of the ring wrote it, or will.
        Base::Message(_) => false,
        Base::Buffer(_) => cell.base.is_none_or(|written| !is_same(program, rank, written, base)),
        Base::Tensor(_) => cell.last.writer.is_none() && !is_given(program, base),
    }
}

/// Whether bytes written to one base are the value of another: of the same, or of two fixed by hand.
fn is_same(program: &Program, rank: Rank, written: Base, read: Base) -> bool {
    let is_fixed = |base: Base| match base {
        Base::Buffer(buffer) => program.rank(rank).buffers[buffer.index()].at.is_some(),
        Base::Tensor(_) | Base::Message(_) => false,
    };
    written == read || (is_fixed(written) && is_fixed(read))
}

/// Whether the host wrote it before the run.
pub fn is_given(program: &Program, base: Base) -> bool {
    match base {
        Base::Tensor(tensor) => matches!(program.tensors[tensor.index()].role, Role::Input { .. }),
        Base::Buffer(_) | Base::Message(_) => false,
    }
}
