//! Semaphores that do more than grow: flags that are set and reset, sums that are waited for by equality, and credits
//! that are taken. Each pair of ranks has its own, so that a step that forgets nothing is ordered.

use program::op::{Asks, SemaphoreId, SetSignal};
use program::{OpIndex, Rank, SyncOp};

use super::draft::Draft;

/// Semaphores by which one rank tells another, and hears that it was understood.
#[derive(Clone, Copy, Debug)]
pub struct Levels {
    /// Of the one that is told.
    told: SemaphoreId,
    /// Of the one that tells.
    free: SemaphoreId,
    /// Whether it has told before, and must hear first.
    again: bool,
}

impl Draft<'_> {
    fn semaphore(&mut self, rank: Rank) -> SemaphoreId {
        let of_rank = &mut self.program.ranks[rank.index()];
        of_rank.n_semaphores += 1;
        SemaphoreId(of_rank.n_semaphores - 1)
    }

    /// A signal and a wait for it, as hardware with flags has them.
    pub fn tell(&mut self, from: Rank, to: Rank, after: &[OpIndex]) {
        let levels = match self.levels.get(&(from, to)) {
            Some(&levels) => levels,
            None => Levels { told: self.semaphore(to), free: self.semaphore(from), again: false },
        };
        self.levels.insert((from, to), Levels { again: true, ..levels });
        let Levels { told: semaphore, free, again } = levels;
        if again && self.careful() {
            self.append(from, SyncOp::WaitUntil { semaphore: free, is: Asks::Take, value: 1, count: 0 });
        }
        let value = 1 + self.random.below(2) as u32;
        if self.percent(50) {
            self.append(from, SyncOp::from(SetSignal::new(semaphore, to, value).after(after)));
        } else {
            self.append(from, SyncOp::Signal { semaphore, to, amount: value, after: after.into() });
        }
        match self.random.below(4) {
            0 => _ = self.append(to, SyncOp::WaitGe { semaphore, value }),
            1 => _ = self.append(to, SyncOp::WaitUntil { semaphore, is: Asks::Ge, value, count: 0 }),
            _ => _ = self.append(to, SyncOp::WaitUntil { semaphore, is: Asks::Eq, value, count: 0 }),
        }
        self.append(to, SyncOp::SemaphoreSet { semaphore, value: 0 });
        self.append(to, SyncOp::Signal { semaphore: free, to: from, amount: 1, after: [].into() });
    }

    /// A use of a semaphore that nothing asks for; most are refused.
    pub fn any_level(&mut self, rank: Rank) {
        let n = self.program.rank(rank).n_semaphores;
        let semaphore = SemaphoreId(self.random.below(u64::from(n)) as u32);
        let value = self.random.below(3) as u32;
        let is = [Asks::Ge, Asks::Eq, Asks::Take][self.below(3)];
        match self.random.below(3) {
            0 => self.append(rank, SyncOp::SemaphoreSet { semaphore, value }),
            1 => self.append(rank, SyncOp::WaitUntil { semaphore, is, value, count: 0 }),
            _ => {
                let from = self.any_rank();
                self.append(from, SyncOp::from(SetSignal::new(semaphore, rank, value)))
            }
        };
    }
}
