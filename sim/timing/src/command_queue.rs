//! Command queues: the host encodes ops into command buffers and commits them; then the queue walks each buffer.
//!
//! Where the queue stands in a buffer moves on when a pass is done, when an event is large enough, and at once over
//! signals. Whatever lets a buffer go on is an event of the engine, also where no time passes: chains of signals do
//! not nest.

use std::collections::BTreeMap;

use machine::{QueueModel, SimTime};
use oplog::StallReason;
use program::{EventId, OpIndex, Program, Rank, buffer_of, command_buffers};
use verify::progress::{Need, Waits};

use crate::engine::Engine;
use crate::event::Event;
use crate::lower::Lowered;
use crate::sync::first_pending;

/// The queues of all ranks, and the events they share.
#[derive(Debug)]
pub struct CommandQueues {
    model: QueueModel,
    ranks: Vec<Queue>,
    events: Vec<SharedEvent>,
    /// By global op: the buffers, by rank and place, that stand at a pass which this op holds.
    tracked: BTreeMap<usize, Vec<(u32, u32)>>,
}

#[derive(Debug)]
struct Queue {
    buffers: Vec<program::CommandBuffer>,
    walks: Vec<Walk>,
    /// Commits so far.
    committed: u32,
}

/// How far the queue has come in one buffer.
#[derive(Clone, Copy, Debug)]
struct Walk {
    committed: SimTime,
    /// Ops that are done.
    done: u32,
    /// The buffer has started, and its latest pass has ended.
    free: SimTime,
    /// The queue has come to the op it stands at.
    reached: SimTime,
    completed: bool,
    known_done: u32,
}

#[derive(Clone, Debug, Default)]
struct SharedEvent {
    value: u32,
    /// Buffers by rank and place, with the value each waits for.
    waiting: Vec<(u32, u32, u32)>,
}

impl CommandQueues {
    pub fn of(program: &Program, model: QueueModel) -> CommandQueues {
        let fresh = Walk {
            committed: SimTime::ZERO,
            done: 0,
            free: SimTime::ZERO,
            reached: SimTime::ZERO,
            completed: false,
            known_done: 0,
        };
        let queue = |rank| {
            let buffers = command_buffers(rank);
            Queue { walks: vec![fresh; buffers.len()], buffers, committed: 0 }
        };
        CommandQueues {
            model,
            ranks: program.ranks.iter().map(queue).collect(),
            events: vec![SharedEvent::default(); program.n_events as usize],
            tracked: BTreeMap::new(),
        }
    }
}

