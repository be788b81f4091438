//! Edits of ops: left out, cleared before, another number, a barrier before.

use diagnostic::{Code, Diagnostic, Draft, Place};
use program::op::Constant;
use program::{
    Base, BufferId, ComputeOp, Dims, MoveOp, Op, OpIndex, Operand, Program, QueueOp, Rank, SyncOp, TensorId,
    View, ViewId,
};

use super::{At, Edit, Kind, OfLine, by_rank};

/// Zeros are written where nothing was.
pub fn clears<'a>(findings: &[Diagnostic]) -> Vec<Edit<'a>> {
    let unwritten = findings.iter().filter(|finding| finding.code == Code::UninitialisedRead);
    let edit = |finding: &Diagnostic| {
        let (rank, place) = (finding.ops().next()?.rank, finding.place.clone()?);
        let said = format!("zeros are written to {} first", finding.place_text());
        let made = move |program: &Program| {
            if let Place::Buffer { buffer, .. } = place {
                cleared_buffer(program, rank, buffer)
            } else if let Place::Tensor { tensor, .. } = place {
                cleared_tensor(program, rank, tensor)
            } else {
                None
            }
        };
        Some(Edit::whole(Kind::Cleared, said, made))
    };
    unwritten.filter_map(edit).collect()
}

fn fill(to: ViewId) -> Op {
    Op::Compute(ComputeOp::Fill { value: Constant::of(0.0), to })
}

fn cleared_buffer(program: &Program, rank: Rank, buffer: BufferId) -> Option<Program> {
    let views = &program.rank(rank).views;
    let of_buffer = (0..).map(ViewId).zip(views).filter(|(_, view)| view.base == Base::Buffer(buffer));
    let (largest, _) = of_buffer.max_by_key(|(_, view)| view.bytes())?;
    let mut draft = Draft::new(program);
    draft.insert((rank, OpIndex(0)), fill(largest));
    Some(draft.done().apply(program))
}

fn cleared_tensor(program: &Program, rank: Rank, tensor: TensorId) -> Option<Program> {
    let (spec, mut changed) = (&program.tensors[tensor.index()], program.clone());
    let of_rank = &mut changed.ranks[rank.index()];
    let (shape, buffer) = (Dims::checked(&spec.shape)?, BufferId(of_rank.buffers.len() as u32));
    let tile = View::packed(Base::Buffer(buffer), shape, spec.dtype);
    of_rank.buffers.push(program::program::Buffer { bytes: tile.bytes(), at: None });
    let [from, to] = [0, 1].map(|more| ViewId(of_rank.views.len() as u32 + more));
    of_rank.views.extend([tile, View::packed(Base::Tensor(tensor), shape, spec.dtype)]);
    let mut draft = Draft::new(&changed);
    draft.insert((rank, OpIndex(0)), fill(from));
    draft.insert((rank, OpIndex(0)), Op::Move(MoveOp::Store { from, to }));
    Some(draft.done().apply(&changed))
}

pub fn edits<'a>(program: &'a Program, lines: &'a [OfLine]) -> Vec<Edit<'a>> {
    let mut edits = Vec::new();
    for line in lines {
        let left_out = || {
            let said = |name: &str| format!("without {name}");
            Edit::of(Kind::LeftOut, line.ops.clone(), said, without)
        };
        edits.push(left_out());
        edits.extend(left_out().of_last(line));
    }
    for line in lines {
        edits.extend(numbers(program, line));
    }
    for line in lines {
        edits.extend(constants(program, line));
    }
    for line in lines.iter().filter(|line| {
        matches!(program.op(line.ops[0].0, line.ops[0].1), Op::Compute(ComputeOp::Binary { .. }))
    }) {
        for first in [true, false] {
            let which = if first { "second" } else { "first" };
            let said = move |name: &str| format!("the {which} operand is left out, of {name}");
            let made = move |program: &Program, ops: &[At]| passed_on(program, ops, first);
            let left_out = || Edit::of(Kind::LeftOut, line.ops.clone(), said, made);
            edits.push(left_out());
            edits.extend(left_out().of_last(line));
        }
    }
    edits
}

/// Barriers: the ops before a line are done on all ranks, and then it goes on.
pub fn meetings<'a>(program: &'a Program, lines: &'a [OfLine]) -> impl Iterator<Item = Edit<'a>> {
    lines.iter().map(|line| {
        let made = |program: &Program| {
            let (first, mut changed) = (barriers(program), program.clone());
            for ops in all_ranks(program, line)? {
                let rank = program.rank(ops[0].0);
                let pair = |(at, number): (&At, u32)| {
                    let earlier = (0..at.1.0).map(OpIndex);
                    let on = earlier.filter(|on| is_waitable(&rank.ops[on.index()])).collect();
                    [Op::Sync(SyncOp::Wait { on }), Op::Sync(SyncOp::Barrier { number })].map(|op| (at.1, op))
                };
                let new: Vec<(OpIndex, Op)> = ops.iter().zip(first..).flat_map(pair).collect();
                changed.ranks[ops[0].0.index()] = rank.with_inserted(&new);
            }
            Some(changed)
        };
        let said = "waits for all ops so far, and a barrier, before each op of the line of";
        Edit::whole(Kind::Barrier, format!("{said} {}", line.first(program)), made)
    })
}

