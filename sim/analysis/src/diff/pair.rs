//! Two logs side by side.

use diagnostic::OpRef;
use order::Part;
use program::program::Ring;
use program::{Base, Op, OpIndex, Rank, RingId, TensorId, View};

use super::matching::Matching;
use super::what::{Form, FormBase, What};
use super::{Side, Spot};

/// Two logs, and which op of one is which of the other.
pub struct Pair<'a> {
    pub a: Side<'a>,
    pub b: Side<'a>,
    pub matching: Matching,
    /// By log: the number of the first op of each rank.
    pub firsts: [Vec<usize>; 2],
    /// By global op of `a`.
    pub ops_a: Vec<(Rank, OpIndex)>,
    /// By global op of `b`.
    pub ops_b: Vec<(Rank, OpIndex)>,
}

impl<'a> Pair<'a> {
    pub fn new(a: Side<'a>, b: Side<'a>) -> Pair<'a> {
        Pair {
            matching: Matching::with([a.log, b.log], [a.flow, b.flow]),
            firsts: [a.log.first_ops(), b.log.first_ops()],
            ops_a: a.log.ops().collect(),
            ops_b: b.log.ops().collect(),
            a,
            b,
        }
    }

    pub fn asked_in_a(&self, op: usize) -> &'a Op {
        self.a.log.program.op(self.ops_a[op].0, self.ops_a[op].1)
    }
    pub fn asked_in_b(&self, op: usize) -> &'a Op {
        self.b.log.program.op(self.ops_b[op].0, self.ops_b[op].1)
    }
    pub fn op_of_a(&self, op: usize) -> OpRef {
        self.a.describe(self.ops_a[op], op)
    }
    pub fn op_of_b(&self, op: usize) -> OpRef {
        self.b.describe(self.ops_b[op], op)
    }

    /// A place that both logs have, as `a` has it.
    pub fn spot(&self, ops: [usize; 2], what: What) -> Spot {
        Spot { op: Some(self.op_of_a(ops[0])), only_b: false, what }
    }

    /// The views that an op names; `side` is 0 for `a`.
    pub fn views(&self, side: usize, op: usize) -> impl Iterator<Item = &'a View> + Clone + use<'a> {
        let (log, (rank, index)) =
            if side == 0 { (self.a.log, self.ops_a[op]) } else { (self.b.log, self.ops_b[op]) };
        let rank = log.program.rank(rank);
        rank.ops[index.index()].views().collect::<Vec<_>>().into_iter().map(|view| &rank.views[view.index()])
    }

    pub fn is_same_ring(&self, a: RingId, b: RingId) -> bool {
        let ends = |ring: &Ring| (ring.producer, ring.consumer, ring.queue);
        ends(&self.a.log.program.rings[a.index()]) == ends(&self.b.log.program.rings[b.index()])
    }

    pub fn is_same_tensor(&self, a: TensorId, b: TensorId) -> bool {
        self.a.log.program.tensors[a.index()] == self.b.log.program.tensors[b.index()]
    }

    pub fn form(&self, side: usize, view: &View) -> Form {
        let program = if side == 0 { &self.a.log.program } else { &self.b.log.program };
        let base = match view.base {
            Base::Buffer(_) => FormBase::Buffer,
            Base::Tensor(tensor) => {
                let tensor = &program.tensors[tensor.index()];
                let (name, shape) = (tensor.name.clone(), tensor.shape.clone());
                FormBase::Tensor { name, shape, dtype: tensor.dtype, home: tensor.home }
            }
            Base::Message(message) => {
                let ring = &program.rings[message.ring.index()];
                FormBase::Message { from: ring.producer, to: ring.consumer }
            }
        };
        let View { shape, dtype, offset, .. } = *view;
        Form { shape, dtype, base, offset, strides: (!view.is_packed()).then_some(view.strides) }
    }
}

impl<'a> Side<'a> {
    /// An op as messages name it.
    pub fn describe(&self, (rank, index): (Rank, OpIndex), global: usize) -> OpRef {
        OpRef::of(&self.log.program, rank, index).on(self.log.entries.unit[global])
    }

    /// Whose bytes an op reads, or marks.
    pub fn parts(&self, (rank, index): (Rank, OpIndex)) -> Vec<&'a Part> {
        self.flow.reads(rank, index).flatten().chain(self.flow.marked(rank, index)).collect()
    }
}
