//! Edits of operands: another dtype, another tile, the destinations of two ops exchanged.

use std::collections::BTreeSet;

use diagnostic::OpRef;
use program::{Base, BufferId, ComputeOp, DType, MoveOp, Op, OpIndex, Program, Rank, View, ViewId};

use super::of_ops::meetings;
use super::{At, Edit, Kind, OfLine};

/// They are made one by one: pairs of lines are too many to be kept.
pub fn edits<'a>(program: &'a Program, lines: &'a [OfLine]) -> impl Iterator<Item = Edit<'a>> {
    let widened = lines.iter().filter_map(|line| widened(program, line));
    let pairs = lines.iter().flat_map(move |of| lines.iter().map(move |from| (of, from)));
    widened
        .chain(retyped(program))
        .chain(lines.iter().flat_map(|line| exchanged(program, line)))
        .chain(pairs.flat_map(|(of, from)| read_instead(program, of, from)))
        .chain(renamed(program))
        .chain(meetings(program, lines))
}

/// Dtypes, and what holds more.
const WIDER: [(DType, DType); 3] =
    [(DType::F16, DType::F32), (DType::Bf16, DType::F32), (DType::U8, DType::I32)];

/// The tiles that a line writes, in a dtype that holds more.
fn widened<'a>(program: &Program, line: &'a OfLine) -> Option<Edit<'a>> {
    let (rank, index) = line.ops[0];
    let written = program.op(rank, index).access().write?;
    let from = program.rank(rank).views[written.index()].dtype;
    let (_, to) = *WIDER.iter().find(|(narrow, _)| *narrow == from)?;
    let made = move |program: &Program, ops: &[At]| {
        let mut changed = program.clone();
        let buffers: BTreeSet<(Rank, BufferId)> =
            ops.iter().filter_map(|&at| written_buffer(program, at)).collect();
        // The verifier refuses what no memory has.
        let grown = |bytes: u64| bytes.saturating_mul(to.size() / from.size());
        for &(rank, buffer) in &buffers {
            let of_rank = &mut changed.ranks[rank.index()];
            of_rank.buffers[buffer.index()].bytes = grown(of_rank.buffers[buffer.index()].bytes);
            for view in of_rank.views.iter_mut().filter(|view| view.base == Base::Buffer(buffer)) {
                (view.dtype, view.offset) = (to, grown(view.offset));
            }
        }
        for &(rank, index) in ops {
            if let Op::Compute(ComputeOp::Reduce { acc, .. } | ComputeOp::Dot { acc, .. }) =
                &mut changed.ranks[rank.index()].ops[index.index()]
                && *acc == from
            {
                *acc = to;
            }
        }
        Some(changed)
    };
    Some(Edit::of(
        Kind::DType,
        line.ops.clone(),
        move |name| format!("what {name} writes is kept in {to}"),
        made,
    ))
}

fn written_buffer(program: &Program, (rank, index): At) -> Option<(Rank, BufferId)> {
    let written = program.op(rank, index).access().write?;
    match program.rank(rank).views[written.index()].base {
        Base::Buffer(buffer) => Some((rank, buffer)),
        Base::Tensor(_) | Base::Message(_) => None,
    }
}

/// Messages are read in another dtype of their size.
fn retyped<'a>(program: &Program) -> Vec<Edit<'a>> {
    let views = program.ranks.iter().flat_map(|rank| &rank.views);
    let received = views.filter(|view| matches!(view.base, Base::Message(_))).map(|view| view.dtype);
    let received: BTreeSet<String> = received.map(|dtype| dtype.to_string()).collect();
    let pairs = [(DType::F16, DType::Bf16), (DType::Bf16, DType::F16)];
    let edit = |(from, to): (DType, DType)| {
        let made = move |program: &Program| {
            let mut changed = program.clone();
            let views = changed.ranks.iter_mut().flat_map(|rank| &mut rank.views);
            let of_messages =
                views.filter(|view| matches!(view.base, Base::Message(_)) && view.dtype == from);
            of_messages.for_each(|view| view.dtype = to);
            Some(changed)
        };
        Edit::whole(Kind::DType, format!("messages are read as {to}, and not as {from}"), made)
    };
    pairs.into_iter().filter(|(from, _)| received.contains(&from.to_string())).map(edit).collect()
}

/// Two ops of a line and rank write to each other's place.
fn exchanged<'a>(program: &Program, line: &'a OfLine) -> Vec<Edit<'a>> {
    let pairs =
        line.ops.iter().enumerate().flat_map(|(nth, &a)| line.ops[nth + 1..].iter().map(move |&b| (a, b)));
    let of_rank = pairs.filter(|(a, b)| a.0 == b.0).take(MOST_PAIRS);
    let edit = |(a, b): (At, At)| {
        let made = move |program: &Program| {
            let [to_a, to_b] = [a, b].map(|(rank, index)| written(program.op(rank, index)));
            let ((at_a, to_a), (at_b, to_b)) = (to_a?, to_b?);
            let mut changed = program.clone();
            replace(&mut changed, a, at_a, to_b)?;
            replace(&mut changed, b, at_b, to_a)?;
            (to_a != to_b).then_some(changed)
        };
        let first = OpRef::of(program, a.0, a.1);
        let said = format!("{first:#} and op {} of its rank write to each other's place", b.1.0);
        Edit::whole(Kind::Exchanged, said, made)
    };
    of_rank.map(edit).collect()
}

