//! Which ops made the difference, and which only inherited it.
//!
//! An op that only one log has, that is elsewhere, or that asks for something else is a cause, and so is one that
//! itself takes longer (its time on the unit, without recorded stalls): it has shifted what came after it and was not
//! shifted into it. Where there is no such op, a credit or a message that was longer under way is the cause; and
//! where there is none of these, the earliest op that differs is named with what it waited for: whatever shifted it
//! lies outside the ops, as the slots of a ring or the cost of issuing.

use std::collections::{BTreeMap, BTreeSet};

use machine::SimTime;
use program::{Message, Op, UnitKind};
use serde::{Deserialize, Serialize};

use super::makespan::less;
use super::pair::Pair;
use super::structures::{Change, Structure, told};
use super::times::{Parting, ns, parts_at};
use super::{First, Shifted, Side};
use crate::finding::FindingOp;
use crate::log::OpLog;
use crate::stall::StallReason;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The first op, in time.
    #[serde(flatten)]
    pub op: FindingOp,
    pub what: String,
    /// How much longer it took in `b`; of an op that only one log has, all that it took.
    pub shift_fs: i64,
    /// Ops of this source line, and kind, that changed by as much.
    pub ops: u32,
}

/// More causes than this say no more than the machine's changes do.
const MOST: usize = 8;

pub fn find(pair: &Pair<'_>, structure: &Structure, first: &First) -> (Vec<Cause>, Shifted) {
    let works = [pair.a, pair.b].map(Works::of);
    let took = |[a, b]: [usize; 2]| [works[0].of_op(a), works[1].of_op(b)];
    // How long a receive, a wait or a release takes is the doing of others.
    let by_itself = |ops: [usize; 2]| {
        let is_work = pair.asked_in_a(ops[0]).unit() != UnitKind::Sequencer;
        is_work && took(ops)[0] != took(ops)[1]
    };
    let shifted: Vec<[usize; 2]> =
        pair.matching.pairs().filter(|&ops| parts_at(pair, ops, 0).is_some()).collect();
    let inherited = shifted.iter().filter(|&&ops| !by_itself(ops)).count() as u64;
    let counts = Shifted { ops: shifted.len() as u64, inherited };
    let mut causes = Causes::default();
    if first.structure.is_some() || first.timing.is_some() {
        let mut all: Vec<(SimTime, Reason)> = Vec::new();
        let starts = [&pair.a.log.entries.start, &pair.b.log.entries.start];
        let changes = structure.changes.iter().filter_map(|&change| match change {
            Change::OnlyA(op) => Some((starts[0][op], Reason::Changed(change))),
            Change::OnlyB(op) => Some((starts[1][op], Reason::Changed(change))),
            Change::Moved([a, b]) => Some((starts[0][a].min(starts[1][b]), Reason::Changed(change))),
            Change::Asks([op, _]) => Some((starts[0][op], Reason::Changed(change))),
            Change::Reads(_) => None,
        });
        all.extend(changes);
        // What such an op takes is told with what it asks for.
        let asks: BTreeSet<[usize; 2]> = structure.changes.iter().filter_map(Change::asks).collect();
        let slower = shifted.iter().filter(|&&ops| by_itself(ops) && !asks.contains(&ops));
        all.extend(slower.map(|&ops| (starts[0][ops[0]], Reason::Takes(ops, took(ops)))));
        // Other ops first: they are why others may take longer.
        all.sort_by_key(|&(at, reason)| (matches!(reason, Reason::Takes(..)), at, reason));
        all.into_iter().for_each(|(_, reason)| causes.add_reason(pair, &works, reason));
    }
    if causes.list.is_empty() && first.timing.is_some() {
        add_flights(pair, &shifted, &mut causes);
    }
    if causes.list.is_empty() && first.timing.is_some() {
        add_first(pair, &shifted, &mut causes);
    }
    if causes.list.is_empty()
        && let Some((op, what)) = first.data.as_ref().and_then(|spot| Some((spot.op.clone()?, &spot.what)))
    {
        causes.list.push(Cause { op, what: what.clone(), shift_fs: 0, ops: 1 });
    }
    (causes.list, counts)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    Changed(Change),
    /// A matched op takes another time: in `a` and in `b`.
    Takes([usize; 2], [u64; 2]),
}

