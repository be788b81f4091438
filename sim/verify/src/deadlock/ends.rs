//! The ops that would free those that wait: senders, releases, signals, of semaphores and events, and barriers.

use std::collections::BTreeMap;

use program::op::SemaphoreId;
use program::{EventId, Message, Op, OpIndex, Program, QueueOp, Rank, SyncOp};

/// An op of a program.
pub(super) type At = (Rank, OpIndex);

#[derive(Default)]
pub(super) struct Ends {
    pub sent_by: BTreeMap<Message, At>,
    pub released_by: BTreeMap<Message, At>,
    /// By the rank and semaphore that are signalled, with the amounts.
    pub signalled_by: BTreeMap<(Rank, SemaphoreId), Vec<(At, u32)>>,
    /// With the values.
    pub events: BTreeMap<EventId, Vec<(At, u32)>>,
    pub barriers: BTreeMap<(Rank, u32), At>,
}

impl Ends {
    pub fn of(program: &Program) -> Ends {
        let mut ends = Ends::default();
        for (rank, rank_program) in program.ranks.iter().enumerate() {
            for (index, op) in rank_program.ops.iter().enumerate() {
                ends.add((Rank(rank as u32), OpIndex(index as u32)), op);
            }
        }
        ends
    }

    fn add(&mut self, at: At, op: &Op) {
        self.sent_by.extend(op.sends().iter().map(|&message| (message, at)));
        self.released_by.extend(op.frees().iter().map(|&message| (message, at)));
        if let Op::Sync(SyncOp::Signal { semaphore, to, amount, .. }) = op {
            self.signalled_by.entry((*to, *semaphore)).or_default().push((at, *amount));
        }
        if let Op::Queue(QueueOp::EventSignal { event, value }) = op {
            self.events.entry(*event).or_default().push((at, *value));
        }
        if let Op::Sync(SyncOp::Barrier { number }) = op {
            self.barriers.insert((at.0, *number), at);
        }
    }
}
