//! The table of ops: one row an op, and everything that follows from the row. An op names its operands by their place
//! in the rank's view table, so that it stays small: Phase 1 visits millions of them.

mod access;
mod class;
mod constant;
mod cost_class;
mod define;
mod effect;
pub(crate) mod field;
mod function;
mod json;
mod numbers;
mod semaphore;

use std::convert::Infallible;

use machine::id;
use serde::{Deserialize, Serialize};

pub use access::{Access, Views};
pub use class::{Class, Stage};
pub use constant::Constant;
pub use cost_class::{CostClass, MathClass, UnitKind};
pub use effect::{Effect, Target};
pub use field::NumberError;
pub use function::{BinaryFn, BusyUnit, CompareFn, IntegerFn, ReduceFn, UnaryFn};
pub use semaphore::{Asks, Growth, SetSignal};

use crate::dtype::DType;
use crate::program::Rank;
use crate::scaled::ScaledFormat;
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

/// Operand of an op: a view, or a constant that broadcasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Operand {
    View(ViewId),
    Constant(Constant),
}

define::ops! {
    /// Computes a tile, on the GEMM or the math unit.
    Compute(ComputeOp: Copy) {
        /// `c = a · b`, or `c += a · b` when `accumulate`: a [m, k], b [k, n], c [m, n], or equally many of them along
        /// leading axes. Of floats each output takes `fma(a, b, acc)` for k ascending in `acc`, which is f32, f16 or
        /// bf16, starting from 0 (from c when it accumulates), and is rounded once. Of i8 and u8 it is the sum in i32,
        /// wrapping.
        Dot "dot" = 3 [Gemm, Unit] {
            a: ViewId as read,
            b: ViewId as read,
            c: ViewId as write,
            accumulate: bool as update,
            acc: DType,
        }
        Unary "unary" = 4 [Math(f.cost_class()), Unit] {
            f: UnaryFn,
            x: ViewId as read,
            to: ViewId as write,
        }
        /// Operands broadcast: an extent of 1, or a missing leading axis, is repeated.
        Binary "binary" = 5 [Math(f.cost_class()), Unit] {
            f: BinaryFn,
            x: Operand as read,
            y: Operand as read,
            to: ViewId as write,
        }
        Compare "compare" = 6 [Math(MathClass::Simple), Unit] {
            f: CompareFn,
            x: Operand as read,
            y: Operand as read,
            to: ViewId as write,
        }
        /// `to = mask ≠ 0 ? x : y`.
        Where "where" = 7 [Math(MathClass::Simple), Unit] {
            mask: ViewId as read,
            x: Operand as read,
            y: Operand as read,
            to: ViewId as write,
        }
        /// Sums accumulate in `acc` in ascending order; an integer sum that leaves its type is refused unless `wrap`.
        Reduce "reduce" = 8 [Math(MathClass::Reduce), Unit] {
            f: ReduceFn,
            axis: u8,
            x: ViewId as read,
            to: ViewId as write,
            acc: DType,
            wrap: bool,
        }
        Fill "fill" = 9 [Math(MathClass::Simple), Unit] { value: Constant, to: ViewId as write }
        /// `to[…, i, …] = start + i · step` along `axis`, the same along all others; i32.
        Iota "iota" = 10 [Math(MathClass::Simple), Unit] {
            axis: u8,
            start: i32,
            step: i32,
            to: ViewId as write,
        }
        /// `to = x · y + z`, of floats with one rounding to f32; operands broadcast.
        Fma "fma" = 31 [Math(MathClass::Simple), Unit] {
            x: Operand as read,
            y: Operand as read,
            z: Operand as read,
            to: ViewId as write,
        }
        /// Element i along the axis is the reduction of those up to it, in the order and with the rules of `Reduce`.
        Scan "scan" = 32 [Math(MathClass::Reduce), Unit] {
            f: ReduceFn,
            axis: u8,
            x: ViewId as read,
            to: ViewId as write,
            acc: DType,
            wrap: bool,
        }
        /// `to[…, i] = x[…, i] · scales[…, i / block]`, of a block-scaled format, in f32 and rounded once. The last axis of x
        /// is in bytes.
        Dequantize "dequantize" = 33 [Math(MathClass::Cast), Unit] {
            format: ScaledFormat,
            x: ViewId as read,
            scales: ViewId as read,
            to: ViewId as write,
        }
    }

    /// Moves the bytes of a view to another of the same shape and dtype, over a DMA channel.
    Move(MoveOp: Copy) {
        /// HBM → TCM; any strides.
        Load "load" = 0 [Dma, Unit] { from: ViewId as read, to: ViewId as write }
        /// TCM → HBM.
        Store "store" = 1 [Dma, Unit] { from: ViewId as read, to: ViewId as write }
        /// TCM → TCM.
        Copy "copy" = 2 [Dma, Unit] { from: ViewId as read, to: ViewId as write }
    }

    /// Sends the bytes of a view as the next message of a ring this rank produces, or of several.
    Send(SendOp) {
        /// From a tile of this rank.
        Send "send" = 11 [Send, Send] { message: Message, from: ViewId as read }
        /// Straight from a slot; reads it until its last byte leaves.
        Forward "forward" = 12 [Send, Send] { message: Message, from: ViewId as read }
        /// To each of several rings. It starts once every ring has a free slot; whether the fabric copies it or one
        /// copy follows the other is the machine's.
        Multicast "multicast" = 29 [Send, Send] { messages: Box<[Message]>, from: ViewId as read }
    }

    /// Receives messages: makes them readable in place, or takes them out of their slots.
    Recv(RecvOp) {
        /// Holds the sequencer until the message has arrived; it is then read in place through views of it.
        Recv "recv" = 13 [Control, Recv] { message: Message, view: ViewId as names }
        /// Like `Recv`, but does not hold: a `Wait` on it does.
        RecvAsync "recv_async" = 14 [Control, RecvAsync] { message: Message, view: ViewId as names }
        /// Holds the sequencer until the message has arrived, then copies it to `to`; the credit returns when
        /// the copy is done.
        RecvCopy "recv_copy" = 15 [Recv, RecvCopy] {
            message: Message,
            view: ViewId as read,
            to: ViewId as write,
        }
        /// Holds the sequencer until all its messages have arrived, then folds them into one tile; the credits return
        /// when that is done. Whether the fabric adds on the way or the math unit at the end is the machine's.
        #[fields("Reduction", "json::boxed")]
        RecvReduce "recv_reduce" = 30 [Fold, RecvCopy] { reduction: Box<Reduction> as fold }
    }

    /// Orders the ops of ranks, and is done by the sequencer.
    Sync(SyncOp) {
        /// Gives the slot back: the credit leaves once the ops `after` are done, and the sequencer does not wait for
        /// that. Interlocked: all earlier reads of the slot must be done, too.
        Release "release" = 28 [Control, Release] {
            message: Message,
            #[serde(default, skip_serializing_if = "<[OpIndex]>::is_empty")]
            after: Box<[OpIndex]>,
        }
        /// Holds the sequencer until all these ops of this rank are done.
        Wait "wait" = 17 [Control, Instant] { on: Box<[OpIndex]> }
        /// Holds the sequencer until every rank has reached its barrier of this number.
        Barrier "barrier" = 18 [Control, Instant] { number: u32 }
        /// Adds `amount` to a semaphore of `to` once the ops `after` are done.
        Signal "signal" = 19 [Control, Signal] {
            semaphore: SemaphoreId,
            to: Rank,
            amount: u32,
            after: Box<[OpIndex]>,
        }
        /// Holds the sequencer until its own semaphore is at least `value`.
        WaitGe "wait_ge" = 20 [Control, Instant] { semaphore: SemaphoreId, value: u32 }
        /// Sets its own semaphore to `value`, which is not above what it is.
        SemaphoreSet "semaphore_set" = 34 [Control, Instant] { semaphore: SemaphoreId, value: u32 }
        /// Sets a semaphore of any rank, once some ops are done.
        #[fields("SetSignal", "json::boxed")]
        SignalSet "signal_set" = 35 [Control, Signal] { set: Box<SetSignal> }
        /// Holds the sequencer until its own semaphore is as asked. `count` is all that must have been signalled since the
        /// beginning: the verifier's, from the order of all uses.
        WaitUntil "wait_until" = 36 [Control, Instant] {
            semaphore: SemaphoreId,
            is: Asks,
            value: u32,
            #[serde(default, skip_serializing_if = "json::is_zero")]
            count: u32,
        }
    }

    /// For machines with command queues alone.
    Queue(QueueOp) {
        /// Ends this rank's current command buffer and commits it: what was encoded since the last commit may run
        /// now. The host goes on; the op is done when the buffer has completed.
        Commit "commit" = 24 [Control, Commit] {}
        /// Encoded. Once all before it in its buffer is done, the event is at least `value`.
        EventSignal "event_signal" = 25 [Control, EventSignal] { event: EventId, value: u32 }
        /// Encoded. What follows it in its own buffer, and nothing else, starts only once the event is at least `value`.
        EventWait "event_wait" = 26 [Control, EventWait] { event: EventId, value: u32 }
        /// The host copies bytes from one HBM tensor to another, through no queue, and is held while it does.
        HostCopy "host_copy" = 27 [Control, HostCopy] { from: ViewId as read, to: ViewId as write }
    }

    /// Tells the ledger what a view holds. Takes no time.
    Note(NoteOp) {
        /// The partial in `view` holds the contribution `key`.
        Contribute "contribute" = 22 [Control, Instant] { view: ViewId as names, key: u32 }
        /// `view` must hold each of these contributions exactly once.
        Expect "expect" = 23 [Control, Instant] { view: ViewId as names, keys: Box<[u32]> }
    }

    /// Takes time, and does nothing else.
    Time(TimeOp: Copy) {
        /// Occupies a unit for this many PE cycles.
        Busy "busy" = 21 [Busy(*unit, *cycles), Unit] { unit: BusyUnit, cycles: u64 }
    }
}

/// `to = f(… f(f(x, m0), m1) …)`, element by element, the messages in the order given: each step is computed as by
/// [`ComputeOp::Binary`] and rounded to `acc`, and the result is rounded once more, to the dtype of `to`.
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
    /// Name of the op in reports: its function, where that is more specific than the name of the op.
    pub const fn kind(&self) -> &'static str {
        if let Op::Compute(ComputeOp::Unary { f, .. }) = self {
            f.name()
        } else if let Op::Compute(ComputeOp::Binary { f, .. }) = self {
            f.name()
        } else if let Op::Compute(ComputeOp::Reduce { f, .. }) = self {
            f.name()
        } else {
            self.name()
        }
    }
}

impl ComputeOp {
    /// The same on other views; each is named once, reads before what is written.
    #[must_use]
    pub fn with_views(self, mut view: impl FnMut(ViewId) -> ViewId) -> Op {
        let mut op = Op::Compute(self);
        let Ok(()) = op.try_each_view(&mut |id| -> Result<(), Infallible> {
            *id = view(*id);
            Ok(())
        });
        op
    }
}

#[cfg(test)]
#[path = "op_tests.rs"]
mod tests;