/// How long the ops of a log take by themselves.
struct Works<'a> {
    side: Side<'a>,
    /// By op: how long it was stalled after its start.
    stalled: Vec<u64>,
}

impl<'a> Works<'a> {
    fn of(side: Side<'a>) -> Works<'a> {
        let mut stalled = vec![0; side.log.entries.done.len()];
        for stall in &side.log.stalls {
            let op = stall.op as usize;
            stalled[op] += stall.to.since(stall.from.max(side.log.entries.start[op])).fs();
        }
        Works { side, stalled }
    }

    fn of_op(&self, op: usize) -> u64 {
        let entries = &self.side.log.entries;
        entries.done[op].since(entries.start[op]).fs().saturating_sub(self.stalled[op])
    }

    /// All that an op takes which the other log has not: of one of the sequencer, as long as it holds it.
    fn all_of(&self, op: usize, asked: &Op) -> u64 {
        if asked.unit() != UnitKind::Sequencer {
            return self.of_op(op);
        }
        let (entries, spec) = (&self.side.log.entries, self.side.log.machine.spec());
        let is_note = matches!(asked, Op::Contribute { .. } | Op::Expect { .. });
        let issue = if is_note { 0 } else { spec.clock.pe_fs.span(spec.pe.issue_cycles).fs() };
        let holds = !matches!(asked, Op::RecvAsync { .. } | Op::Release { .. } | Op::Commit {});
        let held = if holds { entries.done[op].since(entries.issue[op]).fs() } else { 0 };
        held.saturating_add(issue)
    }
}

/// From the end of a send to the filled slot, and from the end of a release to the credit. One that ends after
/// the first op differs may be longer because of that op.
fn add_flights(pair: &Pair<'_>, shifted: &[[usize; 2]], causes: &mut Causes) {
    let first = shifted.iter().filter_map(|&ops| parts_at(pair, ops, 0)).map(|(at, _)| at).min();
    let mut order: Vec<[usize; 2]> = pair.matching.pairs().collect();
    order.sort_by_key(|&[a, _]| (pair.a.log.entries.start[a], a));
    for ops in order {
        let (in_a, in_b) = (pair.asked_in_a(ops[0]), pair.asked_in_b(ops[1]));
        let (verb, released) = if let Op::Release { .. } = in_a {
            ("its credit is under way", true)
        } else {
            ("its message is under way", false)
        };
        let messages = |op: &'_ Op| if released { op.messages().to_vec() } else { op.sends().to_vec() };
        for (of_a, of_b) in messages(in_a).into_iter().zip(messages(in_b)) {
            let flight_in_a = flight(pair.a.log, of_a, released, ops[0]);
            let flight_in_b = flight(pair.b.log, of_b, released, ops[1]);
            if let (Some((ends_a, a)), Some((ends_b, b))) = (flight_in_a, flight_in_b)
                && a != b
                && first.is_none_or(|first| ends_a.min(ends_b) <= first)
            {
                causes.add(pair.op_of_a(ops[0]), verb, less(b, a), || longer(verb, [a, b]));
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

/// The earliest op that is at another time, with the wait that changed most.
fn add_first(pair: &Pair<'_>, shifted: &[[usize; 2]], causes: &mut Causes) {
    let differing = shifted.iter().filter_map(|&ops| Some((parts_at(pair, ops, 0)?, ops)));
    let Some(((_, parting), ops)) = differing.min_by_key(|&((at, _), ops)| (at, ops)) else { return };
    let [a, b] = [pair.a.log.entries.done[ops[0]], pair.b.log.entries.done[ops[1]]];
    let waited = [waits(pair.a.log, ops[0]), waits(pair.b.log, ops[1])];
    // Only a wait before the step that parts, and one that grew if it is later, can have shifted it.
    let (is_later, is_held) = (parting.is_later(pair, ops), parting == Parting::Issued);
    let reasons = waited[0].keys().chain(waited[1].keys()).filter_map(|&reason| {
        let spans = [0, 1].map(|side| waited[side].get(&reason).copied().unwrap_or(0));
        let explains = (spans[0] < spans[1]) == is_later && reason.holds_sequencer() == is_held;
        (explains && spans[0] != spans[1]).then(|| (spans[0].abs_diff(spans[1]), reason, spans))
    });
    let most = reasons.max_by_key(|&(by, reason, _)| (by, std::cmp::Reverse(reason)));
    let what = match most {
        Some((_, reason, spans)) => longer(&format!("waits ({})", reason.name()), spans),
        None => parting.told(pair, ops),
    };
    let op = pair.op_of_a(ops[0]);
    causes.list.push(Cause { op, what, shift_fs: less(b.fs(), a.fs()), ops: 1 });
}

/// How long an op waited, by reason.
fn waits(log: &OpLog, op: usize) -> BTreeMap<StallReason, u64> {
    let of_op = log.stalls.partition_point(|stall| (stall.op as usize) < op);
    let mut waits = BTreeMap::new();
    for stall in log.stalls[of_op..].iter().take_while(|stall| stall.op as usize == op) {
        *waits.entry(stall.reason).or_default() += stall.to.since(stall.from).fs();
    }
    waits
}

fn longer(verb: &str, [a, b]: [u64; 2]) -> String {
    let by = if b > a { format!("{} longer", ns(b - a)) } else { format!("{} less", ns(a - b)) };
    format!("{verb} {by}: {} in a, {} in b", ns(a), ns(b))
}

/// Causes in the order they were found; equal ones are counted.
#[derive(Default)]
struct Causes {
    list: Vec<Cause>,
    known: BTreeMap<(String, String, &'static str, i64), usize>,
}

impl Causes {
    fn add_reason(&mut self, pair: &Pair<'_>, works: &[Works<'_>; 2], reason: Reason) {
        let taken = |side: usize, op: usize, asked: &Op| works[side].all_of(op, asked);
        match reason {
            Reason::Takes(ops, took) => {
                let asks = pair.op_of_a(ops[0]);
                self.add(asks, "takes", less(took[1], took[0]), || longer("takes", took));
            }
            Reason::Changed(Change::OnlyA(op)) => {
                let took = taken(0, op, pair.asked_in_a(op));
                let what = || format!("only a has this op: it took {}", ns(took));
                self.add(pair.op_of_a(op), "a", less(0, took), what);
            }
            Reason::Changed(Change::OnlyB(op)) => {
                let took = taken(1, op, pair.asked_in_b(op));
                let what = || format!("only b has this op: it takes {}", ns(took));
                self.add(pair.op_of_b(op), "b", less(took, 0), what);
            }
            Reason::Changed(Change::Moved(ops)) => {
                let done = [pair.a.log.entries.done[ops[0]], pair.b.log.entries.done[ops[1]]];
                let shift = less(done[1].fs(), done[0].fs());
                self.add(pair.op_of_a(ops[0]), "moved", shift, || told(pair, Change::Moved(ops)).what);
            }
            Reason::Changed(change @ (Change::Asks(ops) | Change::Reads(ops))) => {
                let took = [works[0].of_op(ops[0]), works[1].of_op(ops[1])];
                self.add(pair.op_of_a(ops[0]), "asks", less(took[1], took[0]), || told(pair, change).what);
            }
        }
    }

    fn add(&mut self, op: FindingOp, verb: &'static str, shift_fs: i64, what: impl FnOnce() -> String) {
        let next = self.list.len();
        let key = (op.op.clone(), op.source.clone(), verb, shift_fs);
        match self.known.get(&key) {
            Some(&cause) => self.list[cause].ops += 1,
            None if next < MOST => {
                self.known.insert(key, next);
                self.list.push(Cause { op, what: what(), shift_fs, ops: 1 });
            }
            None => {}
        }
    }
}
