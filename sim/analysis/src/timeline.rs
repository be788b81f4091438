//! Timeline of every unit: busy and stalled intervals that tile the run, with no gap and no overlap.

use std::collections::BTreeMap;

use machine::{SimTime, Span};
use oplog::{OpLog, Stall, StallReason, UnitId};
use program::{Op, QueueOp, Rank};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Busy,
    Stalled(StallReason),
}

/// A piece of a unit's time, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    pub from: SimTime,
    pub to: SimTime,
    pub state: State,
    /// The op that the unit has, by its number among all ops; for the sequencer, the one it issues or holds.
    pub op: Option<u32>,
}

/// Busy time of a unit, and the reasons for the rest of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitTotals {
    pub busy: Span,
    pub stalled: BTreeMap<StallReason, Span>,
}

/// A log prepared for queries of its units.
pub struct Timeline<'a> {
    log: &'a OpLog,
    makespan: SimTime,
    first_ops: Vec<usize>,
    /// By op: its first stall; one more at the end.
    first_stalls: Vec<u32>,
}

/// Busy and stalled time of every unit.
pub fn units(log: &OpLog) -> BTreeMap<(Rank, UnitId), UnitTotals> {
    let timeline = Timeline::of(log);
    let of_rank = |rank: Rank| timeline.rank(rank).into_iter().map(move |(unit, tiles)| (rank, unit, tiles));
    let all = (0..log.program.n_ranks()).map(Rank).flat_map(of_rank);
    all.map(|(rank, unit, tiles)| ((rank, unit), UnitTotals::of(&tiles))).collect()
}

impl UnitTotals {
    pub fn of(intervals: &[Interval]) -> UnitTotals {
        let mut totals = UnitTotals::default();
        for interval in intervals {
            let length = interval.to - interval.from;
            match interval.state {
                State::Busy => totals.busy += length,
                State::Stalled(reason) => *totals.stalled.entry(reason).or_default() += length,
            }
        }
        totals
    }
}

impl<'a> Timeline<'a> {
    pub fn of(log: &'a OpLog) -> Timeline<'a> {
        let mut first_stalls = Vec::with_capacity(log.entries.done.len() + 1);
        for (number, stall) in log.stalls.iter().enumerate() {
            first_stalls.resize(first_stalls.len().max(stall.op as usize + 1), number as u32);
        }
        first_stalls.resize(log.entries.done.len() + 1, log.stalls.len() as u32);
        Timeline { log, makespan: log.makespan(), first_ops: log.first_ops(), first_stalls }
    }

    /// The intervals of every unit of a rank, in the order of the units.
    pub fn rank(&self, rank: Rank) -> Vec<(UnitId, Vec<Interval>)> {
        let sequencer = self.sequencer(rank);
        let n_units = UnitId::count(self.log.machine.spec().pe.dma_channels);
        let mut ops = vec![Vec::new(); n_units];
        for op in self.first_ops[rank.index()]..self.first_ops[rank.index() + 1] {
            ops[self.log.entries.unit[op].index()].push(op);
        }
        // In the order in which units had them: command buffers that overlap may not keep that of the program.
        ops.iter_mut().for_each(|ops| ops.sort_by_key(|&op| self.log.entries.start[op]));
        let others = (1..n_units).map(|unit| self.unit(&sequencer, &ops[unit]));
        let tiles: Vec<_> = others.collect();
        std::iter::once(sequencer).chain(tiles).enumerate().map(|(unit, t)| (UnitId(unit as u8), t)).collect()
    }

    fn stalls(&self, op: usize) -> &'a [Stall] {
        &self.log.stalls[self.first_stalls[op] as usize..self.first_stalls[op + 1] as usize]
    }

