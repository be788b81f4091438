//! What holds a sequencer at an op. The event graph, the run without a clock, the waits that are inserted, the data
//! flow and the bound on latency all ask here; only the timing engine, which says when, has it once more.

use program::op::SemaphoreId;
use program::{Message, Op, OpIndex};

/// What must have happened before a sequencer goes on past an op. On a machine with command queues this is true of the
/// ops that the host does itself; an op that it encodes never holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate<'a> {
    /// Nothing: a release, a signal and an asynchronous receive take effect when they may.
    Open,
    /// The ops that an interlocked sequencer orders before it are done: see [`crate::Holds`].
    Dependencies,
    /// The message has arrived.
    Arrival(&'a [Message]),
    /// The messages have arrived, and its dependencies are done: a receive that copies or reduces.
    ArrivalAndDependencies(&'a [Message]),
    /// These ops of its rank are done.
    Ops(&'a [OpIndex]),
    /// All ranks are at the barrier.
    Barrier(u32),
    /// The rank's semaphore is at least this.
    Semaphore(SemaphoreId, u32),
}

impl<'a> Gate<'a> {
    pub fn of(op: &'a Op) -> Gate<'a> {
        match op {
            Op::Recv { .. } => Gate::Arrival(op.receives()),
            Op::RecvCopy { .. } | Op::RecvReduce(_) => Gate::ArrivalAndDependencies(op.takes_out()),
            Op::Wait { on } => Gate::Ops(on),
            Op::Barrier { number } => Gate::Barrier(*number),
            Op::WaitGe { semaphore, value } => Gate::Semaphore(*semaphore, *value),
            Op::Release { .. }
            | Op::Signal { .. }
            | Op::RecvAsync { .. }
            | Op::HostCopy { .. }
            | Op::Commit {}
            | Op::EventSignal { .. }
            | Op::EventWait { .. } => Gate::Open,
            Op::Load { .. }
            | Op::Store { .. }
            | Op::Copy { .. }
            | Op::Dot { .. }
            | Op::Unary { .. }
            | Op::Binary { .. }
            | Op::Compare { .. }
            | Op::Where { .. }
            | Op::Reduce { .. }
            | Op::Fill { .. }
            | Op::Iota { .. }
            | Op::Send { .. }
            | Op::Forward { .. }
            | Op::Multicast { .. }
            | Op::Busy { .. }
            | Op::Contribute { .. }
            | Op::Expect { .. } => Gate::Dependencies,
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
