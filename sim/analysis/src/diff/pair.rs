//! Two logs side by side.

use oplog::FindingOp;
use order::Part;
use program::program::Ring;
use program::{Base, Op, OpIndex, Rank, RingId, TensorId, View};

use super::matching::Matching;
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
    pub fn op_of_a(&self, op: usize) -> FindingOp {
        self.a.describe(self.ops_a[op], op)
    }
    pub fn op_of_b(&self, op: usize) -> FindingOp {
        self.b.describe(self.ops_b[op], op)
    }

    /// A place that both logs have, as `a` has it.
    pub fn spot(&self, ops: [usize; 2], what: String) -> Spot {
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

    /// A view in words, without the ids of buffers and messages.
    pub fn form(&self, side: usize, view: &View) -> String {
        let program = if side == 0 { &self.a.log.program } else { &self.b.log.program };
        let base = match view.base {
            Base::Buffer(_) => "a buffer".to_owned(),
            Base::Tensor(tensor) => {
                let tensor = &program.tensors[tensor.index()];
                let extents: Vec<String> = tensor.shape.iter().map(u32::to_string).collect();
                let shape = extents.join("×");
                format!("`{}` ({shape} {} of rank {})", tensor.name, tensor.dtype, tensor.home.0)
            }
            Base::Message(message) => {
                let ring = &program.rings[message.ring.index()];
                format!("a message from rank {} to rank {}", ring.producer.0, ring.consumer.0)
            }
        };
        let from = if view.offset == 0 { String::new() } else { format!(" from byte {}", view.offset) };
        let strides =
            if view.is_packed() { String::new() } else { format!(" with strides {:?}", view.strides) };
        format!("{} {} of {base}{from}{strides}", view.shape, view.dtype)
    }
}

impl<'a> Side<'a> {
    /// An op as messages name it.
    pub fn describe(&self, (rank, index): (Rank, OpIndex), global: usize) -> FindingOp {
        FindingOp {
            rank: rank.0,
            index: index.0,
            op: self.log.program.op(rank, index).kind().to_owned(),
            unit: self.log.entries.unit[global].to_string(),
            source: self.log.program.source(rank, index).unwrap_or_default(),
        }
    }

    /// Whose bytes an op reads, or marks.
    pub fn parts(&self, (rank, index): (Rank, OpIndex)) -> Vec<&'a Part> {
        self.flow.reads(rank, index).flatten().chain(self.flow.marked(rank, index)).collect()
    }
}
