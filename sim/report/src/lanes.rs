//! The timeline: a lane for every unit, and one for each rank as a whole, which tile the run.

use analysis::timeline::State;
use analysis::{Interval, Timeline};
use base64::prelude::{BASE64_STANDARD, Engine};
use machine::SimTime;
use oplog::{OpLog, StallReason, UnitId};
use program::{Rank, UnitKind};
use serde::Serialize;

use crate::column::Column;
use crate::lod::{levels, pieces};
use crate::ticks::Ticks;

/// Above so many intervals of all lanes a page is slow to open: it then has levels of detail alone. A million ops are
/// about six million intervals.
pub(crate) const MOST_INTERVALS: usize = 16_000_000;

/// Activity of a lane: busy as a kind of unit, or stalled for a reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity(pub u8);

/// In the order of units.
const KINDS: [(UnitKind, &str); 6] = [
    (UnitKind::Sequencer, "sequencer"),
    (UnitKind::Gemm, "gemm"),
    (UnitKind::Math, "math"),
    (UnitKind::Send, "send"),
    (UnitKind::Recv, "recv"),
    (UnitKind::Dma, "dma"),
];

impl Activity {
    pub const COUNT: usize = KINDS.len() + StallReason::ALL.len();

    pub fn all() -> impl Iterator<Item = Activity> {
        (0..Activity::COUNT as u8).map(Activity)
    }
    pub const fn index(self) -> usize {
        self.0 as usize
    }
    pub const fn is_busy(self) -> bool {
        self.index() < KINDS.len()
    }
    pub fn busy(kind: UnitKind) -> Activity {
        Activity(KINDS.iter().position(|(other, _)| *other == kind).expect("all kinds are listed") as u8)
    }
    pub const fn stalled(reason: StallReason) -> Activity {
        Activity(KINDS.len() as u8 + reason as u8)
    }
    fn of(unit: UnitId, state: State) -> Activity {
        match state {
            State::Busy => Activity::busy(unit.kind()),
            State::Stalled(reason) => Activity::stalled(reason),
        }
    }
}

/// A unit without work is not drawn as one that is kept from it.
pub fn is_shown_as_stall(activity: Activity) -> bool {
    let reason = activity.index().checked_sub(KINDS.len()).map(|code| StallReason::ALL[code]);
    reason.is_some_and(StallReason::is_recorded)
}

/// An activity as the page knows it.
#[derive(Debug, Serialize)]
struct Named {
    name: &'static str,
    /// Of a unit that is kept from its work.
    stall: bool,
    /// Of a sequencer, whatever unit shares it.
    held: bool,
}

fn names() -> Vec<Named> {
    let kinds = KINDS.iter().map(|(_, name)| (*name, false));
    let reasons = StallReason::ALL.into_iter().map(|reason| (reason.name(), reason.holds_sequencer()));
    let all = kinds.chain(reasons).zip(Activity::all());
    all.map(|((name, held), it)| Named { name, stall: is_shown_as_stall(it), held }).collect()
}

/// All lanes of a run: of each rank first itself as a whole, then its units.
#[derive(Debug, Default, Serialize)]
pub struct Lanes {
    activities: Vec<Named>,
    /// Names of the lanes of a rank.
    units: Vec<String>,
    lanes: Vec<Lane>,
    /// Whether intervals are in the page.
    pub shown: bool,
    pub n_intervals: usize,
    /// Of all intervals: how many ticks, the activity, and the op if there is one.
    length: Column,
    activity: Column,
    op: Column,
    /// Pieces of all levels of all lanes, four bytes each.
    pieces: String,
}

/// One lane. Sums are in ticks.
#[derive(Debug, Serialize)]
struct Lane {
    rank: u32,
    intervals: usize,
    levels: Vec<usize>,
    /// Activity and ticks, of those that it has.
    totals: Vec<(u8, u64)>,
}

impl Lanes {
    pub fn of(log: &OpLog, ticks: Ticks, most: usize) -> Lanes {
        let timeline = Timeline::of(log);
        let n_units = UnitId::count(log.machine.spec().pe.dma_channels);
        let mut units = vec!["rank".to_owned()];
        units.extend((0..n_units).map(|unit| UnitId(unit as u8).to_string()));
        let mut lanes = Lanes { activities: names(), units, ..Lanes::default() };
        let n: usize = (0..log.program.n_ranks())
            .map(|rank| lanes_of(&timeline, Rank(rank)).iter().map(Vec::len).sum::<usize>())
            .sum();
        (lanes.n_intervals, lanes.shown) = (n, n <= most);
        let (mut bytes, makespan) = (Vec::new(), log.makespan().fs());
        for rank in 0..log.program.n_ranks() {
            for labelled in lanes_of(&timeline, Rank(rank)) {
                lanes.add(rank, &labelled, ticks, makespan, &mut bytes);
            }
        }
        lanes.pieces = BASE64_STANDARD.encode(&bytes);
        lanes
    }

