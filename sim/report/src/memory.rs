//! TCM: which buffers there are, and what uses them first and last.

use oplog::OpLog;
use program::{Base, RankProgram};
use serde::Serialize;

use crate::column::Column;
use crate::ticks::Ticks;

#[derive(Debug, Default, Serialize)]
pub struct Memory {
    /// TCM of a PE.
    capacity: u64,
    ranks: Vec<OfRank>,
    /// Of all buffers that are used, rank after rank: bytes, address, its number, first and last op.
    bytes: Column,
    address: Column,
    buffer: Column,
    first: Column,
    last: Column,
    /// When they are used: from the start of the first op to the end of the last.
    from: Column,
    to: Column,
}

#[derive(Debug, Serialize)]
struct OfRank {
    /// Buffers that ops use.
    buffers: usize,
    /// Slots of rings, which live all the time.
    slots: u64,
    /// What the program runs with.
    needed: u64,
    /// What no planner could do without.
    live: u64,
    /// The most bytes of buffers in use at once in this run, slots counted, and the tick when that begins.
    peak: u64,
    peak_at: u64,
}

/// The ops that use a buffer, and the ticks from which to which they do.
#[derive(Clone, Copy)]
struct Use {
    first: usize,
    last: usize,
    from: u64,
    to: u64,
}

impl Memory {
    pub fn of(log: &OpLog, ticks: Ticks, shown: bool) -> Memory {
        let mut memory = Memory { capacity: log.machine.spec().pe.tcm_bytes.0, ..Memory::default() };
        let firsts = log.first_ops();
        for (rank, of_rank) in log.program.ranks.iter().enumerate() {
            let uses = uses(log, of_rank, firsts[rank], ticks);
            let sized =
                uses.iter().enumerate().filter_map(|(it, used)| Some((of_rank.buffers[it].bytes, (*used)?)));
            let plan = &log.layout.peaks[rank];
            let (peak, peak_at) = peak(&sized.collect::<Vec<_>>());
            memory.ranks.push(OfRank {
                buffers: uses.iter().flatten().count(),
                slots: plan.slot_bytes.0,
                needed: plan.bytes.0,
                live: plan.live_bound.0,
                peak: peak + plan.slot_bytes.0,
                peak_at,
            });
            if shown {
                memory.add(of_rank, &log.layout.buffers[rank], &uses);
            }
        }
        memory
    }

    fn add(&mut self, rank: &RankProgram, addresses: &[u64], uses: &[Option<Use>]) {
        for (buffer, used) in uses.iter().enumerate() {
            let Some(used) = used else { continue };
            self.bytes.put(rank.buffers[buffer].bytes);
            self.address.put_after(addresses[buffer]);
            self.buffer.put_after(buffer as u64);
            self.first.put_after(used.first as u64);
            self.last.put((used.last - used.first) as u64);
            self.from.put_after(used.from);
            self.to.put(used.to - used.from);
        }
    }
}

/// By buffer; `None` for one that no op names.
fn uses(log: &OpLog, rank: &RankProgram, first: usize, ticks: Ticks) -> Vec<Option<Use>> {
    let mut uses: Vec<Option<Use>> = vec![None; rank.buffers.len()];
    for (index, op) in rank.ops.iter().enumerate() {
        let number = first + index;
        let (from, to) = (ticks.at(log.entries.start[number]), ticks.at(log.entries.done[number]));
        for view in op.views() {
            let Base::Buffer(buffer) = rank.views[view.index()].base else { continue };
            let used = uses[buffer.index()].get_or_insert(Use { first: number, last: number, from, to });
            used.last = number;
            used.from = used.from.min(from);
            used.to = used.to.max(to);
        }
    }
    uses
}

/// The most bytes at once, and when that begins. What ends at a moment makes room for what begins at it.
fn peak(uses: &[(u64, Use)]) -> (u64, u64) {
    let mut changes: Vec<(u64, bool, u64)> = Vec::new();
    for &(bytes, used) in uses.iter().filter(|(_, used)| used.from < used.to) {
        changes.extend([(used.from, true, bytes), (used.to, false, bytes)]);
    }
    changes.sort_unstable();
    let (mut now, mut most, mut at) = (0u64, 0, 0);
    for (tick, begins, bytes) in changes {
        now = if begins { now + bytes } else { now - bytes };
        if now > most {
            (most, at) = (now, tick);
        }
    }
    (most, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_where_most_bytes_are_in_use() {
        let used = |bytes, from, to| (bytes, Use { first: 0, last: 0, from, to });
        for (uses, expected) in [
            (vec![], (0, 0)),
            (vec![used(8, 0, 10)], (8, 0)),
            (vec![used(8, 0, 10), used(4, 10, 12)], (8, 0)),
            (vec![used(8, 0, 10), used(4, 9, 12), used(5, 10, 11)], (12, 9)),
            (vec![used(8, 3, 3)], (0, 0)),
        ] {
            assert_eq!(peak(&uses), expected);
        }
    }
}
