//! Command queues: the buffers that each host has committed, how far its queue has come in each, and shared events.

use std::collections::BTreeMap;

use machine::{QueueModel, SimTime};
use program::{CommandBuffer, OpIndex, Program, buffer_of, command_buffers};

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
    buffers: Vec<CommandBuffer>,
    progress: Vec<Progress>,
    /// Commits so far.
    committed: u32,
}

/// Progress of the queue in one buffer.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    pub committed: SimTime,
    /// Ops that are done.
    done: u32,
    /// The buffer has started, and its latest pass has ended.
    pub free: SimTime,
    /// The queue has come to the op it stands at.
    pub reached: SimTime,
    completed: bool,
    pub known_done: u32,
}

#[derive(Clone, Debug, Default)]
struct SharedEvent {
    value: u32,
    /// Buffers by rank and place, with the value each waits for.
    waiting: Vec<(u32, u32, u32)>,
}

impl CommandQueues {
    pub fn of(program: &Program, model: QueueModel) -> CommandQueues {
        let fresh = Progress {
            committed: SimTime::ZERO,
            done: 0,
            free: SimTime::ZERO,
            reached: SimTime::ZERO,
            completed: false,
            known_done: 0,
        };
        let queue = |rank| {
            let buffers = command_buffers(rank);
            Queue { progress: vec![fresh; buffers.len()], buffers, committed: 0 }
        };
        CommandQueues {
            model,
            ranks: program.ranks.iter().map(queue).collect(),
            events: vec![SharedEvent::default(); program.n_events as usize],
            tracked: BTreeMap::new(),
        }
    }

    pub fn progress(&mut self, rank: u32, buffer: u32) -> &mut Progress {
        &mut self.ranks[rank as usize].progress[buffer as usize]
    }

    /// The host commits its next buffer: the buffer, if it starts at once.
    pub fn commit(&mut self, rank: u32, now: SimTime) -> Option<u32> {
        let queue = &mut self.ranks[rank as usize];
        let buffer = queue.committed;
        queue.committed += 1;
        queue.progress[buffer as usize].committed = now;
        let starts = match self.model {
            QueueModel::Overlap => true,
            QueueModel::Serial => buffer == 0 || queue.progress[buffer as usize - 1].completed,
        };
        starts.then_some(buffer)
    }

    /// A buffer starts.
    pub fn start(&mut self, rank: u32, buffer: u32, now: SimTime) {
        let progress = self.progress(rank, buffer);
        (progress.free, progress.reached) = (now, now);
    }

    /// The op that the queue stands at in a buffer; `None` at its end.
    pub fn op_at(&self, rank: u32, buffer: u32) -> Option<OpIndex> {
        let queue = &self.ranks[rank as usize];
        let done = queue.progress[buffer as usize].done as usize;
        queue.buffers[buffer as usize].ops.get(done).copied()
    }

    /// The queue goes on behind the op that it stands at.
    pub fn step_over(&mut self, rank: u32, buffer: u32, now: SimTime) {
        let progress = self.progress(rank, buffer);
        (progress.done, progress.reached, progress.known_done) = (progress.done + 1, now, 0);
    }

    /// A buffer stands at a pass until an earlier op is done.
    pub fn track(&mut self, earlier: usize, (rank, buffer): (u32, u32)) {
        self.tracked.entry(earlier).or_default().push((rank, buffer));
    }
    /// An op is done: the buffers that stood at a pass because of it.
    pub fn untrack(&mut self, op: usize) -> Vec<(u32, u32)> {
        self.tracked.remove(&op).unwrap_or_default()
    }
    /// The buffer that an op is in.
    pub fn buffer_of(&self, rank: u32, op: u32) -> u32 {
        buffer_of(&self.ranks[rank as usize].buffers, OpIndex(op)) as u32
    }

    /// Sets an event to a value, if it is larger: the buffers that waited for it, by rank and place.
    pub fn signal(&mut self, event: u32, value: u32) -> Vec<(u32, u32)> {
        let event = &mut self.events[event as usize];
        event.value = event.value.max(value);
        let reached = event.value;
        let (free, waiting): (Vec<_>, Vec<_>) =
            event.waiting.drain(..).partition(|&(_, _, wanted)| wanted <= reached);
        event.waiting = waiting;
        free.into_iter().map(|(rank, buffer, _)| (rank, buffer)).collect()
    }
    /// Whether an event has a value; if not, the buffer waits for it.
    pub fn has_event(&mut self, event: u32, value: u32, (rank, buffer): (u32, u32)) -> bool {
        let event = &mut self.events[event as usize];
        let has = event.value >= value;
        if !has {
            event.waiting.push((rank, buffer, value));
        }
        has
    }

    /// A buffer has ended: its commit, and the buffer that starts now.
    pub fn complete(&mut self, rank: u32, buffer: u32) -> (OpIndex, Option<u32>) {
        self.progress(rank, buffer).completed = true;
        let queue = &self.ranks[rank as usize];
        let commit = queue.buffers[buffer as usize].commit.expect("only committed buffers are walked");
        let starts = self.model == QueueModel::Serial && buffer + 1 < queue.committed;
        (commit, starts.then_some(buffer + 1))
    }

    /// The committed buffers of a rank that have not ended: the op that each stands at, its commit at its end, and the
    /// commit of the buffer before when that has to end first.
    pub fn open_buffers(&self, rank: usize) -> Vec<(OpIndex, Option<OpIndex>)> {
        let queue = &self.ranks[rank];
        let open = (0..queue.committed).filter(|&buffer| !queue.progress[buffer as usize].completed);
        let standing = open.map(|buffer| {
            let commit = queue.buffers[buffer as usize].commit.expect("only committed buffers are walked");
            let before = buffer.checked_sub(1).filter(|&before| match self.model {
                QueueModel::Overlap => false,
                QueueModel::Serial => !queue.progress[before as usize].completed,
            });
            let behind = before.and_then(|before| queue.buffers[before as usize].commit);
            (self.op_at(rank as u32, buffer).unwrap_or(commit), behind)
        });
        standing.collect()
    }
}
