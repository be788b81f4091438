//! Ops that name others by index: they must follow when those move.

use crate::op::{Op, OpIndex};

/// The ops of its rank that an op names.
pub fn named_ops_mut(op: &mut Op) -> &mut [OpIndex] {
    match op {
        Op::Wait { on: named } | Op::Signal { after: named, .. } | Op::Release { after: named, .. } => named,
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
        | Op::Recv { .. }
        | Op::RecvAsync { .. }
        | Op::RecvCopy { .. }
        | Op::RecvReduce(_)
        | Op::Barrier { .. }
        | Op::WaitGe { .. }
        | Op::Busy { .. }
        | Op::Contribute { .. }
        | Op::Expect { .. }
        | Op::Commit {}
        | Op::EventSignal { .. }
        | Op::EventWait { .. }
        | Op::HostCopy { .. } => &mut [],
    }
}
