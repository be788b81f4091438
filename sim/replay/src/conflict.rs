//! A read of bytes that were not, or not until its end, what it means to read.

use std::collections::BTreeSet;

use diagnostic::Code;
use program::{Rank, Space, View};

use crate::history::{Part, Reader};
use crate::values::Values;
use crate::version::VersionId;

/// Conflicts of one group whose values are compared: enough to see whether values differ.
const SAMPLES: usize = 64;

/// Kind of a difference between the found and the intended bytes of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// The memory held other bytes when the op started.
    AtStart,
    /// The bytes changed, or were being changed, while the op read.
    During,
    /// Several may have written last, and log order decided; `with_reader` when one of them is not even ordered
    /// with the reader.
    Undecided { with_reader: bool },
}

/// One read, the version it means, and one it finds instead; or, when undecided, all that it may find instead.
#[derive(Clone, Debug)]
pub struct Conflict {
    pub code: Code,
    /// Global op; [`Reader::HOST`] when the host takes an output.
    pub reader: Reader,
    pub view: View,
    pub space: Space,
    /// Runs of bytes: what identity reads, and what the memory held when the op started, or from some time
    /// before its end. Never empty, in address order.
    pub runs: Vec<(Part, Part)>,
    pub how: How,
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
    /// Whether it is about what nothing orders, and not about what the memories held.
    pub fn is_undecided(&self) -> bool {
        matches!(self.first().how, How::Undecided { .. })
    }
    /// The versions whose values must be kept to be compared.
    pub fn pins(&self) -> impl Iterator<Item = VersionId> {
        self.samples.iter().flat_map(Conflict::versions)
    }
    /// Whether a sample read another value; `None` when none did but not every conflict is a sample. Of bytes
    /// that nothing was meant to have written, nothing can be said.
    pub fn value_differed(&self, values: &Values<'_>) -> Option<bool> {
        if self.first().code == Code::UninitialisedRead {
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
            code: Code::MemoryOverwritten,
            reader: Reader { op: 0, start: SimTime::ZERO, done: SimTime::ZERO },
            view: View::packed(Base::Buffer(BufferId(0)), Dims::new(&[4]), DType::F16),
            space: Space::Tcm(Rank(0)),
            runs: vec![(part, part)],
            how: How::AtStart,
        };
        let (values, mut group) = (Values::new(Vec::new()), Group::default());
        (0..SAMPLES).for_each(|_| group.add(conflict.clone(), None));
        assert_eq!(group.value_differed(&values), Some(false));
        group.add(conflict, None);
        assert_eq!(group.value_differed(&values), None);
    }
}
