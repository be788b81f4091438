//! Uses of semaphores, with what each knows of the ops of the semaphore's rank.

use std::collections::{BTreeMap, BTreeSet};

use order::traversal::{Start, Visitor};
use order::{Clock, sequencer};
use program::op::{Asks, Growth};
use program::{Message, Op, OpIndex, Program, Rank, SyncOp};

use super::Name;

pub(super) type At = (Rank, OpIndex);

/// A signal.
pub(super) struct Rise {
    pub at: At,
    /// How many ops of the semaphore's rank were issued before the signal was, as far as is certain.
    pub seen: u32,
    pub amount: u64,
    /// The value that it sets.
    pub set: Option<u32>,
}

/// An op of the semaphore's rank.
pub(super) struct Own {
    pub op: OpIndex,
    pub does: Does,
}

pub(super) enum Does {
    Waits { is: Asks, value: u32, count: u64 },
    Sets { value: u32 },
}

#[derive(Default)]
pub(super) struct OfSemaphore {
    /// In the order of a traversal.
    pub rises: Vec<Rise>,
    /// In program order.
    pub own: Vec<Own>,
}

pub(super) struct Uses<'a> {
    program: &'a Program,
    pub of_each: BTreeMap<Name, OfSemaphore>,
}

impl<'a> Uses<'a> {
    pub fn of(program: &'a Program, names: &BTreeSet<Name>) -> Uses<'a> {
        Uses { program, of_each: names.iter().map(|&name| (name, OfSemaphore::default())).collect() }
    }

    fn rise(&mut self, at: At, growth: Growth, set: Option<u32>, clock: &Clock) {
        let Growth { to, semaphore, amount } = growth;
        let Some(uses) = self.of_each.get_mut(&(to, semaphore)) else { return };
        let seen = if at.0 == to { at.1.0 } else { clock.get(sequencer(to)) };
        uses.rises.push(Rise { at, seen, amount: u64::from(amount), set });
    }
}

impl Visitor for Uses<'_> {
    fn start(&mut self, _: &Start<'_>) {}
    fn released(&mut self, _: &Start<'_>) {}
    fn overtakes(&mut self, _: &Start<'_>, _: Message, _: Message) {}

    fn issued(&mut self, rank: Rank, op: OpIndex, clock: &Clock) {
        let Op::Sync(sync) = self.program.op(rank, op) else { return };
        if let Some(growth) = sync.growth() {
            let set = if let SyncOp::SignalSet { set } = sync { Some(set.value) } else { None };
            return self.rise((rank, op), growth, set, clock);
        }
        let (semaphore, does) = match *sync {
            SyncOp::WaitUntil { semaphore, is, value, count } => {
                (semaphore, Does::Waits { is, value, count: u64::from(count) })
            }
            SyncOp::SemaphoreSet { semaphore, value } => (semaphore, Does::Sets { value }),
            SyncOp::Release { .. }
            | SyncOp::Wait { .. }
            | SyncOp::Barrier { .. }
            | SyncOp::Signal { .. }
            | SyncOp::SignalSet { .. }
            | SyncOp::WaitGe { .. } => return,
        };
        if let Some(uses) = self.of_each.get_mut(&(rank, semaphore)) {
            uses.own.push(Own { op, does });
        }
    }
}