fn is_waitable(op: &Op) -> bool {
    matches!(op, Op::Move(_) | Op::Compute(_))
}

fn barriers(program: &Program) -> u32 {
    let ops = program.ranks.iter().flat_map(|rank| &rank.ops);
    let numbers = ops.filter_map(|op| {
        if let Op::Sync(SyncOp::Barrier { number }) = op { number.checked_add(1) } else { None }
    });
    numbers.max().unwrap_or(0)
}

/// The ops of a line on each rank, where all ranks have as many.
fn all_ranks(program: &Program, line: &OfLine) -> Option<Vec<Vec<At>>> {
    let by_rank = by_rank(&line.ops);
    let same = by_rank.iter().all(|ops| ops.len() == by_rank[0].len());
    (same && by_rank.len() == program.ranks.len()).then_some(by_rank)
}

/// In place of each op stands a wait for nothing.
fn without(program: &Program, ops: &[At]) -> Option<Program> {
    let mut changed = program.clone();
    for (rank, index) in ops {
        changed.ranks[rank.index()].ops[index.index()] = Op::Sync(SyncOp::Wait { on: Box::default() });
    }
    Some(changed)
}

/// What a two-operand op writes is one of its operands.
fn passed_on(program: &Program, ops: &[At], first: bool) -> Option<Program> {
    let mut changed = program.clone();
    for &(rank, index) in ops {
        let op = &mut changed.ranks[rank.index()].ops[index.index()];
        let Op::Compute(ComputeOp::Binary { x, y, to, .. }) = *op else { return None };
        let Operand::View(from) = (if first { x } else { y }) else { return None };
        *op = if from == to {
            Op::Sync(SyncOp::Wait { on: Box::default() })
        } else {
            Op::Move(MoveOp::Copy { from, to })
        };
    }
    Some(changed)
}

/// A signal or wait for one more or one less.
fn numbers<'a>(program: &Program, line: &OfLine) -> Vec<Edit<'a>> {
    let (rank, index) = line.ops[0];
    let is_counted = matches!(
        program.op(rank, index),
        Op::Sync(
            SyncOp::Signal { .. }
                | SyncOp::SignalSet { .. }
                | SyncOp::SemaphoreSet { .. }
                | SyncOp::WaitGe { .. }
                | SyncOp::WaitUntil { .. }
        ) | Op::Queue(QueueOp::EventSignal { .. } | QueueOp::EventWait { .. })
    );
    let changes: &[(i32, &'static str)] = if is_counted { &[(-1, "less"), (1, "more")] } else { &[] };
    let edit = |&(by, word): &(i32, &'static str)| {
        let made = move |program: &Program, ops: &[At]| {
            let mut changed = program.clone();
            for (rank, index) in ops {
                let op = &mut changed.ranks[rank.index()].ops[index.index()];
                if let Op::Sync(SyncOp::SignalSet { set }) = op {
                    set.value = set.value.checked_add_signed(by)?;
                } else if let Op::Sync(
                    SyncOp::Signal { amount: number, .. }
                    | SyncOp::SemaphoreSet { value: number, .. }
                    | SyncOp::WaitGe { value: number, .. }
                    | SyncOp::WaitUntil { value: number, .. },
                )
                | Op::Queue(
                    QueueOp::EventSignal { value: number, .. } | QueueOp::EventWait { value: number, .. },
                ) = op
                {
                    *number = number.checked_add_signed(by)?;
                }
            }
            Some(changed)
        };
        Edit::of(Kind::Amount, line.ops.clone(), move |name| format!("one {word} at {name}"), made)
    };
    changes.iter().map(edit).collect()
}

/// Another value of a `fill`: none, its negative, or what is larger or smaller than all.
fn constants<'a>(program: &Program, line: &OfLine) -> Vec<Edit<'a>> {
    let value = |&(rank, index): &At| {
        if let Op::Compute(ComputeOp::Fill { value, .. }) = *program.op(rank, index) {
            Some(value)
        } else {
            None
        }
    };
    let Some(now) = value(&line.ops[0]) else { return Vec::new() };
    let mut values = vec![f32::NEG_INFINITY, 0.0, 1.0, f32::INFINITY];
    if !values.contains(&-now.value()) {
        values.insert(1, -now.value());
    }
    // On another rank the line may fill with another value.
    let is_other = |new: &f32| line.ops.iter().filter_map(value).any(|now| now != Constant::of(*new));
    let edit = |value: f32| {
        let made = move |program: &Program, ops: &[At]| {
            let mut changed = program.clone();
            for (rank, index) in ops {
                let op = &mut changed.ranks[rank.index()].ops[index.index()];
                let Op::Compute(ComputeOp::Fill { to, .. }) = *op else { return None };
                *op = Op::Compute(ComputeOp::Fill { value: Constant::of(value), to });
            }
            Some(changed)
        };
        let said = move |name: &str| format!("{value} is the constant at {name}");
        Edit::of(Kind::Constant, line.ops.clone(), said, made)
    };
    values.into_iter().filter(is_other).map(edit).collect()
}
