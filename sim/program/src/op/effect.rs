//! Effect of an op on data, independent of its ordering: it computes, folds messages, moves bytes, or does nothing.

use super::{ComputeOp, MoveOp, Op, QueueOp, RecvOp, Reduction, SendOp};
use crate::view::{Message, ViewId};

/// Effect of an op on data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect<'a> {
    Compute(ComputeOp),
    /// Several messages become one tile: see [`Reduction`].
    Fold(&'a Reduction),
    /// The bytes of a view go to another of the same shape and dtype.
    Move {
        from: ViewId,
        to: Target<'a>,
    },
    /// It touches no values: it waits, signals, or is about time alone.
    Nothing,
}

/// Target of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    View(ViewId),
    /// The slots of the messages that the op sends, each packed.
    Slots(&'a [Message]),
}

impl Op {
    /// The effect of the op on data.
    pub fn effect(&self) -> Effect<'_> {
        let (from, to) = match *self {
            Op::Compute(op) => return Effect::Compute(op),
            Op::Move(MoveOp::Load { from, to } | MoveOp::Store { from, to } | MoveOp::Copy { from, to })
            | Op::Queue(QueueOp::HostCopy { from, to })
            | Op::Recv(RecvOp::RecvCopy { view: from, to, .. }) => (from, Target::View(to)),
            Op::Send(
                SendOp::Send { from, .. } | SendOp::Forward { from, .. } | SendOp::Multicast { from, .. },
            ) => (from, Target::Slots(self.messages())),
            Op::Recv(RecvOp::RecvReduce { ref reduction }) => return Effect::Fold(reduction),
            Op::Recv(RecvOp::Recv { .. } | RecvOp::RecvAsync { .. })
            | Op::Queue(QueueOp::Commit {} | QueueOp::EventSignal { .. } | QueueOp::EventWait { .. })
            | Op::Sync(_)
            | Op::Note(_)
            | Op::Time(_) => return Effect::Nothing,
        };
        Effect::Move { from, to }
    }

    /// The op as one that computes; `None` when it does not.
    pub const fn compute(&self) -> Option<ComputeOp> {
        if let Op::Compute(op) = self { Some(*op) } else { None }
    }
}
