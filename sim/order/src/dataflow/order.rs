//! Program order across ranks: the ops of a rank in turn, send before receive, barriers, and signals, of semaphores and
//! events, that every way to satisfy a wait needs.
//!
//! It is coarser than the event graph on purpose, because the structure digest names what follows from it. It treats the
//! ops of one rank as ordered, as the identity read rule does, and it knows no slots: a program with more of them is the
//! same program. Whether the hardware keeps this order is a question for the hazard checks.

use std::collections::BTreeMap;

use program::op::{Growth, SemaphoreId};
use program::{Base, Message, Op, OpIndex, Program, QueueOp, Rank, RecvOp};

use super::events::Events;
use crate::{Clock, Gate};

/// Position of an op in the order.
#[derive(Clone, Debug)]
pub struct Stamp {
    pub rank: Rank,
    pub op: OpIndex,
    /// What came before it: of each rank, how many of its ops. What it says of its own rank is never asked for.
    pub clock: Clock,
}

impl Stamp {
    pub fn before(&self, other: &Stamp) -> bool {
        if self.rank == other.rank { self.op < other.op } else { self.op.0 < other.clock.get(self.rank.0) }
    }
}

impl Stamp {
    /// Ops that come before every successor of this op.
    pub fn known(&self) -> Clock {
        let mut known = self.clock.clone();
        known.raise(self.rank.0, self.op.0 + 1);
        known
    }
}

/// Visits every op after all that happened before it.
pub fn walk(program: &Program, mut visit: impl FnMut(&Stamp, &Op)) {
    let mut order = ProgramOrder::new(program);
    loop {
        let mut moved = false;
        for rank in 0..program.ranks.len() {
            while order.step(rank, false, &mut visit) {
                moved = true;
            }
        }
        // A program that cannot finish is refused elsewhere; here it must only not go on for ever.
        if !moved && !(0..program.ranks.len()).any(|rank| order.step(rank, true, &mut visit)) {
            return;
        }
    }
}

/// The signals one rank sends to one semaphore, in order.
#[derive(Default)]
struct Signals {
    /// How much this and all later ones of the rank add.
    remaining: Vec<u64>,
    /// Those already walked.
    sent: Vec<Stamp>,
}

/// A semaphore while the program is walked.
#[derive(Default)]
struct Semaphore {
    value: u64,
    total: u64,
    by_rank: BTreeMap<Rank, Signals>,
}

struct ProgramOrder<'a> {
    program: &'a Program,
    next: Vec<usize>,
    clocks: Vec<Clock>,
    /// Messages sent and not yet joined by their consumer.
    sent: BTreeMap<Message, Stamp>,
    /// Receives that did not hold their sequencer: by consumer and op, and the other way round.
    pending: BTreeMap<(usize, OpIndex), Message>,
    receives: BTreeMap<Message, (usize, OpIndex)>,
    /// By number: each rank as it reached the barrier.
    barriers: BTreeMap<u32, BTreeMap<usize, Stamp>>,
    semaphores: BTreeMap<(Rank, SemaphoreId), Semaphore>,
    events: Events,
}

