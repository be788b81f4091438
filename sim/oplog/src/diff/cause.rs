//! Which ops shifted the others.
//!
//! An op that itself takes longer (its time on the unit, without recorded stalls) has shifted what came after
//! it and was not shifted into it, so every such op is a cause. So is a credit or a message that was longer
//! under way. Where no duration changed, the earliest op that differs is named: whatever shifted it lies
//! outside the ops, as in the cost of issuing one.

use std::collections::BTreeMap;

use machine::SimTime;
use program::{Message, Op, OpIndex, Rank, UnitKind};
use serde::{Deserialize, Serialize};

use super::times::{ns, parts_at};
use super::{Pair, Same, describe};
use crate::finding::FindingOp;
use crate::log::OpLog;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The first op, in time.
    #[serde(flatten)]
    pub op: FindingOp,
    pub what: String,
    /// How much longer it took in `b`.
    pub shift_fs: i64,
    /// Ops of this source line, and kind, that changed by as much.
    pub ops: u32,
}

/// More causes than this say no more than the machine's changes do.
const MOST: usize = 8;

pub fn find(pair: &Pair<'_>) -> Vec<Cause> {
    let mut order: Vec<Same> = pair.ops().collect();
    order.sort_by_key(|op| (pair.a.entries.start[op.global[0]], op.rank, op.index));
    let stalled = [stalled(pair.a), stalled(pair.b)];
    let work = |log: &OpLog, stalled: &[u64], op: usize| {
        let length = log.entries.done[op] - log.entries.start[op];
        length.fs().saturating_sub(stalled[op])
    };
    let mut causes = Causes::default();
    for &op in &order {
        // How long a receive, a wait or a release takes is the doing of others.
        if pair.a.program.op(op.rank, op.index).unit() != UnitKind::Sequencer {
            let took = [work(pair.a, &stalled[0], op.global[0]), work(pair.b, &stalled[1], op.global[1])];
            causes.add(pair, op, "takes", took);
        }
    }
    if causes.list.is_empty() {
        add_flights(pair, &order, &mut causes);
    }
    if causes.list.is_empty() {
        add_first(pair, &order, &mut causes);
    }
    causes.list.truncate(MOST);
    causes.list
}

/// By op: how long it was stalled after its start.
fn stalled(log: &OpLog) -> Vec<u64> {
    let mut stalled = vec![0; log.entries.done.len()];
    for stall in &log.stalls {
        let op = stall.op as usize;
        stalled[op] += stall.to.since(stall.from.max(log.entries.start[op])).fs();
    }
    stalled
}

/// From the end of a send to the filled slot, and from the end of a release to the credit. One that ends after
/// the first op differs may be longer because of that op.
fn add_flights(pair: &Pair<'_>, order: &[Same], causes: &mut Causes) {
    let first = order.iter().filter_map(|&op| parts_at(pair, op)).map(|(at, _)| at).min();
    for &op in order {
        let asked = pair.a.program.op(op.rank, op.index);
        let (verb, released) = if let Op::Release { .. } = asked {
            ("its credit is under way", true)
        } else {
            ("its message is under way", false)
        };
        for &message in if released { asked.messages() } else { asked.sends() } {
            let flight = |log: &OpLog, global: usize| flight(log, message, released, global);
            let flights = (flight(pair.a, op.global[0]), flight(pair.b, op.global[1]));
            if let (Some((ends_a, a)), Some((ends_b, b))) = flights
                && first.is_none_or(|first| ends_a.min(ends_b) <= first)
            {
                causes.add(pair, op, verb, [a, b]);
            }
        }
    }
}

/// When a message, or its credit, arrived, and how long it was under way.
fn flight(log: &OpLog, message: Message, released: bool, op: usize) -> Option<(SimTime, u64)> {
    let times = log.messages.get(message.ring.index())?.get(message.number as usize)?;
    let arrived = if released { times.credit? } else { times.filled };
    Some((arrived, arrived.since(log.entries.done[op]).fs()))
}

fn add_first(pair: &Pair<'_>, order: &[Same], causes: &mut Causes) {
    let differing = order.iter().filter_map(|&op| parts_at(pair, op).map(|(at, what)| (at, op, what)));
    let Some((_, op, what)) = differing.min_by_key(|(at, op, _)| (*at, op.rank, op.index)) else { return };
    let [a, b] = [(&pair.a.entries, op.global[0]), (&pair.b.entries, op.global[1])];
    let shift = b.0.done[b.1].fs().wrapping_sub(a.0.done[a.1].fs()).cast_signed();
    causes.list.push(Cause { op: describe(pair.a, op.rank, op.index), what, shift_fs: shift, ops: 1 });
}

/// Causes in the order they were found; equal ones are counted.
#[derive(Default)]
struct Causes {
    list: Vec<Cause>,
    known: BTreeMap<(String, String, i64), usize>,
}

impl Causes {
    fn add(&mut self, pair: &Pair<'_>, op: Same, verb: &str, [a, b]: [u64; 2]) {
        if a == b {
            return;
        }
        let shift = b.wrapping_sub(a).cast_signed();
        let key = (kind(pair, op.rank, op.index), format!("{verb} "), shift);
        let next = self.list.len();
        let cause = *self.known.entry(key).or_insert(next);
        if let Some(cause) = self.list.get_mut(cause) {
            cause.ops += 1;
            return;
        }
        let longer = if b > a { format!("{} longer", ns(b - a)) } else { format!("{} less", ns(a - b)) };
        let what = format!("{verb} {longer}: {} in a, {} in b", ns(a), ns(b));
        self.list.push(Cause { op: describe(pair.a, op.rank, op.index), what, shift_fs: shift, ops: 1 });
    }
}

/// What makes ops alike: their source line, or without one their kind.
fn kind(pair: &Pair<'_>, rank: Rank, index: OpIndex) -> String {
    let kind = pair.a.program.op(rank, index).kind();
    format!("{kind} {}", pair.a.program.source(rank, index).unwrap_or_default())
}
