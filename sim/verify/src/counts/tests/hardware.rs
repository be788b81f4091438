//! Semaphores as hardware has them, in every order that the rest of a program leaves open: an oracle that shares no code
//! with what it judges.
//!
//! A semaphore is a number. A signal adds to it, or sets it, at any time after it has left; a wait looks at the number.
//! Messages arrive in any order, at any time after their send has begun, and credits come back at any time after their
//! release. Ops of units take no time, since only their own rank waits for them. The program in its own words says what
//! happens; the counts that the verifier wrote into it are compared at every step.

use std::collections::BTreeSet;

use order::{Clock, Dependencies, EdgeSet, EventGraph, Traversal};
use order::{sequencer, traversal};
use program::op::Asks;
use program::{Message, Op, OpIndex, Program, Rank, RecvOp, SendOp, SyncOp};

use crate::samples::tiny;

/// Rank and op.
type At = (usize, usize);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    next: Vec<usize>,
    /// Signals and releases that were issued and have no effect yet.
    pending: BTreeSet<At>,
    /// By rank: sends that were issued and have not begun.
    queued: Vec<Vec<usize>>,
    begun: BTreeSet<At>,
    /// Messages that are on their way, have arrived, and were released.
    flying: BTreeSet<Message>,
    arrived: BTreeSet<Message>,
    released: BTreeSet<Message>,
    /// By rank and semaphore: the value, and what was signalled since the beginning.
    values: Vec<Vec<(u64, u64)>>,
}

pub struct Hardware<'a> {
    program: &'a Program,
    /// By rank and op: how many ops of every rank the verifier is certain of when the op is issued.
    certain: Vec<Vec<Vec<u32>>>,
    seen: BTreeSet<State>,
}

struct Certain(Vec<Vec<Vec<u32>>>);

impl traversal::Visitor for Certain {
    fn start(&mut self, _: &traversal::Start<'_>) {}
    fn released(&mut self, _: &traversal::Start<'_>) {}
    fn overtakes(&mut self, _: &traversal::Start<'_>, _: Message, _: Message) {}
    fn issued(&mut self, rank: Rank, _: OpIndex, clock: &Clock) {
        let n = self.0.len() as u32;
        let of_ranks =
            (0..n).map(|other| if other == rank.0 { 0 } else { clock.get(sequencer(Rank(other))) });
        self.0[rank.index()].push(of_ranks.collect());
    }
}

/// How many states a program has, or what is wrong in some order of it.
pub fn judge(program: &Program) -> Result<usize, &'static str> {
    let dependencies = Dependencies::named(program);
    let machine = tiny();
    let graph = EventGraph::of(program, &machine, &dependencies);
    let mut certain = Certain(vec![Vec::new(); program.ranks.len()]);
    Traversal::new(&graph, EdgeSet::ALL, &|_, _| false).run(&mut certain);
    Hardware { program, certain: certain.0, seen: BTreeSet::new() }.run()
}

impl Hardware<'_> {
    fn run(mut self) -> Result<usize, &'static str> {
        let n = self.program.ranks.len();
        let values = self.program.ranks.iter().map(|rank| vec![(0, 0); rank.n_semaphores as usize]);
        let mut open = vec![State {
            next: vec![0; n],
            pending: BTreeSet::new(),
            queued: vec![Vec::new(); n],
            begun: BTreeSet::new(),
            flying: BTreeSet::new(),
            arrived: BTreeSet::new(),
            released: BTreeSet::new(),
            values: values.collect(),
        }];
        let mut last = None;
        while let Some(state) = open.pop() {
            if !self.seen.insert(state.clone()) {
                continue;
            }
            let before = open.len();
            for rank in 0..n {
                open.extend(self.sequencer(&state, rank)?);
                open.extend(self.begins(&state, rank));
            }
            for &at in &state.pending {
                open.extend(self.takes_effect(&state, at)?);
            }
            open.extend(state.flying.iter().map(|&message| arrives(&state, message)));
            let has_ended = (0..n).all(|rank| state.next[rank] == self.program.ranks[rank].ops.len());
            if open.len() > before {
                continue;
            }
            if !has_ended {
                return Err("some order never ends");
            }
            if *last.get_or_insert_with(|| state.values.clone()) != state.values {
                return Err("a semaphore ends with one of two values");
            }
        }
        Ok(self.seen.len())
    }

    fn op(&self, (rank, op): At) -> &Op {
        &self.program.ranks[rank].ops[op]
    }

