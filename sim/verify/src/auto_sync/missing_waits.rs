//! Waits that an explicit machine still needs, for every op of a program. The programs of all ranks are followed at once,
//! each as far as it may go. A message tells its receiver what its sender knew, and that the slot it took had been given
//! back; so a rank may know that its own send is done without having waited for it.
//!
//! Semaphores tell nothing here, nor does the end of a send that was waited for tell what its receiver knew: in
//! rare programs a wait is inserted that these would have spared.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use machine::Machine;
use order::queue::{Queue, QueueAssigner, SEQUENCER, n_queues};
use order::{Dependencies, Gate};
use program::{Message, Op, OpIndex, Program, Rank, SendOp, SyncOp};

use super::known::Known;
use super::shared::Shared;

pub(super) struct MissingWaits<'a> {
    program: &'a Program,
    dependencies: &'a Dependencies,
    ranks: Vec<RankState>,
    /// What the receiver of a message that is under way will know.
    sent: BTreeMap<Message, Known>,
    /// What the sender that takes the slot of this message next will know.
    freed: BTreeMap<Message, Known>,
    /// What those who are at a barrier know, and how many they are.
    barriers: BTreeMap<u32, (u32, Known)>,
}

struct RankState {
    /// The global number of its first op.
    first: usize,
    queues: Vec<Queue>,
    /// By op: the newest one of its queue so far whose end others may have to know.
    shown: Vec<Option<OpIndex>>,
    next: usize,
    at_barrier: bool,
    known: Known,
    /// The sequencer's own ops that were waited for.
    waited: BTreeSet<OpIndex>,
    /// Sends that wait for slots, with what was known when they were issued.
    sends: VecDeque<(OpIndex, Known)>,
    /// What is known when the newest send is done.
    last_sent: Known,
    /// By op.
    lists: Vec<Vec<OpIndex>>,
}

impl<'a> MissingWaits<'a> {
    pub fn of(program: &'a Program, machine: &Machine, dependencies: &'a Dependencies) -> MissingWaits<'a> {
        let n_queues = n_queues(program, machine);
        let nothing = Known::nothing(program.n_ranks(), n_queues);
        let (mut first, shared) = (0, Shared::of(program));
        let ranks = program.ranks.iter().map(|rank| {
            let mut assigner = QueueAssigner::of(machine);
            let queues: Vec<Queue> = rank.ops.iter().map(|op| assigner.assign(op)).collect();
            let state = RankState {
                first,
                shown: shared.shown(rank, &queues),
                queues,
                next: 0,
                at_barrier: false,
                known: nothing.clone(),
                waited: BTreeSet::new(),
                sends: VecDeque::new(),
                last_sent: nothing.clone(),
                lists: Vec::with_capacity(rank.ops.len()),
            };
            first += rank.ops.len();
            state
        });
        let ranks = ranks.collect();
        MissingWaits {
            program,
            dependencies,
            ranks,
            sent: BTreeMap::new(),
            freed: BTreeMap::new(),
            barriers: BTreeMap::new(),
        }
    }

    /// By rank and op, the earlier ops of the rank for which it needs a wait.
    pub fn run(mut self) -> Vec<Vec<Vec<OpIndex>>> {
        let mut moves = true;
        while moves {
            moves = false;
            for rank in (0..self.program.n_ranks()).map(Rank) {
                moves |= self.advance(rank);
                moves |= self.send(rank);
            }
        }
        let lists = self.ranks.into_iter().zip(&self.program.ranks).map(|(state, rank)| {
            assert_eq!(
                state.lists.len(),
                rank.ops.len(),
                "a program that finishes interlocked is walked to its end"
            );
            state.lists
        });
        lists.collect()
    }

    /// Goes on until a message or a barrier must be waited for.
    fn advance(&mut self, rank: Rank) -> bool {
        let from = self.state(rank).next;
        while let Some(op) = self.program.rank(rank).ops.get(self.state(rank).next) {
            if !self.arrives(rank, op) {
                break;
            }
            self.pass(rank, op);
            let state = self.state(rank);
            (state.next, state.at_barrier) = (state.next + 1, false);
        }
        self.state(rank).next > from
    }

    /// Whether what the sequencer must wait for has happened; what it tells is known from now on.
    fn arrives(&mut self, rank: Rank, op: &Op) -> bool {
        let gate = Gate::of(op);
        if let Gate::Barrier(number) = gate {
            let Some(told) = self.barrier(rank, number) else { return false };
            self.state(rank).known.learn_all(&told);
            return true;
        }
        let messages = gate.messages();
        let all = messages.iter().all(|message| self.sent.contains_key(message));
        for message in messages.iter().filter(|_| all) {
            let told = self.sent.remove(message).expect("it has been sent");
            self.state(rank).known.learn_all(&told);
        }
        all
    }

    fn barrier(&mut self, rank: Rank, number: u32) -> Option<Known> {
        let state = &mut self.ranks[rank.index()];
        let known = state.known.clone();
        let (reached, told) = self.barriers.entry(number).or_insert_with(|| (0, known.clone()));
        if !std::mem::replace(&mut state.at_barrier, true) {
            *reached += 1;
            told.learn_all(&known);
        }
        (*reached == self.program.n_ranks()).then(|| told.clone())
    }

    /// Notes what the op lacks, and what is known after it.
    fn pass(&mut self, rank: Rank, op: &Op) {
        let state = &mut self.ranks[rank.index()];
        let (index, queue) = (OpIndex(state.next as u32), state.queues[state.next]);
        let held = self.dependencies.of(state.first + index.index());
        if let Op::Sync(SyncOp::Release { message, after }) = op {
            let list = state.lacks(rank, held, queue, after);
            self.freed.insert(*message, state.told(rank, after.iter().chain(&list)));
            state.lists.push(list);
            return;
        }
        let list = state.lacks(rank, held, queue, &[]);
        state.learn(rank, if let Op::Sync(SyncOp::Wait { on }) = op { on } else { &list });
        state.lists.push(list);
        for &message in op.consumes() {
            self.freed.insert(message, state.told(rank, [&index]));
        }
        if !op.sends().is_empty() {
            state.sends.push_back((index, state.known.clone()));
        }
    }

    /// Sends as long as there are slots.
    fn send(&mut self, rank: Rank) -> bool {
        let mut moves = false;
        while let Some(&(op, _)) = self.ranks[rank.index()].sends.front() {
            let code = self.program.op(rank, op);
            let messages = code.sends();
            let slots: Vec<Message> = messages.iter().filter_map(|&message| self.slot(message)).collect();
            if slots.iter().any(|before| !self.freed.contains_key(before)) {
                break;
            }
            let state = &mut self.ranks[rank.index()];
            let (_, issued) = state.sends.pop_front().expect("the send at the front");
            state.last_sent.learn_all(&issued);
            for before in slots {
                let credit = self.freed.remove(&before).expect("it has been freed");
                state.last_sent.learn_all(&credit);
            }
            let queue = state.queues[op.index()];
            let mut told = state.last_sent.clone();
            state.last_sent.learn(rank, queue, op);
            if !matches!(code, Op::Send(SendOp::Multicast { .. })) {
                // A message has left its tile when it arrives. A multicast may still read it for another member.
                told.learn(rank, queue, op);
            }
            self.sent.extend(messages.iter().map(|&message| (message, told.clone())));
            moves = true;
        }
        moves
    }

    /// The earlier message whose slot a message takes.
    fn slot(&self, message: Message) -> Option<Message> {
        self.program.rings[message.ring.index()].slot_taken_from(message)
    }

    fn state(&mut self, rank: Rank) -> &mut RankState {
        &mut self.ranks[rank.index()]
    }
}