    /// The sequencer issues whenever nothing holds it, until its last op is issued.
    fn sequencer(&self, rank: Rank) -> Vec<Interval> {
        let mut tiles = Tiles::new(self.makespan);
        let ops = self.first_ops[rank.index()]..self.first_ops[rank.index() + 1];
        for op in ops.clone() {
            for hold in self.stalls(op).iter().filter(|stall| stall.reason.holds_sequencer()) {
                tiles.until(hold.from, State::Busy, Some(op));
                tiles.until(hold.to, State::Stalled(hold.reason), Some(op));
            }
            tiles.until(self.log.entries.issue[op], State::Busy, Some(op));
            if let Op::Queue(QueueOp::HostCopy { .. }) = self.log.program.rank(rank).ops[op - ops.start] {
                self.work(&mut tiles, op);
            }
        }
        if let Some(last) = ops.last() {
            let pe = &self.log.machine.spec();
            let issued = self.log.entries.issue[last] + pe.clock.pe_fs.span(pe.pe.issue_cycles);
            tiles.until(issued, State::Busy, Some(last));
        }
        tiles.finish(StallReason::Finished)
    }

    fn unit(&self, sequencer: &[Interval], ops: &[usize]) -> Vec<Interval> {
        let mut tiles = Tiles::new(self.makespan);
        let mut waits = sequencer;
        for &op in ops {
            tiles.wait(&mut waits, self.log.entries.issue[op]);
            self.work(&mut tiles, op);
        }
        // After its last op the program has nothing for the unit, whatever holds the sequencer.
        let program_ends = sequencer.iter().rfind(|tile| tile.state != State::Stalled(StallReason::Finished));
        tiles.until(
            program_ends.map_or(SimTime::ZERO, |tile| tile.to),
            State::Stalled(StallReason::Idle),
            None,
        );
        tiles.finish(StallReason::Finished)
    }

    /// From an op's issue to its end: what its stalls say, and else busy once it has started.
    fn work(&self, tiles: &mut Tiles, op: usize) {
        let (start, done) = (self.log.entries.start[op], self.log.entries.done[op]);
        let busy_until = |tiles: &mut Tiles, to: SimTime| {
            tiles.until(to.min(start), State::Stalled(StallReason::Issue), Some(op));
            tiles.until(to, State::Busy, Some(op));
        };
        for stall in self.stalls(op).iter().filter(|stall| !stall.reason.holds_sequencer()) {
            busy_until(tiles, stall.from);
            tiles.until(stall.to, State::Stalled(stall.reason), Some(op));
        }
        busy_until(tiles, done);
    }
}

/// Intervals that tile the run from 0 up to `at`.
struct Tiles {
    tiles: Vec<Interval>,
    at: SimTime,
    end: SimTime,
}

impl Tiles {
    fn new(end: SimTime) -> Tiles {
        Tiles { tiles: Vec::new(), at: SimTime::ZERO, end }
    }

    /// Fills up to `to`; nothing when that has passed.
    fn until(&mut self, to: SimTime, state: State, op: Option<usize>) {
        let (from, to, op) = (self.at, to.min(self.end), op.map(|op| op as u32));
        if to <= from {
            return;
        }
        match self.tiles.last_mut() {
            Some(last) if last.state == state && last.op == op => last.to = to,
            Some(_) | None => self.tiles.push(Interval { from, to, state, op }),
        }
        self.at = to;
    }

    /// Fills up to an issue with what the sequencer waited for; it is given what it did from here on.
    fn wait(&mut self, sequencer: &mut &[Interval], issue: SimTime) {
        while let Some((tile, rest)) = sequencer.split_first() {
            let reason = match tile.state {
                State::Busy => StallReason::Issue,
                State::Stalled(StallReason::Finished) => StallReason::Idle,
                State::Stalled(reason) => reason,
            };
            self.until(tile.to.min(issue), State::Stalled(reason), None);
            if tile.to > issue {
                return;
            }
            *sequencer = rest;
        }
    }

    fn finish(mut self, reason: StallReason) -> Vec<Interval> {
        self.until(self.end, State::Stalled(reason), None);
        self.tiles
    }
}

#[cfg(test)]
#[path = "timeline_tests.rs"]
mod tests;
