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
    /// The ops that read what op i makes are `readers[first[i]..first[i + 1]]`.
    readers: Vec<u32>,
    first: Vec<u32>,
    ready: BinaryHeap<Reverse<u32>>,
    left: usize,
}

impl Schedule {
    pub fn new(log: &OpLog, versions: &Versions, needs: &Needs) -> Schedule {
        let n_ops = log.program.n_ops();
        let mut starts: Vec<_> = log.entries.start.iter().copied().zip(0u32..).collect();
        starts.sort();
        let order: Vec<u32> = starts.into_iter().map(|(_, op)| op).collect();
        let mut place = vec![0; n_ops];
        for (at, &op) in order.iter().enumerate() {
            place[op as usize] = at as u32;
        }
        let (mut missing, mut first) = (vec![0; n_ops], vec![0; n_ops + 1]);
        let mut left = 0;
        let mut ready = BinaryHeap::new();
        let each_version = |visit: &mut dyn FnMut(usize, usize)| {
            for op in 0..n_ops {
                let made = needs.of(op).iter().filter(|version| version.index() < n_ops);
                made.for_each(|version| visit(op, version.index()));
            }
        };
        each_version(&mut |op, made_by| {
            missing[op] += 1;
            first[made_by] += 1;
        });
        for op in (0..n_ops).filter(|&op| versions.written_by(op).is_some()) {
            left += 1;
            if missing[op] == 0 {
                ready.push(Reverse(place[op]));
            }
        }
        // Counts become ends, and ends become starts as the readers are filled in from behind.
        let mut end = 0u32;
        for count in &mut first {
            end = end.checked_add(*count).expect("fewer than 2^32 reads");
            *count = end;
        }
        let mut readers = vec![0; end as usize];
        each_version(&mut |op, made_by| {
            first[made_by] -= 1;
            readers[first[made_by] as usize] = op as u32;
        });
        Schedule { order, place, missing, readers, first, ready, left }
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
        // Ranks one after the other: threads that share a wave then keep to their ranks, whose values are near them.
        wave.sort_unstable();
        if wave.is_empty() && self.left > 0 {
            return Err(ReplayError::Log(format!("{} ops read what one another writes", self.left)));
        }
        Ok(wave)
    }

    /// What `op` makes exists now.
    pub fn done(&mut self, op: u32) {
        let [first, end] = [op, op + 1].map(|op| self.first[op as usize] as usize);
        for &reader in &self.readers[first..end] {
            self.missing[reader as usize] -= 1;
            if self.missing[reader as usize] == 0 {
                self.ready.push(Reverse(self.place[reader as usize]));
            }
        }
    }
}

/// Replaces `read` by the versions that a reader reads, each once, ascending.
pub fn versions_read(reads: &Reads, reader: usize, read: &mut Vec<VersionId>) {
    read.clear();
    for version in reads.of(reader).flatten().filter_map(|part| part.version) {
        // Most reads are many parts of one version.
        if read.last() != Some(&version) {
            read.push(version);
        }
    }
    read.sort_unstable();
    read.dedup();
}

/// Versions that each reader needs: the ops that make something, and the host. Ops that make nothing need nothing.
pub struct Needs {
    /// Reader i needs `versions[first[i]..first[i + 1]]`.
    first: Vec<u32>,
    versions: Vec<VersionId>,
}

impl Needs {
    pub fn of_reads(versions: &Versions, reads: &Reads) -> Needs {
        let mut needs = Needs { first: Vec::with_capacity(reads.n_readers() + 1), versions: Vec::new() };
        needs.first.push(0);
        let mut read = Vec::new();
        for reader in 0..reads.n_readers() {
            let is_host = reader >= versions.n_ops();
            if is_host || versions.written_by(reader).is_some() {
                versions_read(reads, reader, &mut read);
                needs.versions.extend_from_slice(&read);
            }
            let end = u32::try_from(needs.versions.len()).expect("fewer than 2^32 reads");
            needs.first.push(end);
        }
        needs
    }

    /// Versions that a reader needs, each once, ascending.
    pub fn of(&self, reader: usize) -> &[VersionId] {
        &self.versions[self.first[reader] as usize..self.first[reader + 1] as usize]
    }

    /// Number of reads of each of `n` versions: by ops, by the host, and by `pins`, which keep it to the end.
    pub fn uses(&self, n: usize, pins: &[VersionId]) -> Vec<u32> {
        let mut uses = vec![0; n];
        for version in self.versions.iter().chain(pins) {
            uses[version.index()] += 1;
        }
        uses
    }
}