    /// The next op of a rank is issued, if nothing holds it.
    fn sequencer(&self, state: &State, rank: usize) -> Result<Option<State>, &'static str> {
        let at = (rank, state.next[rank]);
        let Some(op) = self.program.ranks[rank].ops.get(at.1) else { return Ok(None) };
        let mut after = state.clone();
        after.next[rank] += 1;
        let is_free = match op {
            Op::Sync(op) => self.sync(at, op, state, &mut after)?,
            Op::Recv(RecvOp::Recv { message, .. }) => state.arrived.contains(message),
            Op::Send(_) => {
                after.queued[rank].push(at.1);
                true
            }
            Op::Compute(_) | Op::Move(_) | Op::Note(_) | Op::Time(_) => true,
            Op::Recv(_) | Op::Queue(_) => unreachable!("not drawn"),
        };
        let is_certain = || (0..).zip(&self.certain[rank][at.1]).all(|(r, &n)| state.next[r] >= n as usize);
        if is_free && !is_certain() {
            return Err("an op is issued before what it was certain to come after");
        }
        Ok(is_free.then_some(after))
    }

    fn sync(&self, at: At, op: &SyncOp, state: &State, after: &mut State) -> Result<bool, &'static str> {
        let own = |it: &program::op::SemaphoreId| (at.0, it.index());
        Ok(match op {
            SyncOp::Signal { .. } | SyncOp::SignalSet { .. } | SyncOp::Release { .. } => {
                after.pending.insert(at)
            }
            SyncOp::Wait { on } => on.iter().all(|op| self.is_done(state, (at.0, op.index()))),
            SyncOp::SemaphoreSet { semaphore, value } => {
                let (rank, semaphore) = own(semaphore);
                let now = &mut after.values[rank][semaphore].0;
                if *now < u64::from(*value) {
                    return Err("a set raises");
                }
                *now = u64::from(*value);
                true
            }
            SyncOp::WaitGe { semaphore, value } => {
                let (rank, semaphore) = own(semaphore);
                state.values[rank][semaphore].0 >= u64::from(*value)
            }
            SyncOp::WaitUntil { semaphore, is, value, count } => {
                let (rank, semaphore) = own(semaphore);
                let (now, signalled) = &mut after.values[rank][semaphore];
                let is_over = match is {
                    Asks::Ge | Asks::Take => *now >= u64::from(*value),
                    Asks::Eq => *now == u64::from(*value),
                };
                if is_over != (*signalled >= u64::from(*count)) {
                    return Err("a wait is over by its value and not by its count, or the other way round");
                }
                *now -= if is_over && *is == Asks::Take { u64::from(*value) } else { 0 };
                is_over
            }
            SyncOp::Barrier { number } => (0..state.next.len()).all(|other| {
                let barrier = Op::Sync(SyncOp::Barrier { number: *number });
                let stands = self.program.ranks[other].ops.iter().position(|it| *it == barrier);
                stands.is_some_and(|stands| state.next[other] >= stands)
            }),
        })
    }

    /// Whether a wait for the op is over. What ends after it has begun is over at the earliest then.
    fn is_done(&self, state: &State, at: At) -> bool {
        !matches!(self.op(at), Op::Send(_)) || state.begun.contains(&at)
    }

    /// The send at the head of a rank's queue begins, if its slot is free.
    fn begins(&self, state: &State, rank: usize) -> Option<State> {
        let op = *state.queued[rank].first()?;
        let Op::Send(SendOp::Send { message, .. }) = self.op((rank, op)) else { unreachable!("not drawn") };
        let ring = &self.program.rings[message.ring.index()];
        let before = message.number.checked_sub(ring.n_slots);
        let held = before.map(|number| Message { number, ..*message });
        if held.is_some_and(|held| !state.released.contains(&held)) {
            return None;
        }
        let mut after = state.clone();
        after.queued[rank].remove(0);
        after.begun.insert((rank, op));
        after.flying.insert(*message);
        Some(after)
    }

    /// A release or a signal does, if what it waits for is done.
    fn takes_effect(&self, state: &State, at: At) -> Result<Option<State>, &'static str> {
        let Op::Sync(op) = self.op(at) else { unreachable!("a release or a signal") };
        let mut next = state.clone();
        next.pending.remove(&at);
        let done = |list: &[OpIndex]| list.iter().all(|op| self.is_done(state, (at.0, op.index())));
        let (to, semaphore, amount, set, after) = match op {
            SyncOp::Release { message, after } => {
                next.released.insert(*message);
                return Ok(done(after).then_some(next));
            }
            SyncOp::Signal { to, semaphore, amount, after } => (to, semaphore, amount, None, after),
            SyncOp::SignalSet { set } => {
                (&set.to, &set.semaphore, &set.amount, Some(u64::from(set.value)), &set.after)
            }
            SyncOp::Wait { .. }
            | SyncOp::Barrier { .. }
            | SyncOp::WaitGe { .. }
            | SyncOp::WaitUntil { .. }
            | SyncOp::SemaphoreSet { .. } => unreachable!("a release or a signal"),
        };
        if !done(after) {
            return Ok(None);
        }
        let (now, signalled) = &mut next.values[to.index()][semaphore.index()];
        let value = set.unwrap_or(*now + u64::from(*amount));
        if value != *now + u64::from(*amount) {
            return Err("a set does not raise by its amount");
        }
        (*now, *signalled) = (value, *signalled + u64::from(*amount));
        Ok(Some(next))
    }
}

fn arrives(state: &State, message: Message) -> State {
    let mut after = state.clone();
    after.flying.remove(&message);
    after.arrived.insert(message);
    after
}
