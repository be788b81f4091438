//! The state of a run without a clock, and its rules.

use std::collections::{BTreeMap, VecDeque};

use machine::QueueModel;
use order::Holds;
use program::op::SemaphoreId;
use program::program::Flow;
use program::{Message, Op, OpIndex, Program, QueueOp, Rank, RecvOp, Stage, SyncOp};

use super::buffers::Queues;
use super::counts::{firsts, messages_of, place, receivers};
use super::{Need, Outcome, Stop, Waits};

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
    pub(super) holds: &'a Holds,
    fifo_depth: usize,
    /// On a machine with command queues.
    pub(super) queues: Option<Queues>,
    /// The number of the first op of each rank, and of the first message of each ring.
    first_op: Vec<usize>,
    first_message: Vec<usize>,
    ranks: Vec<RankState>,
    /// By op.
    pub(super) done: Vec<bool>,
    /// By message.
    arrived: Vec<bool>,
    released: Vec<bool>,
    receiver: Vec<Option<OpIndex>>,
    /// Ranks that reached each barrier.
    barriers: BTreeMap<u32, u32>,
    effects: BTreeMap<usize, Vec<Pending>>,
    pub(super) work: Vec<Work>,
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
        holds: &'a Holds,
        fifo_depth: u32,
        queues: Option<QueueModel>,
    ) -> Run<'a> {
        let first_op = firsts(program.ranks.iter().map(|rank| rank.ops.len()));
        let first_message = firsts(messages_of(program).into_iter());
        let n_messages = first_message.last().copied().unwrap_or(0);
        let ranks = program.ranks.iter().map(|rank| RankState {
            semaphores: vec![0; rank.n_semaphores as usize],
            ..RankState::default()
        });
        Run {
            program,
            holds,
            fifo_depth: fifo_depth as usize,
            queues: queues.map(|model| Queues::of(program, model)),
            done: vec![false; program.n_ops()],
            arrived: vec![false; n_messages],
            released: vec![false; n_messages],
            receiver: receivers(program, &first_message),
            ranks: ranks.collect(),
            first_op,
            first_message,
            barriers: BTreeMap::new(),
            effects: BTreeMap::new(),
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
        match op {
            Op::Sync(SyncOp::Release { .. } | SyncOp::Signal { .. }) => {
                self.work.push(Work::Effect(Pending { rank, op: index, seen: 0 }));
                return Ok(());
            }
            Op::Send(_) => {
                self.held(rank, self.holds.of(self.number(rank, index)))?;
                return self.enqueue(rank, index);
            }
            Op::Recv(RecvOp::RecvAsync { message, .. }) if !self.has_arrived(*message) => return Ok(()),
            Op::Recv(RecvOp::Recv { message, .. }) => self.arrival(*message)?,
            Op::Recv(RecvOp::RecvCopy { .. } | RecvOp::RecvReduce { .. }) => {
                self.held(rank, self.holds.of(self.number(rank, index)))?;
                op.consumes().iter().try_for_each(|&message| self.arrival(message))?;
                op.consumes().iter().for_each(|&message| self.give_back(message));
            }
            Op::Sync(SyncOp::Wait { on }) => self.held(rank, on)?,
            Op::Sync(SyncOp::Barrier { number }) => self.barrier(rank, *number)?,
            Op::Sync(SyncOp::WaitGe { semaphore, value }) => self.reached(rank, *semaphore, *value)?,
            Op::Queue(QueueOp::Commit {} | QueueOp::EventSignal { .. } | QueueOp::EventWait { .. }) => {
                unreachable!("only a machine with command queues takes them")
            }
            Op::Move(_)
            | Op::Compute(_)
            | Op::Recv(RecvOp::RecvAsync { .. })
            | Op::Time(_)
            | Op::Note(_)
            | Op::Queue(QueueOp::HostCopy { .. }) => {
                self.held(rank, self.holds.of(self.number(rank, index)))?
            }
        }
        self.finish(rank, index);
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
        place(&self.first_message, message).is_some_and(|place| self.arrived[place])
    }
    fn arrival(&self, message: Message) -> Result<(), Need> {
        if self.has_arrived(message) { Ok(()) } else { Err(Need::Message(message)) }
    }

    fn reached(&self, rank: Rank, semaphore: SemaphoreId, value: u32) -> Result<(), Need> {
        let now = self.ranks[rank.index()].semaphores[semaphore.index()];
        if now >= u64::from(value) { Ok(()) } else { Err(Need::Semaphore(semaphore, value)) }
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
        let ring = &self.program.rings[message.ring.index()];
        if ring.flow == Flow::None {
            return None;
        }
        let holder = Message { number: message.number.checked_sub(ring.n_slots)?, ..message };
        (!self.released[self.place(holder)]).then_some(holder)
    }

    fn arrive(&mut self, message: Message) {
        let place = self.place(message);
        self.arrived[place] = true;
        let consumer = self.program.rings[message.ring.index()].consumer;
        if let Some(op) = self.receiver[place]
            && op.index() < self.ranks[consumer.index()].next
        {
            // A receive that did not hold.
            self.finish(consumer, op);
        }
        self.wake(consumer, |need| need == Need::Message(message));
    }

    fn give_back(&mut self, message: Message) {
        // One that was never sent holds no slot.
        let Some(place) = place(&self.first_message, message) else { return };
        self.released[place] = true;
        self.work.push(Work::Sends(self.program.rings[message.ring.index()].producer));
    }

    /// Completes a release or signal if all it waits for is done.
    fn take_effect(&mut self, mut pending: Pending) {
        let Pending { rank, op, .. } = pending;
        let program = self.program;
        let op_itself = program.op(rank, op);
        let held = self.holds.of(self.number(rank, op));
        let list = if let Op::Sync(SyncOp::Signal { after, .. }) = op_itself { after } else { held };
        while let Some(&earlier) = list.get(pending.seen) {
            let number = self.number(rank, earlier);
            if !self.done[number] {
                self.effects.entry(number).or_default().push(pending);
                return;
            }
            pending.seen += 1;
        }
        self.finish(rank, op);
        if let Op::Sync(SyncOp::Signal { semaphore, to, amount, .. }) = op_itself {
            let value = &mut self.ranks[to.index()].semaphores[semaphore.index()];
            *value = value.saturating_add(u64::from(*amount));
            self.wake(*to, |need| matches!(need, Need::Semaphore(..)));
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
        place(&self.first_message, message).expect("a message that is sent has a place")
    }
    /// The first message that holds a slot which a send needs: a multicast takes all of its slots at once.
    fn no_credit(&self, rank: Rank, send: OpIndex) -> Option<Message> {
        self.program.op(rank, send).sends().iter().find_map(|&message| self.slot_holder(message))
    }
}
