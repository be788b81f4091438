//! Conflicts: which two accesses need an order, and what they are called without one.

use order::traversal::Start;
use order::{Clock, EdgeKind, EdgeSet, EventGraph, NO_LANE, Touch};
use program::{Base, Message, Program, Rank, Space};

use crate::cells::{Cell, Passed};
use crate::direction::{Direction, Touched};

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
    /// Whether the program leaves open which of the two comes first.
    pub is_open: bool,
}

impl Conflict {
    pub fn of(direction: Direction, [late, early]: [u32; 2], (space, base, bytes): Touched) -> Conflict {
        let Direction { kind, is_open } = direction;
        Conflict { kind, late, early, space, base, bytes, issue_known: false, is_open }
    }

    /// What tells it apart from others of the same lines.
    pub const fn group(&self) -> &'static str {
        match (self.kind, self.is_open) {
            (Race::Raw, false) => "raw",
            (Race::Raw, true) => "raw or war",
            (Race::War, false) => "war",
            (Race::War, true) => "war or raw",
            (Race::Waw, false) => "waw",
            (Race::Waw, true) => "waw either way",
        }
    }

    /// The same two ops, the other way round.
    pub fn reversed(self) -> Conflict {
        let kind = match self.kind {
            Race::Raw => Race::War,
            Race::War => Race::Raw,
            Race::Waw => Race::Waw,
        };
        Conflict { kind, late: self.early, early: self.late, issue_known: false, ..self }
    }
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
    // Two queues without a lane are not one.
    let same_queue = early.queue == late.queue && early.queue != NO_LANE && edges.has(EdgeKind::Queue);
    early.op == late.op || same_queue || clock.get(early.queue) > early.number
}

/// Whether what the cell's writer wrote is there before an op starts. A message arrives some time after its send has
/// ended.
pub fn is_written(edges: EdgeSet, at: &Start<'_>, writer: Touch, cell: &Cell) -> bool {
    match cell.base {
        Some(Base::Message(message)) => (at.has_arrived)(message),
        Some(Base::Buffer(_) | Base::Tensor(_)) | None => is_ordered(edges, at.clock, writer, at.touch),
    }
}

/// Accesses that are not ordered before a write of these bytes of the cell, and the bytes. Only sends write slots, and of
/// two messages in one slot the traversal tells.
pub fn unordered(
    edges: EdgeSet,
    at: &Start<'_>,
    cell: &Cell,
    bytes: [u64; 2],
) -> impl Iterator<Item = Passed> {
    let one = move |writes| move |touch| Passed { touch, writes, bytes };
    let last =
        cell.last.writer.into_iter().map(one(true)).chain(cell.last.readers.iter().copied().map(one(false)));
    let all = last.chain(cell.passed_in(bytes));
    all.filter(move |early| !is_ordered(edges, at.clock, early.touch, at.touch))
}

/// Whether the op sends the message that is read: then its arrival decides.
pub fn is_own_message(graph: &EventGraph<'_>, op: u32, base: Base) -> bool {
    let (rank, index) = graph.op(op);
    match base {
        Base::Message(read) => graph.program.op(rank, index).sends().contains(&read),
        Base::Buffer(_) | Base::Tensor(_) => false,
    }
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
        Base::Tensor(tensor) => program.tensors[tensor.index()].role.given().is_some(),
        Base::Buffer(_) | Base::Message(_) => false,
    }
}
