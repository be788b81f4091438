//! Where the times of two runs part.

use machine::SimTime;

use super::{Pair, Same, Spot};
use crate::log::{Entries, OpLog};

/// The earliest difference in time.
pub fn first(pair: &Pair<'_>) -> Option<Spot> {
    let differing = pair.ops().filter_map(|op| parts_at(pair, op).map(|at| (at, op)));
    match differing.min_by_key(|((at, _), op)| (*at, op.rank, op.index)) {
        Some(((_, what), op)) => Some(pair.spot(op, what)),
        None => beside_the_ops(pair),
    }
}

/// When an op's runs part, and how; `None` when its times are the same.
pub fn parts_at(pair: &Pair<'_>, op: Same) -> Option<(SimTime, String)> {
    let [a, b] = [(&pair.a.entries, op.global[0]), (&pair.b.entries, op.global[1])];
    type Column = fn(&Entries) -> &Vec<SimTime>;
    let steps: [(&str, Column); 3] =
        [("issued", |e| &e.issue), ("started", |e| &e.start), ("done", |e| &e.done)];
    for (step, column) in steps {
        let times = [column(a.0)[a.1], column(b.0)[b.1]];
        if times[0] != times[1] {
            return Some((times[0].min(times[1]), format!("{step} {}", change(times.map(SimTime::fs)))));
        }
    }
    let units = [a.0.unit[a.1], b.0.unit[b.1]];
    (units[0] != units[1]).then(|| (a.0.issue[a.1], format!("on {} in a, on {} in b", units[0], units[1])))
}

/// The step from a to b in words.
pub fn change([a, b]: [u64; 2]) -> String {
    let (way, by) = if a <= b { ("later", b - a) } else { ("earlier", a - b) };
    format!("{} {way}: {} in a, {} in b", ns(by), ns(a), ns(b))
}

/// Femtoseconds as nanoseconds, with all their digits.
pub fn ns(fs: u64) -> String {
    let digits = format!("{}.{:06}", fs / 1_000_000, fs % 1_000_000);
    format!("{} ns", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// Credits and stalls can differ while all ops keep their times.
fn beside_the_ops(pair: &Pair<'_>) -> Option<Spot> {
    // Other ops make other messages and waits.
    if pair.structure.is_some() {
        return None;
    }
    let spot = |what: &str| Some(Spot { op: None, what: what.to_owned() });
    let same_ops = |a: &OpLog, b: &OpLog| a.entries.done.len() == b.entries.done.len();
    if pair.a.messages != pair.b.messages {
        spot("messages arrive, or credits return, at other times; no op is affected")
    } else if same_ops(pair.a, pair.b) && pair.a.stalls != pair.b.stalls {
        spot("the same waits have other reasons")
    } else if !same_ops(pair.a, pair.b) {
        spot("one log has more ops")
    } else {
        None
    }
}
