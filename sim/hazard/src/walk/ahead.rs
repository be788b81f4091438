//! Which signals may come before a wait is over: those that are given when everything but the waiting rank goes
//! on for as long as it can.

use std::collections::{BTreeMap, BTreeSet};

use oplog::{Cause, Event, Phase};
use program::{Op, OpIndex, Rank, UnitKind};

use super::Walk;
use super::rank::Pending;
use super::semaphores::{Given, Name};
use crate::clock::Clock;

/// Most events looked at for one wait. Past them every signal counts as possible: this can order less than is
/// certain, never more.
const MOST: usize = 10_000;

/// A walk that goes on from another one without changing it.
struct Ahead<'w, 'a> {
    walk: &'w Walk<'a>,
    /// The rank that stands still.
    still: usize,
    next: Vec<u32>,
    /// Issued, not started or not in effect; with the least that its issue knew.
    pending: Vec<Vec<(Event, OpIndex, Clock)>>,
    happened: BTreeSet<Event>,
    values: BTreeMap<Name, u64>,
    given: Vec<Given>,
    steps: usize,
}

/// The signals to `name` that may come before the rank `still` goes on, with the least that they know.
pub fn signals(walk: &Walk<'_>, still: usize, name: Name) -> Vec<Given> {
    let event = |op: &Pending, phase| (Event { op: op.op, phase }, op.index, op.clock.clone());
    let pending = walk.ranks.iter().map(|rank| {
        let sends = rank.sends.iter().map(|send| event(send, Phase::Start));
        sends.chain(rank.effects.iter().map(|effect| event(effect, Phase::End))).collect()
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
    ahead.given
}

/// Every signal not yet given, but for those that its own rank has after the wait. Those that were issued know what
/// their issue knew, all others at least what their rank knows now.
fn all_to_come(walk: &Walk<'_>, still: usize, name: Name) -> Vec<Given> {
    let mut all = Vec::new();
    for (rank, (program, state)) in walk.graph.program.ranks.iter().zip(&walk.ranks).enumerate() {
        let of = |index: OpIndex, clock: &Clock| signal_to(&program.ops[index.index()], name, clock);
        all.extend(state.effects.iter().filter_map(|pending| of(pending.index, &pending.clock)));
        let to_issue = if rank == still { 0..0 } else { state.next..program.ops.len() as u32 };
        all.extend(to_issue.filter_map(|index| of(OpIndex(index), &state.clock)));
    }
    all
}

/// What an op gives to a semaphore.
fn signal_to(op: &Op, name: Name, clock: &Clock) -> Option<Given> {
    let Op::Signal { semaphore, to, amount, .. } = op else { return None };
    ((*to, *semaphore) == name).then(|| Given { amount: u64::from(*amount), clock: clock.clone() })
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
            (UnitKind::Send, _) => {
                let now = self.now(rank);
                self.pending[rank].push((at(Phase::Start), index, now));
            }
            (_, Op::Release { .. } | Op::Signal { .. } | Op::RecvAsync { .. }) => {
                self.happened.insert(at(Phase::Start));
                let now = self.now(rank);
                self.pending[rank].push((at(Phase::End), index, now));
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
        for (event, index, clock) in pending {
            if !self.may(event, Rank(rank as u32), index) {
                left.push((event, index, clock));
                continue;
            }
            self.step(event);
            if event.phase == Phase::Start {
                self.happened.extend([Phase::End, Phase::Arrive].map(|phase| Event { phase, ..event }));
            }
            let op = self.walk.graph.program.op(Rank(rank as u32), index);
            if let Op::Signal { semaphore, to, amount, .. } = op {
                *self.values.entry((*to, *semaphore)).or_default() += u64::from(*amount);
            }
            self.given.extend(signal_to(op, name, &clock));
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

    /// The least that a rank knows from now on.
    fn now(&self, rank: usize) -> Clock {
        self.walk.ranks[rank].clock.clone()
    }

    fn step(&mut self, event: Event) {
        self.happened.insert(event);
        self.steps += 1;
    }
}
