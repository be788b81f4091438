//! The longest chain of messages: each takes the least time of its way, and all else takes none.
//!
//! A sequencer takes its ops in order, so a send after a receive leaves after that message has come. Credits,
//! semaphores and operands that hold an op are left out: the bound errs low.

use std::collections::{BTreeMap, BTreeSet};

use machine::{PeId, Span, Sync, Traffic};
use program::{Base, Message, Op, OpIndex, Rank, RecvOp, SyncOp, ViewId};

use super::links::narrowest;
use super::transfers::{Subject, Transfer};

/// The least time of each message, from when it may be sent until it may be read.
pub struct Ways<'a> {
    subject: &'a Subject<'a>,
    ways: BTreeMap<Message, Span>,
    /// Of an empty message, by the PE that asks and both ends.
    fixed: BTreeMap<(PeId, PeId, PeId), Span>,
}

impl<'a> Ways<'a> {
    pub fn of(subject: &'a Subject<'a>) -> Ways<'a> {
        Ways { subject, ways: BTreeMap::new(), fixed: BTreeMap::new() }
    }

    pub fn add(&mut self, transfer: &Transfer) {
        let (Some(message), Some((from, to))) = (transfer.message, transfer.path) else { return };
        let (machine, by) = (self.subject.machine, transfer.by);
        let spec = machine.spec();
        let fixed = *self.fixed.entry((by, from, to)).or_insert_with(|| {
            let ends = [spec.ipcq.send_cycles, spec.ipcq.recv_cycles].map(|it| spec.clock.pe_fs.span(it));
            let asked = machine.latency(transfer.traffic, by, from);
            ends[0] + ends[1] + asked + machine.way(transfer.traffic, from, to)
        });
        self.ways.insert(message, fixed + narrowest(machine, transfer.traffic, (from, to), transfer.bytes));
    }
}

/// The walk over all ranks, each as far as its messages let it.
struct Walk<'a> {
    subject: &'a Subject<'a>,
    ways: BTreeMap<Message, Span>,
    /// When each message can be read at the earliest.
    arrivals: BTreeMap<Message, Span>,
    /// By rank: the op it is at, and the least time at which its sequencer can be there.
    at: Vec<(usize, Span)>,
    /// By number, then rank: when rank 0 can have heard that the rank is at the barrier.
    barriers: BTreeMap<u32, BTreeMap<u32, Span>>,
    /// Ranks that may go on.
    ready: BTreeSet<u32>,
    longest: Span,
}

pub fn longest(subject: &Subject, ways: Ways) -> Span {
    let n_ranks = subject.program.n_ranks();
    let mut walk = Walk {
        subject,
        ways: ways.ways,
        arrivals: BTreeMap::new(),
        at: vec![(0, Span::ZERO); n_ranks as usize],
        barriers: BTreeMap::new(),
        ready: (0..n_ranks).collect(),
        longest: Span::ZERO,
    };
    while let Some(rank) = walk.ready.pop_first() {
        while walk.step(Rank(rank)) {}
    }
    walk.longest
}

impl Walk<'_> {
    /// Takes the next op of a rank; false when the rank has to wait, or is at its end.
    fn step(&mut self, rank: Rank) -> bool {
        let (index, now) = self.at[rank.index()];
        let program = &self.subject.program.ranks[rank.index()];
        let Some(op) = program.ops.get(index) else { return false };
        let Some(then) = self.after(rank, op, now) else { return false };
        self.at[rank.index()] = (index + 1, then);
        op.sends().iter().for_each(|&message| self.send(message, then));
        true
    }

    fn send(&mut self, message: Message, now: Span) {
        let Some(&way) = self.ways.get(&message) else { return };
        self.arrivals.insert(message, now + way);
        self.longest = self.longest.max(now + way);
        self.ready.insert(self.subject.program.rings[message.ring.index()].consumer.0);
    }

    /// When the sequencer can have passed an op at the earliest; `None` when something has to come first.
    fn after(&mut self, rank: Rank, op: &Op, now: Span) -> Option<Span> {
        match op {
            Op::Recv(RecvOp::Recv { message, .. }) => self.latest(&[*message], now),
            // The copy, and not the sequencer, takes the cycles of the receive.
            Op::Recv(RecvOp::RecvCopy { .. } | RecvOp::RecvReduce { .. }) => {
                let seen = self.latest(op.consumes(), Span::ZERO)?;
                let spec = self.subject.machine.spec();
                let copy = spec.clock.pe_fs.span(spec.ipcq.recv_cycles);
                Some(now.max(Span::from_fs(seen.fs().saturating_sub(copy.fs()))))
            }
            Op::Sync(SyncOp::Wait { on }) => self.latest(&self.awaited(rank, on), now),
            Op::Sync(SyncOp::Barrier { number }) => self.barrier(rank, *number, now),
            Op::Move(_) | Op::Compute(_) | Op::Send(_) | Op::Time(_) => {
                self.latest(&self.held_by(rank, op), now)
            }
            Op::Recv(RecvOp::RecvAsync { .. })
            | Op::Sync(SyncOp::Release { .. } | SyncOp::Signal { .. } | SyncOp::WaitGe { .. })
            | Op::Note(_)
            | Op::Queue(_) => Some(now),
        }
    }

    fn latest(&self, messages: &[Message], now: Span) -> Option<Span> {
        messages.iter().try_fold(now, |latest, message| Some(latest.max(*self.arrivals.get(message)?)))
    }

    /// What the ops that a wait names receive.
    fn awaited(&self, rank: Rank, on: &[OpIndex]) -> Vec<Message> {
        let ops = &self.subject.program.ranks[rank.index()].ops;
        let is_later = |op: &&OpIndex| matches!(ops[op.index()], Op::Recv(RecvOp::RecvAsync { .. }));
        on.iter().filter(is_later).flat_map(|op| ops[op.index()].receives()).copied().collect()
    }

    /// An interlocked sequencer holds an op until the messages that it reads have come.
    fn held_by(&self, rank: Rank, op: &Op) -> Vec<Message> {
        match self.subject.machine.spec().sync {
            Sync::Explicit => Vec::new(),
            Sync::Interlocked => {
                let views = &self.subject.program.ranks[rank.index()].views;
                let read = op.access();
                let message = |view: ViewId| match views[view.index()].base {
                    Base::Message(message) => Some(message),
                    Base::Buffer(_) | Base::Tensor(_) => None,
                };
                read.reads().filter_map(message).collect()
            }
        }
    }

    /// The ranks report to rank 0, which tells all. The last to come opens it for those that wait.
    fn barrier(&mut self, rank: Rank, number: u32, now: Span) -> Option<Span> {
        let (machine, pes) = (self.subject.machine, self.subject.placement);
        let pe = pes[rank.index()];
        let heard = self.barriers.entry(number).or_default();
        let is_first = heard.insert(rank.0, now + machine.latency(Traffic::Message, pe, pes[0])).is_none();
        if heard.len() < self.at.len() {
            return None;
        }
        if is_first {
            self.ready.extend(0..self.at.len() as u32);
        }
        let all = heard.values().copied().max().unwrap_or_default();
        let open = all + machine.latency(Traffic::Message, pes[0], pe);
        self.longest = self.longest.max(open);
        Some(now.max(open))
    }
}
