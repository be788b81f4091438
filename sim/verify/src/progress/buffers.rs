//! Command buffers of a run without a clock: each is walked from op to op, as far as events, tracked passes and the
//! queue model let it go.

use std::collections::BTreeMap;

use machine::QueueModel;
use program::{CommandBuffer, EventId, Op, OpIndex, Program, QueueOp, Rank, Stage, command_buffers};

use super::state::{Run, Work};
use super::{Need, Waits};

/// The command queues of all ranks, and the events they share.
pub(super) struct Queues {
    model: QueueModel,
    ranks: Vec<Queue>,
    events: Vec<Event>,
    /// By op: the buffers that stand at a pass which it holds.
    tracked: BTreeMap<usize, Vec<(Rank, usize)>>,
}

#[derive(Default)]
struct Queue {
    buffers: Vec<CommandBuffer>,
    /// By buffer: how many of its ops are done.
    walked: Vec<usize>,
    committed: usize,
    /// By buffer: whether all of it is done.
    completed: Vec<bool>,
}

#[derive(Clone, Default)]
struct Event {
    value: u32,
    waiting: Vec<(Rank, usize)>,
}

impl Queues {
    pub fn of(program: &Program, model: QueueModel) -> Queues {
        let queue = |rank| {
            let buffers = command_buffers(rank);
            let n = buffers.len();
            Queue { buffers, walked: vec![0; n], committed: 0, completed: vec![false; n] }
        };
        let events = vec![Event::default(); program.n_events as usize];
        Queues { model, ranks: program.ranks.iter().map(queue).collect(), events, tracked: BTreeMap::new() }
    }

    /// The op that a buffer stands at; its commit when it has done all.
    fn at(&self, rank: Rank, buffer: usize) -> OpIndex {
        let queue = &self.ranks[rank.index()];
        let CommandBuffer { ops, commit } = &queue.buffers[buffer];
        ops.get(queue.walked[buffer])
            .copied()
            .unwrap_or_else(|| commit.expect("only committed buffers are walked"))
    }

    /// The buffer that this one must wait for to complete.
    fn predecessor(&self, rank: Rank, buffer: usize) -> Option<usize> {
        match self.model {
            QueueModel::Overlap => None,
            QueueModel::Serial => {
                let before = buffer.checked_sub(1)?;
                (!self.ranks[rank.index()].completed[before]).then_some(before)
            }
        }
    }
}

impl Run<'_> {
    fn queues(&mut self) -> &mut Queues {
        self.queues.as_mut().expect("only a machine with command queues walks buffers")
    }

    /// The host encodes an op, which holds nothing, or commits a buffer.
    pub(super) fn encode(&mut self, rank: Rank, op: &Op) {
        if op.stage() == Stage::Commit {
            let queue = &mut self.queues().ranks[rank.index()];
            queue.committed += 1;
            let buffer = queue.committed - 1;
            self.work.push(Work::Buffer(rank, buffer));
        }
    }

    /// Goes on in a committed buffer until something keeps it. Trying it too early or twice does no harm.
    pub(super) fn walk_buffer(&mut self, rank: Rank, buffer: usize) {
        while self.keeps(rank, buffer).is_none() && !self.queues().ranks[rank.index()].completed[buffer] {
            let op = self.queues().at(rank, buffer);
            let queue = &mut self.queues().ranks[rank.index()];
            queue.walked[buffer] += 1;
            if let Op::Queue(QueueOp::EventSignal { event, value }) = *self.program.op(rank, op) {
                self.signal(event, value);
            } else if self.program.op(rank, op).stage() == Stage::Commit {
                self.complete(rank, buffer);
            }
            self.finish(rank, op);
        }
        match self.keeps(rank, buffer) {
            Some(Need::Event(event, _)) => self.queues().events[event.index()].waiting.push((rank, buffer)),
            Some(Need::Op(op)) => {
                let number = self.number(rank, op);
                self.queues().tracked.entry(number).or_default().push((rank, buffer));
            }
            Some(
                Need::Message(_) | Need::Credit(_) | Need::Queue | Need::Semaphore(..) | Need::Barrier(_),
            )
            | None => {}
        }
    }

    fn complete(&mut self, rank: Rank, buffer: usize) {
        self.queues().ranks[rank.index()].completed[buffer] = true;
    }

    fn signal(&mut self, event: EventId, value: u32) {
        let event = &mut self.queues().events[event.index()];
        event.value = event.value.max(value);
        let waiting = std::mem::take(&mut event.waiting);
        self.work.extend(waiting.into_iter().map(|(rank, buffer)| Work::Buffer(rank, buffer)));
    }

    /// An op is done: buffers that stood at a pass, or before their first op, because of it go on.
    pub(super) fn resume_tracked(&mut self, op: usize) {
        let Some(queues) = &mut self.queues else { return };
        let kept = queues.tracked.remove(&op).unwrap_or_default();
        self.work.extend(kept.into_iter().map(|(rank, buffer)| Work::Buffer(rank, buffer)));
    }

    /// What a committed buffer waits for, where it stands: the commit of its predecessor is done when that has
    /// completed.
    fn keeps(&self, rank: Rank, buffer: usize) -> Option<Need> {
        let queues = self.queues.as_ref().expect("only a machine with command queues has buffers");
        let queue = &queues.ranks[rank.index()];
        if queue.completed[buffer] {
            return None;
        }
        if let Some(before) = queues.predecessor(rank, buffer) {
            return queue.buffers[before].commit.map(Need::Op);
        }
        let op = queues.at(rank, buffer);
        if let Op::Queue(QueueOp::EventWait { event, value }) = *self.program.op(rank, op) {
            return (queues.events[event.index()].value < value).then_some(Need::Event(event, value));
        }
        let held = self.dependencies.of(self.number(rank, op)).iter();
        held.copied().find(|&earlier| !self.done[self.number(rank, earlier)]).map(Need::Op)
    }

    /// Where committed buffers of a rank stand for ever.
    pub(super) fn stuck_buffers(&self, rank: Rank) -> Vec<Waits> {
        let Some(queues) = &self.queues else { return Vec::new() };
        let stuck =
            |buffer| self.keeps(rank, buffer).map(|on| Waits { rank, op: queues.at(rank, buffer), on });
        (0..queues.ranks[rank.index()].committed).filter_map(stuck).collect()
    }
}
