//! What the order of events depends on in an op, in a byte: walks look at millions.

use program::{Op, Stage};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Runs on GEMM, math or a DMA channel, and never waits once it was issued.
    Unit,
    /// A send, a forward or a multicast.
    Send,
    /// A receive that copies, or reduces.
    RecvCopy,
    Recv,
    RecvAsync,
    Release,
    Signal,
    /// Done by the sequencer, and over when it is issued.
    Instant,
    /// On a machine with command queues: a unit's op, encoded in a command buffer.
    Pass,
    EventSignal,
    EventWait,
    Commit,
    /// A copy by the host, over when it is issued.
    HostCopy,
}

impl Class {
    /// `queued` on a machine with command queues.
    pub fn of(op: &Op, queued: bool) -> Class {
        match op.stage() {
            Stage::Pass if queued => Class::Pass,
            Stage::Event if matches!(op, Op::EventWait { .. }) => Class::EventWait,
            Stage::Event => Class::EventSignal,
            Stage::Commit => Class::Commit,
            Stage::Pass | Stage::Host => Class::of_pe(op),
        }
    }

    fn of_pe(op: &Op) -> Class {
        match op {
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
            | Op::Busy { .. } => Class::Unit,
            Op::Send { .. } | Op::Forward { .. } | Op::Multicast { .. } => Class::Send,
            Op::RecvCopy { .. } | Op::RecvReduce(_) => Class::RecvCopy,
            Op::Recv { .. } => Class::Recv,
            Op::RecvAsync { .. } => Class::RecvAsync,
            Op::Release { .. } => Class::Release,
            Op::Signal { .. } => Class::Signal,
            Op::HostCopy { .. } => Class::HostCopy,
            Op::Wait { .. }
            | Op::Barrier { .. }
            | Op::WaitGe { .. }
            | Op::Contribute { .. }
            | Op::Expect { .. }
            // These are classed by their stage.
            | Op::Commit {}
            | Op::EventSignal { .. }
            | Op::EventWait { .. } => Class::Instant,
        }
    }
}
