//! Command buffers: a queue walks each committed buffer in order, and buffers as the queue model says.

use oplog::{Class, EdgeKind, Event, Phase};
use program::{Op, OpIndex, Rank, command_buffers};

use super::{Start, Visitor, Walk};
use crate::clock::Clock;
use crate::lanes::sequencer;

/// A buffer that has been committed.
pub struct Buffer {
    ops: Vec<OpIndex>,
    /// The op the queue stands at, counted in `ops`.
    at: usize,
    /// What the commit knew, and what the end of the last op knows.
    committed: Clock,
    clock: Clock,
}

/// The buffers of one rank.
#[derive(Default)]
pub struct Buffers {
    /// In the order of their commits, those not yet committed reversed.
    to_come: Vec<Vec<OpIndex>>,
    /// Committed, and not walked to their ends.
    standing: Vec<Buffer>,
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
}

impl Walk<'_> {
    /// The host commits its next buffer.
    pub(super) fn commit(&mut self, rank: usize, index: OpIndex) {
        let mut committed = self.ranks[rank].clock.clone();
        committed.raise(sequencer(self.graph, Rank(rank as u32)), index.0 + 1);
        if !self.edges.has(EdgeKind::Commit) {
            committed.clear();
        }
        let buffers = &mut self.ranks[rank].buffers;
        let ops = buffers.to_come.pop().expect("every commit has its buffer");
        buffers.standing.push(Buffer { ops, at: 0, clock: committed.clone(), committed });
    }

    /// Walks the buffers of a rank as far as they go; `passing` also over one wait for an event.
    pub(super) fn walk_buffers(&mut self, rank: usize, passing: bool, visitor: &mut impl Visitor) -> bool {
        if self.ranks[rank].buffers.standing.is_empty() {
            return false;
        }
        let mut standing = std::mem::take(&mut self.ranks[rank].buffers.standing);
        let mut moved = false;
        for buffer in &mut standing {
            while self.step_buffer(rank, buffer, passing && !moved, visitor) {
                moved = true;
            }
        }
        standing.retain(|buffer| buffer.at < buffer.ops.len());
        let newer = std::mem::replace(&mut self.ranks[rank].buffers.standing, standing);
        assert!(newer.is_empty(), "nothing is committed while buffers are walked");
        moved
    }

    fn step_buffer(
        &mut self,
        rank: usize,
        buffer: &mut Buffer,
        passing: bool,
        visitor: &mut impl Visitor,
    ) -> bool {
        let Some(&index) = buffer.ops.get(buffer.at) else { return false };
        let (graph, rank_id) = (self.graph, Rank(rank as u32));
        let op = graph.global(rank_id, index);
        if !self.gather(Event { op, phase: Phase::Start }, rank, index, false) {
            return false;
        }
        let mut clock =
            if self.edges.has(EdgeKind::Queue) { buffer.clock.clone() } else { buffer.committed.clone() };
        self.learn_from_buffer_before(rank, buffer.at, op, &mut clock);
        self.learn_gathered(&mut clock);
        let what = graph.program.op(rank_id, index);
        let touch = self.lanes.touch(graph, rank_id, op);
        let start = Start { op, rank: rank_id, index, what, clock: &clock, touch, arrived: true };
        match graph.class(op) {
            Class::Pass => visitor.start(&start),
            Class::EventWait => {
                self.happen(Event { op, phase: Phase::Start });
                if !self.gather(Event { op, phase: Phase::End }, rank, index, passing) {
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
        clock.raise(touch.queue, touch.number + 1);
        for phase in [Phase::Start, Phase::End] {
            self.happen(Event { op, phase });
        }
        self.stored.put(op, clock.clone());
        buffer.clock = clock;
        buffer.at += 1;
        true
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

    fn learn_event(&self, what: &Op, clock: &mut Clock) {
        let Op::EventWait { event, value } = *what else { return };
        if self.edges.has(EdgeKind::Shared) {
            self.shared.wait(event, value, clock);
        }
    }

    fn signal_event(&mut self, what: &Op, clock: &Clock) {
        let Op::EventSignal { event, value } = *what else { return };
        self.shared.signalled(event, value, clock);
    }
}