/// What an op writes, and its place among the views of the op: it is the last.
fn written(op: &Op) -> Option<(usize, ViewId)> {
    Some((op.views().count().checked_sub(1)?, op.access().write?))
}

/// Pairs of ops of one line that are exchanged.
const MOST_PAIRS: usize = 16;

/// A tile that a line reads is what another line, or its own turn before, made last.
fn read_instead<'a>(
    program: &'a Program,
    of: &'a OfLine,
    from: &'a OfLine,
) -> impl Iterator<Item = Edit<'a>> {
    (0..2).map(move |operand| {
        let made = move |program: &Program, ops: &[At]| {
            let mut changed = program.clone();
            let mut any = false;
            for &(rank, index) in ops {
                let views = &program.rank(rank).views;
                let op = program.op(rank, index);
                // What is added to is no operand of its own.
                let is_read = written(op).is_none_or(|(at, _)| operand < at);
                let Some(old) = op.access().reads().nth(operand).filter(|_| is_read) else { continue };
                let earlier = from.ops.iter().filter(|(of, at)| *of == rank && *at < index);
                let mut made = earlier.filter_map(|&(rank, at)| made_by(program.op(rank, at)));
                let fits = |view: &View, other: &View| {
                    (view.shape, view.dtype) == (other.shape, other.dtype)
                        && !matches!(view.base, Base::Tensor(_))
                };
                let new = made.rfind(|new| fits(&views[new.index()], &views[old.index()]));
                if let Some(new) = new.filter(|&new| new != old) {
                    replace(&mut changed, (rank, index), operand, new)?;
                    any = true;
                }
            }
            any.then_some(changed)
        };
        let which = if operand == 0 { "first" } else { "second" };
        // The edit reaches every op that has something made before it, the first op perhaps not.
        let made_last = format!("is what the line of {} made last before it", from.first(program));
        Edit::of(
            Kind::Tile,
            of.ops.clone(),
            move |name| format!("the {which} tile that is read, in {name}, {made_last}"),
            made,
        )
    })
}

fn made_by(op: &Op) -> Option<ViewId> {
    op.access().write.or_else(|| if op.receives().is_empty() { None } else { op.views().next() })
}

/// A scratch tensor is read where another one of its form was.
fn renamed<'a>(program: &'a Program) -> Vec<Edit<'a>> {
    let scratch = |tensor: &&program::program::Tensor| matches!(tensor.role, program::program::Role::Scratch);
    let names: BTreeSet<&str> =
        program.tensors.iter().filter(scratch).map(|tensor| tensor.name.as_str()).collect();
    let pairs = names.iter().flat_map(|&a| names.iter().map(move |&b| (a, b))).filter(|(a, b)| a != b);
    let edit = |(from, to): (&'a str, &'a str)| {
        let made = move |program: &Program| {
            let mut changed = program.clone();
            for (rank, of_rank) in (0..).map(Rank).zip(&program.ranks) {
                for index in (0..of_rank.ops.len() as u32).map(OpIndex) {
                    let reads: Vec<ViewId> = of_rank.ops[index.index()].access().reads().collect();
                    for (at, read) in reads.into_iter().enumerate() {
                        let Some(view) = in_tensor(program, &of_rank.views[read.index()], from, to) else {
                            continue;
                        };
                        let views = &mut changed.ranks[rank.index()].views;
                        views.push(view);
                        let new = ViewId(views.len() as u32 - 1);
                        replace(&mut changed, (rank, index), at, new)?;
                    }
                }
            }
            Some(changed)
        };
        Edit::whole(Kind::Tile, format!("tensor `{to}` is read in place of `{from}`"), made)
    };
    pairs.take(MOST_PAIRS).map(edit).collect()
}

/// The same view of the tensor of another name that lies at the same rank.
fn in_tensor(program: &Program, view: &View, from: &str, to: &str) -> Option<View> {
    let Base::Tensor(tensor) = view.base else { return None };
    let old = &program.tensors[tensor.index()];
    let fits = |new: &program::program::Tensor| {
        new.name == to && (new.home, &new.shape, new.dtype) == (old.home, &old.shape, old.dtype)
    };
    let new = program.tensors.iter().position(fits).filter(|_| old.name == from)?;
    Some(View { base: Base::Tensor(program::TensorId(new as u32)), ..*view })
}

/// One view of an op, by its place among them, is another; `None` where it has none there, or is another kind of op. Those
/// that it reads come before the one that it writes.
fn replace(program: &mut Program, (rank, index): At, place: usize, new: ViewId) -> Option<()> {
    let op = &mut program.ranks[rank.index()].ops[index.index()];
    let mut seen = 0;
    let mut one = |view: ViewId| {
        seen += 1;
        if seen == place + 1 { new } else { view }
    };
    *op = match op {
        Op::Compute(compute) => compute.with_views(one),
        Op::Move(MoveOp::Load { from, to }) => Op::Move(MoveOp::Load { from: one(*from), to: one(*to) }),
        Op::Move(MoveOp::Store { from, to }) => Op::Move(MoveOp::Store { from: one(*from), to: one(*to) }),
        Op::Move(MoveOp::Copy { from, to }) => Op::Move(MoveOp::Copy { from: one(*from), to: one(*to) }),
        Op::Send(_) | Op::Recv(_) | Op::Sync(_) | Op::Queue(_) | Op::Note(_) | Op::Time(_) => return None,
    };
    (seen > place).then_some(())
}
