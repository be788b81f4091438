//! The state of a run without a clock, and its rules.

use std::collections::{BTreeMap, VecDeque};

use machine::QueueModel;
use order::{Dependencies, Gate, MessageIndex};
use program::op::{Growth, SemaphoreId};
use program::{Message, Op, OpIndex, Program, Rank, RecvOp, Stage, SyncOp};

use super::buffers::Queues;
use super::{Need, Outcome, Stop, Waits};
use crate::counts::Levels;

/// Something that can be tried now.
pub(super) enum Work {
    Sequencer(Rank),
    /// The send queue of a rank.
    Sends(Rank),
    /// A release or signal, from this op of its list on.
    Effect(Pending),
    /// A command buffer of a rank, from where it stands on.
    Buffer(Rank, usize),
}

/// A release or signal that waits for earlier ops of its rank, of which `seen` are done.
#[derive(Clone, Copy)]
pub(super) struct Pending {
    rank: Rank,
    op: OpIndex,
    seen: usize,
}

pub(super) struct Run<'a> {
    pub(super) program: &'a Program,
    pub(super) dependencies: &'a Dependencies,
    fifo_depth: usize,
    /// On a machine with command queues.
    pub(super) queues: Option<Queues>,
    /// The number of the first op of each rank.
    first_op: Vec<usize>,
    index: MessageIndex,
    ranks: Vec<RankState>,
    /// By op.
    pub(super) done: Vec<bool>,
    /// By message.
    arrived: Vec<bool>,
    released: Vec<bool>,
    /// Ranks that reached each barrier.
    barriers: BTreeMap<u32, u32>,
    effects: BTreeMap<usize, Vec<Pending>>,
    pub(super) work: Vec<Work>,
    /// Where the values of semaphores are looked for; else the counts that waits have.
    pub(super) levels: Option<Levels>,
}

#[derive(Default)]
struct RankState {
    next: usize,
    /// Of the ops that the next one waits for, those known to be done.
    seen: usize,
    waits: Option<Need>,
    at_barrier: bool,
    sends: VecDeque<OpIndex>,
    semaphores: Vec<u64>,
}

