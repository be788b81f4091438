//! Ops as passes: everything that moves bytes is a copy, and views name buffers of the plan.

use program::{Op, OpIndex, Operand, Rank, View, ViewId};

use super::Pass;

/// What an op of a program asks of a device.
pub enum Asked {
    /// To move bytes from one view to another of the same shape and dtype.
    Move {
        from: ViewId,
        to: Target,
    },
    Compute,
    /// It touches no bytes.
    Nothing,
}

/// Where bytes are moved to.
pub enum Target {
    View(ViewId),
    /// The slot of the message that the op sends.
    Slot,
}

pub fn asked(op: &Op) -> Asked {
    match *op {
        Op::Load { from, to }
        | Op::Store { from, to }
        | Op::Copy { from, to }
        | Op::HostCopy { from, to }
        | Op::RecvCopy { view: from, to, .. } => Asked::Move { from, to: Target::View(to) },
        Op::Send { from, .. } | Op::Forward { from, .. } => Asked::Move { from, to: Target::Slot },
        Op::Dot { .. }
        | Op::Unary { .. }
        | Op::Binary { .. }
        | Op::Compare { .. }
        | Op::Where { .. }
        | Op::Reduce { .. }
        | Op::Fill { .. }
        | Op::Iota { .. } => Asked::Compute,
        Op::Recv { .. }
        | Op::RecvAsync { .. }
        | Op::Release { .. }
        | Op::Wait { .. }
        | Op::Barrier { .. }
        | Op::Signal { .. }
        | Op::WaitGe { .. }
        | Op::Busy { .. }
        | Op::Contribute { .. }
        | Op::Expect { .. }
        | Op::Commit {}
        | Op::EventSignal { .. }
        | Op::EventWait { .. } => Asked::Nothing,
    }
}

impl Pass {
    pub fn copy(from: View, to: View, of: Option<(Rank, OpIndex)>) -> Pass {
        Pass { op: Op::Copy { from: ViewId(0), to: ViewId(1) }, views: vec![from, to], of }
    }

    /// An op that computes, with its own views numbered from 0 in the order in which it names them. Its reads come
    /// before what it writes; an accumulator is both.
    pub fn compute(op: &Op, view: impl Fn(ViewId) -> View, of: Option<(Rank, OpIndex)>) -> Pass {
        let mut views = Vec::new();
        let mut place = |id: ViewId| {
            views.push(view(id));
            ViewId(views.len() as u32 - 1)
        };
        let op = with_views(op, &mut place);
        Pass { op, views, of }
    }

    /// The views that the pass reads, and the one that it writes.
    pub fn reads(&self) -> Vec<ViewId> {
        self.op.access().reads().collect()
    }
    pub fn writes(&self) -> ViewId {
        self.op.access().write.expect("a pass writes")
    }
    pub fn view(&self, id: ViewId) -> &View {
        &self.views[id.index()]
    }
}

/// The op with every view named anew.
///
/// # Panics
/// When the op is none of a pass.
pub fn with_views(op: &Op, place: &mut impl FnMut(ViewId) -> ViewId) -> Op {
    let operand = |named: Operand, place: &mut dyn FnMut(ViewId) -> ViewId| match named {
        Operand::View(id) => Operand::View(place(id)),
        Operand::Constant(_) => named,
    };
    match *op {
        Op::Copy { from, to } => Op::Copy { from: place(from), to: place(to) },
        Op::Dot { a, b, c, accumulate, acc } => {
            Op::Dot { a: place(a), b: place(b), c: place(c), accumulate, acc }
        }
        Op::Unary { f, x, to } => Op::Unary { f, x: place(x), to: place(to) },
        Op::Binary { f, x, y, to } => {
            Op::Binary { f, x: operand(x, place), y: operand(y, place), to: place(to) }
        }
        Op::Compare { f, x, y, to } => {
            Op::Compare { f, x: operand(x, place), y: operand(y, place), to: place(to) }
        }
        Op::Where { mask, x, y, to } => {
            Op::Where { mask: place(mask), x: operand(x, place), y: operand(y, place), to: place(to) }
        }
        Op::Reduce { f, axis, x, to, acc, wrap } => {
            Op::Reduce { f, axis, x: place(x), to: place(to), acc, wrap }
        }
        Op::Fill { value, to } => Op::Fill { value, to: place(to) },
        Op::Iota { axis, start, step, to } => Op::Iota { axis, start, step, to: place(to) },
        Op::Load { .. }
        | Op::Store { .. }
        | Op::Send { .. }
        | Op::Forward { .. }
        | Op::Recv { .. }
        | Op::RecvAsync { .. }
        | Op::RecvCopy { .. }
        | Op::Release { .. }
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
        | Op::HostCopy { .. } => unreachable!("{} is no pass", op.kind()),
    }
}
