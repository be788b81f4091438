//! State of one rank: its sequencer, its units, and the releases and signals that wait without holding it.

use std::collections::{BTreeMap, VecDeque};

use machine::{SimTime, Span};
use oplog::{StallReason, UnitId};
use program::Message;

#[derive(Debug)]
pub struct RankState {
    pub n_ops: u32,
    /// The time of its sequencer, which may be ahead of the run's.
    pub clock: SimTime,
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
    pub gemm: KnownUnit,
    pub math: KnownUnit,
    /// The running send, where it has no free slot.
    pub wants_credit: Option<WantsCredit>,
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

/// A unit of whose ops the ends are known when they are issued: it runs one after the other, and nothing else delays
/// them.
#[derive(Clone, Debug, Default)]
pub struct KnownUnit {
    /// When it is done with all that it was given.
    pub free: SimTime,
    /// When those of its ops that were queued begin, in their order. Those that have begun leave when it is looked at.
    pub begins: VecDeque<SimTime>,
}

/// What became of an op that was given to a [`KnownUnit`].
pub enum Given {
    Runs { start: SimTime, end: SimTime },
    /// The queue has no place before `until`.
    Full { until: SimTime },
}

impl KnownUnit {
    /// Gives the unit an op at `now`, which is not before the op that it was given last; its queue holds `depth` ops.
    pub fn give(&mut self, now: SimTime, depth: usize, time: impl FnOnce() -> Span) -> Given {
        while self.begins.front().is_some_and(|&begins| begins <= now) {
            self.begins.pop_front();
        }
        if self.free > now {
            // A run that is too long ends before an op begins.
            if self.begins.len() >= depth || self.free > SimTime::MAX {
                return Given::Full { until: self.begins.front().copied().unwrap_or(self.free) };
            }
            self.begins.push_back(self.free);
        }
        let start = self.free.max(now);
        self.free = start + time();
        Given::Runs { start, end: self.free }
    }
}

/// A send without a free slot.
#[derive(Clone, Copy, Debug)]
pub struct WantsCredit {
    pub since: SimTime,
    /// The message whose credit it waits for, where it is not known when that comes.
    pub of: Option<Message>,
}

/// A release or a signal whose ops are not all done: it waits without holding the sequencer.
#[derive(Clone, Copy, Debug)]
pub struct Deferred {
    pub op: u32,
    /// How many of the ops it waits for have known ends, and the latest of these, not before it was reached.
    pub known_done: u32,
    pub ready: SimTime,
}

impl RankState {
    pub fn new(n_ops: u32, n_units: usize, n_semaphores: u32) -> RankState {
        RankState {
            n_ops,
            clock: SimTime::ZERO,
            next: 0,
            reached: None,
            stalled: None,
            known_done: 0,
            dma_issued: 0,
            units: vec![UnitState::default(); n_units],
            gemm: KnownUnit::default(),
            math: KnownUnit::default(),
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
