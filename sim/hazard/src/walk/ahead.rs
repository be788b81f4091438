//! Which signals may come before a wait is over: those that are given when everything but the waiting rank goes
//! on for as long as it can.

use std::collections::{BTreeMap, BTreeSet};

use oplog::{Cause, Event, Phase};
use program::{Op, OpIndex, Rank, UnitKind};

use super::Walk;
use super::semaphores::{Given, Name};

/// Most events looked at for one wait. Past them every signal counts as possible: this can order less than is
/// certain, never more.
const MOST: usize = 10_000;

/// A walk that goes on from another one without changing it.
struct Ahead<'w, 'a> {
    walk: &'w Walk<'a>,
    /// The rank that stands still.
    still: usize,
    next: Vec<u32>,
    /// Issued, not started or not in effect.
    pending: Vec<Vec<(Event, OpIndex)>>,
    happened: BTreeSet<Event>,
    values: BTreeMap<Name, u64>,
    given: Vec<(usize, u64)>,
    steps: usize,
}

/// The signals to `name` that may come before the rank `still` goes on, with the least that they know.
pub fn signals(walk: &Walk<'_>, still: usize, name: Name) -> Vec<Given> {
    let pending = walk.ranks.iter().map(|rank| {
        let sends = rank.sends.iter().map(|send| (Event { op: send.op, phase: Phase::Start }, send.index));
        let effects = rank.effects.iter().map(|op| (Event { op: op.op, phase: Phase::End }, op.index));
        sends.chain(effects).collect()
    });
    let mut ahead = Ahead {
        walk,
        still,
        next: walk.ranks.iter().map(|rank| rank.next).collect(),
        pending: pending.collect(),
        happened: BTreeSet::new(),
        values: BTreeMap::new(),
        given: Vec::new(),
        steps: 0,
    };
    // It knows nothing of command buffers, whose hosts may wait for semaphores, too.
    let queued = walk.graph.is_queued();
    while !queued && ahead.steps < MOST && ahead.round(name) {}
    if queued || ahead.steps >= MOST {
        ahead.given = all_to_come(walk, still, name);
    }
    let least =
        |(rank, amount): &(usize, u64)| Given { amount: *amount, clock: walk.ranks[*rank].clock.clone() };
    ahead.given.iter().map(least).collect()
}

/// Every signal not yet given, but for those that come after the wait in its own rank.
fn all_to_come(walk: &Walk<'_>, still: usize, name: Name) -> Vec<(usize, u64)> {
    let mut all = Vec::new();
    for (rank, program) in walk.graph.program.ranks.iter().enumerate().filter(|(rank, _)| *rank != still) {
        for (index, op) in program.ops.iter().enumerate() {
            let event =
                Event { op: walk.graph.global(Rank(rank as u32), OpIndex(index as u32)), phase: Phase::End };
            if let Op::Signal { semaphore, to, amount, .. } = op
                && (*to, *semaphore) == name
                && !walk.has_happened(event)
            {
                all.push((rank, u64::from(*amount)));
            }
        }
    }
    all
}

impl Ahead<'_, '_> {
    /// Whether anything happened.
    fn round(&mut self, name: Name) -> bool {
        let before = self.steps;
        for rank in 0..self.next.len() {
            while self.steps < MOST && (self.settle(rank, name) | (rank != self.still && self.issue(rank))) {}
        }
        self.steps > before
    }

    fn issue(&mut self, rank: usize) -> bool {
        let graph = self.walk.graph;
        let (rank_id, index) = (Rank(rank as u32), OpIndex(self.next[rank]));
        let Some(op) = graph.program.ranks[rank].ops.get(index.index()) else { return false };
        let at = |phase| Event { op: graph.global(rank_id, index), phase };
        if !self.may(at(Phase::Issue), rank_id, index) {
            return false;
        }
        self.step(at(Phase::Issue));
        self.next[rank] += 1;
        match (op.unit(), op) {
            (UnitKind::Send, _) => self.pending[rank].push((at(Phase::Start), index)),
            (_, Op::Release { .. } | Op::Signal { .. } | Op::RecvAsync { .. }) => {
                self.happened.insert(at(Phase::Start));
                self.pending[rank].push((at(Phase::End), index));
            }
            (UnitKind::Sequencer | UnitKind::Gemm | UnitKind::Math | UnitKind::Recv | UnitKind::Dma, _) => {
                self.happened.extend([at(Phase::Start), at(Phase::End)])
            }
        }
        true
    }

    fn settle(&mut self, rank: usize, name: Name) -> bool {
        let pending = std::mem::take(&mut self.pending[rank]);
        let before = pending.len();
        let mut left = Vec::new();
        for (event, index) in pending {
            if !self.may(event, Rank(rank as u32), index) {
                left.push((event, index));
                continue;
            }
            self.step(event);
            if event.phase == Phase::Start {
                self.happened.extend([Phase::End, Phase::Arrive].map(|phase| Event { phase, ..event }));
            }
            if let Op::Signal { semaphore, to, amount, .. } =
                self.walk.graph.program.op(Rank(rank as u32), index)
            {
                *self.values.entry((*to, *semaphore)).or_default() += u64::from(*amount);
                if (*to, *semaphore) == name {
                    self.given.push((rank, u64::from(*amount)));
                }
            }
        }
        let moved = left.len() < before;
        self.pending[rank] = left;
        moved
    }

    fn may(&self, event: Event, rank: Rank, index: OpIndex) -> bool {
        let mut all = true;
        self.walk.graph.causes_of(event, (rank, index), &mut |cause| match cause {
            Cause::Event(cause, _) => all &= self.walk.has_happened(cause) || self.happened.contains(&cause),
            Cause::Shared { .. } => all = false,
            Cause::Semaphore { rank, semaphore, value } => {
                let more = self.values.get(&(rank, semaphore)).copied().unwrap_or_default();
                all &= self.walk.semaphores.value((rank, semaphore)) + more >= u64::from(value);
            }
        });
        all
    }

    fn step(&mut self, event: Event) {
        self.happened.insert(event);
        self.steps += 1;
    }
}
