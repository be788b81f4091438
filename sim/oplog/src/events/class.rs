//! What the order of events depends on in an op, in a byte: walks look at millions.

use program::op::Stage;
use program::{Op, UnitKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Runs on GEMM, math or a DMA channel, and never waits once it was issued.
    Unit,
    /// A send or a forward.
    Send,
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
        match (op.unit(), op) {
            (UnitKind::Send, _) => Class::Send,
            (UnitKind::Recv, _) => Class::RecvCopy,
            (UnitKind::Gemm | UnitKind::Math | UnitKind::Dma, _) => Class::Unit,
            (UnitKind::Sequencer, Op::Recv { .. }) => Class::Recv,
            (UnitKind::Sequencer, Op::RecvAsync { .. }) => Class::RecvAsync,
            (UnitKind::Sequencer, Op::Release { .. }) => Class::Release,
            (UnitKind::Sequencer, Op::Signal { .. }) => Class::Signal,
            (UnitKind::Sequencer, Op::HostCopy { .. }) => Class::HostCopy,
            (UnitKind::Sequencer, _) => Class::Instant,
        }
    }
}
