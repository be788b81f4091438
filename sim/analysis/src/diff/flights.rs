//! Messages and credits that are under way for another time than in the other log.

use machine::SimTime;
use oplog::OpLog;
use program::{Message, Op, SyncOp};

use super::pair::Pair;

/// Time from the end of a send to the filled slot, or from the end of a release to the credit.
#[derive(Clone, Copy, Debug)]
pub struct Flight {
    /// When the first of the two arrived.
    pub arrived: SimTime,
    /// In `a` and in `b`, in femtoseconds.
    pub took: [u64; 2],
    pub is_credit: bool,
}

/// Those of an op that took another time; its numbers are those in `a` and in `b`.
pub fn flights(pair: &Pair<'_>, ops: [usize; 2]) -> Vec<Flight> {
    let (in_a, in_b) = (pair.asked_in_a(ops[0]), pair.asked_in_b(ops[1]));
    let is_credit = matches!(in_a, Op::Sync(SyncOp::Release { .. }));
    let messages = |op: &Op| if is_credit { op.messages().to_vec() } else { op.sends().to_vec() };
    let both = messages(in_a).into_iter().zip(messages(in_b));
    let differing = both.filter_map(|(of_a, of_b)| {
        let (ends_a, a) = flight(pair.a.log, of_a, is_credit, ops[0])?;
        let (ends_b, b) = flight(pair.b.log, of_b, is_credit, ops[1])?;
        (a != b).then_some(Flight { arrived: ends_a.min(ends_b), took: [a, b], is_credit })
    });
    differing.collect()
}

/// When a message, or its credit, arrived, and how long it was under way.
fn flight(log: &OpLog, message: Message, is_credit: bool, op: usize) -> Option<(SimTime, u64)> {
    let times = log.messages.get(message.ring.index())?.get(message.number as usize)?;
    let arrived = if is_credit { times.credit? } else { times.filled };
    Some((arrived, arrived.since(log.entries.done[op]).fs()))
}
