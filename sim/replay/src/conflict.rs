//! A read of bytes that were not, or not until its end, what it means to read.

use std::collections::BTreeSet;

use oplog::FindingKind;
use program::{Rank, Space, View};

use crate::history::{Part, Reader};
use crate::values::Values;
use crate::version::VersionId;

/// Conflicts of one group whose values are compared: enough to tell luck from harm.
const SAMPLES: usize = 16;

/// One read, one version it means, and one it finds instead.
#[derive(Clone, Debug)]
pub struct Conflict {
    pub kind: FindingKind,
    /// Global op; [`Reader::HOST`] when the host takes an output.
    pub reader: Reader,
    pub view: View,
    pub space: Space,
    /// Runs of bytes: what identity reads, and what the memory held when the op started, or from some time
    /// before its end. Never empty, in address order.
    pub runs: Vec<(Part, Part)>,
    /// Whether the bytes changed while the op read.
    pub during: bool,
}

impl Conflict {
    /// The version that identity reads; `None` for bytes that nothing was meant to have written.
    pub fn meant(&self) -> Option<VersionId> {
        self.runs[0].0.version
    }
    /// The version that the memory held; `None` when nothing was written yet.
    pub fn found(&self) -> Option<VersionId> {
        self.runs[0].1.version
    }
    /// From the first to the last byte in conflict.
    pub fn bytes(&self) -> [u64; 2] {
        [self.runs[0].0.start, self.runs[self.runs.len() - 1].0.end()]
    }

    /// Bytes that nothing wrote differ from any value.
    fn value_differs(&self, values: &Values<'_>) -> bool {
        let bytes = |part: &Part| {
            let at = part.at as usize;
            Some(&values.bytes(part.version?)[at..at + part.length as usize])
        };
        self.runs.iter().any(|(meant, found)| bytes(meant) != bytes(found))
    }
}

/// Conflicts of the same kind between the same two lines of the kernel. Only the first few are kept.
#[derive(Debug, Default)]
pub struct Group {
    samples: Vec<Conflict>,
    pub count: u64,
    pub ranks: BTreeSet<Rank>,
}

impl Group {
    pub fn add(&mut self, conflict: Conflict, rank: Option<Rank>) {
        self.count += 1;
        self.ranks.extend(rank);
        if self.samples.len() < SAMPLES {
            self.samples.push(conflict);
        }
    }
    /// The conflict that the finding tells of.
    pub fn first(&self) -> &Conflict {
        &self.samples[0]
    }
    /// The versions whose values must be kept to be compared.
    pub fn pins(&self) -> impl Iterator<Item = VersionId> {
        self.samples.iter().flat_map(|conflict| [conflict.meant(), conflict.found()]).flatten()
    }
    /// Whether any of the samples read another value. Of bytes that nothing was meant to have written, nothing
    /// can be said.
    pub fn value_differed(&self, values: &Values<'_>) -> Option<bool> {
        self.first().meant()?;
        Some(self.samples.iter().any(|conflict| conflict.value_differs(values)))
    }
}

/// The runs where `found` names other bytes than `meant`, cut so that each side is one part. Both ascend.
pub fn differences(meant: &[Part], found: &[Part]) -> Vec<(Part, Part)> {
    let mut different = Vec::new();
    let mut first = 0;
    for part in found {
        while meant.get(first).is_some_and(|meant| meant.end() <= part.start) {
            first += 1;
        }
        for meant in meant[first..].iter().take_while(|meant| meant.start < part.end()) {
            let (from, to) = (meant.start.max(part.start), meant.end().min(part.end()));
            let pair = (clip(meant, from, to), clip(part, from, to));
            if pair.0 != pair.1 {
                different.push(pair);
            }
        }
    }
    different
}

fn clip(part: &Part, from: u64, to: u64) -> Part {
    let skipped = if part.version.is_some() { from - part.start } else { 0 };
    Part { start: from, length: to - from, version: part.version, at: part.at + skipped }
}
