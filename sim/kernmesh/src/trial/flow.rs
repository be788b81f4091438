//! Meaning of a patched program: each read has the writers that it had, or, where several were
//! possible, some of these.

use order::{Dataflow, Part, Writer};
use program::{OpIndex, Program, Rank, TensorId};

use super::Origins;

/// `flows` are those of the program before and after.
pub fn keeps_flow(flows: [&Dataflow; 2], program: &Program, origins: &Origins) -> bool {
    let [before, after] = flows;
    let of_op = |rank: Rank, new: OpIndex, old: OpIndex| {
        let mut pairs = before.reads(rank, old).zip(after.reads(rank, new));
        pairs.all(|parts| keeps_parts(flows, parts, origins))
    };
    let of_rank = |(rank, ops): (u32, &Vec<Option<OpIndex>>)| {
        (0..).zip(ops).all(|(new, old)| old.is_none_or(|old| of_op(Rank(rank), OpIndex(new), old)))
    };
    let of_tensor =
        |tensor: TensorId| keeps_parts(flows, (before.output(tensor), after.output(tensor)), origins);
    (0..).zip(origins).all(of_rank) && (0..program.tensors.len() as u32).map(TensorId).all(of_tensor)
}

/// Both lists ascend and cover the same bytes.
fn keeps_parts([before, after]: [&Dataflow; 2], (old, new): (&[Part], &[Part]), origins: &Origins) -> bool {
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    while let (Some(&was), Some(&is)) = (old.peek(), new.peek()) {
        if was.start < is.end && is.start < was.end {
            let known = before.candidates(was.writer);
            let all = after.candidates(is.writer).into_iter();
            let kept = all
                .map(|writer| origin(writer, origins))
                .all(|writer| writer.is_some_and(|it| known.contains(&it)));
            if !kept && before.left_out(was.writer) == 0 {
                return false;
            }
        }
        if was.end <= is.end {
            old.next();
        }
        if is.end <= was.end {
            new.next();
        }
    }
    true
}

/// What a writer was before; `None` for a new op.
fn origin(writer: Writer, origins: &Origins) -> Option<Writer> {
    match writer {
        Writer::Op { rank, op } => {
            let op = origins[rank.index()][op.index()]?;
            Some(Writer::Op { rank, op })
        }
        Writer::Uninitialised | Writer::Host(_) | Writer::Ambiguous(_) => Some(writer),
    }
}
