//! Signals that could satisfy a wait: everything but the wait is run as far as it goes, and the signals on the way are
//! collected. An event happens here when all its causes in the event graph have.

use std::cell::Cell;
use std::collections::BTreeMap;

use program::op::{EventId, Growth, SemaphoreId};
use program::{Class, Op, OpIndex, QueueOp, Rank};

use super::Traversal;
use super::semaphores::Given;
use crate::lanes::sequencer;
use crate::{Cause, Clock, EdgeKind, Event, Phase};

/// Most events looked at for one wait. Past them every signal counts as possible: this can order less than is
/// certain, never more.
const MOST: usize = 30_000;

/// Most work of all looks of a walk, in events and in counts of clocks. Past it a wait that other signals may end
/// teaches nothing: this, too, can order less than is certain, never more.
const MOST_OF_ALL: u64 = 1 << 31;

/// An event, in the same unit: about this many counts of clocks could be compared in its time.
const STEP: u64 = 64;

/// What is left of it.
pub struct Budget(Cell<u64>);

impl Budget {
    pub fn new() -> Budget {
        Budget(Cell::new(MOST_OF_ALL))
    }
    pub fn spend(&self, work: u64) {
        self.0.set(self.0.get().saturating_sub(work));
    }
    pub fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

/// A semaphore or a shared event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    Semaphore(Rank, SemaphoreId),
    Shared(EventId),
}

/// The signal of an op: its target and amount.
fn signal_of(op: &Op) -> Option<(Name, u32)> {
    if let Some(Growth { to, semaphore, amount }) = op.growth() {
        return Some((Name::Semaphore(to, semaphore), amount));
    }
    if let Op::Queue(QueueOp::EventSignal { event, value }) = *op {
        return Some((Name::Shared(event), value));
    }
    None
}

/// An event that has not happened, and what it knows so far: never more than it would in the walk.
struct Open {
    event: Event,
    rank: Rank,
    index: OpIndex,
    clock: Clock,
}

/// What an open event is parked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Needs {
    Event(Event),
    Value(Name),
}

/// With the ops that signal.
pub type GivenTo = BTreeMap<Name, Vec<(u32, Given)>>;

/// A walk that goes on from another one without changing it.
struct Ahead<'w, 'a> {
    walk: &'w Traversal<'a>,
    /// The end of the wait: it does not happen.
    still: Event,
    happened: BTreeMap<Event, Clock>,
    /// All signals that may come before `still`, as an earlier look found them: then waits on the way teach, too.
    found: Option<&'w GivenTo>,
    values: BTreeMap<Name, u64>,
    ready: Vec<Open>,
    parked: BTreeMap<Needs, Vec<Open>>,
    given: GivenTo,
    steps: usize,
}

/// What may come before the end of a wait.
pub enum Others {
    /// No signal to its name.
    Nothing,
    /// These signals, to any name.
    Found(GivenTo),
    /// There is too much to look at.
    Unknown,
}

/// The signals to `name` that may come before the event `still`.
pub fn others(walk: &Traversal<'_>, still: Event, name: Name) -> Others {
    match look(walk, still, None) {
        Some(found) if !found.contains_key(&name) => Others::Nothing,
        Some(found) => Others::Found(found),
        None => Others::Unknown,
    }
}

/// The same signals, with the least that they know; `None` when even this is too much.
pub fn signals(walk: &Traversal<'_>, still: Event, name: Name, others: Others) -> Option<Vec<Given>> {
    if walk.budget.is_spent() {
        return None;
    }
    match others {
        Others::Nothing => Some(Vec::new()),
        Others::Found(found) => {
            let again = look(walk, still, Some(&found)).and_then(|mut again| again.remove(&name));
            again.map(|given| given.into_iter().map(|(_, given)| given).collect())
        }
        Others::Unknown => Some(all_to_come(walk, still, name)),
    }
}