impl RankState {
    fn learn(&mut self, rank: Rank, waited: &[OpIndex]) {
        for &op in waited {
            let queue = self.queues[op.index()];
            self.known.learn(rank, queue, op);
            if queue == SEQUENCER {
                self.waited.insert(op);
            }
        }
    }

    /// What others may know once these ops, too, are done.
    fn told<'o>(&self, rank: Rank, ops: impl IntoIterator<Item = &'o OpIndex>) -> Known {
        let mut known = self.known.clone();
        ops.into_iter().for_each(|&op| known.learn(rank, self.queues[op.index()], op));
        known
    }

    /// Those of `held` that may still run when an op of `queue` begins that already waits for the ops `named`. One
    /// stands for those before it in its queue.
    fn lacks(&self, rank: Rank, held: &[OpIndex], queue: Queue, named: &[OpIndex]) -> Vec<OpIndex> {
        let mut lacks: Vec<OpIndex> = Vec::new();
        for &op in held.iter().rev() {
            let its = self.queues[op.index()];
            // A hold also tells the sequencer, and by its messages other ranks.
            let is_told = self.shown[op.index()].is_none_or(|shown| self.known.has(rank, its, shown));
            let served_in_order = queue != SEQUENCER && its == queue && is_told;
            let known = self.known.has(rank, its, op) || self.waited.contains(&op);
            if !(served_in_order || known || self.covers(named, op) || self.covers(&lacks, op)) {
                lacks.push(op);
            }
        }
        lacks.reverse();
        lacks
    }

    /// Whether `op` is done when all of `waited` are.
    fn covers(&self, waited: &[OpIndex], op: OpIndex) -> bool {
        let queue = self.queues[op.index()];
        let after = |other: OpIndex| queue != SEQUENCER && self.queues[other.index()] == queue && other > op;
        waited.iter().any(|&other| other == op || after(other))
    }
}
