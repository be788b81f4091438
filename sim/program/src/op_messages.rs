//! Which messages an op sends, receives and gives back. Whoever follows messages asks here, and need not know which
//! ops have several.

use std::slice::from_ref;

use crate::op::Op;
use crate::view::Message;

impl Op {
    /// The messages that an op sends, receives or releases.
    pub const fn messages(&self) -> &[Message] {
        match self {
            Op::Send { message, .. }
            | Op::Forward { message, .. }
            | Op::Recv { message, .. }
            | Op::RecvAsync { message, .. }
            | Op::RecvCopy { message, .. }
            | Op::Release { message, .. } => from_ref(message),
            Op::Multicast { messages, .. } => messages,
            Op::RecvReduce(reduction) => &reduction.messages,
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
            | Op::Wait { .. }
            | Op::Barrier { .. }
            | Op::Signal { .. }
            | Op::WaitGe { .. }
            | Op::Busy { .. }
            | Op::Contribute { .. }
            | Op::Expect { .. }
            | Op::Commit {}
            | Op::EventSignal { .. }
            | Op::EventWait { .. }
            | Op::HostCopy { .. } => &[],
        }
    }

    /// The messages that an op puts into their rings.
    pub const fn sends(&self) -> &[Message] {
        match self.traffic() {
            Traffic::Sends => self.messages(),
            Traffic::Receives | Traffic::TakesOut | Traffic::Releases | Traffic::None => &[],
        }
    }

    /// The messages that an op makes readable, or reads at once.
    pub const fn receives(&self) -> &[Message] {
        match self.traffic() {
            Traffic::Receives | Traffic::TakesOut => self.messages(),
            Traffic::Sends | Traffic::Releases | Traffic::None => &[],
        }
    }

    /// The messages whose slots an op gives back when it is done.
    pub const fn gives_back(&self) -> &[Message] {
        match self.traffic() {
            Traffic::TakesOut | Traffic::Releases => self.messages(),
            Traffic::Sends | Traffic::Receives | Traffic::None => &[],
        }
    }

    /// The messages that an op receives, reads and gives back, all by itself.
    pub const fn takes_out(&self) -> &[Message] {
        match self.traffic() {
            Traffic::TakesOut => self.messages(),
            Traffic::Sends | Traffic::Receives | Traffic::Releases | Traffic::None => &[],
        }
    }

    const fn traffic(&self) -> Traffic {
        match self {
            Op::Send { .. } | Op::Forward { .. } | Op::Multicast { .. } => Traffic::Sends,
            Op::Recv { .. } | Op::RecvAsync { .. } => Traffic::Receives,
            Op::RecvCopy { .. } | Op::RecvReduce(_) => Traffic::TakesOut,
            Op::Release { .. } => Traffic::Releases,
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
            | Op::Wait { .. }
            | Op::Barrier { .. }
            | Op::Signal { .. }
            | Op::WaitGe { .. }
            | Op::Busy { .. }
            | Op::Contribute { .. }
            | Op::Expect { .. }
            | Op::Commit {}
            | Op::EventSignal { .. }
            | Op::EventWait { .. }
            | Op::HostCopy { .. } => Traffic::None,
        }
    }
}

/// What an op does with its messages.
enum Traffic {
    Sends,
    Receives,
    /// Receives, reads and gives back.
    TakesOut,
    Releases,
    None,
}
