//! Every op against the rules of its shapes, dtypes and memories, and every view against what it lies in.

use crate::checks::messages::Sent;
use crate::checks::ops;
use crate::checks::refusal::Reasons;
use program::{Base, Breach, OpIndex, Program, Rank, RefusalKind, ViewId, rules};

pub(super) fn check(program: &Program, sent: &Sent, reasons: &mut Reasons<'_>) {
    let mut seen: Vec<Vec<bool>> = program.ranks.iter().map(|rank| vec![false; rank.views.len()]).collect();
    for (rank, index, op) in ops(program) {
        if let Err(breach) = rules::check(op, &program.rank(rank).views, &program.rings) {
            reasons.op(rank, index, breach);
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
    let (bytes, place) = match view.base {
        Base::Buffer(buffer) => {
            (program.rank(rank).buffers[buffer.index()].bytes, format!("buffer {buffer}"))
        }
        Base::Tensor(tensor) => {
            let it = &program.tensors[tensor.index()];
            (it.bytes(), format!("tensor {tensor} `{}`", it.name))
        }
        Base::Message(message) => match sent.bytes(program, message) {
            Some(bytes) => (bytes, format!("message {message}")),
            // A receive without its send is refused as such.
            None => return,
        },
    };
    if view.end() > bytes {
        let what = format!("a view of {} {} from byte {} on", view.shape, view.dtype, view.offset);
        let message = format!("{what} ends at byte {}, and there are {bytes}", view.end());
        let breach = Breach::new(RefusalKind::OutOfBounds, message, "keep slices and views inside");
        reasons.op(rank, op, breach.at(place));
    }
}
