//! A deadlock as a value: who waits for whom, the cycle among them, and what was tried and found to free it.

use program::op::{EventId, SemaphoreId};
use program::{Message, OpIndex, Program, Rank, RingId};

use crate::change::Change;
use crate::{Access, Code, Diagnostic, Does, Fact, OpRef, Patch, Place};

/// A state in which no op can proceed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlock {
    /// The shortest cycle of waits, from its smallest (rank, index): each op waits for the next, the last one for
    /// the first. Where there is no cycle, an op that waits for what no op will ever do.
    pub cycle: Vec<Waiting>,
    /// Whether it is a cycle.
    pub closed: bool,
    /// Every op that waits, by rank: its sequencer, then the send at the head of its queue, then where its
    /// command buffers stand.
    pub waits: Vec<Waiting>,
    /// The smallest number of slots, the same for every ring, with which the program finishes, found by trying.
    /// `None` when no number does, or when the program would still be refused for another reason.
    pub smallest_slots: Option<u32>,
    pub way_out: WayOut,
}

/// An op that waits for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub op: OpRef,
    pub waits_for: WaitsFor,
    /// The op that would free it, the one that leads on in the cycle; `None` when there is none.
    pub on: Option<(Rank, OpIndex)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// The end of an op that a unit is running.
    Unit,
    Op(Standing),
    /// A commit of the same queue.
    BufferBefore(Standing),
    /// A pass that holds bytes.
    Bytes(Standing),
    /// Its send, if there is one.
    Message(Message, Option<Standing>),
    /// A free slot: the message that holds it, and its release, if there is one.
    Credit(Message, Option<Standing>),
    /// Room in the send queue, or its turn in it; behind the head.
    Queue {
        room: bool,
        head: Option<OpRef>,
    },
    Semaphore {
        semaphore: SemaphoreId,
        value: u32,
        now: u64,
        next: Next,
    },
    Event {
        event: EventId,
        value: u32,
        now: u32,
        next: Next,
    },
    /// A rank that never calls it, or an op that has not reached it.
    Barrier {
        number: u32,
        lacks: Option<Rank>,
        on: Option<Standing>,
    },
}

/// The next signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    By(Standing),
    /// No signal is left.
    None,
    /// All signals that are left are not enough.
    TooSmall,
}

/// An op, and the commit or op that it stands behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub op: OpRef,
    /// The commit that it was encoded for and that its rank has not come to.
    pub commit: Option<OpIndex>,
    /// The op of its rank that is not past.
    pub behind: Option<OpIndex>,
}

/// Changes with which the program finishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayOut {
    pub outcome: Outcome,
    /// Advice, when no repair was found.
    pub advice: Hint,
    /// The changes that were tried: with all of them, one after the other, the program finishes. Empty when none was
    /// found.
    pub changes: Vec<Change>,
    /// The same changes as patches, each of the program that the one before has made.
    pub patches: Vec<Patch>,
    /// More slots, which would do as well.
    pub slots: Option<MoreSlots>,
}

/// Numbers of slots that let a program finish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoreSlots {
    /// For every ring.
    pub all: u32,
    /// For one ring alone.
    pub alone: Option<(RingId, u32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Untried,
    /// The changes, or the slots, let the program finish.
    Found,
    /// No change that was tried is enough.
    NotFound,
    /// Every change that lets the program finish leaves accesses that nothing orders.
    OnlyRaces,
    /// The program is too large to try more.
    GaveUp,
    /// Without a clock the program finishes.
    MistakeOfTheSimulator,
}

/// Advice by the kind of wait of the first op in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    Send,
    Release,
    Wait,
    Signal,
    EventSignal,
    Barrier,
}

impl WayOut {
    pub fn untried(advice: Hint) -> WayOut {
        WayOut { outcome: Outcome::Untried, advice, changes: Vec::new(), patches: Vec::new(), slots: None }
    }

    /// All changes as one patch; `None` when there is none, or when no single patch does the same.
    pub fn patch(&self, program: &Program) -> Option<Patch> {
        let mut patches = self.patches.iter();
        let first = patches.next()?.clone();
        patches.try_fold(first, |all, patch| all.then(patch, program))
    }

    /// The program, changed.
    pub fn apply(&self, program: &Program) -> Program {
        self.patches.iter().fold(program.clone(), |program, patch| patch.apply(&program))
    }
}

impl Deadlock {
    /// The deadlock as a finding about its cycle; `too_few` is a ring whose slots are too few, and how many it has.
    pub fn diagnostic(&self, too_few: Option<(RingId, u32)>) -> Diagnostic {
        let code = if too_few.is_some() { Code::SlotCount } else { Code::Deadlock };
        let way_out = Box::new(self.way_out.clone());
        let names = |waiting: &Waiting| Access::new(waiting.op.clone(), Does::Names);
        Diagnostic {
            accesses: self.cycle.iter().map(names).collect(),
            place: too_few.map(|(ring, _)| Place::Ring(ring)),
            ..Diagnostic::new(code, Fact::CannotFinish { closed: self.closed, too_few, way_out })
        }
    }
}
