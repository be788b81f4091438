//! The gate of an op: what holds the sequencer at it. The event graph, the run without a clock, the inserted waits,
//! the data flow and the latency bound use it. Only the timing engine has the rule once more, because it also
//! computes the time.

use program::op::SemaphoreId;
use program::{Message, Op, OpIndex, RecvOp, SyncOp};

/// Condition for a sequencer to pass an op. On a machine with command queues this is true of the
/// ops that the host does itself; an op that it encodes never holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate<'a> {
    /// Nothing: a release, a signal and an asynchronous receive take effect when they may.
    Open,
    /// The ops that an interlocked sequencer orders before it are done: see [`crate::Dependencies`].
    Dependencies,
    /// The message has arrived.
    Arrival(&'a [Message]),
    /// The messages have arrived, and its dependencies are done: a receive that copies or reduces.
    ArrivalAndDependencies(&'a [Message]),
    /// These ops of its rank are done.
    Ops(&'a [OpIndex]),
    /// All ranks are at the barrier.
    Barrier(u32),
    /// So much was signalled to the rank's semaphore.
    Semaphore(SemaphoreId, u32),
}

impl<'a> Gate<'a> {
    pub fn of(op: &'a Op) -> Gate<'a> {
        match op {
            Op::Recv(RecvOp::Recv { .. }) => Gate::Arrival(op.receives()),
            Op::Recv(RecvOp::RecvCopy { .. } | RecvOp::RecvReduce { .. }) => {
                Gate::ArrivalAndDependencies(op.consumes())
            }
            Op::Sync(SyncOp::Wait { on }) => Gate::Ops(on),
            Op::Sync(SyncOp::Barrier { number }) => Gate::Barrier(*number),
            Op::Sync(
                SyncOp::WaitGe { semaphore, value: count } | SyncOp::WaitUntil { semaphore, count, .. },
            ) => Gate::Semaphore(*semaphore, *count),
            Op::Sync(
                SyncOp::Release { .. }
                | SyncOp::Signal { .. }
                | SyncOp::SignalSet { .. }
                | SyncOp::SemaphoreSet { .. },
            )
            | Op::Recv(RecvOp::RecvAsync { .. })
            | Op::Queue(_) => Gate::Open,
            Op::Move(_) | Op::Compute(_) | Op::Send(_) | Op::Time(_) | Op::Note(_) => Gate::Dependencies,
        }
    }

    /// The messages that must have arrived.
    pub fn messages(self) -> &'a [Message] {
        match self {
            Gate::Arrival(messages) | Gate::ArrivalAndDependencies(messages) => messages,
            Gate::Open | Gate::Dependencies | Gate::Ops(_) | Gate::Barrier(_) | Gate::Semaphore(..) => &[],
        }
    }
}