    fn add(
        &mut self,
        rank: u32,
        labelled: &[(Interval, Activity)],
        ticks: Ticks,
        makespan: u64,
        bytes: &mut Vec<u8>,
    ) {
        let mut totals = [0u64; Activity::COUNT];
        for (interval, activity) in labelled {
            let length = ticks.len(interval.to - interval.from);
            totals[activity.index()] += length;
            if self.shown {
                self.length.put(length);
                self.activity.put(u64::from(activity.0));
                self.op.put_some_after(interval.op.map(u64::from));
            }
        }
        let levels = levels(labelled.len(), !self.shown || rank_is_whole(self.lanes.len(), self.units.len()));
        for &n in &levels {
            for piece in pieces(labelled, n, makespan) {
                bytes.extend([piece.busy.0, piece.busy_share, piece.stall.0, piece.stall_share]);
            }
        }
        let totals = Activity::all()
            .map(|activity| (activity.0, totals[activity.index()]))
            .filter(|(_, sum)| *sum > 0)
            .collect();
        let intervals = if self.shown { labelled.len() } else { 0 };
        self.lanes.push(Lane { rank, intervals, levels, totals });
    }
}

/// The first lane of a rank is seen when all ranks are, and then a rank is a line of pixels.
fn rank_is_whole(lane: usize, per_rank: usize) -> bool {
    lane.is_multiple_of(per_rank)
}

fn lanes_of(timeline: &Timeline, rank: Rank) -> Vec<Vec<(Interval, Activity)>> {
    let units = timeline.rank(rank);
    let labelled = |(unit, intervals): &(UnitId, Vec<Interval>)| {
        intervals.iter().map(|&interval| (interval, Activity::of(*unit, interval.state))).collect()
    };
    std::iter::once(whole(&units)).chain(units.iter().map(labelled)).collect()
}

/// What counts for a rank when several of its units are busy: the first of these.
const COUNTS: [UnitKind; 5] = [UnitKind::Gemm, UnitKind::Math, UnitKind::Dma, UnitKind::Recv, UnitKind::Send];

/// A rank as a whole: busy as a unit that works is, else what its sequencer does or waits for.
fn whole(units: &[(UnitId, Vec<Interval>)]) -> Vec<(Interval, Activity)> {
    let mut bounds: Vec<SimTime> =
        units.iter().flat_map(|(_, tiles)| tiles.iter().map(|tile| tile.to)).collect();
    bounds.sort_unstable();
    bounds.dedup();
    let mut at = vec![0; units.len()];
    let mut from = SimTime::ZERO;
    let mut all: Vec<(Interval, Activity)> = Vec::new();
    for to in bounds {
        for (place, (_, tiles)) in at.iter_mut().zip(units) {
            *place += usize::from(tiles[*place].to <= from);
        }
        let now = at.iter().zip(units).map(|(&place, (unit, tiles))| (*unit, tiles[place]));
        let (unit, tile) = counted(&now.collect::<Vec<_>>());
        let activity = Activity::of(unit, tile.state);
        match all.last_mut() {
            Some((last, same)) if *same == activity && last.op == tile.op => last.to = to,
            Some(_) | None => all.push((Interval { from, to, ..tile }, activity)),
        }
        from = to;
    }
    all
}

fn counted(now: &[(UnitId, Interval)]) -> (UnitId, Interval) {
    let busy =
        |kind: UnitKind| now.iter().find(|(unit, tile)| unit.kind() == kind && tile.state == State::Busy);
    if let Some(&found) = COUNTS.into_iter().find_map(busy) {
        return found;
    }
    let sequencer = now[0];
    let has_ended = sequencer.1.state == State::Stalled(StallReason::Finished);
    let waits = now.iter().find(|(unit, tile)| is_shown_as_stall(Activity::of(*unit, tile.state)));
    waits.filter(|_| has_ended).copied().unwrap_or(sequencer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without one it would be drawn as a unit without work is.
    #[test]
    fn every_activity_has_a_colour_in_light_and_in_dark() {
        let palettes = include_str!("../assets/colours.js");
        let drawn =
            Activity::all().zip(names()).filter(|(activity, named)| activity.is_busy() || named.stall);
        for (_, Named { name, .. }) in drawn {
            assert_eq!(palettes.matches(&format!(" {name}: \"#")).count(), 2, "{name}");
        }
    }
}
