//! Values of semaphores in a run of one order, as hardware has them: they rise and fall.

use std::collections::BTreeMap;

use program::op::Asks;
use program::{Op, OpIndex, Rank, SyncOp};

use super::Name;

#[derive(Default)]
pub(crate) struct Levels {
    /// Whether the run came to its end.
    pub finishes: bool,
    /// By how much the value is below all that was signalled; less than 0 after a set that raises it.
    below: BTreeMap<Name, i128>,
    /// What a wait counts, and by how much a set raises.
    found: BTreeMap<(Rank, OpIndex), u64>,
}

impl Levels {
    /// By how much a set raises; 0 of one that the run did not come to.
    pub fn raised(&self, at: (Rank, OpIndex)) -> u32 {
        self.found.get(&at).map_or(0, |&amount| u32::try_from(amount).unwrap_or(u32::MAX))
    }

    /// What a wait counts. One that the run did not come to is never over; more than an op can say is the most that it can.
    pub fn counted(&self, at: (Rank, OpIndex)) -> u32 {
        self.found.get(&at).map_or(u32::MAX, |&count| u32::try_from(count).unwrap_or(u32::MAX))
    }

    fn below(&mut self, name: Name) -> &mut i128 {
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
        let count = *below + i128::from(value);
        let is_over = i128::from(signalled) >= count;
        if is_over && takes {
            *below = count;
        }
        self.found.insert(at, u64::try_from(count).unwrap_or(0));
        is_over
    }

    /// The own rank sets it.
    pub fn set(&mut self, name: Name, value: u32, signalled: u64) {
        *self.below(name) = i128::from(signalled) - i128::from(value);
    }

    /// Any rank sets it; gives by how much it rises.
    pub fn signal_set(&mut self, at: (Rank, OpIndex), name: Name, value: u32, signalled: u64) -> u64 {
        let now = i128::from(signalled) - *self.below(name);
        let rise = u64::try_from(i128::from(value) - now).unwrap_or(0);
        self.found.insert(at, rise);
        rise
    }
}
