//! Passes: the host encodes ops into command buffers and commits them; then the queue walks each buffer.
//!
//! Where the queue stands in a buffer moves on when a pass is done, when an event is large enough, and at once over
//! signals. Whatever lets a buffer go on is an event of the engine, also where no time passes: chains of signals do
//! not nest.

use oplog::StallReason;
use program::OpIndex;

use super::command_queue::CommandQueues;
use super::{Pending, Ranks, first_pending};
use crate::event::{Event, OpId};
use crate::lower::Lowered;
use crate::run::Run;
use crate::transport::Transport;
use crate::turn::Turn;

impl Ranks {
    fn queues(&mut self) -> &mut CommandQueues {
        self.queues.as_mut().expect("only a machine with command queues has passes and commits")
    }

    /// The host commits what it has encoded since its last commit.
    pub(super) fn commit(&mut self, run: &mut Run, rank: u32) {
        if let Some(buffer) = self.queues().commit(rank, run.now()) {
            self.start_buffer(run, rank, buffer);
        }
    }

    fn start_buffer(&mut self, run: &mut Run, rank: u32, buffer: u32) {
        self.queues().start(rank, buffer, run.now());
        run.schedule(run.now(), Turn::next(rank), Event::BufferGoesOn { rank, buffer });
    }

    /// The queue walks a buffer until a pass or an event keeps it, or to its end.
    pub fn buffer_goes_on(&mut self, run: &mut Run, transport: &mut Transport, rank: u32, buffer: u32) {
        while let Some(OpIndex(index)) = self.queues().op_at(rank, buffer) {
            let op = OpId { rank, index };
            let lowered = run.lowered(op);
            if let Lowered::EventSignal { event, value } = lowered {
                for (rank, buffer) in self.queues().signal(event, value) {
                    run.schedule(run.now(), Turn::next(rank), Event::BufferGoesOn { rank, buffer });
                }
            } else if let Lowered::EventWait { event, value } = lowered {
                if !self.queues().has_event(event, value, (rank, buffer)) {
                    return;
                }
            } else {
                return self.reach_pass(run, transport, op, buffer);
            }
            run.record.started(run.global(op), self.queues().progress(rank, buffer).reached);
            self.queues().step_over(rank, buffer, run.now());
            self.finish(run, transport, op, run.now());
        }
        self.complete_buffer(run, transport, rank, buffer);
    }

    /// The queue is at a pass: its unit gets it once the earlier passes that it conflicts with are done.
    fn reach_pass(&mut self, run: &mut Run, transport: &mut Transport, op: OpId, buffer: u32) {
        let OpId { rank, .. } = op;
        let progress = self.queues().progress(rank, buffer);
        let pending = first_pending(run, rank, run.dependencies(op), &mut progress.known_done, run.now());
        let progress = *progress;
        if let Some(Pending { index, .. }) = pending {
            return self.queues().track(run.global(OpId { rank, index }), (rank, buffer));
        }
        let global = run.global(op);
        for (reason, from, to) in [
            (StallReason::Commit, run.record.issue_of(global), progress.committed),
            (StallReason::Queue, progress.committed, progress.free),
            (StallReason::Event, progress.free, progress.reached),
            (StallReason::Tracked, progress.reached, run.now()),
        ] {
            run.stall(op, reason, from, to);
        }
        let unit = run.record.unit_of(global);
        let of_unit = self.state(rank).unit(unit);
        match of_unit.running {
            Some(_) => of_unit.queue.push_back(op.index),
            None => self.begin(run, transport, op, unit, run.now()),
        }
    }

    /// A pass is done: its buffer goes on, and so do those that stood at a pass because of it.
    pub(super) fn pass_done(&mut self, run: &mut Run, transport: &mut Transport, op: OpId) {
        let now = run.now();
        let buffer = self.queues().buffer_of(op.rank, op.index);
        for (rank, buffer) in self.queues().untrack(run.global(op)) {
            run.schedule(now, Turn::next(rank), Event::BufferGoesOn { rank, buffer });
        }
        self.queues().step_over(op.rank, buffer, now);
        self.queues().progress(op.rank, buffer).free = now;
        self.buffer_goes_on(run, transport, op.rank, buffer);
    }

    fn complete_buffer(&mut self, run: &mut Run, transport: &mut Transport, rank: u32, buffer: u32) {
        let (commit, next) = self.queues().complete(rank, buffer);
        if let Some(next) = next {
            self.start_buffer(run, rank, next);
        }
        self.finish(run, transport, OpId { rank, index: commit.0 }, run.now());
    }
}
