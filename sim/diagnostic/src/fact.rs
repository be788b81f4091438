//! Facts of diagnostics, as values. The ops, the place and the bytes of a fact are in its diagnostic.

use machine::SimTime;
use program::{DType, Dims, Message, Rank, RingId};

use crate::deadlock::WayOut;
use crate::{Fault, OpRef};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// True whatever the times and values of a run.
    Hazard(Hazard),
    /// Seen in a replay.
    Observed(Box<Observed>),
    /// The program is refused.
    Refused(Fault),
    /// The program cannot finish: the ops of the cycle, and the slots of a ring that are too few.
    CannotFinish { closed: bool, too_few: Option<(RingId, u32)>, way_out: Box<WayOut> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hazard {
    /// Two accesses that no edge orders: the one that comes too early, then the one it should come after.
    Unordered,
    /// A copy reads bytes that it also overwrites, for another element.
    OntoItself,
    /// A slot is released while an op may still read it, or receive into it: that op, the release, and the next send to the slot.
    EarlyRelease,
    /// Bytes that nothing has written; without an op the host takes them.
    Unwritten,
    /// A received message is never released.
    NotReleased,
    /// A wait that an earlier one has already satisfied, or a wait for 0.
    SatisfiedWait,
    /// A signal of 0, or a wait for it.
    ZeroEvent,
    /// An event wait that nothing follows in its command buffer.
    GatesNothing,
    /// The signal, and the wait for most.
    SurplusSignals { signalled: u64, waited: u64 },
    /// Keys that the `expect` lacks, or counts too often.
    Contributions { keys: Vec<u32> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// A read that found other bytes than intended in this run.
    Found { reader: Reader, meant: Option<Version>, found: Option<Version>, during: bool },
    /// The shape rule finds nothing.
    NoVersion { reader: Reader, shape: Dims, dtype: DType },
    /// Bytes without a value reach outputs, let in by the first op.
    Poison { outputs: Vec<String>, from: Poison },
    /// A run in another legal order gives other bits.
    OtherOrder { order: String, differs: Differs, reaches: Vec<String>, proven: bool },
    /// An op has no value.
    NoValue { why: String },
    /// Two ranks give different bits for one element of an output.
    CopiesDiffer { output: String, ranks: [Rank; 2], tensors: [String; 2] },
    /// Bytes of an output that no rank gives.
    NotGiven { output: String, bytes: u64 },
}

/// The reader of a read, and its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// `None` is the host.
    pub op: Option<OpRef>,
    pub start: SimTime,
    pub done: SimTime,
}

/// A value that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub message: Option<Message>,
    pub shape: Dims,
    pub dtype: DType,
    /// `None` is the host's input.
    pub written: Option<(OpRef, SimTime)>,
}

/// The missing writer of bytes without a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Poison {
    /// No op.
    Unwritten,
    Host,
    /// An op; whether in a slot.
    Op(OpRef, bool),
}

/// The first thing that differs in another order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Differs {
    /// An op writes other bits; whether the outputs differ too.
    Op { op: OpRef, found: Origin, meant: Origin, outputs: bool },
    /// All ops write the same bits, and the host takes others of them.
    Host { found: Origin, meant: Origin },
    /// An op has no value.
    NoValue { op: OpRef, why: String },
}

/// Origin of the bytes of a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Unwritten,
    Input,
    Message(Message, OpRef),
    Op(OpRef),
}
