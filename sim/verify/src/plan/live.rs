//! Lifetimes of the tiles of a rank.

use machine::{Machine, Sync};
use order::queue::{Queue, QueueAssigner};
use program::{Base, Op, OpIndex, RankProgram, SyncOp, UnitKind};

use crate::plan::SentTiles;

/// First and last op at which a tile's bytes matter, both counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Life {
    pub first: u32,
    pub last: u32,
}

impl Life {
    /// Lives on after the program.
    const FOR_EVER: u32 = u32::MAX;

    /// From the beginning of the first to the end of the last.
    pub fn hull(self, other: Life) -> Life {
        Life { first: self.first.min(other.first), last: self.last.max(other.last) }
    }
    pub fn meets(self, other: Life) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// By buffer; `None` for a tile that no op names.
pub(super) fn lives(rank: &RankProgram, machine: &Machine, sent: SentTiles) -> Vec<Option<Life>> {
    let last_uses = last_uses(rank, machine, sent);
    let mut lives: Vec<Option<Life>> = vec![None; rank.buffers.len()];
    for (index, op) in rank.ops.iter().enumerate() {
        let last = last_uses[index];
        for view in op.views() {
            let Base::Buffer(buffer) = rank.views[view.index()].base else { continue };
            let life = lives[buffer.index()].get_or_insert(Life { first: index as u32, last });
            life.last = life.last.max(last);
        }
    }
    lives
}

/// By op: the op of the same rank up to which its operands are kept.
fn last_uses(rank: &RankProgram, machine: &Machine, sent: SentTiles) -> Vec<u32> {
    let issued = |(index, _)| index as u32;
    let ops = rank.ops.iter().enumerate();
    match (machine.spec().sync, sent) {
        (Sync::Explicit, _) => known_done(rank, machine),
        (Sync::Interlocked, SentTiles::Reused) => ops.map(issued).collect(),
        (Sync::Interlocked, SentTiles::Kept) => {
            let known = known_done(rank, machine);
            ops.map(|(index, op)| if op.unit() == UnitKind::Send { known[index] } else { index as u32 })
                .collect()
        }
    }
}

/// By op: the op of the same rank at which the sequencer knows that it is done. A unit's queue is served in
/// order, so waiting for an op waits for those before it in its queue.
fn known_done(rank: &RankProgram, machine: &Machine) -> Vec<u32> {
    let mut assigner = QueueAssigner::of(machine);
    let queues: Vec<Queue> = rank.ops.iter().map(|op| assigner.assign(op)).collect();
    let n_queues = queues.iter().copied().max().map_or(0, |queue| queue + 1);
    let mut open: Vec<Vec<usize>> = vec![Vec::new(); n_queues];
    let mut known = vec![Life::FOR_EVER; rank.ops.len()];
    for (index, op) in rank.ops.iter().enumerate() {
        if op.unit() == UnitKind::Sequencer {
            // The ledger's views are looked at, at once.
            known[index] = index as u32;
        } else {
            open[queues[index]].push(index);
        }
        if let Op::Sync(SyncOp::Wait { on }) = op {
            for &OpIndex(waited) in on {
                close(&mut open[queues[waited as usize]], waited as usize, index as u32, &mut known);
            }
        }
    }
    known
}

/// Ops of a queue up to `waited` are known to be done at `at`.
fn close(queue: &mut Vec<usize>, waited: usize, at: u32, known: &mut [u32]) {
    let through = queue.partition_point(|&op| op <= waited);
    for op in queue.drain(..through) {
        known[op] = at;
    }
}
