//! Everything a PE can be asked to do. An op names its operands by their place in the rank's view table,
//! so that it stays small: Phase 1 walks millions of them.

use machine::id;
use serde::{Deserialize, Serialize};

pub use crate::access::Access;
pub use crate::constant::Constant;
use crate::dtype::DType;
pub use crate::functions::{BinaryFn, BusyUnit, CompareFn, ReduceFn, UnaryFn};
use crate::program::Rank;
pub use crate::stage::Stage;
use crate::view::{Message, ViewId};

id!(
    /// An op's place in its rank's program.
    OpIndex,
    "op"
);
id!(
    /// A semaphore of one rank; others may signal it.
    SemaphoreId,
    "sem"
);
id!(
    /// An event of the whole program, which command buffers signal and wait for. It starts at 0.
    EventId,
    "event"
);

/// What an op reads: a view, or a constant that broadcasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Operand {
    View(ViewId),
    Constant(Constant),
}

/// The kind of unit an op runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// Not a queue: the sequencer itself does it.
    Sequencer,
    Gemm,
    Math,
    /// IPCQ send.
    Send,
    /// IPCQ receive: copies a message out of its slot.
    Recv,
    /// One of the PE's DMA channels; channels are dealt ops in turn.
    Dma,
}

/// One op of a rank's program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// HBM → TCM. Same shape and dtype on both sides; any strides.
    Load {
        from: ViewId,
        to: ViewId,
    },
    /// TCM → HBM.
    Store {
        from: ViewId,
        to: ViewId,
    },
    /// TCM → TCM.
    Copy {
        from: ViewId,
        to: ViewId,
    },
    /// `c = a · b`, or `c += a · b` when `accumulate`: a [m, k], b [k, n], c [m, n]. Each output takes
    /// `fma(a, b, acc)` for k ascending in `acc`, starting from 0 (from c when it accumulates), and is rounded once.
    Dot {
        a: ViewId,
        b: ViewId,
        c: ViewId,
        accumulate: bool,
        acc: DType,
    },
    Unary {
        f: UnaryFn,
        x: ViewId,
        to: ViewId,
    },
    /// Operands broadcast: an extent of 1, or a missing leading axis, is repeated.
    Binary {
        f: BinaryFn,
        x: Operand,
        y: Operand,
        to: ViewId,
    },
    Compare {
        f: CompareFn,
        x: Operand,
        y: Operand,
        to: ViewId,
    },
    /// `to = mask ≠ 0 ? x : y`.
    Where {
        mask: ViewId,
        x: Operand,
        y: Operand,
        to: ViewId,
    },
    /// Sums accumulate in `acc` in ascending order; an integer sum that leaves its type is refused unless `wrap`.
    Reduce {
        f: ReduceFn,
        axis: u8,
        x: ViewId,
        to: ViewId,
        acc: DType,
        wrap: bool,
    },
    Fill {
        value: Constant,
        to: ViewId,
    },
    /// `to[…, i, …] = start + i · step` along `axis`, the same along all others; i32.
    Iota {
        axis: u8,
        start: i32,
        step: i32,
        to: ViewId,
    },
    /// Sends the bytes of `from` as the next message of a ring this rank produces.
    Send {
        message: Message,
        from: ViewId,
    },
    /// Sends straight from a slot; reads it until its last byte leaves.
    Forward {
        message: Message,
        from: ViewId,
    },
    /// Sends the bytes of `from` as the next message of each of several rings that this rank produces. It starts
    /// once every ring has a free slot; whether the fabric copies it or one copy follows the other is the machine's.
    Multicast {
        messages: Box<[Message]>,
        from: ViewId,
    },
    /// Holds the sequencer until the message has arrived; it is then read in place through views of it.
    Recv {
        message: Message,
        view: ViewId,
    },
    /// Like `Recv`, but does not hold: a `Wait` on it does.
    RecvAsync {
        message: Message,
        view: ViewId,
    },
    /// Holds the sequencer until the message has arrived, then copies it to `to`; the credit returns when
    /// the copy is done.
    RecvCopy {
        message: Message,
        view: ViewId,
        to: ViewId,
    },
    /// Holds the sequencer until all its messages have arrived, then folds them into one tile; the credits return
    /// when that is done. Whether the fabric adds on the way or the math unit at the end is the machine's.
    RecvReduce(Box<Reduction>),
    /// Gives the slot back: the credit leaves once the ops `after` are done, and the sequencer does not wait for
    /// that. Interlocked: all earlier reads of the slot must be done, too.
    Release {
        message: Message,
        #[serde(default, skip_serializing_if = "<[OpIndex]>::is_empty")]
        after: Box<[OpIndex]>,
    },
    /// Holds the sequencer until all these ops of this rank are done.
    Wait {
        on: Box<[OpIndex]>,
    },
    /// Holds the sequencer until every rank has reached its barrier of this number.
    Barrier {
        number: u32,
    },
    /// Adds `amount` to a semaphore of `to` once the ops `after` are done.
    Signal {
        semaphore: SemaphoreId,
        to: Rank,
        amount: u32,
        after: Box<[OpIndex]>,
    },
    /// Holds the sequencer until its own semaphore is at least `value`.
    WaitGe {
        semaphore: SemaphoreId,
        value: u32,
    },
    /// Occupies a unit for this many PE cycles; timing only.
    Busy {
        unit: BusyUnit,
        cycles: u64,
    },
    /// Ledger: the partial in `view` holds the contribution `key`. Takes no time.
    Contribute {
        view: ViewId,
        key: u32,
    },
    /// Ledger: `view` must hold each of these contributions exactly once. Takes no time.
    Expect {
        view: ViewId,
        keys: Box<[u32]>,
    },
    /// Ends this rank's current command buffer and commits it: what was encoded since the last commit may run
    /// now. The host goes on; the op is done when the buffer has completed.
    Commit {},
    /// Encoded. Once all before it in its buffer is done, the event is at least `value`.
    EventSignal {
        event: EventId,
        value: u32,
    },
    /// Encoded. What follows it in its own buffer, and nothing else, starts only once the event is at least `value`.
    EventWait {
        event: EventId,
        value: u32,
    },
    /// The host copies bytes from one HBM tensor to another, through no queue, and is held while it does.
    HostCopy {
        from: ViewId,
        to: ViewId,
    },
}