impl<'a> ProgramOrder<'a> {
    fn new(program: &'a Program) -> ProgramOrder<'a> {
        let ranks = program.ranks.len();
        ProgramOrder {
            program,
            next: vec![0; ranks],
            clocks: vec![Clock::new(ranks); ranks],
            sent: BTreeMap::new(),
            pending: BTreeMap::new(),
            receives: BTreeMap::new(),
            barriers: BTreeMap::new(),
            semaphores: semaphores(program),
            events: Events::of(program),
        }
    }

    /// Walks the next op of a rank if it need not wait, or in any case when forced.
    fn step(&mut self, rank: usize, forced: bool, visit: &mut impl FnMut(&Stamp, &Op)) -> bool {
        let Some(op) = self.program.ranks[rank].ops.get(self.next[rank]) else { return false };
        let index = OpIndex(self.next[rank] as u32);
        if !self.ready(rank, op) && !forced {
            return false;
        }
        self.join_what_it_waited_for(rank, op);
        let stamp = Stamp { rank: Rank(rank as u32), op: index, clock: self.clocks[rank].clone() };
        visit(&stamp, op);
        self.leave(stamp, op);
        self.next[rank] += 1;
        true
    }

    fn ready(&mut self, rank: usize, op: &Op) -> bool {
        match Gate::of(op) {
            Gate::Arrival(messages) | Gate::ArrivalAndDependencies(messages) => {
                messages.iter().all(|message| self.sent.contains_key(message))
            }
            Gate::Ops(on) => {
                let messages = on.iter().filter_map(|op| self.pending.get(&(rank, *op)));
                messages.into_iter().all(|message| self.sent.contains_key(message))
            }
            Gate::Barrier(number) => {
                let (op, clock) = (OpIndex(self.next[rank] as u32), self.clocks[rank].clone());
                let arrived = self.barriers.entry(number).or_default();
                arrived.entry(rank).or_insert(Stamp { rank: Rank(rank as u32), op, clock });
                arrived.len() == self.program.ranks.len()
            }
            Gate::Semaphore(semaphore, value) => {
                let found = self.semaphores.get(&(Rank(rank as u32), semaphore));
                found.map_or(0, |s| s.value) >= u64::from(value)
            }
            Gate::Open | Gate::Dependencies => {
                if let Op::Queue(QueueOp::EventWait { event, value }) = op {
                    return self.events.reached(*event, *value);
                }
                self.unwaited(rank, op).iter().all(|message| self.sent.contains_key(message))
            }
        }
    }

    /// Messages that the op reads in place although no op waited for them: reading them orders it too.
    fn unwaited(&self, rank: usize, op: &Op) -> Vec<Message> {
        let of_view = |view: program::ViewId| match self.program.ranks[rank].views[view.index()].base {
            Base::Message(message) => Some(message),
            Base::Buffer(_) | Base::Tensor(_) => None,
        };
        let waiting = |message: &Message| self.receives.get(message).is_some_and(|(by, _)| *by == rank);
        op.access().reads().filter_map(of_view).filter(waiting).collect()
    }

    fn join_what_it_waited_for(&mut self, rank: usize, op: &Op) {
        match Gate::of(op) {
            Gate::Arrival(messages) | Gate::ArrivalAndDependencies(messages) => {
                messages.iter().for_each(|&message| self.join_message(rank, message));
            }
            Gate::Ops(on) => {
                for op in on {
                    if let Some(message) = self.pending.remove(&(rank, *op)) {
                        self.receives.remove(&message);
                        self.join_message(rank, message);
                    }
                }
            }
            Gate::Barrier(number) => self.join_barrier(rank, number),
            Gate::Semaphore(semaphore, value) => self.join_semaphore(rank, semaphore, u64::from(value)),
            Gate::Open | Gate::Dependencies => self.join_what_it_reads_or_awaits(rank, op),
        }
    }

    fn join_what_it_reads_or_awaits(&mut self, rank: usize, op: &Op) {
        if let Op::Queue(QueueOp::EventWait { event, value }) = op {
            if let Some(clock) = self.events.certain(rank, *event, *value) {
                self.clocks[rank].join(&clock);
            }
            return;
        }
        for message in self.unwaited(rank, op) {
            if let Some(receive) = self.receives.remove(&message) {
                self.pending.remove(&receive);
            }
            self.join_message(rank, message);
        }
    }

    fn join_message(&mut self, rank: usize, message: Message) {
        if let Some(stamp) = self.sent.remove(&message) {
            self.join(rank, &stamp);
        }
    }

    /// Everything before the barrier, on every rank, comes before what follows it on this one.
    fn join_barrier(&mut self, rank: usize, number: u32) {
        let arrived = self.barriers.get(&number).cloned().unwrap_or_default();
        for stamp in arrived.values() {
            self.join(rank, stamp);
        }
    }

    /// A signal certainly came first when the wait cannot be satisfied without it and what follows it on its
    /// own rank.
    fn join_semaphore(&mut self, rank: usize, semaphore: SemaphoreId, value: u64) {
        let Some(semaphore) = self.semaphores.get(&(Rank(rank as u32), semaphore)) else { return };
        let needed = |signals: &Signals| {
            let spare = semaphore.total.saturating_sub(value);
            let last =
                signals.remaining[..signals.sent.len()].iter().rposition(|&remaining| remaining > spare);
            last.map(|last| signals.sent[last].clone())
        };
        let stamps: Vec<Stamp> = semaphore.by_rank.values().filter_map(needed).collect();
        for stamp in stamps {
            self.join(rank, &stamp);
        }
    }

    fn join(&mut self, rank: usize, stamp: &Stamp) {
        if stamp.rank.index() != rank {
            self.clocks[rank].join(&stamp.known());
        }
    }

    fn leave(&mut self, stamp: Stamp, op: &Op) {
        if !op.sends().is_empty() {
            self.sent.extend(op.sends().iter().map(|&message| (message, stamp.clone())));
        } else if let Op::Recv(RecvOp::RecvAsync { message, .. }) = op {
            let receive = (stamp.rank.index(), stamp.op);
            self.pending.insert(receive, *message);
            self.receives.insert(*message, receive);
        } else if let Some(Growth { to, semaphore, amount }) = op.growth() {
            let semaphore = self.semaphores.entry((to, semaphore)).or_default();
            semaphore.value += u64::from(amount);
            semaphore.by_rank.entry(stamp.rank).or_default().sent.push(stamp);
        } else if let Op::Queue(QueueOp::EventSignal { event, value }) = op {
            self.events.signal(*event, *value, &stamp);
        }
    }
}

fn semaphores(program: &Program) -> BTreeMap<(Rank, SemaphoreId), Semaphore> {
    let mut semaphores: BTreeMap<(Rank, SemaphoreId), Semaphore> = BTreeMap::new();
    for (rank, ops) in program.ranks.iter().map(|r| &r.ops).enumerate() {
        for op in ops.iter().rev() {
            if let Some(Growth { to, semaphore, amount }) = op.growth() {
                let semaphore = semaphores.entry((to, semaphore)).or_default();
                semaphore.total += u64::from(amount);
                let remaining = &mut semaphore.by_rank.entry(Rank(rank as u32)).or_default().remaining;
                remaining.push(remaining.last().copied().unwrap_or(0) + u64::from(amount));
            }
        }
    }
    for signals in semaphores.values_mut().flat_map(|s| s.by_rank.values_mut()) {
        signals.remaining.reverse();
    }
    semaphores
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
