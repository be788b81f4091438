//! References of ops: views, rings, other ops, ranks and semaphores must exist.

use diagnostic::Fault;
use program::op::Growth;
use program::{Op, OpIndex, Program, QueueOp, Rank, RankProgram, SyncOp};

use crate::checks::ops;
use crate::checks::refusal::Reasons;

pub(super) fn check(program: &Program, reasons: &mut Reasons<'_>) {
    for (rank, index, op) in ops(program) {
        if let Some(fault) = fault(program, rank, index, op) {
            reasons.op(rank, index, fault);
        }
    }
}

fn fault(program: &Program, rank: Rank, index: OpIndex, op: &Op) -> Option<Fault> {
    let rank_program = program.rank(rank);
    if let Some(view) = op.views().find(|view| view.index() >= rank_program.views.len()) {
        return Some(Fault::NoView { view });
    }
    ring_end(program, rank, op).or_else(|| named(program, rank_program, index, op))
}

/// Sends belong to the producer of a ring, receives and releases to its consumer.
fn ring_end(program: &Program, rank: Rank, op: &Op) -> Option<Fault> {
    op.messages().iter().find_map(|message| {
        let Some(ring) = program.rings.get(message.ring.index()) else {
            return Some(Fault::NoRing { ring: message.ring });
        };
        let sends = !op.sends().is_empty();
        let (at, end) = if sends { (ring.producer, "producer") } else { (ring.consumer, "consumer") };
        (at != rank).then_some(Fault::OtherEnd { end, ring: message.ring, rank: at })
    })
}

fn named(program: &Program, rank_program: &RankProgram, index: OpIndex, op: &Op) -> Option<Fault> {
    let n_events = program.n_events;
    let earlier = if let Op::Sync(SyncOp::Wait { on: ops } | SyncOp::Release { after: ops, .. }) = op {
        ops
    } else {
        op.signals_after().unwrap_or_default()
    };
    if earlier.iter().any(|&op| op >= index) {
        return Some(Fault::WaitsForLater {});
    }
    if let Some(Growth { to, semaphore, .. }) = op.growth() {
        let Some(other) = program.ranks.get(to.index()) else {
            return Some(Fault::NoRank { rank: to });
        };
        if semaphore.0 >= other.n_semaphores {
            return Some(Fault::NoSemaphoreOf { rank: to, semaphore });
        }
    }
    if let Op::Queue(QueueOp::EventSignal { event, .. } | QueueOp::EventWait { event, .. }) = op
        && event.0 >= n_events
    {
        return Some(Fault::NoEvent { event: *event });
    }
    if let Op::Sync(
        SyncOp::WaitGe { semaphore, .. }
        | SyncOp::WaitUntil { semaphore, .. }
        | SyncOp::SemaphoreSet { semaphore, .. },
    ) = op
        && semaphore.0 >= rank_program.n_semaphores
    {
        return Some(Fault::NoSemaphore { semaphore: *semaphore });
    }
    None
}
