//! Record of a run: the columns of the log by global op number, and stalls by rank.

use machine::{SimTime, Span};
use oplog::{Entries, Stall, StallReason, UnitId};
use program::Program;

/// Stands in `done` for an op that is not done.
const PENDING: SimTime = SimTime::from_fs(u64::MAX);

/// Parts of a run that are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Everything that a log has.
    Log,
    /// Only what the engine itself reads: issues and ends.
    State,
}

#[derive(Debug)]
pub struct Record {
    keep: Keep,
    entries: Entries,
    /// By rank: in the order in which the waits ended.
    stalls: Vec<Vec<Stall>>,
    /// Ops of which it is not known when they are done.
    remaining: usize,
    /// The latest end so far, of an op or of a credit's way.
    latest: SimTime,
}

impl Record {
    pub fn new(program: &Program, keep: Keep) -> Record {
        let n = program.n_ops();
        Record {
            keep,
            entries: Entries {
                unit: vec![UnitId::SEQUENCER; n],
                issue: vec![PENDING; n],
                start: vec![PENDING; n],
                done: vec![PENDING; n],
            },
            stalls: vec![Vec::new(); program.ranks.len()],
            remaining: n,
            latest: SimTime::ZERO,
        }
    }

    pub fn issued(&mut self, op: usize, unit: UnitId, at: SimTime) {
        self.entries.unit[op] = unit;
        self.entries.issue[op] = at;
    }
    pub fn started(&mut self, op: usize, at: SimTime) {
        if self.keep == Keep::Log {
            self.entries.start[op] = at;
        }
    }
    pub fn done(&mut self, op: usize, at: SimTime) {
        assert!(self.entries.done[op] == PENDING, "op {op} is done twice");
        self.entries.done[op] = at;
        self.remaining -= 1;
        self.reaches(at);
    }
    /// Something is known to happen at `at`, which may be later than now.
    pub fn reaches(&mut self, at: SimTime) {
        self.latest = self.latest.max(at);
    }
    pub fn latest(&self) -> SimTime {
        self.latest
    }
    pub fn remaining(&self) -> usize {
        self.remaining
    }
    /// Time at which the last op was done.
    pub fn last_done(&self) -> SimTime {
        self.entries.done.iter().copied().max().unwrap_or(SimTime::ZERO)
    }
    /// When an op is done, now or later; `None` while that is not known.
    pub fn done_at(&self, op: usize) -> Option<SimTime> {
        Some(self.entries.done[op]).filter(|&done| done != PENDING)
    }
    /// Whether it is known when an op is done.
    pub fn is_known(&self, op: usize) -> bool {
        self.entries.done[op] != PENDING
    }
    pub fn issue_of(&self, op: usize) -> SimTime {
        self.entries.issue[op]
    }
    pub fn unit_of(&self, op: usize) -> UnitId {
        self.entries.unit[op]
    }
    pub fn is_issued(&self, op: usize) -> bool {
        self.entries.issue[op] != PENDING
    }
    /// Records a wait, unless it was none.
    pub fn stall(&mut self, rank: u32, op: usize, reason: StallReason, from: SimTime, to: SimTime) {
        if self.keep == Keep::Log && to.since(from) > Span::ZERO {
            self.stalls[rank as usize].push(Stall { op: op as u32, reason, from, to });
        }
    }

    /// The log's columns: entries, and stalls in the order of their ops, then of time.
    pub fn finish(self) -> (Entries, Vec<Stall>) {
        let mut stalls = Vec::with_capacity(self.stalls.iter().map(Vec::len).sum());
        for mut of_rank in self.stalls {
            // Nearly sorted already: only waits for credits and links end after those of later ops.
            of_rank.sort_by_key(|stall| (stall.op, stall.from));
            stalls.append(&mut of_rank);
        }
        (self.entries, stalls)
    }
}
