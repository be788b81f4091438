//! Order between ranks: semaphores in every use, barriers, and waits.

use program::op::SemaphoreId;
use program::{Base, OpIndex, Rank, SyncOp};

use super::draft::Draft;

impl Draft<'_> {
    /// Orders accesses to tensors after those of other ranks.
    pub fn order_ranks(&mut self, rank: Rank, touched: &[(Base, bool)]) {
        while let Some(other) = self.conflicting_rank(rank, touched) {
            if !self.careful() {
                return;
            }
            if self.percent(25) {
                self.barrier();
            } else {
                self.hand_over(other, rank);
            }
        }
    }

    fn conflicting_rank(&self, rank: Rank, touched: &[(Base, bool)]) -> Option<Rank> {
        let is_tensor = |base: Base| matches!(base, Base::Tensor(_));
        let meets = self.past.iter().find(|past| {
            past.rank != rank
                && !past.known.contains(&(rank, None))
                && touched
                    .iter()
                    .any(|&(base, writes)| is_tensor(base) && base == past.base && (writes || past.writes))
        });
        meets.map(|past| past.rank)
    }

    /// All that a rank has done comes before what another does from now on.
    pub fn hand_over(&mut self, from: Rank, to: Rank) {
        let mut after = self.running(from);
        after.retain(|_| self.random.below(100) < self.care);
        self.signal_and_wait(from, to, &after);
        self.learn(from, to);
    }

    pub fn signal_and_wait(&mut self, from: Rank, to: Rank, after: &[OpIndex]) {
        if self.percent(35) {
            return self.tell(from, to, after);
        }
        let semaphore = SemaphoreId(self.random.below(self.signalled[to.index()].len() as u64) as u32);
        let amount = 1 + self.random.below(2) as u32;
        self.append(from, SyncOp::Signal { semaphore, to, amount, after: after.into() });
        let total = &mut self.signalled[to.index()][semaphore.index()];
        *total += amount;
        let value = *total;
        self.append(to, SyncOp::WaitGe { semaphore, value });
    }

    /// What is over for one rank is over for another.
    fn learn(&mut self, from: Rank, to: Rank) {
        for past in &mut self.past {
            if past.rank == from || past.known.contains(&(from, None)) {
                past.known.push((to, None));
            }
        }
    }

    pub fn barrier(&mut self) {
        let n = self.program.n_ranks();
        for rank in (0..n).map(Rank) {
            let mut on = self.running(rank);
            on.retain(|_| self.random.below(100) < self.care);
            if !on.is_empty() {
                self.wait(rank, &on);
            }
        }
        for rank in (0..n).map(Rank) {
            self.append(rank, SyncOp::Barrier { number: self.n_barriers });
        }
        self.n_barriers += 1;
        for past in &mut self.past {
            past.known.extend((0..n).map(|rank| (Rank(rank), None)));
        }
    }

    /// An op of order that nothing asks for.
    pub fn order_step(&mut self, rank: Rank) {
        match self.random.below(8) {
            0 => self.any_barrier(),
            1..4 => self.any_signal(rank),
            4 | 5 if self.percent(10) => self.any_level(rank),
            4 | 5 => self.any_wait_ge(rank),
            _ => self.any_wait(rank),
        }
    }

    /// Without waits: what was issued may still run.
    fn any_barrier(&mut self) {
        for rank in 0..self.program.n_ranks() {
            self.append(Rank(rank), SyncOp::Barrier { number: self.n_barriers });
        }
        self.n_barriers += 1;
    }

    /// Some ops of a rank that it may name: on a machine with command queues, its commits.
    fn some_ops(&mut self, rank: Rank) -> Vec<OpIndex> {
        let mut ops =
            if self.target.is_queued() { self.commits[rank.index()].clone() } else { self.running(rank) };
        ops.retain(|_| self.random.below(2) == 0);
        ops
    }
    fn any_signal(&mut self, rank: Rank) {
        let (to, after) = (self.any_rank(), self.some_ops(rank));
        let semaphore = SemaphoreId(self.random.below(self.signalled[to.index()].len() as u64) as u32);
        let amount = [1, 1, 1, 2, 3, 0][self.below(6)];
        self.append(rank, SyncOp::Signal { semaphore, to, amount, after: after.into() });
        self.signalled[to.index()][semaphore.index()] += amount;
    }
    fn any_wait_ge(&mut self, rank: Rank) {
        let semaphore = self.below(self.signalled[rank.index()].len());
        let total = self.signalled[rank.index()][semaphore];
        let value = if self.percent(60) { total } else { self.random.below(u64::from(total) + 1) as u32 };
        self.append(rank, SyncOp::WaitGe { semaphore: SemaphoreId(semaphore as u32), value });
    }
    fn any_wait(&mut self, rank: Rank) {
        let on = self.some_ops(rank);
        if self.target.is_queued() {
            self.append(rank, SyncOp::Wait { on: on.into() });
        } else {
            self.wait(rank, &on);
        }
    }
}
