//! Counts of semaphores that are set, taken from or waited for by equality. Such a program is accepted where its waits
//! can be told by how much was signalled since the beginning, as if the semaphore only grew: see ADR 0078.
//!
//! A run in one order gives the counts. The program with these counts only grows, so that its happens-before is known;
//! and where that orders every set against every other use, no other order has other counts.

mod check;
mod levels;
mod uses;

use std::collections::BTreeSet;

use machine::Machine;
use order::{Dependencies, EdgeSet, EventGraph, Traversal};
use program::op::{Asks, SemaphoreId};
use program::{Op, OpIndex, Program, Rank, SyncOp};

pub(crate) use levels::Levels;

use crate::checks::Reasons;
use crate::progress;
use uses::Uses;

pub(crate) type Name = (Rank, SemaphoreId);

/// The semaphores that do more than grow.
pub(crate) fn of_levels(program: &Program) -> BTreeSet<Name> {
    let of_op = |rank: Rank, op: &Op| match op {
        Op::Sync(SyncOp::SemaphoreSet { semaphore, .. } | SyncOp::WaitUntil { semaphore, .. }) => {
            Some((rank, *semaphore))
        }
        Op::Sync(SyncOp::SignalSet { set }) => Some((set.to, set.semaphore)),
        Op::Sync(
            SyncOp::Release { .. }
            | SyncOp::Wait { .. }
            | SyncOp::Barrier { .. }
            | SyncOp::Signal { .. }
            | SyncOp::WaitGe { .. },
        )
        | Op::Compute(_)
        | Op::Move(_)
        | Op::Send(_)
        | Op::Recv(_)
        | Op::Queue(_)
        | Op::Note(_)
        | Op::Time(_) => None,
    };
    let ranks = program.ranks.iter().zip((0..).map(Rank));
    ranks.flat_map(|(of_rank, rank)| of_rank.ops.iter().filter_map(move |op| of_op(rank, op))).collect()
}

/// The program with the counts of its waits, if it has semaphores that do more than grow. What is wrong with their order
/// is added to the reasons. Its references hold.
pub(crate) fn counted(program: &Program, machine: &Machine, reasons: &mut Reasons<'_>) -> Option<Program> {
    let names = of_levels(program);
    if names.is_empty() {
        return None;
    }
    let dependencies = Dependencies::named(program);
    let levels = progress::levels(program, &dependencies, machine.queue().map(|queue| queue.model));
    let counted = with(program, &names, &levels);
    let graph = EventGraph::of(&counted, machine, &dependencies);
    let mut uses = Uses::of(&counted, &names);
    Traversal::new(&graph, EdgeSet::ALL, &|_, _| false).run(&mut uses);
    for (name, uses) in uses.of_each {
        check::check(name, &uses, levels.finishes, reasons);
    }
    Some(counted)
}

/// Ops on these semaphores with their counts.
fn with(program: &Program, names: &BTreeSet<Name>, levels: &Levels) -> Program {
    let mut counted = program.clone();
    for (of_rank, rank) in counted.ranks.iter_mut().zip((0..).map(Rank)) {
        for (op, index) in of_rank.ops.iter_mut().zip((0..).map(OpIndex)) {
            let Op::Sync(sync) = op else { continue };
            if let SyncOp::WaitGe { semaphore, value } = *sync
                && names.contains(&(rank, semaphore))
            {
                *sync = SyncOp::WaitUntil { semaphore, is: Asks::Ge, value, count: 0 };
            }
            if let SyncOp::WaitUntil { count, .. } = sync {
                *count = levels.counted((rank, index));
            } else if let SyncOp::SignalSet { set } = sync {
                set.amount = levels.raised((rank, index));
            }
        }
    }
    counted
}

#[cfg(test)]
mod tests;