/// All signals that may come before an event; `None` when there is too much to look at.
fn look(walk: &Traversal<'_>, still: Event, found: Option<&GivenTo>) -> Option<GivenTo> {
    let mut ahead = Ahead {
        walk,
        still,
        happened: BTreeMap::new(),
        found,
        values: BTreeMap::new(),
        ready: Vec::new(),
        parked: BTreeMap::new(),
        given: BTreeMap::new(),
        steps: 0,
    };
    for rank in 0..walk.ranks.len() {
        ahead.start(rank);
    }
    while let Some(open) = ahead.ready.pop() {
        ahead.step(open);
        if ahead.steps + ahead.ready.len() > MOST || walk.budget.is_spent() {
            return None;
        }
    }
    Some(ahead.given)
}

/// Every signal not yet given, but for those that come after the wait in its own rank or buffer. Those that were
/// issued or committed know what that knew, all others at least what their rank knows now.
fn all_to_come(walk: &Traversal<'_>, still: Event, name: Name) -> Vec<Given> {
    let (still_rank, still_index) = walk.graph.op(still.op);
    let mut all = Vec::new();
    walk.budget.spend(walk.graph.n_ops() as u64);
    for (rank, (program, state)) in walk.graph.program.ranks.iter().zip(&walk.ranks).enumerate() {
        let mut add = |index: OpIndex, clock: &Clock| {
            if let Some((_, amount)) = signal_of(&program.ops[index.index()]).filter(|&(to, _)| to == name) {
                all.push(Given { amount: u64::from(amount), clock: clock.clone() });
            }
        };
        let is_still = Rank(rank as u32) == still_rank;
        state.effects.iter().for_each(|effect| add(effect.index, &effect.clock));
        for buffer in &state.buffers.standing {
            let waits = is_still && buffer.ops.get(buffer.at) == Some(&still_index);
            let left = if waits { &[][..] } else { &buffer.ops[buffer.at..] };
            left.iter().for_each(|&index| add(index, &buffer.clock));
        }
        state.buffers.encoded(state.next).for_each(|index| add(index, &state.clock));
        let holds = is_still && still.phase == Phase::Issue;
        let to_issue = if holds { 0..0 } else { state.next..program.ops.len() as u32 };
        to_issue.for_each(|index| add(OpIndex(index), &state.clock));
    }
    all
}

impl Ahead<'_, '_> {
    /// What a rank may go on with.
    fn start(&mut self, rank: usize) {
        let state = &self.walk.ranks[rank];
        self.open(rank, OpIndex(state.next), Phase::Issue, &state.clock);
        for pending in state.sends.iter().chain(&state.effects) {
            self.open(rank, pending.index, Phase::Start, &pending.clock);
        }
        for buffer in &state.buffers.standing {
            for &index in &buffer.ops[buffer.at..] {
                self.open(rank, index, Phase::Start, &buffer.clock);
            }
        }
        let nothing = Clock::new(self.walk.lanes.count());
        for index in state.buffers.encoded(state.next) {
            self.open(rank, index, Phase::Start, &nothing);
        }
    }

    /// An event may happen from now on, or when its op is there at all; the next phase when it has in the walk.
    fn open(&mut self, rank: usize, index: OpIndex, phase: Phase, clock: &Clock) {
        let (graph, rank) = (self.walk.graph, Rank(rank as u32));
        if index.index() >= graph.program.rank(rank).ops.len() {
            return;
        }
        let mut event = Event { op: graph.global(rank, index), phase };
        if phase == Phase::Start && self.walk.has_happened(event) {
            event.phase = Phase::End;
        }
        self.ready.push(Open { event, rank, index, clock: clock.clone() });
    }

    /// Lets an event happen, or parks it at what it needs.
    fn step(&mut self, mut open: Open) {
        self.steps += 1;
        self.walk.budget.spend(STEP + u64::from(open.clock.lanes().end));
        if open.event == self.still {
            return;
        }
        if let Some(needs) = self.learn(&mut open) {
            return self.parked.entry(needs).or_default().push(open);
        }
        let Open { event, rank, index, mut clock } = open;
        self.end(event, rank, index, &mut clock);
        self.happened.insert(event, clock.clone());
        self.wake(Needs::Event(event));
        let phase = match event.phase {
            Phase::Issue => {
                self.open(rank.index(), OpIndex(index.0 + 1), Phase::Issue, &clock);
                Phase::Start
            }
            Phase::Start => {
                if self.reads_on(event.op) {
                    let event = Event { phase: Phase::Arrive, ..event };
                    self.ready.push(Open { event, rank, index, clock: clock.clone() });
                }
                Phase::End
            }
            Phase::End if self.walk.graph.class(event.op) == Class::Send && !self.reads_on(event.op) => {
                Phase::Arrive
            }
            Phase::End | Phase::Arrive => return,
        };
        self.ready.push(Open { event: Event { phase, ..event }, rank, index, clock });
    }

