//! Wake-ups: what a finished op, a message, a credit, a signal or a barrier sets going again.

use machine::{SimTime, Traffic};
use oplog::UnitId;
use program::Message;

use super::Ranks;
use super::state::StallCause;
use crate::event::{Event, OpId};
use crate::lower::Lowered;
use crate::run::Run;
use crate::transport::{Delivered, Transport};
use crate::turn::Turn;

impl Ranks {
    /// A unit is done with an op at `at`: it takes the next, and the waiters for the op proceed.
    pub fn op_done(
        &mut self,
        run: &mut Run,
        transport: &mut Transport,
        op: OpId,
        (unit, at): (UnitId, SimTime),
    ) {
        let OpId { rank, .. } = op;
        if unit != UnitId::SEQUENCER {
            let of_unit = self.state(rank).unit(unit);
            if let Some(index) = of_unit.ends(at) {
                let next = OpId { rank, index };
                let begins = at.max(run.record.issue_of(run.global(next)));
                if begins > run.now() {
                    of_unit.begins.push_back(begins);
                }
                self.begin(run, transport, next, unit, begins);
            }
        }
        self.finish(run, transport, op, at);
        if unit == UnitId::RECV || unit == UnitId::MATH && run.lowering.reduces {
            self.copied_out(run, op, at);
        }
        if self.queues.is_some() && unit != UnitId::SEQUENCER {
            self.pass_done(run, transport, op);
        }
    }

    /// An op is done at `at`: releases and signals that waited for it take effect, and the sequencer goes on if it was
    /// stalled by it.
    pub(super) fn finish(&mut self, run: &mut Run, transport: &mut Transport, op: OpId, at: SimTime) {
        self.mark_done(run, transport, op, at);
        let free = match self.stall_cause(op.rank) {
            Some(StallCause::Operand(index) | StallCause::Wait(index)) => {
                run.record.is_known(run.global(OpId { index, ..op }))
            }
            Some(StallCause::QueueFull(_)) => true,
            Some(StallCause::Message(_) | StallCause::Semaphore | StallCause::Barrier) | None => false,
        };
        if free {
            self.advance(run, transport, op.rank);
        }
    }

    /// A receive that copies or reduces has emptied its slots at `at`.
    pub(super) fn copied_out(&mut self, run: &mut Run, op: OpId, at: SimTime) {
        let lowered = run.lowered(op);
        if let Lowered::ReceiveCopy(message) = lowered {
            self.return_credit(run, message, at);
        } else if let Lowered::ReceiveReduce { first, len } = lowered {
            for place in 0..len {
                let message = run.lowering.messages(first, len)[place as usize];
                self.return_credit(run, message, at);
            }
        }
    }

    /// A transfer has brought messages into their slots.
    pub fn delivered(&mut self, run: &mut Run, transport: &mut Transport, delivered: Delivered) {
        match delivered {
            Delivered::Nothing => {}
            Delivered::Message(message) => self.message_arrives(run, transport, message, run.now()),
            Delivered::Messages(messages) => {
                for &message in &messages {
                    self.message_arrives(run, transport, message, run.now());
                }
            }
        }
    }

    /// A message is in its slot at `at`.
    pub fn message_arrives(
        &mut self,
        run: &mut Run,
        transport: &mut Transport,
        message: Message,
        at: SimTime,
    ) {
        run.record.reaches(at);
        let (consumer, waiting) = self.rings.fill(message, at);
        if let Some(index) = waiting {
            let op = OpId { rank: consumer, index };
            let at = at.max(run.record.issue_of(run.global(op)));
            self.readable(run, op, at);
        }
        if self.stall_cause(consumer) == Some(StallCause::Message(message)) {
            self.advance(run, transport, consumer);
        }
    }

    /// The message of an asynchronous receive has arrived: it may be read once the unit has seen it.
    pub(super) fn readable(&self, run: &mut Run, op: OpId, at: SimTime) {
        run.op_ends(op, UnitId::SEQUENCER, at + self.costs.receive);
    }

    pub fn signalled(
        &mut self,
        run: &mut Run,
        transport: &mut Transport,
        rank: u32,
        (semaphore, amount): (u32, u32),
    ) {
        self.state(rank).semaphores[semaphore as usize] += u64::from(amount);
        if self.stall_cause(rank) == Some(StallCause::Semaphore) {
            self.advance(run, transport, rank);
        }
    }

    /// Rank 0 counts the ranks at a barrier and tells all of them when it is full.
    pub fn barrier_reached(&mut self, run: &mut Run, transport: &Transport, number: u32) {
        let n_ranks = self.states.len() as u32;
        let reached = self.barriers.entry(number).or_default();
        *reached += 1;
        if *reached < n_ranks {
            return;
        }
        for rank in 0..n_ranks {
            let latency = transport.latency(Traffic::Message, run.pe(0), run.pe(rank));
            run.schedule(run.now() + latency, Turn::into(rank), Event::BarrierOpen { rank });
        }
    }

    pub fn barrier_open(&mut self, run: &mut Run, transport: &mut Transport, rank: u32) {
        let cause = self.stall_cause(rank);
        assert!(cause == Some(StallCause::Barrier), "a barrier opened for a rank that is not at it");
        self.advance(run, transport, rank);
    }

    fn stall_cause(&self, rank: u32) -> Option<StallCause> {
        self.states[rank as usize].stall_cause()
    }
}
