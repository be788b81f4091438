//! A patch in the making. What several repairs need is put in once, and each gets semaphores and events of its own.

use std::collections::{BTreeMap, BTreeSet};

use program::op::{EventId, SemaphoreId};
use program::program::{Buffer, Flow};
use program::{
    Base, BufferId, DType, Dims, Message, Op, OpIndex, Program, QueueOp, Rank, RecvOp, RingId, SyncOp, View,
    ViewId,
};

use super::{Ids, Patch, Setting, Step};

type At = (Rank, OpIndex);

/// What goes right before an op.
#[derive(Default)]
struct Before {
    /// What follows the op before it.
    first: Vec<Op>,
    waits: BTreeSet<OpIndex>,
    /// What holds the op.
    then: Vec<Op>,
}

pub struct Draft<'a> {
    program: &'a Program,
    inserted: BTreeMap<At, Before>,
    changed: BTreeMap<At, Op>,
    moved: Vec<Step>,
    settings: Vec<Setting>,
    /// By pass: the event that is signalled after it.
    events: BTreeMap<At, EventId>,
    /// From the end of one op to the start of the other.
    signals: BTreeSet<(At, At)>,
}

impl<'a> Draft<'a> {
    pub fn new(program: &'a Program) -> Draft<'a> {
        Draft {
            program,
            inserted: BTreeMap::new(),
            changed: BTreeMap::new(),
            moved: Vec::new(),
            settings: Vec::new(),
            events: BTreeMap::new(),
            signals: BTreeSet::new(),
        }
    }

    pub fn done(self) -> Patch {
        let mut steps = self.moved;
        steps.extend(self.settings.into_iter().map(Step::Set));
        for ((rank, before), new) in self.inserted {
            let wait = (!new.waits.is_empty())
                .then(|| Op::Sync(SyncOp::Wait { on: new.waits.into_iter().collect() }));
            let ops = new.first.into_iter().chain(wait).chain(new.then);
            steps.extend(ops.map(|op| Step::Insert { rank, before, op }));
        }
        let changed = self.changed.into_iter();
        steps.extend(changed.map(|((rank, index), op)| Step::Change { rank, index, op }));
        Patch::of(steps)
    }

    /// A new op right before another. Waits for ops become one; the same op is inserted once.
    pub fn insert(&mut self, at: At, op: Op) {
        let before = self.inserted.entry(at).or_default();
        if let Op::Sync(SyncOp::Wait { on }) = op {
            before.waits.extend(on);
            return;
        }
        let holds = matches!(op, Op::Sync(SyncOp::WaitGe { .. }) | Op::Queue(QueueOp::EventWait { .. }));
        let list = if holds { &mut before.then } else { &mut before.first };
        if !list.contains(&op) {
            list.push(op);
        }
    }

    /// Replaces an op; a release waits for all ops that any of its replacements names.
    pub fn change(&mut self, at: At, op: Op) {
        match (self.changed.get_mut(&at), op) {
            (
                Some(Op::Sync(SyncOp::Release { after, .. })),
                Op::Sync(SyncOp::Release { after: more, .. }),
            ) => {
                let all: BTreeSet<OpIndex> = after.iter().chain(&more).copied().collect();
                *after = all.into_iter().collect();
            }
            (_, op) => {
                self.changed.insert(at, op);
            }
        }
    }

    pub fn set(&mut self, setting: Setting) {
        match self.settings.iter_mut().find(|other| other.place() == setting.place()) {
            Some(other) => *other = setting,
            None => self.settings.push(setting),
        }
    }

    /// The sequencer, or host, waits for `on` right before `op`.
    pub fn wait(&mut self, (rank, op): At, on: OpIndex) {
        self.insert((rank, op), Op::Sync(SyncOp::Wait { on: [on].into() }));
    }

    /// The slot is released once `on` is done.
    pub fn release_after(&mut self, (rank, release): At, on: OpIndex) {
        if let Op::Sync(SyncOp::Release { message, after }) = self.program.op(rank, release) {
            let all: BTreeSet<OpIndex> = after.iter().copied().chain([on]).collect();
            self.change(
                (rank, release),
                Op::Sync(SyncOp::Release { message: *message, after: all.into_iter().collect() }),
            );
        }
    }

    /// A signal once `from` is done, and a wait for it before `to`, on a semaphore of their own.
    pub fn signal(&mut self, from: At, to: At) {
        if !self.signals.insert((from, to)) {
            return;
        }
        let semaphore = SemaphoreId(self.n_semaphores(to.0));
        self.set(Setting::Semaphores { rank: to.0, n_semaphores: semaphore.0 + 1 });
        self.insert(
            after(from),
            Op::Sync(SyncOp::Signal { semaphore, to: to.0, amount: 1, after: [from.1].into() }),
        );
        self.insert(to, Op::Sync(SyncOp::WaitGe { semaphore, value: 1 }));
    }

    /// An event signalled after the pass `from` in its command buffer, and a wait for it before the pass `to` in its.
    pub fn event(&mut self, from: At, to: At) {
        let event = self.events.get(&from).copied().unwrap_or_else(|| {
            let event = EventId(self.n_events());
            self.set(Setting::Events { n_events: event.0 + 1 });
            self.events.insert(from, event);
            self.insert(after(from), Op::Queue(QueueOp::EventSignal { event, value: 1 }));
            event
        });
        self.insert(to, Op::Queue(QueueOp::EventWait { event, value: 1 }));
    }

    /// The ring counts credits, and every message that nothing releases is released.
    pub fn credits(&mut self, ring: RingId) {
        self.set(Setting::Flow { ring, flow: Flow::Credit });
        let kept: Vec<Message> = kept(self.program, ring).into_iter().collect();
        self.releases(&kept);
    }

    /// Each message is released after its last use, once its reads are done. One pass over the ops of a consumer
    /// serves all messages.
    pub fn releases(&mut self, messages: &[Message]) {
        let mut uses: BTreeMap<Message, Vec<OpIndex>> =
            messages.iter().map(|&message| (message, Vec::new())).collect();
        let consumer = |message: &Message| self.program.rings[message.ring.index()].consumer;
        for rank in messages.iter().map(consumer).collect::<BTreeSet<Rank>>() {
            let rank = self.program.rank(rank);
            for (op, index) in rank.ops.iter().zip(0..).map(|(op, index)| (op, OpIndex(index))) {
                for view in op.views() {
                    let Base::Message(message) = rank.views[view.index()].base else { continue };
                    uses.entry(message).and_modify(|uses| uses.push(index));
                }
            }
        }
        messages.iter().for_each(|message| self.release(*message, &uses[message]));
    }

    fn release(&mut self, message: Message, uses: &[OpIndex]) {
        let rank = self.program.rings[message.ring.index()].consumer;
        let Some(&last) = uses.last() else { return };
        // An explicit machine orders a release only after what it names.
        let is_read = |op: &OpIndex| {
            let op = self.program.op(rank, *op);
            op.receives().contains(&message) || op.access().reads().next().is_some()
        };
        let reads: BTreeSet<OpIndex> = uses.iter().copied().filter(is_read).collect();
        let reads = reads.into_iter().collect();
        self.insert(after((rank, last)), Op::Sync(SyncOp::Release { message, after: reads }));
    }

    /// A tile of this shape: one that the rank has, or else a new one.
    pub fn tile(&mut self, rank: Rank, shape: Dims, dtype: DType) -> ViewId {
        let of_rank = self.program.rank(rank);
        let fits = |view: &View| {
            (view.shape, view.dtype) == (shape, dtype)
                && view.is_packed()
                && matches!(view.base, Base::Buffer(_))
        };
        if let Some(view) = of_rank.views.iter().position(fits) {
            return ViewId(view as u32);
        }
        let (id, buffer) = (ViewId(of_rank.views.len() as u32), BufferId(of_rank.buffers.len() as u32));
        let view = View::packed(Base::Buffer(buffer), shape, dtype);
        self.set(Setting::Buffer { rank, id: buffer, buffer: Buffer { bytes: view.bytes(), at: None } });
        self.set(Setting::View { rank, id, view });
        id
    }

    pub fn move_before(&mut self, rank: Rank, ops: Vec<OpIndex>, before: OpIndex) {
        self.moved.push(Step::Move { rank, ops, before });
    }

    /// Takes in a patch of the same program.
    pub fn add(&mut self, patch: &Patch) {
        let ranks = (0..self.program.n_ranks()).map(Rank);
        let semaphores = ranks.map(|rank| self.n_semaphores(rank)).collect();
        let mut ids = Ids { events: self.n_events(), semaphores };
        for step in ids.next(patch, self.program).steps {
            match step {
                Step::Insert { rank, before, op } => self.insert((rank, before), op),
                Step::Change { rank, index, op } => self.change((rank, index), op),
                Step::Move { .. } => self.moved.push(step),
                Step::Set(setting) => self.set(setting),
            }
        }
    }

    fn n_events(&self) -> u32 {
        let set = self.settings.iter().find_map(|setting| match setting {
            Setting::Events { n_events } => Some(*n_events),
            Setting::Slots { .. }
            | Setting::Flow { .. }
            | Setting::Semaphores { .. }
            | Setting::Buffer { .. }
            | Setting::View { .. } => None,
        });
        set.unwrap_or(self.program.n_events)
    }

    fn n_semaphores(&self, of: Rank) -> u32 {
        let set = self.settings.iter().find_map(|setting| match setting {
            Setting::Semaphores { rank, n_semaphores } if *rank == of => Some(*n_semaphores),
            Setting::Semaphores { .. }
            | Setting::Events { .. }
            | Setting::Slots { .. }
            | Setting::Flow { .. }
            | Setting::Buffer { .. }
            | Setting::View { .. } => None,
        });
        set.unwrap_or(self.program.rank(of).n_semaphores)
    }
}

fn after((rank, op): At) -> At {
    (rank, OpIndex(op.0 + 1))
}

/// The ops of a rank that receive, read or mark a message.
pub(crate) fn uses(program: &Program, rank: Rank, message: Message) -> Vec<OpIndex> {
    let rank = program.rank(rank);
    let names = |op: &Op| op.views().any(|view| rank.views[view.index()].base == Base::Message(message));
    let ops = rank.ops.iter().zip(0..).filter(|(op, _)| names(op));
    ops.map(|(_, index)| OpIndex(index)).collect()
}

/// Messages of a ring that are received and never released.
fn kept(program: &Program, ring: RingId) -> BTreeSet<Message> {
    let mut kept = BTreeSet::new();
    let ops = &program.rank(program.rings[ring.index()].consumer).ops;
    for op in ops.iter().filter(|op| op.messages().iter().any(|message| message.ring == ring)) {
        if let Op::Recv(RecvOp::Recv { message, .. }) | Op::Recv(RecvOp::RecvAsync { message, .. }) = op {
            kept.insert(*message);
        } else if let Op::Sync(SyncOp::Release { message, .. }) = op {
            kept.remove(message);
        }
    }
    kept
}
