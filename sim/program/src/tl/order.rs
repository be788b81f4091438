//! Ordering ops: waits, barriers and semaphores. Also the notes that only reports and checks use.

use std::panic::Location;

use crate::op::{Asks, BusyUnit, NoteOp, Op, OpIndex, SemaphoreId, SetSignal, SyncOp, TimeOp};
use crate::program::Rank;
use crate::tl::recorder::Tl;
use crate::tl::tile::{Handle, Tile};

/// A counter of which every rank has its own; every rank must declare it. It starts at 0. Where it is set, taken from or
/// waited for by equality, all its uses must be ordered: see `docs/words.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Semaphore(pub(super) SemaphoreId);

impl Tl {
    /// Holds this rank's sequencer until all these ops are done.
    #[track_caller]
    pub fn wait(&mut self, handles: &[Handle]) {
        let on = ops(handles);
        if !on.is_empty() {
            self.push(Op::Sync(SyncOp::Wait { on }), Location::caller());
        }
    }
    /// Holds until every rank has reached its barrier of the same number.
    #[track_caller]
    pub fn barrier(&mut self) {
        let number = self.barriers;
        self.barriers += 1;
        self.push(Op::Sync(SyncOp::Barrier { number }), Location::caller());
    }
    /// The next semaphore: the k-th call gives the same one on every rank.
    pub fn semaphore(&mut self) -> Semaphore {
        self.program.n_semaphores += 1;
        Semaphore(SemaphoreId(self.program.n_semaphores - 1))
    }
    /// Adds `amount` to `rank`'s semaphore once the ops `after` are done; does not hold.
    #[track_caller]
    pub fn signal(&mut self, semaphore: Semaphore, rank: u32, amount: u32, after: &[Handle]) -> Handle {
        let to = self.signalled(rank);
        let op = SyncOp::Signal { semaphore: semaphore.0, to, amount, after: ops(after) };
        self.push(Op::Sync(op), Location::caller())
    }
    /// Sets `rank`'s semaphore to `value`, which is not below what it is, once the ops `after` are done; does not hold.
    #[track_caller]
    pub fn signal_set(&mut self, semaphore: Semaphore, rank: u32, value: u32, after: &[Handle]) -> Handle {
        let to = self.signalled(rank);
        let set = SetSignal::new(semaphore.0, to, value).after(ops(after));
        self.push(Op::Sync(set.into()), Location::caller())
    }
    #[track_caller]
    fn signalled(&mut self, rank: u32) -> Rank {
        if rank >= self.num_ranks() {
            let message = format!("signal to rank {rank} of {}", self.num_ranks());
            self.fail(Location::caller(), message, "signal an existing rank");
        }
        Rank(rank)
    }
    /// Sets this rank's semaphore to `value`, which is not above what it is.
    #[track_caller]
    pub fn set_semaphore(&mut self, semaphore: Semaphore, value: u32) {
        self.push(Op::Sync(SyncOp::SemaphoreSet { semaphore: semaphore.0, value }), Location::caller());
    }
    /// Holds until this rank's semaphore is at least `value`.
    #[track_caller]
    pub fn wait_ge(&mut self, semaphore: Semaphore, value: u32) {
        self.push(Op::Sync(SyncOp::WaitGe { semaphore: semaphore.0, value }), Location::caller());
    }
    /// Holds until this rank's semaphore is `value`.
    #[track_caller]
    pub fn wait_eq(&mut self, semaphore: Semaphore, value: u32) {
        self.wait_until(semaphore, Asks::Eq, value);
    }
    /// Holds until this rank's semaphore is at least `value`, and takes that from it at once.
    #[track_caller]
    pub fn take(&mut self, semaphore: Semaphore, value: u32) {
        self.wait_until(semaphore, Asks::Take, value);
    }
    #[track_caller]
    fn wait_until(&mut self, semaphore: Semaphore, is: Asks, value: u32) {
        let op = SyncOp::WaitUntil { semaphore: semaphore.0, is, value, count: 0 };
        self.push(Op::Sync(op), Location::caller());
    }

    /// Occupies a unit without touching memory: for models of timing alone.
    #[track_caller]
    pub fn busy(&mut self, unit: BusyUnit, cycles: u64) -> Handle {
        self.push(Op::Time(TimeOp::Busy { unit, cycles }), Location::caller())
    }
    /// Ledger: the partial in `tile` holds the contribution `key`.
    #[track_caller]
    pub fn contribute(&mut self, tile: Tile, key: u32) {
        let view = self.id(tile);
        self.push(Op::Note(NoteOp::Contribute { view, key }), Location::caller());
    }
    /// Ledger: `tile` must hold each of these contributions exactly once.
    #[track_caller]
    pub fn expect(&mut self, tile: Tile, keys: impl IntoIterator<Item = u32>) {
        let view = self.id(tile);
        self.push(Op::Note(NoteOp::Expect { view, keys: keys.into_iter().collect() }), Location::caller());
    }
}

/// The ops of the handles, each once, in program order.
pub(super) fn ops(handles: &[Handle]) -> Box<[OpIndex]> {
    let mut ops: Vec<OpIndex> = handles.iter().flat_map(|handle| handle.ops()).collect();
    ops.sort_unstable();
    ops.dedup();
    ops.into()
}
