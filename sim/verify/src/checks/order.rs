//! Barriers and semaphores: every rank passes the same barriers, and no wait asks for more than is signalled.

use std::collections::BTreeMap;

use program::op::SemaphoreId;
use program::{Breach, Op, OpIndex, Program, Rank, RefusalKind, SyncOp};

use crate::checks::ops;
use crate::checks::refusal::Reasons;

pub(super) fn check(program: &Program, reasons: &mut Reasons<'_>) {
    barriers(program, reasons);
    semaphores(program, reasons);
}

fn barriers(program: &Program, reasons: &mut Reasons<'_>) {
    let passed: Vec<Vec<(OpIndex, u32)>> =
        (0..program.n_ranks()).map(|rank| barriers_of(program, Rank(rank))).collect();
    let fewest = passed.iter().map(Vec::len).min().unwrap_or(0);
    let lacking = passed.iter().position(|list| list.len() == fewest).unwrap_or(0);
    // The first rank that waits for it speaks for the others.
    let waiting = passed.iter().position(|list| list.len() > fewest);
    for (rank, list) in passed.iter().enumerate() {
        let rank = Rank(rank as u32);
        for (expected, &(op, number)) in list.iter().enumerate() {
            if number as usize != expected {
                let message = format!("the next barrier of this rank is number {expected}, not {number}");
                let repair = "number the barriers of every rank 0, 1, 2, …";
                reasons.op(rank, op, Breach::new(RefusalKind::Malformed, message, repair));
            }
        }
        if let Some(&(op, number)) = list.get(fewest)
            && waiting == Some(rank.index())
        {
            let message = format!("rank{lacking} never reaches barrier {number}");
            let breach = Breach::new(RefusalKind::Deadlock, message, "call `barrier` as often on every rank");
            reasons.op(rank, op, breach.at(format!("barrier {number}")));
        }
    }
}

fn barriers_of(program: &Program, rank: Rank) -> Vec<(OpIndex, u32)> {
    let ops = program.rank(rank).ops.iter().enumerate();
    let numbered = |(index, op): (usize, &Op)| {
        let Op::Sync(SyncOp::Barrier { number }) = op else { return None };
        Some((OpIndex(index as u32), *number))
    };
    ops.filter_map(numbered).collect()
}

fn semaphores(program: &Program, reasons: &mut Reasons<'_>) {
    let mut given: BTreeMap<(Rank, SemaphoreId), u64> = BTreeMap::new();
    for (_, _, op) in ops(program) {
        if let Op::Sync(SyncOp::Signal { to, semaphore, amount, .. }) = op {
            *given.entry((*to, *semaphore)).or_default() += u64::from(*amount);
        }
    }
    for (rank, index, op) in ops(program) {
        let Op::Sync(SyncOp::WaitGe { semaphore, value }) = op else { continue };
        let total = given.get(&(rank, *semaphore)).copied().unwrap_or(0);
        if u64::from(*value) > total {
            let message = format!("it waits for {value}, and all signals together give {total}");
            let breach = Breach::new(RefusalKind::Semaphore, message, "`signal` more, or wait for less");
            reasons.op(rank, index, breach.at(format!("{semaphore} of rank {}", rank.0)));
        }
    }
}
