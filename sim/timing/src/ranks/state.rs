//! State of one rank: its sequencer, its units, and the releases and signals that wait without holding it.

use std::collections::{BTreeMap, VecDeque};

use machine::SimTime;
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

/// A unit runs one op at a time, in the order of its queue. Where sequencers are ahead of the run, its next op may have a
/// known beginning before the one that runs has ended.
#[derive(Clone, Debug, Default)]
pub struct UnitState {
    /// The op of which the end is not known.
    pub running: Option<u32>,
    /// Behind it.
    pub queue: VecDeque<u32>,
    /// When it is done with all ops of which the ends are known.
    pub free: SimTime,
    /// When those ops begin that begin later than they were queued. They leave when the queue is looked at.
    pub begins: VecDeque<SimTime>,
}

/// What a unit has for one more op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It begins the op at this time.
    Begins(SimTime),
    Queue,
    /// None before `until`; `None` while that is not known.
    Full {
        until: Option<SimTime>,
    },
}

impl UnitState {
    /// The place for an op that comes at `now`, not before those that came earlier, where `depth` ops can be queued.
    #[inline]
    pub fn place(&mut self, now: SimTime, depth: usize) -> Place {
        while self.begins.front().is_some_and(|&begins| begins <= now) {
            self.begins.pop_front();
        }
        let idle = self.running.is_none();
        if idle && self.free <= now {
            return Place::Begins(now);
        }
        // A run that is too long ends before an op begins.
        if self.begins.len() + self.queue.len() >= depth || self.free > SimTime::MAX {
            let free = Some(self.free).filter(|_| idle);
            return Place::Full { until: self.begins.front().copied().or(free) };
        }
        if idle { Place::Begins(self.free) } else { Place::Queue }
    }

    /// The op of which the end was not known ends at `at`: the next one, if it is known that it is queued.
    pub fn ends(&mut self, at: SimTime) -> Option<u32> {
        self.running = None;
        self.free = at;
        self.queue.pop_front()
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
