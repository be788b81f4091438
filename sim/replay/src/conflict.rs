//! A read of bytes that were not, or not until its end, what it means to read.

use std::collections::BTreeSet;

use diagnostic::{Code, ObservedRead};
use program::{Rank, Space, View};

use crate::history::{Part, Reader};
use crate::values::Values;
use crate::version::{VersionId, Versions};

/// Conflicts of one group whose values are compared: enough to see whether values differ.
const SAMPLES: usize = 64;

/// Where other bytes than the intended ones are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Other {
    /// In the memory: when the op started; or, `during`, they changed, or were being changed, while it read.
    Held { code: Code, during: bool },
    /// In another order of the writers, unless something orders them. In the log's order the memory is right.
    Possible,
}

/// One read, the version it means, and one it finds instead; or all that it may find in other orders.
#[derive(Clone, Debug)]
pub struct Conflict {
    pub other: Other,
    /// Global op; [`Reader::HOST`] when the host takes an output.
    pub reader: Reader,
    pub view: View,
    pub space: Space,
    /// Runs of bytes: what identity reads, and what the memory held when the op started, or from some time
    /// before its end. Never empty, in address order.
    pub runs: Vec<(Part, Part)>,
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
    /// Range of bytes in conflict.
    pub fn bytes(&self) -> [u64; 2] {
        [self.runs[0].0.start, self.runs[self.runs.len() - 1].0.end()]
    }
    /// Every version of the runs: found ones, then meant ones, each once.
    pub fn versions(&self) -> Vec<VersionId> {
        let all = self.runs.iter().map(|run| run.1).chain(self.runs.iter().map(|run| run.0));
        let mut versions = Vec::new();
        for version in all.filter_map(|part| part.version) {
            if !versions.contains(&version) {
                versions.push(version);
            }
        }
        versions
    }

    fn observed(&self, versions: &Versions) -> ObservedRead {
        let writers = self.versions().into_iter().filter_map(|version| versions.get(version).writer.op());
        let ops = std::iter::once(self.reader.op).chain(writers).collect();
        ObservedRead { ops, space: self.space, bytes: self.bytes() }
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
    /// Whether nothing was meant to have written the bytes.
    pub fn is_unwritten(&self) -> bool {
        matches!(self.first().other, Other::Held { code: Code::UninitialisedRead, .. })
    }
    /// The samples, as the hazard checks know them.
    pub fn reads(&self, versions: &Versions) -> Vec<ObservedRead> {
        self.samples.iter().map(|conflict| conflict.observed(versions)).collect()
    }
    /// The versions whose values must be kept to be compared.
    pub fn pins(&self) -> impl Iterator<Item = VersionId> {
        self.samples.iter().flat_map(Conflict::versions)
    }
    /// Whether a sample read another value; `None` when none did but not every conflict is a sample. Of bytes
    /// that nothing was meant to have written, nothing can be said.
    pub fn value_differed(&self, values: &Values<'_>) -> Option<bool> {
        if self.is_unwritten() {
            return None;
        }
        let differed = self.samples.iter().any(|conflict| conflict.value_differs(values));
        (differed || self.count <= self.samples.len() as u64).then_some(differed)
    }
}

/// The runs where `found` names other bytes than `meant`, cut so that each side is one part. Both ascend.
pub fn differences(meant: &[Part], found: &[Part]) -> Vec<(Part, Part)> {
    pairs(meant, found).into_iter().filter(|(meant, found)| meant != found).collect()
}

/// The runs where both name the same bytes.
pub fn agreements(meant: &[Part], found: &[Part]) -> Vec<Part> {
    let same = |(meant, found): (Part, Part)| (meant == found).then_some(meant);
    pairs(meant, found).into_iter().filter_map(same).collect()
}

fn pairs(meant: &[Part], found: &[Part]) -> Vec<(Part, Part)> {
    let mut pairs = Vec::new();
    let mut first = 0;
    for part in found {
        while meant.get(first).is_some_and(|meant| meant.end() <= part.start) {
            first += 1;
        }
        for meant in meant[first..].iter().take_while(|meant| meant.start < part.end()) {
            let (from, to) = (meant.start.max(part.start), meant.end().min(part.end()));
            pairs.push((clip(meant, from, to), clip(part, from, to)));
        }
    }
    pairs
}

fn clip(part: &Part, from: u64, to: u64) -> Part {
    let skipped = if part.version.is_some() { from - part.start } else { 0 };
    Part { start: from, length: to - from, version: part.version, at: part.at + skipped }
}

#[cfg(test)]
mod tests {
    use machine::SimTime;
    use program::{Base, BufferId, DType, Dims};

    use super::*;

    #[test]
    fn samples_that_agree_say_nothing_of_the_rest() {
        let part = Part { start: 0, length: 8, version: None, at: 0 };
        let conflict = Conflict {
            other: Other::Held { code: Code::MemoryOverwritten, during: false },
            reader: Reader { op: 0, start: SimTime::ZERO, done: SimTime::ZERO },
            view: View::packed(Base::Buffer(BufferId(0)), Dims::new(&[4]), DType::F16),
            space: Space::Tcm(Rank(0)),
            runs: vec![(part, part)],
        };
        let (values, mut group) = (Values::new(Vec::new(), 1), Group::default());
        (0..SAMPLES).for_each(|_| group.add(conflict.clone(), None));
        assert_eq!(group.value_differed(&values), Some(false));
        group.add(conflict, None);
        assert_eq!(group.value_differed(&values), None);
    }
}
