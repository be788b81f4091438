//! Which ops a command buffer takes, and which the host does itself.

use crate::op::Op;

/// How an op comes to run on a machine with command queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Encoded in a command buffer, and run by a unit.
    Pass,
    /// Encoded in a command buffer, and done by the queue itself.
    Event,
    /// Ends a command buffer.
    Commit,
    /// Done by the host, between encodings.
    Host,
}

impl Op {
    /// How the op comes to run on a machine with command queues.
    pub const fn stage(&self) -> Stage {
        match self {
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
            | Op::Busy { .. } => Stage::Pass,
            Op::EventSignal { .. } | Op::EventWait { .. } => Stage::Event,
            Op::Commit {} => Stage::Commit,
            Op::HostCopy { .. }
            | Op::Wait { .. }
            | Op::Barrier { .. }
            | Op::Signal { .. }
            | Op::WaitGe { .. }
            | Op::Contribute { .. }
            | Op::Expect { .. }
            // Refused on such a machine.
            | Op::Send { .. }
            | Op::Forward { .. }
            | Op::Multicast { .. }
            | Op::Recv { .. }
            | Op::RecvAsync { .. }
            | Op::RecvCopy { .. }
            | Op::RecvReduce(_)
            | Op::Release { .. } => Stage::Host,
        }
    }
}