    /// Whether a message of the op tells nothing of its end.
    fn reads_on(&self, op: u32) -> bool {
        self.walk.reads_on(op)
    }

    /// Adds what the causes of an event know; the first that has not happened.
    fn learn(&self, open: &mut Open) -> Option<Needs> {
        let (walk, mut needs) = (self.walk, None);
        let clock = &mut open.clock;
        walk.graph.causes_of(open.event, (open.rank, open.index), &mut |cause| match cause {
            Cause::Event(cause, kind) => match self.happened.get(&cause) {
                Some(known) if walk.edges.has(kind) => clock.join(known),
                Some(_) => {}
                None if walk.has_happened(cause) => walk.know(cause, kind, clock),
                None => needs = Some(Needs::Event(cause)),
            },
            Cause::Semaphore { rank, semaphore, value } => {
                let name = Name::Semaphore(rank, semaphore);
                if walk.semaphores.value((rank, semaphore)) + self.value(name) < u64::from(value) {
                    needs = Some(Needs::Value(name));
                } else if let Some(found) = self.found.filter(|_| walk.edges.has(EdgeKind::Semaphore)) {
                    let others = self.before(open.event.op, found.get(&name));
                    let work = walk.semaphores.teach((rank, semaphore), value, &others, clock);
                    walk.budget.spend(work);
                }
            }
            Cause::Shared { event, value } => {
                let name = Name::Shared(event);
                if u64::from(walk.shared.value(event)).max(self.value(name)) < u64::from(value) {
                    needs = Some(Needs::Value(name));
                } else if let Some(found) = self.found.filter(|_| walk.edges.has(EdgeKind::Shared)) {
                    let others = self.before(open.event.op, found.get(&name));
                    let work = walk.shared.teach(event, value, &others, clock);
                    walk.budget.spend(work);
                }
            }
        });
        needs
    }

    /// Signals but for those that come after the wait in its own queue.
    fn before(&self, wait: u32, given: Option<&Vec<(u32, Given)>>) -> Vec<Given> {
        let place = |op: u32| (self.walk.graph.op(op).0, self.walk.graph.place_in_queue(op));
        let (rank, (queue, number)) = place(wait);
        let is_after = |op: u32| {
            let (its_rank, (its_queue, its_number)) = place(op);
            (its_rank, its_queue) == (rank, queue) && its_number > number
        };
        let given = given.into_iter().flatten().filter(|(op, _)| !is_after(*op));
        given.map(|(_, given)| given.clone()).collect()
    }

    fn value(&self, name: Name) -> u64 {
        self.values.get(&name).copied().unwrap_or_default()
    }

    /// What an event itself is to be known by, and what it gives.
    fn end(&mut self, event: Event, rank: Rank, index: OpIndex, clock: &mut Clock) {
        let graph = self.walk.graph;
        if event.phase == Phase::Issue && self.walk.edges.has(EdgeKind::Program) {
            clock.raise(sequencer(rank), index.0 + 1);
        }
        if event.phase != Phase::End {
            return;
        }
        let op = graph.program.op(rank, index);
        self.walk.raise_arrival(op, (rank, index), clock);
        if let Some((queue, count)) = self.walk.ended(event.op) {
            clock.raise(queue, count);
        }
        let Some((name, amount)) = signal_of(op) else { return };
        let amount = u64::from(amount);
        let value = self.values.entry(name).or_default();
        *value = match name {
            Name::Semaphore(..) => *value + amount,
            Name::Shared(_) => amount.max(*value),
        };
        self.given.entry(name).or_default().push((event.op, Given { amount, clock: clock.clone() }));
        self.wake(Needs::Value(name));
    }

    fn wake(&mut self, needs: Needs) {
        self.ready.extend(self.parked.remove(&needs).unwrap_or_default());
    }
}

#[cfg(test)]
#[path = "lookahead_tests.rs"]
mod tests;
