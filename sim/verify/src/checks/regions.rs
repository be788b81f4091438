//! Every op against the rules of its shapes, dtypes and memories, and every view against what it lies in.

use diagnostic::{Address, Fault, Place, first_line};
use program::layout::Space;
use program::{Base, OpIndex, Program, Rank, ViewId, rules};

use crate::checks::host::tensor_place;
use crate::checks::messages::Sent;
use crate::checks::ops;
use crate::checks::refusal::Reasons;

pub(super) fn check(program: &Program, sent: &Sent, reasons: &mut Reasons<'_>) {
    let mut seen: Vec<Vec<bool>> = program.ranks.iter().map(|rank| vec![false; rank.views.len()]).collect();
    for (rank, index, op) in ops(program) {
        if let Err(breach) = rules::check(op, &program.rank(rank).views, &program.rings) {
            reasons.op(rank, index, Fault::Rule(breach));
        }
        for view in op.views() {
            // The first op that uses a view answers for it.
            if !std::mem::replace(&mut seen[rank.index()][view.index()], true) {
                bounds(program, sent, (rank, index), view, reasons);
            }
        }
    }
}

fn bounds(
    program: &Program,
    sent: &Sent,
    (rank, op): (Rank, OpIndex),
    id: ViewId,
    reasons: &mut Reasons<'_>,
) {
    let view = &program.rank(rank).views[id.index()];
    let bytes = match view.base {
        Base::Buffer(buffer) => program.rank(rank).buffers[buffer.index()].bytes,
        Base::Tensor(tensor) => program.tensors[tensor.index()].bytes(),
        Base::Message(message) => match sent.bytes(program, message) {
            Some(bytes) => bytes,
            // A receive without its send is refused as such.
            None => return,
        },
    };
    if view.end() > bytes {
        // The line of a buffer is looked for in all ops: only where it is told.
        let place = match view.base {
            Base::Buffer(buffer) => {
                Place::Buffer { buffer, space: Space::Tcm(rank), made: first_line(program, rank, buffer) }
            }
            Base::Tensor(tensor) => tensor_place(tensor, &program.tensors[tensor.index()]),
            Base::Message(message) => Place::Message(message),
        };
        let (shape, dtype) = (view.shape, view.dtype);
        let (offset, end) = (Address(view.offset), Address(view.end()));
        reasons.op_at(rank, op, Fault::ViewEnd { shape, dtype, offset, end, bytes }, place);
    }
}
