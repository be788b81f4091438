//! Ops known to be done: a vector clock over the queues of all ranks.

use order::queue::{Queue, SEQUENCER};
use program::{OpIndex, Rank};

/// By rank and queue, one more than the newest op known to be done, or 0. Those before it in its queue are done, too.
#[derive(Clone, Debug)]
pub(super) struct Known {
    newest: Vec<u32>,
    n_queues: usize,
}

impl Known {
    pub fn nothing(n_ranks: u32, n_queues: usize) -> Known {
        Known { newest: vec![0; n_ranks as usize * n_queues], n_queues }
    }
    pub fn learn(&mut self, rank: Rank, queue: Queue, op: OpIndex) {
        // What the sequencer begins may end in any order, so that the newest says nothing of the others.
        if queue != SEQUENCER {
            let newest = &mut self.newest[rank.index() * self.n_queues + queue];
            *newest = (*newest).max(op.0 + 1);
        }
    }
    pub fn learn_all(&mut self, other: &Known) {
        for (mine, theirs) in self.newest.iter_mut().zip(&other.newest) {
            *mine = (*mine).max(*theirs);
        }
    }
    pub fn has(&self, rank: Rank, queue: Queue, op: OpIndex) -> bool {
        self.newest[rank.index() * self.n_queues + queue] > op.0
    }
}
