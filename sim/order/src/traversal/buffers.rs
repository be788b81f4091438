//! Command buffers in the traversal: a queue runs each committed buffer in order, and buffers as the queue model says.

use program::{Class, Op, OpIndex, QueueOp, Rank, command_buffers};

use super::{Start, Traversal, Visitor};
use crate::lanes::{Touch, sequencer};
use crate::{Clock, EdgeKind, Event, Phase};

/// A buffer that has been committed.
pub struct Buffer {
    pub ops: Vec<OpIndex>,
    /// The op the queue stands at, counted in `ops`.
    pub at: usize,
    /// What the commit knew, and what the end of the last op knows.
    committed: Clock,
    pub clock: Clock,
    /// From its first pass on.
    lane: Option<u32>,
}

/// The buffers of one rank.
#[derive(Default)]
pub struct Buffers {
    /// In the order of their commits, those not yet committed reversed.
    to_come: Vec<Vec<OpIndex>>,
    /// Committed, and not walked to their ends.
    pub standing: Vec<Buffer>,
    /// What the end of the last buffer that was completed knows: a serial queue passes it on.
    completed: Option<Clock>,
}

impl Buffers {
    pub fn of(rank: &program::RankProgram) -> Buffers {
        let buffers = command_buffers(rank).into_iter().filter_map(|buffer| {
            let mut ops = buffer.ops;
            ops.push(buffer.commit?);
            Some(ops)
        });
        let mut to_come: Vec<Vec<OpIndex>> = buffers.collect();
        to_come.reverse();
        Buffers { to_come, ..Buffers::default() }
    }

    /// Ops of the next buffer that were encoded before the op that the host is at.
    pub fn encoded(&self, next: u32) -> impl Iterator<Item = OpIndex> + '_ {
        self.to_come.last().into_iter().flatten().copied().take_while(move |index| index.0 < next)
    }
}

impl Traversal<'_> {
    /// The host commits its next buffer.
    pub(super) fn commit(&mut self, rank: usize, index: OpIndex) {
        let mut committed = self.ranks[rank].clock.clone();
        committed.raise(sequencer(Rank(rank as u32)), index.0 + 1);
        if !self.edges.has(EdgeKind::Commit) {
            committed.clear();
        }
        let buffers = &mut self.ranks[rank].buffers;
        let ops = buffers.to_come.pop().expect("every commit has its buffer");
        buffers.standing.push(Buffer { ops, at: 0, clock: committed.clone(), committed, lane: None });
    }

    /// Walks the buffers of a rank as far as they go.
    pub(super) fn walk_buffers(&mut self, rank: usize, visitor: &mut impl Visitor) -> bool {
        if self.ranks[rank].buffers.standing.is_empty() {
            return false;
        }
        let mut standing = std::mem::take(&mut self.ranks[rank].buffers.standing);
        let mut moved = false;
        for buffer in &mut standing {
            while self.step_buffer(rank, buffer, visitor) {
                moved = true;
            }
        }
        for lane in
            standing.iter().filter(|buffer| buffer.at == buffer.ops.len()).filter_map(|done| done.lane)
        {
            self.lanes.leave(lane);
        }
        standing.retain(|buffer| buffer.at < buffer.ops.len());
        let newer = std::mem::replace(&mut self.ranks[rank].buffers.standing, standing);
        assert!(newer.is_empty(), "nothing is committed while buffers are walked");
        moved
    }

    fn step_buffer(&mut self, rank: usize, buffer: &mut Buffer, visitor: &mut impl Visitor) -> bool {
        let Some(&index) = buffer.ops.get(buffer.at) else { return false };
        let (graph, rank_id) = (self.graph, Rank(rank as u32));
        let op = graph.global(rank_id, index);
        if !self.gather(Event { op, phase: Phase::Start }, rank, index) {
            return false;
        }
        let mut clock =
            if self.edges.has(EdgeKind::Queue) { buffer.clock.clone() } else { buffer.committed.clone() };
        self.learn_from_buffer_before(rank, buffer.at, op, &mut clock);
        self.learn_gathered(&mut clock);
        let what = graph.program.op(rank_id, index);
        let class = graph.class(op);
        let touch = self.place(rank_id, op, class, buffer, &clock);
        match class {
            Class::Pass => {
                let touch = touch.expect("a pass has a place");
                // Ranks with command queues have no rings.
                let has_arrived = |_| true;
                let start =
                    Start { op, rank: rank_id, index, what, clock: &clock, touch, has_arrived: &has_arrived };
                visitor.start(&start);
            }
            Class::EventWait => {
                self.happen(Event { op, phase: Phase::Start });
                if !self.gather(Event { op, phase: Phase::End }, rank, index) {
                    return false;
                }
                self.learn_event(what, &mut clock);
            }
            Class::EventSignal => self.signal_event(what, &clock),
            Class::Commit => self.ranks[rank].buffers.completed = Some(clock.clone()),
            Class::Unit
            | Class::Send
            | Class::RecvCopy
            | Class::Recv
            | Class::RecvAsync
            | Class::Release
            | Class::Signal
            | Class::Instant
            | Class::HostCopy => unreachable!("it is not encoded in a command buffer"),
        }
        if let Some(touch) = touch {
            clock.raise_to_end(touch);
        }
        for phase in [Phase::Start, Phase::End] {
            self.happen(Event { op, phase });
        }
        self.retained.put(op, clock.clone());
        buffer.clock = clock;
        buffer.at += 1;
        true
    }

    /// The place of an op in its buffer's lane, which it gets with its first pass.
    fn place(
        &mut self,
        rank: Rank,
        op: u32,
        class: Class,
        buffer: &mut Buffer,
        clock: &Clock,
    ) -> Option<Touch> {
        let is_pass = class == Class::Pass;
        if buffer.lane.is_none() && is_pass {
            buffer.lane = Some(self.lanes.take(rank, clock));
        }
        // An event that is not over is placed again when it is.
        self.lanes.place(op, buffer.lane?, is_pass);
        self.lanes.touch(self.graph, rank, op)
    }

    /// The first op of a buffer comes after the buffer before it where the queue says so.
    fn learn_from_buffer_before(&self, rank: usize, at: usize, op: u32, clock: &mut Clock) {
        let (_, number) = self.graph.place_in_queue(op);
        if at == 0
            && number > 0
            && self.edges.has(EdgeKind::Queue)
            && let Some(completed) = &self.ranks[rank].buffers.completed
        {
            clock.join(completed);
        }
    }

    fn learn_event(&mut self, what: &Op, clock: &mut Clock) {
        let Op::Queue(QueueOp::EventWait { event, value }) = *what else { return };
        // A wait for 0 is over at once: no other may pass before it.
        let passing = if value > 0 { self.passing.take() } else { None };
        let others = passing.map_or_else(|| Some(Vec::new()), |passing| passing.others);
        let mut certain = clock.clone();
        let work = self.shared.wait(event, value, others.as_deref(), &mut certain);
        self.budget.spend(work);
        if self.edges.has(EdgeKind::Shared) {
            *clock = certain;
        }
    }

    fn signal_event(&mut self, what: &Op, clock: &Clock) {
        let Op::Queue(QueueOp::EventSignal { event, value }) = *what else { return };
        self.shared.signalled(event, value, clock);
    }
}
