//! Causes of a difference, apart from the ops that only inherit it.
//!
//! An op is a cause when only one log has it, when it moved, when it asks for something else, or when it takes longer
//! by itself (its time on the unit, without recorded stalls). Where there is no such op, the cause is a credit or
//! message that took longer to arrive. Where there is none of these either, the earliest op that differs is named
//! with what it waited for: the cause lies outside the ops, for example in the slots of a ring or the cost of
//! issuing.

use std::collections::{BTreeMap, BTreeSet};

use diagnostic::OpRef;
use machine::SimTime;
use oplog::{OpLog, StallReason};
use program::{Location, Op};
use serde::Serialize;

use super::First;
use super::flights::{Flight, flights};
use super::makespan::less;
use super::pair::Pair;
use super::shifts::{Shift, Works};
use super::structures::{Change, Structure, spot};
use super::times::{Parting, parts_at};
use super::what::{Lasting, Log, What};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cause {
    /// The first op, in time.
    #[serde(flatten)]
    pub op: OpRef,
    /// Whether the op is that of `b`, which alone has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_b: bool,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub what: What,
    /// How much longer it took in `b`; of an op that only one log has, all that it took.
    pub shift_fs: i64,
    /// Ops of this source line, and kind, that changed by as much.
    pub ops: u32,
}

/// More causes than this say no more than the machine's changes do.
const MOST: usize = 8;
/// What ops that only `b` has are counted under.
const ONLY_B: &str = "b";

pub fn find(pair: &Pair<'_>, structure: &Structure, first: &First, shifts: &[Shift]) -> Vec<Cause> {
    let works = [pair.a, pair.b].map(Works::of);
    let took = |[a, b]: [usize; 2]| [works[0].of_op(a), works[1].of_op(b)];
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
        // The time of such an op is described with its structural change.
        let asks: BTreeSet<[usize; 2]> = structure.changes.iter().filter_map(Change::asks).collect();
        let slower = shifts.iter().filter(|shift| shift.by_itself && !asks.contains(&shift.ops));
        all.extend(slower.map(|shift| (starts[0][shift.ops[0]], Reason::Takes(shift.ops, took(shift.ops)))));
        // Other ops first: they are why others may take longer.
        all.sort_by_key(|&(at, reason)| (matches!(reason, Reason::Takes(..)), at, reason));
        all.into_iter().for_each(|(_, reason)| causes.add_reason(pair, &works, reason));
    }
    if causes.list.is_empty() && first.timing.is_some() {
        add_flights(pair, shifts, &mut causes);
    }
    if causes.list.is_empty() && first.timing.is_some() {
        add_first(pair, shifts, &mut causes);
    }
    if causes.list.is_empty()
        && let Some((op, what)) = first.data.as_ref().and_then(|spot| Some((spot.op.clone()?, &spot.what)))
    {
        causes.list.push(Cause { op, only_b: false, what: what.clone(), shift_fs: 0, ops: 1 });
    }
    causes.list
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    Changed(Change),
    /// A matched op takes another time: in `a` and in `b`.
    Takes([usize; 2], [u64; 2]),
}

/// A flight that ends after the first op differs may be longer because of that op.
fn add_flights(pair: &Pair<'_>, shifts: &[Shift], causes: &mut Causes) {
    let first = shifts.iter().filter_map(|shift| parts_at(pair, shift.ops, 0)).map(|(at, _)| at).min();
    let mut order: Vec<[usize; 2]> = pair.matching.pairs().collect();
    order.sort_by_key(|&[a, _]| (pair.a.log.entries.start[a], a));
    for ops in order {
        for Flight { arrived, took: [a, b], is_credit } in flights(pair, ops) {
            let (key, of) =
                if is_credit { ("credit", Lasting::Credit) } else { ("message", Lasting::Message) };
            if first.is_none_or(|first| arrived <= first) {
                let what = || What::Length { of, fs: [a, b] };
                causes.add(pair.op_of_a(ops[0]), key, less(b, a), what);
            }
        }
    }
}

/// The earliest op that is at another time, with the wait that changed most.
fn add_first(pair: &Pair<'_>, shifts: &[Shift], causes: &mut Causes) {
    let differing = shifts.iter().filter_map(|shift| Some((parts_at(pair, shift.ops, 0)?, shift.ops)));
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
        Some((_, reason, fs)) => What::Length { of: Lasting::Wait(reason), fs },
        None => parting.what(pair, ops),
    };
    let op = pair.op_of_a(ops[0]);
    causes.list.push(Cause { op, only_b: false, what, shift_fs: less(b.fs(), a.fs()), ops: 1 });
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

/// Kind and line of an op, the kind of change, and by how much it shifts: what makes causes equal.
type Alike = (&'static str, Option<Location>, &'static str, i64);

/// Causes in the order they were found; equal ones are counted.
#[derive(Default)]
struct Causes {
    list: Vec<Cause>,
    known: BTreeMap<Alike, usize>,
}

impl Causes {
    fn add_reason(&mut self, pair: &Pair<'_>, works: &[Works<'_>; 2], reason: Reason) {
        let taken = |side: usize, op: usize, asked: &Op| works[side].all_of(op, asked);
        match reason {
            Reason::Takes(ops, took) => {
                let asks = pair.op_of_a(ops[0]);
                let what = || What::Length { of: Lasting::Op, fs: took };
                self.add(asks, "takes", less(took[1], took[0]), what);
            }
            Reason::Changed(Change::OnlyA(op)) => {
                let took = taken(0, op, pair.asked_in_a(op));
                let what = || What::Only { log: Log::A, took_fs: Some(took) };
                self.add(pair.op_of_a(op), "a", less(0, took), what);
            }
            Reason::Changed(Change::OnlyB(op)) => {
                let took = taken(1, op, pair.asked_in_b(op));
                let what = || What::Only { log: Log::B, took_fs: Some(took) };
                self.add(pair.op_of_b(op), ONLY_B, less(took, 0), what);
            }
            Reason::Changed(Change::Moved(ops)) => {
                let done = [pair.a.log.entries.done[ops[0]], pair.b.log.entries.done[ops[1]]];
                let shift = less(done[1].fs(), done[0].fs());
                self.add(pair.op_of_a(ops[0]), "moved", shift, || spot(pair, Change::Moved(ops)).what);
            }
            Reason::Changed(change @ (Change::Asks(ops) | Change::Reads(ops))) => {
                let took = [works[0].of_op(ops[0]), works[1].of_op(ops[1])];
                self.add(pair.op_of_a(ops[0]), "asks", less(took[1], took[0]), || spot(pair, change).what);
            }
        }
    }

    fn add(&mut self, op: OpRef, change: &'static str, shift_fs: i64, what: impl FnOnce() -> What) {
        let next = self.list.len();
        let key = (op.kind, op.location.clone(), change, shift_fs);
        match self.known.get(&key) {
            Some(&cause) => self.list[cause].ops += 1,
            None if next < MOST => {
                self.known.insert(key, next);
                self.list.push(Cause { op, only_b: change == ONLY_B, what: what(), shift_fs, ops: 1 });
            }
            None => {}
        }
    }
}