/// `to = f(… f(f(x, m0), m1) …)`, element by element, the messages in the order given: each step is computed as by
/// [`Op::Binary`] and rounded to `acc`, and the result is rounded once more, to the dtype of `to`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Reduction {
    pub f: ReduceFn,
    pub acc: DType,
    pub messages: Box<[Message]>,
    /// Of each message, all of it.
    pub views: Box<[ViewId]>,
    /// The tile of the root itself.
    pub x: ViewId,
    pub to: ViewId,
}

impl Operand {
    pub fn view(self) -> Option<ViewId> {
        match self {
            Operand::View(view) => Some(view),
            Operand::Constant(_) => None,
        }
    }
}

impl Op {
    /// The unit the op runs on.
    pub const fn unit(&self) -> UnitKind {
        match self {
            Op::Load { .. } | Op::Store { .. } | Op::Copy { .. } => UnitKind::Dma,
            Op::Dot { .. } | Op::Busy { unit: BusyUnit::Gemm, .. } => UnitKind::Gemm,
            Op::Unary { .. }
            | Op::Binary { .. }
            | Op::Compare { .. }
            | Op::Where { .. }
            | Op::Reduce { .. }
            | Op::Fill { .. }
            | Op::Iota { .. }
            | Op::RecvReduce(_)
            | Op::Busy { unit: BusyUnit::Math, .. } => UnitKind::Math,
            Op::Send { .. } | Op::Forward { .. } | Op::Multicast { .. } => UnitKind::Send,
            Op::RecvCopy { .. } => UnitKind::Recv,
            Op::Recv { .. }
            | Op::RecvAsync { .. }
            | Op::Release { .. }
            | Op::Wait { .. }
            | Op::Barrier { .. }
            | Op::Signal { .. }
            | Op::WaitGe { .. }
            | Op::Contribute { .. }
            | Op::Expect { .. }
            | Op::Commit {}
            | Op::EventSignal { .. }
            | Op::EventWait { .. }
            | Op::HostCopy { .. } => UnitKind::Sequencer,
        }
    }

    /// The name of the op's kind, as in JSON and reports.
    pub const fn kind(&self) -> &'static str {
        match self {
            Op::Load { .. } => "load",
            Op::Store { .. } => "store",
            Op::Copy { .. } => "copy",
            Op::Dot { .. } => "dot",
            Op::Unary { f, .. } => f.name(),
            Op::Binary { f, .. } => f.name(),
            Op::Compare { .. } => "compare",
            Op::Where { .. } => "where",
            Op::Reduce { f: ReduceFn::Sum, .. } => "sum",
            Op::Reduce { f: ReduceFn::Max, .. } => "max",
            Op::Fill { .. } => "fill",
            Op::Iota { .. } => "iota",
            Op::Send { .. } => "send",
            Op::Forward { .. } => "forward",
            Op::Multicast { .. } => "multicast",
            Op::Recv { .. } => "recv",
            Op::RecvAsync { .. } => "recv_async",
            Op::RecvCopy { .. } => "recv_copy",
            Op::RecvReduce(_) => "recv_reduce",
            Op::Release { .. } => "release",
            Op::Wait { .. } => "wait",
            Op::Barrier { .. } => "barrier",
            Op::Signal { .. } => "signal",
            Op::WaitGe { .. } => "wait_ge",
            Op::Busy { .. } => "busy",
            Op::Contribute { .. } => "contribute",
            Op::Expect { .. } => "expect",
            Op::Commit {} => "commit",
            Op::EventSignal { .. } => "event_signal",
            Op::EventWait { .. } => "event_wait",
            Op::HostCopy { .. } => "host_copy",
        }
    }
}
