//! Barriers and semaphores: every rank passes the same barriers, and no wait asks for more than is signalled.

use std::collections::BTreeMap;

use diagnostic::{Fault, Place};
use program::op::SemaphoreId;
use program::{Op, OpIndex, Program, Rank, SyncOp};

use crate::checks::ops;
use crate::checks::refusal::Reasons;
use crate::counts::of_levels;

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
                reasons.op(rank, op, Fault::BarrierNumber { expected, number });
            }
        }
        if let Some(&(op, number)) = list.get(fewest)
            && waiting == Some(rank.index())
        {
            let fault = Fault::NoBarrier { rank: Rank(lacking as u32), number };
            reasons.op_at(rank, op, fault, Place::Barrier(number));
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
    // What others lack the run without a clock says.
    let levels = of_levels(program);
    for (rank, index, op) in ops(program) {
        let Op::Sync(SyncOp::WaitGe { semaphore, value }) = op else { continue };
        if levels.contains(&(rank, *semaphore)) {
            continue;
        }
        let total = given.get(&(rank, *semaphore)).copied().unwrap_or(0);
        if u64::from(*value) > total {
            let place = Place::Semaphore { semaphore: *semaphore, rank };
            reasons.op_at(rank, index, Fault::TooFewSignals { value: *value, total }, place);
        }
    }
}
