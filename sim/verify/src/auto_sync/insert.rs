//! Insertion of waits into a rank's program.

use program::{Op, OpIndex, RankProgram, SyncOp};

/// The program in which each op waits for the ops of its list: a release in its `after`, all others by a `wait`
/// right before them, which has the same source line.
pub(super) fn with_waits(rank: &RankProgram, lists: &[Vec<OpIndex>]) -> RankProgram {
    let mut synced = rank.clone();
    let mut waits = Vec::new();
    for (index, (op, list)) in synced.ops.iter_mut().zip(lists).enumerate() {
        if let Op::Sync(SyncOp::Release { after, .. }) = op {
            *after = union(after, list);
        } else if !list.is_empty() {
            waits.push((OpIndex(index as u32), Op::Sync(SyncOp::Wait { on: list.as_slice().into() })));
        }
    }
    synced.with_inserted(&waits)
}

fn union(a: &[OpIndex], b: &[OpIndex]) -> Box<[OpIndex]> {
    let mut all = [a, b].concat();
    all.sort_unstable();
    all.dedup();
    all.into()
}
