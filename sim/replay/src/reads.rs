//! Resolved reads of a run: for each operand, runs of bytes and the versions they come from.

use program::View;

use crate::history::Part;
use crate::version::VersionId;

/// The reads of all ops in (rank, index) order, then those of the host, by tensor.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reads {
    /// Reads `starts[i]..starts[i + 1]` belong to reader i.
    starts: Vec<u32>,
    /// By read: where its parts end.
    ends: Vec<u32>,
    parts: Vec<Part>,
}

impl Reads {
    pub fn new() -> Reads {
        Reads { starts: vec![0], ends: Vec::new(), parts: Vec::new() }
    }
    /// The readers of one list after those of another; each list is dropped once it is taken over.
    pub fn joined(lists: Vec<Reads>) -> Reads {
        let mut joined = Reads::new();
        let all = |n: fn(&Reads) -> usize| lists.iter().map(n).sum();
        joined.starts.reserve(all(|list| list.n_readers()));
        joined.ends.reserve(all(|list| list.ends.len()));
        joined.parts.reserve(all(|list| list.parts.len()));
        for list in lists {
            let (reads, parts) = (joined.ends.len(), joined.parts.len());
            u32::try_from(parts + list.parts.len()).expect("fewer than 2^32 parts");
            joined.starts.extend(list.starts[1..].iter().map(|start| start + reads as u32));
            joined.ends.extend(list.ends.iter().map(|end| end + parts as u32));
            joined.parts.extend(list.parts);
        }
        joined
    }
    /// Adds the next read of the current reader.
    pub fn read(&mut self, parts: impl IntoIterator<Item = Part>) {
        self.parts.extend(parts);
        self.ends.push(u32::try_from(self.parts.len()).expect("fewer than 2^32 parts"));
    }
    /// So many readers have all of their reads.
    pub fn fill_up_to(&mut self, readers: usize) {
        while self.n_readers() < readers {
            self.next_reader();
        }
    }
    /// The current reader has no more reads.
    pub fn next_reader(&mut self) {
        self.starts.push(self.ends.len() as u32);
    }
    /// The parts of each read of a reader, in the order of [`program::Access::reads`].
    pub fn of(&self, reader: usize) -> impl Iterator<Item = &[Part]> {
        (self.starts[reader]..self.starts[reader + 1]).map(|read| self.parts_of(read as usize))
    }
    /// The parts of a reader's `nth` read.
    pub fn nth(&self, reader: usize, nth: usize) -> &[Part] {
        self.parts_of(self.starts[reader] as usize + nth)
    }
    fn parts_of(&self, read: usize) -> &[Part] {
        let start = if read == 0 { 0 } else { self.ends[read - 1] as usize };
        &self.parts[start..self.ends[read] as usize]
    }
    /// How many reads a reader has.
    pub fn n_of(&self, reader: usize) -> usize {
        (self.starts[reader + 1] - self.starts[reader]) as usize
    }
    pub fn n_readers(&self) -> usize {
        self.starts.len() - 1
    }
}

/// Location of an operand, from its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// In the value of one version: the byte its first element begins at.
    InPlace { version: VersionId, offset: u64 },
    /// In the value of one version whose rows lie there one after the other.
    Compact { version: VersionId, offset: u64 },
    /// In several versions, or in none.
    Scattered,
}

/// Location of `view` in `parts`.
pub fn find(view: &View, parts: &[Part]) -> Found {
    let Some(first) = parts.first() else { return Found::Scattered };
    let Some(version) = first.version else { return Found::Scattered };
    let mut length = 0;
    let (mut in_place, mut compact) = (true, true);
    for part in parts {
        if part.version != Some(version) {
            return Found::Scattered;
        }
        // Wrapping: a value may begin at any address, so the difference has any sign.
        in_place &= part.start.wrapping_sub(part.at) == first.start.wrapping_sub(first.at);
        compact &= part.at == first.at + length;
        length += part.length;
    }
    if in_place {
        Found::InPlace { version, offset: first.at }
    } else if compact && length == compact_bytes(view) {
        Found::Compact { version, offset: first.at }
    } else {
        Found::Scattered
    }
}

/// Bytes of the view's rows, each broadcast element once.
fn compact_bytes(view: &View) -> u64 {
    let moving = view.memory_order().map(|axis| u64::from(view.shape[axis]));
    moving.product::<u64>() * view.dtype.size()
}