impl Engine<'_> {
    fn queues(&mut self) -> &mut CommandQueues {
        self.queues.as_mut().expect("only a machine with command queues has passes and commits")
    }
    fn walk(&mut self, rank: u32, buffer: u32) -> &mut Walk {
        &mut self.queues().ranks[rank as usize].walks[buffer as usize]
    }

    /// The host commits what it has encoded since its last commit.
    pub fn commit(&mut self, rank: u32) {
        let now = self.now;
        let queues = self.queues();
        let queue = &mut queues.ranks[rank as usize];
        let buffer = queue.committed;
        queue.committed += 1;
        queue.walks[buffer as usize].committed = now;
        let starts = match queues.model {
            QueueModel::Overlap => true,
            QueueModel::Serial => {
                buffer == 0 || queues.ranks[rank as usize].walks[buffer as usize - 1].completed
            }
        };
        if starts {
            self.start_buffer(rank, buffer);
        }
    }

    fn start_buffer(&mut self, rank: u32, buffer: u32) {
        let now = self.now;
        let walk = self.walk(rank, buffer);
        (walk.free, walk.reached) = (now, now);
        self.push(now, Event::BufferGoesOn { rank, buffer });
    }

    /// The queue walks a buffer until a pass or an event keeps it, or to its end.
    pub fn buffer_goes_on(&mut self, rank: u32, buffer: u32) {
        loop {
            let done = self.walk(rank, buffer).done as usize;
            let ops = &self.queues().ranks[rank as usize].buffers[buffer as usize].ops;
            let Some(&OpIndex(op)) = ops.get(done) else { return self.complete_buffer(rank, buffer) };
            let global = self.ranks[rank as usize].global(op);
            let (now, reached) = (self.now, self.walk(rank, buffer).reached);
            if let Lowered::EventSignal { event, value } = self.lowering.ops[global] {
                self.signal_event(event, value);
            } else if let Lowered::EventWait { event, value } = self.lowering.ops[global] {
                let event = &mut self.queues().events[event as usize];
                if event.value < value {
                    return event.waiting.push((rank, buffer, value));
                }
            } else {
                return self.reach_pass(rank, buffer, op);
            }
            self.record.started(global, reached);
            self.step_over(rank, buffer, now);
            self.finish(rank, op);
        }
    }

    fn step_over(&mut self, rank: u32, buffer: u32, now: SimTime) {
        let walk = self.walk(rank, buffer);
        (walk.done, walk.reached, walk.known_done) = (walk.done + 1, now, 0);
    }

    fn signal_event(&mut self, event: u32, value: u32) {
        let event = &mut self.queues().events[event as usize];
        event.value = event.value.max(value);
        let now_at = event.value;
        let (free, waiting) =
            std::mem::take(&mut event.waiting).into_iter().partition(|&(_, _, wanted)| wanted <= now_at);
        event.waiting = waiting;
        let free: Vec<(u32, u32, u32)> = free;
        for (rank, buffer, _) in free {
            self.push(self.now, Event::BufferGoesOn { rank, buffer });
        }
    }

    /// The queue is at a pass: its unit gets it once the earlier passes that it conflicts with are done.
    fn reach_pass(&mut self, rank: u32, buffer: u32, op: u32) {
        let (verified, now) = (self.verified, self.now);
        let (first, global) = (self.ranks[rank as usize].first, self.ranks[rank as usize].global(op));
        let mut walk = *self.walk(rank, buffer);
        let pending = first_pending(&self.record, first, verified.holds.of(global), &mut walk.known_done);
        *self.walk(rank, buffer) = walk;
        if let Some(earlier) = pending {
            let waiting = self.queues().tracked.entry(first + earlier as usize).or_default();
            return waiting.push((rank, buffer));
        }
        let issue = self.record.issue_of(global);
        for (reason, from, to) in [
            (StallReason::Commit, issue, walk.committed),
            (StallReason::Queue, walk.committed, walk.free),
            (StallReason::Event, walk.free, walk.reached),
            (StallReason::Tracked, walk.reached, now),
        ] {
            self.record.stall(rank, global, reason, from, to);
        }
        let unit = self.record.unit_of(global);
        match self.ranks[rank as usize].unit(unit).running {
            Some(_) => self.ranks[rank as usize].unit(unit).queue.push_back(op),
            None => self.begin(rank, op, unit),
        }
    }

    /// A pass is done: its buffer goes on, and so do those that stood at a pass because of it.
    pub fn pass_done(&mut self, rank: u32, op: u32) {
        let (now, global) = (self.now, self.ranks[rank as usize].global(op));
        let queues = self.queues();
        let buffer = buffer_of(&queues.ranks[rank as usize].buffers, OpIndex(op)) as u32;
        for (rank, buffer) in queues.tracked.remove(&global).unwrap_or_default() {
            self.push(now, Event::BufferGoesOn { rank, buffer });
        }
        self.step_over(rank, buffer, now);
        self.walk(rank, buffer).free = now;
        self.buffer_goes_on(rank, buffer);
    }

    fn complete_buffer(&mut self, rank: u32, buffer: u32) {
        self.walk(rank, buffer).completed = true;
        let queues = self.queues();
        let queue = &queues.ranks[rank as usize];
        let commit = queue.buffers[buffer as usize].commit.expect("only committed buffers are walked");
        if queues.model == QueueModel::Serial && buffer + 1 < queue.committed {
            self.start_buffer(rank, buffer + 1);
        }
        self.finish(rank, commit.0);
    }

    /// Committed buffers of a rank that cannot go on: the op each stands at, and what it waits for.
    pub fn standing_buffers(&self, rank: Rank) -> Vec<Waits> {
        let Some(queues) = &self.queues else { return Vec::new() };
        let queue = &queues.ranks[rank.index()];
        let committed = 0..queue.committed as usize;
        let open = committed.filter(|&buffer| !queue.walks[buffer].completed);
        let waits = open.map(|buffer| {
            let commit = queue.buffers[buffer].commit.expect("only committed buffers are walked");
            let op = queue.buffers[buffer].ops.get(queue.walks[buffer].done as usize).copied();
            let op = op.unwrap_or(commit);
            Waits { rank, op, on: self.keeps(queues, rank, buffer, op) }
        });
        waits.collect()
    }

    /// What a committed buffer waits for at an op.
    fn keeps(&self, queues: &CommandQueues, rank: Rank, buffer: usize, op: OpIndex) -> Need {
        let queue = &queues.ranks[rank.index()];
        let before = buffer.checked_sub(1).filter(|&before| match queues.model {
            QueueModel::Overlap => false,
            QueueModel::Serial => !queue.walks[before].completed,
        });
        if let Some(commit) = before.and_then(|before| queue.buffers[before].commit) {
            return Need::Op(commit);
        }
        let state = &self.ranks[rank.index()];
        let global = state.global(op.0);
        if let Lowered::EventWait { event, value } = self.lowering.ops[global] {
            return Need::Event(EventId(event), value);
        }
        let held = first_pending(&self.record, state.first, self.verified.holds.of(global), &mut 0);
        // A pass that nothing holds is with its unit.
        Need::Op(held.map_or(op, OpIndex))
    }
}
