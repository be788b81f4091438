//! Repairs that need no author: edits of a program.

use std::collections::{BTreeMap, BTreeSet};

use program::op::{EventId, SemaphoreId};
use program::program::Flow;
use program::{Base, Message, Op, OpIndex, Program, QueueOp, Rank, RecvOp, RingId, SyncOp};

/// Changes that together mend every place that a finding is about. Ops are named by their numbers in the program
/// that the finding is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit(pub Vec<Change>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The sequencer, or host, of the rank waits for `on` right before `op`.
    WaitBefore { rank: Rank, op: OpIndex, on: OpIndex },
    /// The slot is given back once `on` is done.
    ReleaseAfter { rank: Rank, release: OpIndex, on: OpIndex },
    /// A signal once `from` is done, and a wait for it before `to`; on a semaphore of their own.
    SignalWait { from: (Rank, OpIndex), to: (Rank, OpIndex) },
    /// An event signalled after the pass `from` in its command buffer, and a wait for it before the pass `to` in its.
    EventBetween { from: (Rank, OpIndex), to: (Rank, OpIndex) },
    /// The ring counts credits, and every message that nothing gives back is given back.
    Credits { ring: RingId },
    /// The message is given back after its last read.
    Release { message: Message },
}

impl Edit {
    /// The edited program. Whether it can still finish is for the verifier to say.
    #[must_use]
    pub fn apply(&self, program: &Program) -> Program {
        let mut editor = Editor { program: program.clone(), new: BTreeMap::new(), events: BTreeMap::new() };
        self.0.iter().for_each(|&change| editor.make(change));
        editor.done()
    }
}

/// What is put in right before an op.
#[derive(Default)]
struct Before {
    /// What follows the op before it.
    first: Vec<Op>,
    /// What holds the op.
    then: Vec<Op>,
    waits: BTreeSet<OpIndex>,
}

struct Editor {
    /// Edited but for new ops, so that ops keep their numbers.
    program: Program,
    new: BTreeMap<(Rank, OpIndex), Before>,
    /// By pass: the event that tells of its end.
    events: BTreeMap<(Rank, OpIndex), EventId>,
}

impl Editor {
    fn make(&mut self, change: Change) {
        match change {
            Change::WaitBefore { rank, op, on } => {
                self.before((rank, op)).waits.insert(on);
            }
            Change::ReleaseAfter { rank, release, on } => {
                let op = &mut self.program.ranks[rank.index()].ops[release.index()];
                if let Op::Sync(SyncOp::Release { after, .. }) = op {
                    let all: BTreeSet<OpIndex> = after.iter().copied().chain([on]).collect();
                    *after = all.into_iter().collect();
                }
            }
            Change::SignalWait { from, to } => self.signal(from, to),
            Change::EventBetween { from, to } => self.event(from, to),
            Change::Credits { ring } => {
                self.program.rings[ring.index()].flow = Flow::Credit;
                kept(&self.program, ring).into_iter().for_each(|message| self.release(message));
            }
            Change::Release { message } => self.release(message),
        }
    }

    fn signal(&mut self, from: (Rank, OpIndex), to: (Rank, OpIndex)) {
        let waiter = &mut self.program.ranks[to.0.index()];
        let semaphore = SemaphoreId(waiter.n_semaphores);
        waiter.n_semaphores += 1;
        let signal = Op::Sync(SyncOp::Signal { semaphore, to: to.0, amount: 1, after: Box::new([from.1]) });
        self.before(next(from)).first.push(signal);
        self.before(to).then.push(Op::Sync(SyncOp::WaitGe { semaphore, value: 1 }));
    }

    fn event(&mut self, from: (Rank, OpIndex), to: (Rank, OpIndex)) {
        let event = self.events.get(&from).copied().unwrap_or_else(|| {
            let event = EventId(self.program.n_events);
            self.program.n_events += 1;
            self.events.insert(from, event);
            self.before(next(from)).first.push(Op::Queue(QueueOp::EventSignal { event, value: 1 }));
            event
        });
        self.before(to).then.push(Op::Queue(QueueOp::EventWait { event, value: 1 }));
    }

    fn release(&mut self, message: Message) {
        let rank = self.program.rings[message.ring.index()].consumer;
        let ops = self.program.rank(rank).ops.iter().enumerate();
        let readers = ops.filter(|(_, op)| reads(&self.program, rank, op, message));
        let readers: Vec<OpIndex> = readers.map(|(index, _)| OpIndex(index as u32)).collect();
        if let Some(&last) = readers.last() {
            let release = Op::Sync(SyncOp::Release { message, after: readers.into() });
            self.before(next((rank, last))).first.push(release);
        }
    }

    fn before(&mut self, op: (Rank, OpIndex)) -> &mut Before {
        self.new.entry(op).or_default()
    }

    fn done(mut self) -> Program {
        let mut new: BTreeMap<Rank, Vec<(OpIndex, Op)>> = BTreeMap::new();
        for ((rank, at), Before { first, then, waits }) in self.new {
            let wait =
                (!waits.is_empty()).then(|| Op::Sync(SyncOp::Wait { on: waits.into_iter().collect() }));
            let ops = first.into_iter().chain(wait).chain(then);
            new.entry(rank).or_default().extend(ops.map(|op| (at, op)));
        }
        for (rank, new) in new {
            let edited = self.program.rank(rank).with_inserted(&new);
            self.program.ranks[rank.index()] = edited;
        }
        self.program
    }
}

fn next((rank, op): (Rank, OpIndex)) -> (Rank, OpIndex) {
    (rank, OpIndex(op.0 + 1))
}

/// Whether an op receives a message or reads its slot.
fn reads(program: &Program, rank: Rank, op: &Op, message: Message) -> bool {
    let of_message =
        |view: program::ViewId| program.rank(rank).views[view.index()].base == Base::Message(message);
    if let Op::Recv(RecvOp::Recv { message: received, .. } | RecvOp::RecvAsync { message: received, .. }) = op
    {
        return *received == message;
    }
    op.access().reads().any(of_message)
}

/// Messages of a ring that are received and never given back.
fn kept(program: &Program, ring: RingId) -> BTreeSet<Message> {
    let mut kept = BTreeSet::new();
    let ops = &program.rank(program.rings[ring.index()].consumer).ops;
    for op in ops.iter().filter(|op| op.messages().iter().any(|message| message.ring == ring)) {
        if let Op::Recv(RecvOp::Recv { message, .. } | RecvOp::RecvAsync { message, .. }) = op {
            kept.insert(*message);
        } else if let Op::Sync(SyncOp::Release { message, .. }) = op {
            kept.remove(message);
        }
    }
    kept
}
