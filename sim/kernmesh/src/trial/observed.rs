//! Patches for what only a run shows: a read that order keeps away from the write it means. Each puts the end of one op
//! before the start of another.

use diagnostic::{Draft, OpRef, Repair, Way};
use program::{Op, OpIndex, Program, QueueOp, Rank, Stage};

/// The repairs of this kind, the likeliest first; none where the author is needed.
pub fn ways(program: &Program, is_queued: bool, repair: &Repair) -> Vec<Way> {
    let (from, to) = match repair {
        Repair::Wait { op, on } | Repair::WaitBeforeTelling { op, on } => (on, op),
        Repair::Signal { from, to } | Repair::Event { from, to } => (from, to),
        Repair::WaitForArrival { reader, receive: Some(receive) } => (receive, reader),
        Repair::WaitForArrival { receive: None, .. }
        | Repair::WaitForCommit { .. }
        | Repair::CommitAndWait { .. }
        | Repair::Credits { .. }
        | Repair::ReleaseAfter { .. }
        | Repair::ReleaseOrCopy { .. }
        | Repair::KeepSlot { .. }
        | Repair::SumSignals { .. }
        | Repair::Contribution { .. }
        | Repair::Fixed(_) => return Vec::new(),
    };
    let mut draft = Draft::new(program);
    let repair = if is_queued {
        on_queues(program, &mut draft, [from, to], repair)
    } else {
        ordered(&mut draft, [from, to]).map(|()| repair.clone())
    };
    repair.map(|repair| Way { meaning: None, repair, patch: Some(draft.done()) }).into_iter().collect()
}

fn at(op: &OpRef) -> (Rank, OpIndex) {
    (op.rank, op.index)
}

/// A wait in one rank, a signal between two.
fn ordered(draft: &mut Draft<'_>, [from, to]: [&OpRef; 2]) -> Option<()> {
    if from.rank != to.rank {
        draft.signal(at(from), at(to));
    } else if from.index < to.index {
        draft.wait(at(to), from.index);
    } else {
        return None;
    }
    Some(())
}

/// Passes wait for passes by events. A host commits what it has encoded before it waits.
fn on_queues(
    program: &Program,
    draft: &mut Draft<'_>,
    [from, to]: [&OpRef; 2],
    repair: &Repair,
) -> Option<Repair> {
    let is_pass = |op: &OpRef| program.op(op.rank, op.index).stage() == Stage::Pass;
    if is_pass(from) && is_pass(to) {
        draft.event(at(from), at(to));
        return Some(Repair::Event { from: from.clone(), to: to.clone() });
    }
    if !is_pass(from) {
        return ordered(draft, [from, to]).map(|()| repair.clone());
    }
    draft.insert(at(to), Op::Queue(QueueOp::Commit {}));
    if from.rank == to.rank {
        ordered(draft, [from, to])?;
    } else {
        let later = program.rank(from.rank).ops.iter().skip(from.index.index());
        let commit = later.zip(from.index.0..).find(|(op, _)| op.stage() == Stage::Commit)?;
        draft.signal((from.rank, OpIndex(commit.1)), at(to));
    }
    Some(Repair::CommitAndWait { op: to.clone(), after: from.clone() })
}
