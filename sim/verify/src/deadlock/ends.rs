//! The ops that would free those that wait: senders, releases, signals, of semaphores and events, and barriers.

use std::collections::BTreeMap;

use order::MessageIndex;
use program::op::{Growth, SemaphoreId};
use program::{EventId, Message, Op, OpIndex, Program, QueueOp, Rank, SyncOp};

/// An op of a program.
pub(super) type At = (Rank, OpIndex);

pub(super) struct Ends {
    messages: MessageIndex,
    first_op: Vec<usize>,
    /// By the rank and semaphore that are signalled, with the amounts.
    pub signalled_by: BTreeMap<(Rank, SemaphoreId), Vec<(At, u32)>>,
    /// With the values.
    pub events: BTreeMap<EventId, Vec<(At, u32)>>,
    pub barriers: BTreeMap<(Rank, u32), At>,
}

impl Ends {
    pub fn of(program: &Program) -> Ends {
        let mut ends = Ends {
            messages: MessageIndex::of(program),
            first_op: program.first_ops(),
            signalled_by: BTreeMap::new(),
            events: BTreeMap::new(),
            barriers: BTreeMap::new(),
        };
        for (rank, rank_program) in program.ranks.iter().enumerate() {
            for (index, op) in rank_program.ops.iter().enumerate() {
                ends.add((Rank(rank as u32), OpIndex(index as u32)), op);
            }
        }
        ends
    }

    pub fn sender(&self, message: Message) -> Option<At> {
        self.messages.sender(message).map(|op| self.at(op))
    }
    pub fn releaser(&self, message: Message) -> Option<At> {
        self.messages.releaser(message).map(|op| self.at(op))
    }
    fn at(&self, global: u32) -> At {
        let rank = self.first_op.partition_point(|&first| first <= global as usize) - 1;
        (Rank(rank as u32), OpIndex((global as usize - self.first_op[rank]) as u32))
    }

    fn add(&mut self, at: At, op: &Op) {
        if let Some(Growth { to, semaphore, amount }) = op.growth() {
            self.signalled_by.entry((to, semaphore)).or_default().push((at, amount));
        }
        if let Op::Queue(QueueOp::EventSignal { event, value }) = op {
            self.events.entry(*event).or_default().push((at, *value));
        }
        if let Op::Sync(SyncOp::Barrier { number }) = op {
            self.barriers.insert((at.0, *number), at);
        }
    }
}
