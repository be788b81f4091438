//! Values of semaphores in a run of one order, as hardware has them: they rise and fall.

use std::collections::BTreeMap;

use program::op::Asks;
use program::{Op, OpIndex, Rank, SyncOp};

use super::Name;

#[derive(Default)]
pub(crate) struct Levels {
    /// By how much the value is below all that was signalled.
    below: BTreeMap<Name, u64>,
    /// What a wait counts, and by how much a set raises.
    found: BTreeMap<(Rank, OpIndex), u64>,
}

impl Levels {
    /// As far as the run came; beyond what an op can say it is the most that it can.
    pub fn of(&self, at: (Rank, OpIndex)) -> u32 {
        self.found.get(&at).map_or(0, |&count| u32::try_from(count).unwrap_or(u32::MAX))
    }

    fn below(&mut self, name: Name) -> &mut u64 {
        self.below.entry(name).or_default()
    }

    /// Whether a wait is over, of a semaphore to which so much was signalled. A value that has passed what is waited for
    /// counts as reached: the order of uses is judged elsewhere.
    pub fn is_over(&mut self, at: (Rank, OpIndex), op: &Op, signalled: u64) -> bool {
        let (semaphore, value, takes) = match op {
            Op::Sync(SyncOp::WaitGe { semaphore, value }) => (*semaphore, *value, false),
            Op::Sync(SyncOp::WaitUntil { semaphore, is, value, .. }) => {
                (*semaphore, *value, matches!(is, Asks::Take))
            }
            Op::Sync(_)
            | Op::Compute(_)
            | Op::Move(_)
            | Op::Send(_)
            | Op::Recv(_)
            | Op::Queue(_)
            | Op::Note(_)
            | Op::Time(_) => return true,
        };
        let below = self.below((at.0, semaphore));
        let count = *below + u64::from(value);
        let is_over = signalled >= count;
        if is_over && takes {
            *below += u64::from(value);
        }
        self.found.insert(at, count);
        is_over
    }

    /// The own rank sets it.
    pub fn set(&mut self, name: Name, value: u32, signalled: u64) {
        *self.below(name) = signalled.saturating_sub(u64::from(value));
    }

    /// Any rank sets it; gives by how much it rises.
    pub fn signal_set(&mut self, at: (Rank, OpIndex), name: Name, value: u32, signalled: u64) -> u64 {
        let now = signalled.saturating_sub(*self.below(name));
        let rise = u64::from(value).saturating_sub(now);
        self.found.insert(at, rise);
        rise
    }
}
