//! The event graph: for every event of a run, what must have happened before it can happen on this machine,
//! whatever the timing. Hazards are conflicts that it leaves unordered, and a legal order is one that it allows.
//!
//! An op has an issue (its sequencer is done with it), a start and an end on its unit; a message also arrives.
//! Ops that the sequencer does itself are over when they are issued, except a release, a signal and a receive
//! that does not hold: their end is their effect. How deep a unit's queue is orders nothing here, since a deeper
//! one must not break a program; nor do two messages of one ring arrive in an order that may be relied on.

mod causes;
mod tables;

use machine::Machine;
use program::op::SemaphoreId;
use program::{Class, EventId, OpIndex, Program, Rank, Stage};

use crate::Dependencies;

use tables::Tables;

/// An event of an op, which is named by its place among all ops in (rank, index) order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    pub op: u32,
    pub phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The sequencer has given the op to its unit, or has done it.
    Issue,
    /// The unit begins: it may read and write from now on.
    Start,
    /// The unit no longer reads, and everything is written; of a send, the last byte has left.
    End,
    /// Of a send: the message is in its slot; of a multicast, as far as its receivers can tell.
    Arrive,
}

/// Kind of an edge: the reason that one event comes after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EdgeKind {
    /// A sequencer issues in program order, and a unit begins an op that was issued.
    Program,
    /// A unit does one op at a time, in the order of issue.
    Queue,
    /// A `wait` names the op; a signal names it.
    Wait,
    /// An interlocked sequencer waits for what an op reads or overwrites.
    Hold,
    /// A message is sent before it arrives, and arrives before it is received.
    Message,
    /// A slot is released before it is filled again.
    Credit,
    Barrier,
    /// A signal that every way to satisfy a wait needs.
    Semaphore,
    /// A queue walks only what was committed.
    Commit,
    /// An event is signalled before a wait for it is over.
    Shared,
}

/// A set of kinds: a test can leave one out, and see what it was good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdgeSet(u16);

impl EdgeKind {
    pub const ALL: [EdgeKind; 10] = [
        EdgeKind::Program,
        EdgeKind::Queue,
        EdgeKind::Wait,
        EdgeKind::Hold,
        EdgeKind::Message,
        EdgeKind::Credit,
        EdgeKind::Barrier,
        EdgeKind::Semaphore,
        EdgeKind::Commit,
        EdgeKind::Shared,
    ];
}

impl EdgeSet {
    pub const ALL: EdgeSet = EdgeSet(u16::MAX);

    #[must_use]
    pub const fn without(self, kind: EdgeKind) -> EdgeSet {
        EdgeSet(self.0 & !(1 << kind as u16))
    }
    pub const fn has(self, kind: EdgeKind) -> bool {
        self.0 & (1 << kind as u16) != 0
    }
}

/// Something an event needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Event(Event, EdgeKind),
    /// The rank's semaphore is at least `value`: which signals did it depends on the order.
    Semaphore {
        rank: Rank,
        semaphore: SemaphoreId,
        value: u32,
    },
    /// The event that all ranks share is at least `value`.
    Shared {
        event: EventId,
        value: u32,
    },
}

/// The causes of all events of a program as it is laid out on a machine.
pub struct EventGraph<'a> {
    pub program: &'a Program,
    pub dependencies: &'a Dependencies,
    tables: Tables,
}

impl<'a> EventGraph<'a> {
    /// `dependencies` are those of the program as it is laid out on the machine.
    ///
    /// # Panics
    /// When views, bases or rings of the program do not exist: the verifier says so before.
    pub fn of(program: &'a Program, machine: &Machine, dependencies: &'a Dependencies) -> EventGraph<'a> {
        EventGraph { program, dependencies, tables: Tables::of(program, machine) }
    }

    pub fn n_ops(&self) -> usize {
        self.tables.queue.len()
    }
    /// The place of an op among all ops.
    pub fn global(&self, rank: Rank, op: OpIndex) -> u32 {
        self.tables.first_op[rank.index()] + op.0
    }
    /// The rank and index of an op.
    pub fn op(&self, global: u32) -> (Rank, OpIndex) {
        let rank = self.tables.rank[global as usize];
        (rank, OpIndex(global - self.tables.first_op[rank.index()]))
    }
    pub fn class(&self, global: u32) -> Class {
        self.tables.class[global as usize]
    }
    /// The queue of its PE that an op enters, and how many entered before it.
    pub(crate) fn place_in_queue(&self, global: u32) -> (u32, u32) {
        (self.tables.queue[global as usize], self.tables.number_in_queue[global as usize])
    }
    /// Queues of a PE, the sequencer counted.
    pub fn n_queues(&self) -> u32 {
        self.tables.n_queues
    }
    /// Whether ranks are virtual devices, with command queues.
    pub fn is_queued(&self) -> bool {
        self.tables.queued
    }
    /// Whether ops of this class are encoded in command buffers.
    pub fn is_encoded(&self, class: Class) -> bool {
        self.tables.queued && class.stage() != Stage::Host
    }
    /// The op before this one in its queue.
    pub fn predecessor(&self, global: u32) -> Option<u32> {
        self.tables.predecessor(global)
    }
    /// The op that sends a message.
    pub fn sender(&self, message: program::Message) -> Option<u32> {
        self.tables.messages.sender(message)
    }
    /// The op that receives a message.
    pub fn receiver(&self, message: program::Message) -> Option<u32> {
        self.tables.messages.receiver(message)
    }
    /// The op that gives the slot of a message back.
    pub fn releaser(&self, message: program::Message) -> Option<u32> {
        self.tables.messages.releaser(message)
    }
}
