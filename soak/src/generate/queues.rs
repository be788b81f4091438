//! Order on machines with command queues: commits, events, and the host that waits and copies.

use machine::{QueueModel, QueueSpec};
use program::op::{EventId, MoveOp};
use program::{Base, Op, OpIndex, QueueOp, Rank, Stage, SyncOp, View};

use super::draft::{Draft, Past};

impl Draft<'_> {
    pub fn commit(&mut self, rank: Rank) {
        let op = self.append(rank, QueueOp::Commit {});
        self.commits[rank.index()].push(op);
        self.open[rank.index()] = false;
    }
    pub fn commit_all(&mut self) {
        for rank in 0..self.program.n_ranks() {
            if self.target.is_queued() && self.open[rank as usize] {
                self.commit(Rank(rank));
            }
        }
    }
    fn current(&self, rank: Rank) -> u32 {
        self.commits[rank.index()].len() as u32
    }
    fn encode(&mut self, rank: Rank, op: QueueOp) {
        self.append(rank, op);
        self.open[rank.index()] = true;
    }

    /// Orders an op after those that touched the same bytes.
    pub fn order_in_queues(&mut self, rank: Rank, op: &Op, touched: &[(Base, bool)]) {
        for _ in 0..4 {
            let encoded = op.stage() == Stage::Pass;
            let Some(past) = self.unordered(rank, encoded, touched) else { return };
            if !self.careful() {
                return;
            }
            if encoded && past.buffer.is_some() && self.percent(60) {
                self.by_event(&past, rank);
            } else {
                self.by_host(&past, rank);
            }
        }
    }

    fn unordered(&self, rank: Rank, encoded: bool, touched: &[(Base, bool)]) -> Option<Past> {
        let QueueSpec { model, tracked } = self.target.machine.queue().expect("it has queues");
        let own_order = model == QueueModel::Serial || tracked;
        let current = encoded.then(|| self.current(rank));
        let is_ordered = |past: &Past| {
            let known =
                past.known.contains(&(rank, None)) || (encoded && past.known.contains(&(rank, current)));
            let own = past.rank == rank
                && (past.buffer.is_none() || (encoded && (past.buffer == current || own_order)));
            known || own
        };
        let meets = |past: &&Past| {
            let own = matches!(past.base, Base::Tensor(_)) || past.rank == rank;
            own && touched.iter().any(|&(base, writes)| base == past.base && (writes || past.writes))
                && !is_ordered(past)
        };
        self.past.iter().find(meets).cloned()
    }

    /// The command buffer of an access is committed; gives its commit.
    fn committed(&mut self, past: &Past) -> Option<OpIndex> {
        let buffer = past.buffer? as usize;
        if self.commits[past.rank.index()].len() == buffer {
            self.commit(past.rank);
        }
        Some(self.commits[past.rank.index()][buffer])
    }

    fn by_event(&mut self, past: &Past, rank: Rank) {
        let event = EventId(past.rank.0);
        if past.buffer != Some(self.current(past.rank)) {
            // What is signalled from now on says nothing of a buffer that was committed before.
            let commit = self.committed(past).expect("it has a buffer");
            self.append(past.rank, SyncOp::Wait { on: [commit].into() });
        }
        let value = self.events[event.index()] + 1;
        self.events[event.index()] = value;
        self.encode(past.rank, QueueOp::EventSignal { event, value });
        self.commit(past.rank);
        self.encode(rank, QueueOp::EventWait { event, value });
        let here = (rank, Some(self.current(rank)));
        self.mark(past, here);
    }

    fn by_host(&mut self, past: &Past, rank: Rank) {
        let commit = self.committed(past);
        if past.rank == rank {
            self.append(rank, SyncOp::Wait { on: commit.into_iter().collect() });
        } else {
            let after: Vec<OpIndex> = commit.into_iter().collect();
            self.signal_and_wait(past.rank, rank, &after);
        }
        self.mark(past, (rank, None));
    }

    fn mark(&mut self, of: &Past, known: (Rank, Option<u32>)) {
        let alike = |past: &&mut Past| past.rank == of.rank && past.buffer == of.buffer;
        self.past.iter_mut().filter(alike).for_each(|past| past.known.push(known));
    }

    /// An op of queues that nothing asks for.
    pub fn queue_step(&mut self, rank: Rank) {
        let event = EventId(self.random.below(self.events.len() as u64) as u32);
        let largest = self.events[event.index()];
        match self.random.below(4) {
            0 => {
                let value = self.random.below(u64::from(largest) + 3) as u32;
                self.events[event.index()] = largest.max(value);
                self.encode(rank, QueueOp::EventSignal { event, value });
            }
            1 => {
                let value = self.random.below(u64::from(largest) + 1) as u32;
                self.encode(rank, QueueOp::EventWait { event, value });
            }
            _ => self.commit(rank),
        }
    }

    pub fn host_copy(&mut self, rank: Rank) {
        let to = self.tensor(rank, true);
        let tensor = program::TensorId(self.below(self.program.tensors.len()) as u32);
        let bytes = self.program.tensors[tensor.index()].bytes();
        let from = self.view_of(Base::Tensor(tensor), bytes, to.shape, to.dtype, false);
        let Some(from) = from else { return self.through_a_tile(rank, to) };
        let (from, to) = (self.view(rank, from), self.view(rank, to));
        self.push(rank, QueueOp::HostCopy { from, to });
    }
    fn through_a_tile(&mut self, rank: Rank, to: View) {
        let from = self.source(rank, to.shape, to.dtype);
        let to = self.view(rank, to);
        self.push(rank, MoveOp::Store { from, to });
    }
}
