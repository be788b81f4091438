//! Traversal of the event graph with vector clocks: every event is visited after its causes, with what it knows to have
//! happened. The result does not depend on which of the possible orders is taken.

mod arrivals;
mod buffers;
mod lookahead;
mod rank_state;
mod retained_clocks;
mod semaphores;
mod sends;
mod shared_events;
mod waits;

use std::collections::BTreeMap;

use program::{Class, Message, Op, OpIndex, Rank, SendOp, SyncOp};

use crate::lanes::{self, Lanes, Touch, Watched, sequencer};
use crate::{Cause, Clock, EdgeKind, EdgeSet, Event, EventGraph, Phase};
use lookahead::Budget;
use rank_state::{Pending, RankState};
use retained_clocks::RetainedClocks;
use semaphores::Semaphores;
pub use semaphores::Waited;
use shared_events::SharedEvents;
use waits::Passing;

/// Callback for every op at its start, with the clock of the start.
pub trait Visitor {
    fn start(&mut self, at: &Start<'_>);
    /// A slot has been released, by a release or a copy that is `by`.
    fn released(&mut self, by: &Start<'_>);
    /// The send of `message` starts, and the message `before` it in its slot may still be on its way: two messages of
    /// one ring arrive in any order.
    fn overtakes(&mut self, send: &Start<'_>, message: Message, before: Message);
    /// A sequencer issues an op, or has waited at it, and knows this much. Its own rank's ops are those before it.
    fn issued(&mut self, _rank: Rank, _op: OpIndex, _clock: &Clock) {}
}

/// The start of an op, or of an effect.
pub struct Start<'a> {
    pub op: u32,
    pub rank: Rank,
    pub index: OpIndex,
    pub what: &'a Op,
    pub clock: &'a Clock,
    /// The op's place in its queue.
    pub touch: Touch,
    /// Whether a message is known to have arrived before the start.
    pub has_arrived: &'a dyn Fn(Message) -> bool,
}

/// What one event adds to what another knows.
struct News {
    had: Option<Clock>,
    /// A queue, and how many of its ops have ended.
    ended: Option<(u32, u32)>,
}

impl News {
    fn add_to(self, clock: &mut Clock) {
        if let Some(had) = self.had {
            clock.join(&had);
        }
        if let Some((queue, count)) = self.ended {
            clock.raise(queue, count);
        }
    }
}

pub struct Traversal<'a> {
    graph: &'a EventGraph<'a>,
    edges: EdgeSet,
    lanes: Lanes,
    /// By op: the phases that have happened, a bit each.
    happened: Vec<u8>,
    retained: RetainedClocks,
    ranks: Vec<RankState>,
    /// By number: what all ranks know together when they reach it.
    barriers: BTreeMap<u32, Clock>,
    semaphores: Semaphores,
    shared: SharedEvents,
    /// Of looks ahead of waits.
    budget: Budget,
    /// Only while a wait is let go.
    passing: Option<Passing>,
    /// By ring, then number: how many ops the consumer's sequencer had issued once it had waited for the message, or
    /// for its receive.
    arrived: Vec<Vec<Option<u32>>>,
    /// Room for the causes of one event.
    causes: Vec<Cause>,
}

impl<'a> Traversal<'a> {
    /// `watched` says of the ops of a rank whether they touch anything of which the visitor asks [`Clock`]s: all ops are
    /// visited, but the ends of others are not counted.
    pub fn new(graph: &'a EventGraph<'a>, edges: EdgeSet, watched: Watched<'_>) -> Traversal<'a> {
        let lanes = Lanes::of(graph, watched);
        let clock = Clock::new(lanes.count());
        Traversal {
            graph,
            edges,
            lanes,
            happened: vec![0; graph.n_ops()],
            retained: RetainedClocks::of(graph),
            ranks: graph
                .program
                .ranks
                .iter()
                .map(|rank| RankState::new(&clock, rank, graph.is_queued()))
                .collect(),
            barriers: BTreeMap::new(),
            semaphores: Semaphores::of(graph),
            shared: SharedEvents::of(graph),
            budget: Budget::new(),
            passing: None,
            arrived: vec![Vec::new(); graph.program.rings.len()],
            causes: Vec::new(),
        }
    }

    /// Visits everything; gives what is to be said of semaphores.
    pub fn run(mut self, visitor: &mut impl Visitor) -> Vec<Waited> {
        loop {
            let mut moved = false;
            for rank in 0..self.ranks.len() {
                moved |= self.advance(rank, visitor);
            }
            // Waits come last, so that all signals that can come before them have.
            if !moved && !self.pass_a_wait(visitor) {
                return self.semaphores.finish();
            }
        }
    }

    fn advance(&mut self, rank: usize, visitor: &mut impl Visitor) -> bool {
        let mut moved = false;
        loop {
            let stepped = self.effects(rank, visitor)
                | self.sends(rank, visitor)
                | self.issue(rank, visitor)
                | self.walk_buffers(rank, visitor);
            if !stepped {
                return moved;
            }
            moved = true;
        }
    }

    /// Issues the next op of a rank if it may be.
    fn issue(&mut self, rank: usize, visitor: &mut impl Visitor) -> bool {
        let graph = self.graph;
        let index = OpIndex(self.ranks[rank].next);
        let Some(op) = graph.program.ranks[rank].ops.get(index.index()) else { return false };
        let at = Event { op: graph.global(Rank(rank as u32), index), phase: Phase::Issue };
        if !self.gather(at, rank, index) {
            return false;
        }
        self.learn_at_issue(at, rank, op);
        visitor.issued(Rank(rank as u32), index, &self.ranks[rank].clock);
        self.happen(at);
        self.ranks[rank].next += 1;
        let pending = |clock: &Clock| Pending { op: at.op, index, clock: clock.clone() };
        let state = &mut self.ranks[rank];
        match graph.class(at.op) {
            Class::Send => state.sends.push_back(pending(&state.clock)),
            Class::Release | Class::Signal | Class::RecvAsync => state.effects.push(pending(&state.clock)),
            Class::Unit | Class::RecvCopy | Class::HostCopy => {
                self.begin_and_end(rank, at.op, index, visitor)
            }
            Class::Pass | Class::EventSignal | Class::EventWait => {}
            Class::Commit => self.commit(rank, index),
            Class::Recv | Class::Instant => {
                self.happen(Event { op: at.op, phase: Phase::Start });
                self.happen(Event { op: at.op, phase: Phase::End });
            }
        }
        true
    }

    /// An op of a unit that never waits once it was issued.
    fn begin_and_end(&mut self, rank: usize, op: u32, index: OpIndex, visitor: &mut impl Visitor) {
        let graph = self.graph;
        let rank_id = Rank(rank as u32);
        let what = graph.program.op(rank_id, index);
        let clock = &self.ranks[rank].clock;
        let touch = self.lanes.touch(graph, rank_id, op).expect("it is in no command buffer");
        let has_arrived = |message| self.has_arrived(message, (rank_id, index), clock);
        let start = Start { op, rank: rank_id, index, what, clock, touch, has_arrived: &has_arrived };
        visitor.start(&start);
        if !what.consumes().is_empty() {
            let mut clock = clock.clone();
            clock.raise(sequencer(rank_id), index.0 + 1);
            clock.raise_to_end(touch);
            visitor.released(&Start { clock: &clock, ..start });
            self.retained.put(op, clock);
        }
        self.happen(Event { op, phase: Phase::Start });
        self.happen(Event { op, phase: Phase::End });
    }

    /// Gathers the causes of an event; whether all have happened.
    fn gather(&mut self, event: Event, rank: usize, index: OpIndex) -> bool {
        let mut causes = std::mem::take(&mut self.causes);
        causes.clear();
        let mut all = true;
        // What a wait needs was looked for before it was let go.
        let passing = self.passing.as_ref().is_some_and(|passing| passing.op == event.op);
        self.graph.causes_of(event, (Rank(rank as u32), index), &mut |cause| {
            all = all
                && match cause {
                    Cause::Event(cause, _) => self.has_happened(cause),
                    Cause::Semaphore { .. } => passing,
                    Cause::Shared { value, .. } => value == 0 || passing,
                };
            causes.push(cause);
        });
        self.causes = causes;
        all
    }

    /// Adds what the gathered causes know.
    fn learn_gathered(&mut self, clock: &mut Clock) {
        for at in 0..self.causes.len() {
            if let Cause::Event(cause, kind) = self.causes[at] {
                self.learn(cause, kind).add_to(clock);
            }
        }
    }

    fn learn_at_issue(&mut self, event: Event, rank: usize, op: &Op) {
        if !self.edges.has(EdgeKind::Program) {
            self.ranks[rank].clock.clear();
        }
        for at in 0..self.causes.len() {
            match self.causes[at] {
                Cause::Event(_, EdgeKind::Program | EdgeKind::Barrier) => {}
                Cause::Event(cause, kind) => {
                    let news = self.learn(cause, kind);
                    news.add_to(&mut self.ranks[rank].clock);
                    self.note_arrival(rank, op, cause, kind);
                }
                Cause::Shared { .. } => {}
                Cause::Semaphore { semaphore, value, .. } => {
                    self.learn_semaphore(rank, (Rank(rank as u32), semaphore), value, event.op);
                }
            }
        }
        if let Op::Sync(SyncOp::Barrier { number }) = op
            && self.edges.has(EdgeKind::Barrier)
        {
            let all = self.at_barrier(*number);
            self.ranks[rank].clock.join(&all);
        }
    }

    fn learn_semaphore(&mut self, rank: usize, name: semaphores::Name, value: u32, wait: u32) {
        let others = self.passing.take().map_or_else(|| Some(Vec::new()), |passing| passing.others);
        let mut clock = self.ranks[rank].clock.clone();
        let work = self.semaphores.wait(name, value, wait, others.as_deref(), &mut clock);
        self.budget.spend(work);
        if self.edges.has(EdgeKind::Semaphore) {
            self.ranks[rank].clock = clock;
        }
    }

    /// What an event adds. Of the own rank's ops only their end is news: a sequencer knows what it knew.
    fn learn(&mut self, cause: Event, kind: EdgeKind) -> News {
        let had = self.retained.take(self.graph, cause.op, kind);
        self.news(had, cause, kind)
    }

    fn news(&self, had: Option<Clock>, cause: Event, kind: EdgeKind) -> News {
        let mut news = News { had, ended: None };
        let is_news = match kind {
            EdgeKind::Program
            | EdgeKind::Queue
            | EdgeKind::Barrier
            | EdgeKind::Semaphore
            | EdgeKind::Commit
            | EdgeKind::Shared => false,
            EdgeKind::Wait | EdgeKind::Hold | EdgeKind::Message | EdgeKind::Credit => self.edges.has(kind),
        };
        if !is_news {
            return News { had: None, ended: None };
        }
        if kind != EdgeKind::Message || !self.reads_on(cause.op) {
            news.ended = self.ended(cause.op);
        }
        news
    }

    /// Whether a message of the op may be there before its end: a multicast still reads its tile for another member.
    fn reads_on(&self, op: u32) -> bool {
        let (rank, index) = self.graph.op(op);
        matches!(self.graph.program.op(rank, index), Op::Send(SendOp::Multicast { .. }))
    }

    /// How the end of an op is counted, if it is in its queue.
    fn ended(&self, op: u32) -> Option<(u32, u32)> {
        let class = self.graph.class(op);
        let is_counted =
            matches!(class, Class::Unit | Class::Send | Class::RecvCopy | Class::Pass | Class::Commit);
        let (rank, _) = self.graph.op(op);
        let touch = self.lanes.touch(self.graph, rank, op)?;
        (is_counted && touch.queue != lanes::NONE).then_some((touch.queue, touch.number + 1))
    }

    /// Adds what a walk that goes on from here learns of an event that has happened.
    fn know(&self, cause: Event, kind: EdgeKind, clock: &mut Clock) {
        if kind == EdgeKind::Queue && self.graph.class(cause.op) == Class::Send && self.edges.has(kind) {
            let (rank, _) = self.graph.op(cause.op);
            clock.join(&self.ranks[rank.index()].sent);
        }
        self.news(self.retained.peek(self.graph, cause.op, kind), cause, kind).add_to(clock);
    }

    /// What everybody knows at a barrier; found when the first rank passes it, and all others stand before it.
    fn at_barrier(&mut self, number: u32) -> Clock {
        if let Some(all) = self.barriers.get(&number) {
            return all.clone();
        }
        let mut all = self.ranks[0].clock.clone();
        for (rank, state) in self.ranks.iter().enumerate() {
            all.join(&state.clock);
            all.raise(sequencer(Rank(rank as u32)), state.next);
        }
        self.barriers.insert(number, all.clone());
        all
    }

    fn happen(&mut self, event: Event) {
        self.happened[event.op as usize] |= 1 << event.phase as u8;
    }
    fn has_happened(&self, event: Event) -> bool {
        self.happened[event.op as usize] & (1 << event.phase as u8) != 0
    }
}
