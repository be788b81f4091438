//! What is left when nothing moves: where every rank stands, as the verifier would say it.

use diagnostic::deadlock::Outcome;
use oplog::UnitId;
use verify::deadlock::deadlock_of;
use program::{Message, Op, OpIndex, Rank, RingId, SyncOp};
use verify::progress::{Need, Stop, Waits};

use crate::engine::Engine;
use crate::error::TimingError;
use crate::rank::{HeldBy, RankState};

impl Engine<'_> {
    pub fn deadlock(&self) -> TimingError {
        let mut deadlock = deadlock_of(self.program, &self.verified.holds, &self.stop());
        deadlock.way_out.outcome = Outcome::MistakeOfTheSimulator;
        TimingError::Deadlock { at: self.now, deadlock: Box::new(deadlock) }
    }

    fn stop(&self) -> Stop {
        let ranks = || self.ranks.iter().enumerate().map(|(rank, state)| (Rank(rank as u32), state));
        let sequencer = |rank, state: &RankState| {
            let held = state.held?;
            Some(Waits { rank, op: OpIndex(state.next), on: self.need(rank, state, held.by) })
        };
        let send = |rank, state: &RankState| {
            state.wants_credit?;
            let op = OpIndex(state.units[UnitId::SEND.index()].running?);
            Some(Waits { rank, op, on: Need::Credit(self.slot_holder(rank, op)?) })
        };
        let waits = |(rank, state)| {
            let of_units = [sequencer(rank, state), send(rank, state)].into_iter().flatten();
            of_units.chain(self.standing_buffers(rank))
        };
        Stop {
            waits: ranks().flat_map(waits).collect(),
            at: ranks().map(|(_, state)| OpIndex(state.next)).collect(),
            done: (0..self.program.n_ops()).map(|op| self.record.is_done(op)).collect(),
        }
    }

    fn need(&self, rank: Rank, state: &RankState, by: HeldBy) -> Need {
        let at = self.program.op(rank, OpIndex(state.next));
        match by {
            HeldBy::Operand(op) | HeldBy::Wait(op) => Need::Op(OpIndex(op)),
            HeldBy::QueueFull(unit) => match state.units[unit.index()].running {
                Some(op) if unit != UnitId::SEND => Need::Op(OpIndex(op)),
                Some(_) | None => Need::Queue,
            },
            HeldBy::Message { ring, number } => Need::Message(Message { ring: RingId(ring), number }),
            HeldBy::Semaphore | HeldBy::Barrier => {
                if let Op::Sync(SyncOp::WaitGe { semaphore, value }) = *at {
                    return Need::Semaphore(semaphore, value);
                }
                let Op::Sync(SyncOp::Barrier { number }) = *at else { return Need::Op(OpIndex(state.next)) };
                Need::Barrier(number)
            }
        }
    }

    /// The message in the slot that a send waits for.
    fn slot_holder(&self, rank: Rank, send: OpIndex) -> Option<Message> {
        let messages = self.program.op(rank, send).sends().iter();
        let message = messages.copied().find(|message| !self.slot_is_free(message.ring.0, message.number))?;
        let n_slots = self.rings[message.ring.index()].n_slots;
        Some(Message { number: message.number.checked_sub(n_slots)?, ..message })
    }
}
