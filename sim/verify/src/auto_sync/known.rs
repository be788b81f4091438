//! Ops known to be done, by the queues of all ranks.

use order::Clock;
use order::queue::{Queue, SEQUENCER};
use program::{OpIndex, Rank};

/// A vector clock whose lanes are queues: one more than the newest op known to be done. Those before it in its queue are
/// done, too.
#[derive(Clone, Debug)]
pub(super) struct Known {
    clock: Clock,
    n_queues: usize,
}

impl Known {
    pub fn nothing(n_ranks: u32, n_queues: usize) -> Known {
        Known { clock: Clock::new(n_ranks as usize * n_queues), n_queues }
    }
    pub fn learn(&mut self, rank: Rank, queue: Queue, op: OpIndex) {
        // What the sequencer begins may end in any order, so that the newest says nothing of the others.
        if queue != SEQUENCER {
            self.clock.raise(self.lane(rank, queue), op.0 + 1);
        }
    }
    pub fn learn_all(&mut self, other: &Known) {
        self.clock.join(&other.clock);
    }
    pub fn has(&self, rank: Rank, queue: Queue, op: OpIndex) -> bool {
        self.clock.get(self.lane(rank, queue)) > op.0
    }

    fn lane(&self, rank: Rank, queue: Queue) -> u32 {
        (rank.index() * self.n_queues + queue) as u32
    }
}
