//! The ordering class of an op, and what follows from it: how a command buffer takes the op, and what it does with
//! its messages.

use super::Op;
use crate::view::Message;

/// Ordering class of an op: what it waits for, and what waits for it. One byte, because traversals touch millions.
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

/// Execution stage of an op on a machine with command queues.
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

/// What an op does with its messages.
#[derive(Clone, Copy)]
struct Traffic {
    sends: bool,
    receives: bool,
    frees: bool,
}

impl Class {
    /// The class on a machine with command queues.
    #[must_use]
    pub const fn queued(self) -> Class {
        match self.stage() {
            Stage::Pass => Class::Pass,
            Stage::Event | Stage::Commit | Stage::Host => self,
        }
    }

    pub const fn stage(self) -> Stage {
        match self {
            Class::Unit | Class::Pass => Stage::Pass,
            Class::EventSignal | Class::EventWait => Stage::Event,
            Class::Commit => Stage::Commit,
            Class::Signal | Class::Instant | Class::HostCopy => Stage::Host,
            // Refused on such a machine.
            Class::Send | Class::RecvCopy | Class::Recv | Class::RecvAsync | Class::Release => Stage::Host,
        }
    }

    const fn traffic(self) -> Traffic {
        let (sends, receives, frees) = match self {
            Class::Send => (true, false, false),
            Class::Recv | Class::RecvAsync => (false, true, false),
            Class::RecvCopy => (false, true, true),
            Class::Release => (false, false, true),
            Class::Unit
            | Class::Signal
            | Class::Instant
            | Class::Pass
            | Class::EventSignal
            | Class::EventWait
            | Class::Commit
            | Class::HostCopy => (false, false, false),
        };
        Traffic { sends, receives, frees }
    }
}

impl Op {
    /// Execution stage of the op on a machine with command queues.
    pub const fn stage(&self) -> Stage {
        self.class().stage()
    }

    /// The messages that the op puts into their rings.
    pub fn sends(&self) -> &[Message] {
        if self.class().traffic().sends { self.messages() } else { &[] }
    }
    /// The messages that the op makes readable, or reads at once.
    pub fn receives(&self) -> &[Message] {
        if self.class().traffic().receives { self.messages() } else { &[] }
    }
    /// The messages whose slots are free when the op is done.
    pub fn frees(&self) -> &[Message] {
        if self.class().traffic().frees { self.messages() } else { &[] }
    }
    /// The messages that the op itself receives, reads and frees.
    pub fn consumes(&self) -> &[Message] {
        let Traffic { receives, frees, .. } = self.class().traffic();
        if receives && frees { self.messages() } else { &[] }
    }
}
