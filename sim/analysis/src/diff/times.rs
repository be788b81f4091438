//! The first difference in the times of two runs.

use machine::SimTime;
use oplog::{Entries, OpLog};

use super::Spot;
use super::pair::Pair;
use super::what::{Step, What};

/// Tolerance of times: the wider of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Within {
    /// Millionths of the makespan of `a`.
    pub ppm: u32,
    pub fs: u64,
}

impl Within {
    /// In femtoseconds, rounded down.
    pub fn of(self, makespan: u64) -> u64 {
        let share = u128::from(makespan) * u128::from(self.ppm) / 1_000_000;
        self.fs.max(u64::try_from(share).unwrap_or(u64::MAX))
    }
}

/// The earliest difference in time that is more than `within`. `same_ops` is whether the structure is the same.
pub fn first(pair: &Pair<'_>, same_ops: bool, within: u64) -> Option<Spot> {
    let differing = pair.matching.pairs().filter_map(|ops| Some((parts_at(pair, ops, within)?, ops)));
    match differing.min_by_key(|&((at, _), ops)| (at, ops)) {
        Some(((_, parting), ops)) => Some(pair.spot(ops, parting.what(pair, ops))),
        // Other ops make other messages and waits.
        None if same_ops => beside_the_ops(pair.a.log, pair.b.log, within),
        None => None,
    }
}

/// The time of an op that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    Issued,
    Started,
    Done,
    Unit,
}

/// When an op's runs part, and how; `None` when its times are the same.
pub fn parts_at(pair: &Pair<'_>, [a, b]: [usize; 2], within: u64) -> Option<(SimTime, Parting)> {
    let (of_a, of_b) = (&pair.a.log.entries, &pair.b.log.entries);
    let step = |parting, column: fn(&Entries) -> &Vec<SimTime>| {
        let times = [column(of_a)[a], column(of_b)[b]];
        (times[0].fs().abs_diff(times[1].fs()) > within).then(|| (times[0].min(times[1]), parting))
    };
    step(Parting::Issued, |entries| &entries.issue)
        .or_else(|| step(Parting::Started, |entries| &entries.start))
        .or_else(|| step(Parting::Done, |entries| &entries.done))
        .or_else(|| (within == 0 && of_a.unit[a] != of_b.unit[b]).then(|| (of_a.issue[a], Parting::Unit)))
}

impl Parting {
    pub fn is_later(self, pair: &Pair<'_>, [a, b]: [usize; 2]) -> bool {
        let (of_a, of_b) = (&pair.a.log.entries, &pair.b.log.entries);
        match self {
            Parting::Issued => of_a.issue[a] < of_b.issue[b],
            Parting::Started => of_a.start[a] < of_b.start[b],
            Parting::Done => of_a.done[a] < of_b.done[b],
            Parting::Unit => false,
        }
    }

    pub fn what(self, pair: &Pair<'_>, [a, b]: [usize; 2]) -> What {
        let (of_a, of_b) = (&pair.a.log.entries, &pair.b.log.entries);
        let time = |step, a, b| What::Time { step, at: [a, b] };
        match self {
            Parting::Issued => time(Step::Issued, of_a.issue[a], of_b.issue[b]),
            Parting::Started => time(Step::Started, of_a.start[a], of_b.start[b]),
            Parting::Done => time(Step::Done, of_a.done[a], of_b.done[b]),
            Parting::Unit => What::Unit([of_a.unit[a], of_b.unit[b]]),
        }
    }
}

/// Credits and stalls can differ while all ops keep their times.
fn beside_the_ops(a: &OpLog, b: &OpLog, within: u64) -> Option<Spot> {
    let spot = |what| Some(Spot { op: None, only_b: false, what });
    let near = |a: SimTime, b: SimTime| a.fs().abs_diff(b.fs()) <= within;
    let messages = a.messages.iter().zip(&b.messages).flat_map(|(a, b)| a.iter().zip(b));
    let all_near = { messages }.all(|(a, b)| {
        let credits = match (a.credit, b.credit) {
            (Some(a), Some(b)) => near(a, b),
            (a, b) => a == b,
        };
        near(a.filled, b.filled) && credits
    });
    if !all_near {
        spot(What::MessageTimes)
    } else if within == 0 && a.stalls != b.stalls {
        spot(What::StallReasons)
    } else {
        None
    }
}
