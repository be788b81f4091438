//! What ops name: views, rings, other ops, ranks and semaphores must exist.

use program::{Breach, Op, OpIndex, Program, QueueOp, Rank, RankProgram, RefusalKind, SyncOp};

use crate::checks::ops;
use crate::checks::refusal::Reasons;

pub(super) fn check(program: &Program, reasons: &mut Reasons<'_>) {
    for (rank, index, op) in ops(program) {
        if let Some((message, repair)) = fault(program, rank, index, op) {
            reasons.op(rank, index, Breach::new(RefusalKind::Malformed, message, repair));
        }
    }
}

type Fault = Option<(String, &'static str)>;

fn fault(program: &Program, rank: Rank, index: OpIndex, op: &Op) -> Fault {
    let rank_program = program.rank(rank);
    if let Some(view) = op.views().find(|view| view.index() >= rank_program.views.len()) {
        return Some((format!("view {view} does not exist"), "name a view of this rank's table"));
    }
    ring_end(program, rank, op).or_else(|| named(program, rank_program, index, op))
}

/// Sends belong to the producer of a ring, receives and releases to its consumer.
fn ring_end(program: &Program, rank: Rank, op: &Op) -> Fault {
    op.messages().iter().find_map(|message| {
        let Some(ring) = program.rings.get(message.ring.index()) else {
            return Some((format!("{} does not exist", message.ring), "declare it with `ring` or `links`"));
        };
        let sends = !op.sends().is_empty();
        let (end, name) = if sends { (ring.producer, "producer") } else { (ring.consumer, "consumer") };
        (end != rank).then(|| {
            (format!("the {name} of {} is {end}", message.ring), "use a ring that this rank is at the end of")
        })
    })
}

fn named(program: &Program, rank_program: &RankProgram, index: OpIndex, op: &Op) -> Fault {
    let n_events = program.n_events;
    if let Op::Sync(
        SyncOp::Wait { on: earlier }
        | SyncOp::Signal { after: earlier, .. }
        | SyncOp::Release { after: earlier, .. },
    ) = op
        && earlier.iter().any(|&op| op >= index)
    {
        return Some(("it waits for itself or a later op".to_owned(), "wait for ops already recorded"));
    }
    if let Op::Sync(SyncOp::Signal { to, semaphore, .. }) = op {
        let Some(other) = program.ranks.get(to.index()) else {
            return Some((format!("{to} does not exist"), "signal a rank of the program"));
        };
        if semaphore.0 >= other.n_semaphores {
            return Some((format!("{to} has no {semaphore}"), "call `semaphore` on every rank"));
        }
    }
    if let Op::Queue(QueueOp::EventSignal { event, .. } | QueueOp::EventWait { event, .. }) = op
        && event.0 >= n_events
    {
        return Some((format!("{event} does not exist"), "declare it with `event`"));
    }
    if let Op::Sync(SyncOp::WaitGe { semaphore, .. }) = op
        && semaphore.0 >= rank_program.n_semaphores
    {
        return Some((format!("this rank has no {semaphore}"), "call `semaphore` first"));
    }
    None
}
