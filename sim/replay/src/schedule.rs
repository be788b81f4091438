//! Schedule of a replay: waves of ops that do not read one another. It is the same for any number of threads, so the
//! live values at each moment are the same too.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use oplog::OpLog;

use crate::error::ReplayError;
use crate::reads::Reads;
use crate::version::{VersionId, Versions};

/// Most ops of a wave: enough for many threads, few enough that results do not pile up.
const WAVE: usize = 64;

/// Hands out waves of ops whose operands exist, earliest start first.
pub struct Schedule {
    /// By place in the order of starts: the global op.
    order: Vec<u32>,
    /// By global op: its place in `order`.
    place: Vec<u32>,
    /// By global op: the operands that do not exist yet.
    missing: Vec<u32>,
    /// By global op: the ops that read what it makes.
    readers: Vec<Vec<u32>>,
    ready: BinaryHeap<Reverse<u32>>,
    left: usize,
}

impl Schedule {
    pub fn new(log: &OpLog, versions: &Versions, reads: &Reads) -> Schedule {
        let n_ops = log.program.n_ops();
        let mut order: Vec<u32> = (0..n_ops as u32).collect();
        order.sort_by_key(|&op| (log.entries.start[op as usize], op));
        let mut place = vec![0; n_ops];
        for (at, &op) in order.iter().enumerate() {
            place[op as usize] = at as u32;
        }
        let (missing, readers) = (vec![0; n_ops], vec![Vec::new(); n_ops]);
        let mut schedule = Schedule { order, place, missing, readers, ready: BinaryHeap::new(), left: 0 };
        for op in (0..n_ops).filter(|&op| versions.written_by(op).is_some()) {
            schedule.left += 1;
            for version in versions_read(reads, op).into_iter().filter(|version| version.index() < n_ops) {
                schedule.missing[op] += 1;
                schedule.readers[version.index()].push(op as u32);
            }
            if schedule.missing[op] == 0 {
                schedule.ready.push(Reverse(schedule.place[op]));
            }
        }
        schedule
    }

    /// Ops that have not been handed out.
    pub fn left(&self) -> u64 {
        self.left as u64
    }

    /// The next wave; empty when all ops are done.
    ///
    /// # Errors
    /// [`ReplayError::Log`] when ops are left that wait for one another.
    pub fn wave(&mut self) -> Result<Vec<u32>, ReplayError> {
        let mut wave = Vec::new();
        while wave.len() < WAVE
            && let Some(Reverse(place)) = self.ready.pop()
        {
            wave.push(self.order[place as usize]);
        }
        self.left -= wave.len();
        if wave.is_empty() && self.left > 0 {
            return Err(ReplayError::Log(format!("{} ops read what one another writes", self.left)));
        }
        Ok(wave)
    }

    /// What `op` makes exists now.
    pub fn done(&mut self, op: u32) {
        for reader in std::mem::take(&mut self.readers[op as usize]) {
            self.missing[reader as usize] -= 1;
            if self.missing[reader as usize] == 0 {
                self.ready.push(Reverse(self.place[reader as usize]));
            }
        }
    }
}

/// The versions a reader needs, each once, ascending.
pub fn versions_read(reads: &Reads, reader: usize) -> Vec<VersionId> {
    let mut versions: Vec<VersionId> = reads.of(reader).flatten().filter_map(|part| part.version).collect();
    versions.sort_unstable();
    versions.dedup();
    versions
}

/// Number of reads of each version: by ops that make something, by the host, and by `pins`, which keep it to the
/// end.
pub fn uses(versions: &Versions, reads: &Reads, pins: &[VersionId]) -> Vec<u32> {
    let mut uses = vec![0; versions.n_ids()];
    for reader in (0..reads.n_readers()).filter(|&reader| is_reader(versions, reader)) {
        for version in versions_read(reads, reader) {
            uses[version.index()] += 1;
        }
    }
    for pin in pins {
        uses[pin.index()] += 1;
    }
    uses
}

/// The host reads outputs; ops that make nothing read nothing.
fn is_reader(versions: &Versions, reader: usize) -> bool {
    reader >= versions.n_ops() || versions.written_by(reader).is_some()
}