impl<'a> Run<'a> {
    pub fn of(
        program: &'a Program,
        dependencies: &'a Dependencies,
        fifo_depth: u32,
        queues: Option<QueueModel>,
    ) -> Run<'a> {
        let (first_op, index) = (program.first_ops(), MessageIndex::of(program));
        let n_messages = index.n_messages();
        let ranks = program.ranks.iter().map(|rank| RankState {
            semaphores: vec![0; rank.n_semaphores as usize],
            ..RankState::default()
        });
        Run {
            program,
            dependencies,
            fifo_depth: fifo_depth as usize,
            queues: queues.map(|model| Queues::of(program, model)),
            done: vec![false; program.n_ops()],
            arrived: vec![false; n_messages],
            released: vec![false; n_messages],
            ranks: ranks.collect(),
            first_op,
            index,
            barriers: BTreeMap::new(),
            effects: BTreeMap::new(),
            levels: None,
            work: (0..program.n_ranks()).rev().map(|rank| Work::Sequencer(Rank(rank))).collect(),
        }
    }

    pub fn exhaust(&mut self) {
        while let Some(work) = self.work.pop() {
            match work {
                Work::Sequencer(rank) => self.sequence(rank),
                Work::Sends(rank) => self.send(rank),
                Work::Effect(pending) => self.take_effect(pending),
                Work::Buffer(rank, buffer) => self.walk_buffer(rank, buffer),
            }
        }
    }

    pub fn outcome(&self) -> Outcome {
        let mut waits = Vec::new();
        for (index, state) in self.ranks.iter().enumerate() {
            let rank = Rank(index as u32);
            if let Some(on) = state.waits {
                waits.push(Waits { rank, op: OpIndex(state.next as u32), on });
            }
            if let Some(&op) = state.sends.front() {
                let on = self.no_credit(rank, op).expect("only a credit holds a send");
                waits.push(Waits { rank, op, on: Need::Credit(on) });
            }
            waits.extend(self.stuck_buffers(rank));
        }
        if waits.is_empty() {
            return Outcome::Finished;
        }
        let at = self.ranks.iter().map(|state| OpIndex(state.next as u32)).collect();
        Outcome::Stuck(Stop { waits, at, done: self.done.clone() })
    }

    /// Issues ops of a rank until one must wait.
    fn sequence(&mut self, rank: Rank) {
        let program = self.program;
        let ops = &program.rank(rank).ops;
        while let Some(op) = ops.get(self.ranks[rank.index()].next) {
            let index = OpIndex(self.ranks[rank.index()].next as u32);
            if let Err(need) = self.issue(rank, index, op) {
                self.ranks[rank.index()].waits = Some(need);
                return;
            }
            let state = &mut self.ranks[rank.index()];
            (state.next, state.seen, state.at_barrier) = (state.next + 1, 0, false);
        }
    }

    fn issue(&mut self, rank: Rank, index: OpIndex, op: &Op) -> Result<(), Need> {
        if self.queues.is_some() && op.stage() != Stage::Host {
            self.encode(rank, op);
            return Ok(());
        }
        let dependencies = self.dependencies.of(self.number(rank, index));
        match Gate::of(op) {
            Gate::Open => {}
            Gate::Dependencies => self.held(rank, dependencies)?,
            Gate::Arrival(messages) => messages.iter().try_for_each(|&message| self.arrival(message))?,
            Gate::ArrivalAndDependencies(messages) => {
                self.held(rank, dependencies)?;
                messages.iter().try_for_each(|&message| self.arrival(message))?;
            }
            Gate::Ops(on) => self.held(rank, on)?,
            Gate::Barrier(number) => self.barrier(rank, number)?,
            Gate::Semaphore(semaphore, value) => self.reached((rank, index), op, semaphore, value)?,
        }
        if let Op::Sync(SyncOp::SemaphoreSet { semaphore, value }) = op {
            let signalled = self.signalled(rank, *semaphore);
            self.levels.iter_mut().for_each(|levels| levels.set((rank, *semaphore), *value, signalled));
        }
        if let Op::Sync(SyncOp::Release { .. } | SyncOp::Signal { .. } | SyncOp::SignalSet { .. }) = op {
            self.work.push(Work::Effect(Pending { rank, op: index, seen: 0 }));
        } else if !op.sends().is_empty() {
            self.enqueue(rank, index)?;
        } else if !matches!(op, Op::Recv(RecvOp::RecvAsync { message, .. }) if !self.has_arrived(*message)) {
            op.consumes().iter().for_each(|&message| self.give_back(message));
            self.finish(rank, index);
        }
        Ok(())
    }

    /// Whether all these ops are done; the list is walked once, however often the rank must wait.
    fn held(&mut self, rank: Rank, list: &[OpIndex]) -> Result<(), Need> {
        let first = self.first_op[rank.index()];
        let state = &mut self.ranks[rank.index()];
        while let Some(&op) = list.get(state.seen) {
            if !self.done[first + op.index()] {
                return Err(Need::Op(op));
            }
            state.seen += 1;
        }
        Ok(())
    }

    fn has_arrived(&self, message: Message) -> bool {
        self.index.place(message).is_some_and(|place| self.arrived[place])
    }
    fn arrival(&self, message: Message) -> Result<(), Need> {
        if self.has_arrived(message) { Ok(()) } else { Err(Need::Message(message)) }
    }

    fn signalled(&self, rank: Rank, semaphore: SemaphoreId) -> u64 {
        self.ranks[rank.index()].semaphores[semaphore.index()]
    }

    fn reached(
        &mut self,
        at: (Rank, OpIndex),
        op: &Op,
        semaphore: SemaphoreId,
        value: u32,
    ) -> Result<(), Need> {
        let now = self.signalled(at.0, semaphore);
        let is_over = match &mut self.levels {
            None => now >= u64::from(value),
            Some(levels) => levels.is_over(at, op, now),
        };
        if is_over { Ok(()) } else { Err(Need::Semaphore(semaphore, value)) }
    }

    fn barrier(&mut self, rank: Rank, number: u32) -> Result<(), Need> {
        let arrived = self.barriers.entry(number).or_default();
        let first_try = !std::mem::replace(&mut self.ranks[rank.index()].at_barrier, true);
        *arrived += u32::from(first_try);
        if *arrived < self.program.n_ranks() {
            return Err(Need::Barrier(number));
        }
        if first_try {
            for other in 0..self.program.n_ranks() {
                self.wake(Rank(other), |need| need == Need::Barrier(number));
            }
        }
        Ok(())
    }

    fn enqueue(&mut self, rank: Rank, op: OpIndex) -> Result<(), Need> {
        let queue = &mut self.ranks[rank.index()].sends;
        if queue.len() > self.fifo_depth {
            return Err(Need::Queue);
        }
        queue.push_back(op);
        self.work.push(Work::Sends(rank));
        Ok(())
    }

    /// Sends from the head of a queue while there are slots.
    fn send(&mut self, rank: Rank) {
        while let Some(&op) = self.ranks[rank.index()].sends.front() {
            if self.no_credit(rank, op).is_some() {
                return;
            }
            self.ranks[rank.index()].sends.pop_front();
            self.finish(rank, op);
            self.wake(rank, |need| need == Need::Queue);
            self.program.op(rank, op).sends().iter().for_each(|&message| self.arrive(message));
        }
    }

    /// The message that still holds the slot `message` needs.
    fn slot_holder(&self, message: Message) -> Option<Message> {
        let holder = self.program.rings[message.ring.index()].slot_taken_from(message)?;
        (!self.released[self.place(holder)]).then_some(holder)
    }

    fn arrive(&mut self, message: Message) {
        let place = self.place(message);
        self.arrived[place] = true;
        let consumer = self.program.rings[message.ring.index()].consumer;
        if let Some(op) = self.receive_that_does_not_hold(consumer, message)
            && op.index() < self.ranks[consumer.index()].next
        {
            self.finish(consumer, op);
        }
        self.wake(consumer, |need| need == Need::Message(message));
    }

    fn receive_that_does_not_hold(&self, consumer: Rank, message: Message) -> Option<OpIndex> {
        let receive = self.index.receiver(message)? as usize;
        let op = OpIndex(receive.checked_sub(self.first_op[consumer.index()])? as u32);
        matches!(self.program.op(consumer, op), Op::Recv(RecvOp::RecvAsync { .. })).then_some(op)
    }

    fn give_back(&mut self, message: Message) {
        // One that was never sent holds no slot.
        let Some(place) = self.index.place(message) else { return };
        self.released[place] = true;
        self.work.push(Work::Sends(self.program.rings[message.ring.index()].producer));
    }

    /// Completes a release or signal if all it waits for is done.
    fn take_effect(&mut self, mut pending: Pending) {
        let Pending { rank, op, .. } = pending;
        let program = self.program;
        let op_itself = program.op(rank, op);
        let held = self.dependencies.of(self.number(rank, op));
        let list = op_itself.signals_after().unwrap_or(held);
        while let Some(&earlier) = list.get(pending.seen) {
            let number = self.number(rank, earlier);
            if !self.done[number] {
                self.effects.entry(number).or_default().push(pending);
                return;
            }
            pending.seen += 1;
        }
        self.finish(rank, op);
        if let Some(Growth { to, semaphore, amount }) = op_itself.growth() {
            let signalled = self.signalled(to, semaphore);
            let amount = match (&mut self.levels, op_itself) {
                (Some(levels), Op::Sync(SyncOp::SignalSet { set })) => {
                    levels.signal_set((rank, op), (to, semaphore), set.value, signalled)
                }
                (_, _) => u64::from(amount),
            };
            self.ranks[to.index()].semaphores[semaphore.index()] = signalled.saturating_add(amount);
            self.wake(to, |need| matches!(need, Need::Semaphore(..)));
        }
        if let Op::Sync(SyncOp::Release { message, .. }) = op_itself {
            self.give_back(*message);
        }
    }

    pub(super) fn finish(&mut self, rank: Rank, op: OpIndex) {
        let number = self.number(rank, op);
        self.done[number] = true;
        self.wake(rank, |need| need == Need::Op(op));
        for pending in self.effects.remove(&number).into_iter().flatten() {
            self.work.push(Work::Effect(pending));
        }
        self.resume_tracked(number);
    }

    fn wake(&mut self, rank: Rank, what: impl FnOnce(Need) -> bool) {
        let state = &mut self.ranks[rank.index()];
        if state.waits.is_some_and(what) {
            state.waits = None;
            self.work.push(Work::Sequencer(rank));
        }
    }

    pub(super) fn number(&self, rank: Rank, op: OpIndex) -> usize {
        self.first_op[rank.index()] + op.index()
    }
    /// The place of a message that is sent.
    fn place(&self, message: Message) -> usize {
        self.index.place(message).expect("a message that is sent has a place")
    }
    /// The first message that holds a slot which a send needs: a multicast takes all of its slots at once.
    fn no_credit(&self, rank: Rank, send: OpIndex) -> Option<Message> {
        self.program.op(rank, send).sends().iter().find_map(|&message| self.slot_holder(message))
    }
}
