//! Deadlocks: where every rank stands when nothing can happen any more, in the verifier's terms.

use diagnostic::deadlock::Outcome;
use machine::SimTime;
use oplog::UnitId;
use program::{EventId, Message, Op, OpIndex, Rank, SyncOp};
use verify::deadlock::deadlock_of;
use verify::progress::{Need, Stop, Waits};

use super::state::{RankState, StallCause};
use super::{Ranks, first_pending};
use crate::error::TimingError;
use crate::event::OpId;
use crate::lower::Lowered;
use crate::run::Run;

impl Ranks {
    pub fn deadlock(&self, run: &Run) -> TimingError {
        let mut deadlock = deadlock_of(run.program(), &run.verified.dependencies, &self.stop(run));
        deadlock.way_out.outcome = Outcome::MistakeOfTheSimulator;
        TimingError::Deadlock { at: run.now().max(run.record.latest()), deadlock: Box::new(deadlock) }
    }

    fn stop(&self, run: &Run) -> Stop {
        let ranks = || self.states.iter().enumerate().map(|(rank, state)| (Rank(rank as u32), state));
        let sequencer = |rank, state: &RankState| {
            let on = need(run, rank, state, state.stall_cause()?);
            Some(Waits { rank, op: OpIndex(state.next), on })
        };
        let send = |rank, state: &RankState| {
            state.wants_credit?;
            let op = OpIndex(state.units[UnitId::SEND.index()].running?);
            Some(Waits { rank, op, on: Need::Credit(self.slot_holder(run, rank, op)?) })
        };
        let waits = |(rank, state)| {
            let of_units = [sequencer(rank, state), send(rank, state)].into_iter().flatten();
            of_units.chain(self.standing_buffers(run, rank))
        };
        Stop {
            waits: ranks().flat_map(waits).collect(),
            at: ranks().map(|(_, state)| OpIndex(state.next)).collect(),
            done: (0..run.program().n_ops()).map(|op| run.record.is_known(op)).collect(),
        }
    }

    /// The message in the slot that a send waits for.
    fn slot_holder(&self, run: &Run, rank: Rank, send: OpIndex) -> Option<Message> {
        let mut messages = run.program().op(rank, send).sends().iter().copied();
        self.rings.before_in_slot(messages.find(|&message| {
            let frees = self.rings.frees(message);
            frees.is_some_and(|frees| self.rings.credit_of(frees).is_none())
        })?)
    }

    /// Committed buffers of a rank that cannot go on: the op each stands at, and what it waits for.
    fn standing_buffers(&self, run: &Run, rank: Rank) -> Vec<Waits> {
        let Some(queues) = &self.queues else { return Vec::new() };
        let standing = queues.open_buffers(rank.index()).into_iter().map(|(op, behind)| {
            let on = behind.map_or_else(|| pass_need(run, rank, op), Need::Op);
            Waits { rank, op, on }
        });
        standing.collect()
    }
}

/// What a buffer waits for at an op.
fn pass_need(run: &Run, rank: Rank, op: OpIndex) -> Need {
    let at = OpId { rank: rank.0, index: op.0 };
    if let Lowered::EventWait { event, value } = run.lowered(at) {
        return Need::Event(EventId(event), value);
    }
    let held = first_pending(run, rank.0, run.dependencies(at), &mut 0, SimTime::MAX);
    // A pass that nothing holds is with its unit.
    Need::Op(held.map_or(op, |held| OpIndex(held.index)))
}

fn need(run: &Run, rank: Rank, state: &RankState, cause: StallCause) -> Need {
    match cause {
        StallCause::Operand(op) | StallCause::Wait(op) => Need::Op(OpIndex(op)),
        StallCause::QueueFull(unit) => match state.units[unit.index()].running {
            Some(op) if unit != UnitId::SEND => Need::Op(OpIndex(op)),
            Some(_) | None => Need::Queue,
        },
        StallCause::Message(message) => Need::Message(message),
        StallCause::Semaphore | StallCause::Barrier => {
            let at = run.program().op(rank, OpIndex(state.next));
            if let Some((semaphore, value)) = at.count() {
                return Need::Semaphore(semaphore, value);
            }
            let Op::Sync(SyncOp::Barrier { number }) = *at else { return Need::Op(OpIndex(state.next)) };
            Need::Barrier(number)
        }
    }
}
