//! State of one rank: its sequencer, its units, and the releases and signals that wait without holding it.

use std::collections::{BTreeMap, VecDeque};

use machine::SimTime;
use oplog::{StallReason, UnitId};
use program::Message;

#[derive(Debug)]
pub struct RankState {
    pub n_ops: u32,
    /// The op the sequencer is at.
    pub next: u32,
    /// When the sequencer reached it; `None` before it has looked at it.
    pub reached: Option<SimTime>,
    pub stalled: Option<Stalled>,
    /// How many of the ops that the op waits for are known to be done.
    pub known_done: u32,
    /// DMA ops issued so far: they go to the channels in turn.
    pub dma_issued: u32,
    pub units: Vec<UnitState>,
    /// The running send has had no free slot since this time.
    pub wants_credit: Option<SimTime>,
    pub semaphores: Vec<u64>,
    /// Releases and signals that wait, by the op they wait for.
    pub deferred: BTreeMap<u32, Vec<Deferred>>,
}

/// A sequencer that does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stalled {
    pub since: SimTime,
    pub cause: StallCause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StallCause {
    /// An operand that this op of the rank has not written, or not read, yet.
    Operand(u32),
    /// An explicit wait for this op.
    Wait(u32),
    QueueFull(UnitId),
    Message(Message),
    Semaphore,
    Barrier,
}

impl StallCause {
    pub const fn reason(self) -> StallReason {
        match self {
            StallCause::Operand(_) => StallReason::Operand,
            StallCause::Wait(_) => StallReason::Wait,
            StallCause::QueueFull(_) => StallReason::QueueFull,
            StallCause::Message(_) => StallReason::Message,
            StallCause::Semaphore => StallReason::Semaphore,
            StallCause::Barrier => StallReason::Barrier,
        }
    }
}

/// A unit runs one op at a time, in the order of its queue.
#[derive(Clone, Debug, Default)]
pub struct UnitState {
    pub queue: VecDeque<u32>,
    pub running: Option<u32>,
}

/// A release or a signal whose ops are not all done: it waits without holding the sequencer.
#[derive(Clone, Copy, Debug)]
pub struct Deferred {
    pub op: u32,
    /// How many of the ops it waits for are known to be done.
    pub known_done: u32,
}

impl RankState {
    pub fn new(n_ops: u32, n_units: usize, n_semaphores: u32) -> RankState {
        RankState {
            n_ops,
            next: 0,
            reached: None,
            stalled: None,
            known_done: 0,
            dma_issued: 0,
            units: vec![UnitState::default(); n_units],
            wants_credit: None,
            semaphores: vec![0; n_semaphores as usize],
            deferred: BTreeMap::new(),
        }
    }
    pub fn unit(&mut self, unit: UnitId) -> &mut UnitState {
        &mut self.units[unit.index()]
    }
    pub fn stall_cause(&self) -> Option<StallCause> {
        self.stalled.map(|stalled| stalled.cause)
    }
}
