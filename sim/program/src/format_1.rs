//! Functions by the names that they had in format 1 of Program JSON: some of these names mean others now.

use crate::op::{BinaryFn, ComputeOp, Op, RecvOp, ReduceFn, UnaryFn};

/// What a name of format 1 means now, and what it meant.
const UNARY: [[UnaryFn; 2]; 1] = [[UnaryFn::Cast, UnaryFn::CastTrunc]];
const BINARY: [[BinaryFn; 2]; 2] =
    [[BinaryFn::Maximum, BinaryFn::Maxnum], [BinaryFn::Minimum, BinaryFn::Minnum]];
const REDUCE: [[ReduceFn; 2]; 2] = [[ReduceFn::Max, ReduceFn::Maxnum], [ReduceFn::Min, ReduceFn::Minnum]];

impl Op {
    /// The op that was meant, where the names of format 1 were read as those of today.
    pub fn settle_names(&mut self) {
        self.exchange([0, 1]);
    }

    /// The op whose names of today say in format 1 what this op is.
    pub(crate) fn with_names_of_format_1(mut self) -> Op {
        self.exchange([1, 0]);
        self
    }

    fn exchange(&mut self, which: [usize; 2]) {
        match self {
            Op::Compute(ComputeOp::Unary { f, .. }) => *f = exchanged(*f, &UNARY, which),
            Op::Compute(ComputeOp::Binary { f, .. }) => *f = exchanged(*f, &BINARY, which),
            Op::Compute(ComputeOp::Reduce { f, .. }) => *f = exchanged(*f, &REDUCE, which),
            Op::Recv(RecvOp::RecvReduce { reduction }) => {
                reduction.f = exchanged(reduction.f, &REDUCE, which);
            }
            Op::Compute(
                ComputeOp::Dot { .. }
                | ComputeOp::Compare { .. }
                | ComputeOp::Where { .. }
                | ComputeOp::Fill { .. }
                | ComputeOp::Iota { .. }
                | ComputeOp::Fma { .. }
                | ComputeOp::Scan { .. }
                | ComputeOp::Dequantize { .. },
            )
            | Op::Recv(RecvOp::Recv { .. } | RecvOp::RecvAsync { .. } | RecvOp::RecvCopy { .. })
            | Op::Move(_)
            | Op::Send(_)
            | Op::Sync(_)
            | Op::Queue(_)
            | Op::Note(_)
            | Op::Time(_) => {}
        }
    }
}

/// The function in column `to` where `f` is in column `from`.
fn exchanged<F: Copy + PartialEq>(f: F, names: &[[F; 2]], [from, to]: [usize; 2]) -> F {
    names.iter().find(|row| row[from] == f).map_or(f, |row| row[to])
}
