//! Ops as passes: everything that moves bytes is a copy, and views name buffers of the plan.

use program::{ComputeOp, MoveOp, Op, OpIndex, Rank, View, ViewId};

use super::Pass;

impl Pass {
    pub fn copy(from: View, to: View, of: Option<(Rank, OpIndex)>) -> Pass {
        Pass { op: Op::Move(MoveOp::Copy { from: ViewId(0), to: ViewId(1) }), views: vec![from, to], of }
    }

    /// An op that computes, with its own views numbered from 0 in the order in which it names them. Its reads come
    /// before what it writes; an accumulator is both.
    pub fn compute(op: ComputeOp, view: impl Fn(ViewId) -> View, of: Option<(Rank, OpIndex)>) -> Pass {
        let mut views = Vec::new();
        let op = op.with_views(|id| {
            views.push(view(id));
            ViewId(views.len() as u32 - 1)
        });
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
