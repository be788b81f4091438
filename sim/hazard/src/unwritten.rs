//! Reads of bytes that nothing had written when they were visited. What is written later and in no order with the
//! read is a race instead; the rest stays without a value.

use std::collections::BTreeMap;

use program::{Base, Space};

/// Bytes of one base that an op reads and that nothing has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub space: Space,
    pub base: Base,
    /// Addresses in `space`: no two ranges touch.
    pub bytes: Vec<[u64; 2]>,
}

#[derive(Default)]
pub struct Unwritten {
    by_reader: BTreeMap<u32, Vec<Missing>>,
}

impl Unwritten {
    /// Adds ranges in the order of their addresses. An op that reads the same bytes twice misses them once.
    pub fn add(&mut self, reader: u32, space: Space, base: Base, bytes: impl Iterator<Item = [u64; 2]>) {
        let of_reader = self.by_reader.entry(reader).or_default();
        let known = of_reader.iter_mut().find(|missing| (missing.space, missing.base) == (space, base));
        let mut all = known.as_ref().map_or_else(Vec::new, |missing| missing.bytes.clone());
        all.extend(bytes);
        let bytes = joined(all);
        match known {
            Some(missing) => missing.bytes = bytes,
            None => of_reader.push(Missing { space, base, bytes }),
        }
    }

    /// Takes bytes out of what a reader misses; whether it missed any of them.
    pub fn take(&mut self, reader: u32, space: Space, bytes: [u64; 2]) -> bool {
        let Some(of_reader) = self.by_reader.get_mut(&reader) else { return false };
        let mut taken = false;
        for missing in of_reader.iter_mut().filter(|missing| missing.space == space) {
            let left: Vec<[u64; 2]> =
                missing.bytes.iter().flat_map(|&range| without(range, bytes)).flatten().collect();
            taken |= left != missing.bytes;
            missing.bytes = left;
        }
        of_reader.retain(|missing| !missing.bytes.is_empty());
        taken
    }

    /// By reader, in the order of its operands.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[Missing])> {
        self.by_reader.iter().map(|(&reader, missing)| (reader, &missing[..]))
    }
}

fn joined(mut ranges: Vec<[u64; 2]>) -> Vec<[u64; 2]> {
    ranges.sort_unstable();
    let mut joined: Vec<[u64; 2]> = Vec::new();
    for [from, to] in ranges {
        match joined.last_mut() {
            Some([_, end]) if from <= *end => *end = to.max(*end),
            Some(_) | None => joined.push([from, to]),
        }
    }
    joined
}

/// What is left of a range on either side of another.
fn without([from, to]: [u64; 2], [start, end]: [u64; 2]) -> [Option<[u64; 2]>; 2] {
    [[from, to.min(start)], [from.max(end), to]].map(|[from, to]| (from < to).then_some([from, to]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_missed_no_longer() {
        let all = [[0, 8], [8, 16], [24, 32]];
        let cases = [
            ([0, 32], true, &[][..]),
            ([4, 12], true, &[[0, 4], [12, 16], [24, 32]]),
            ([12, 28], true, &[[0, 12], [28, 32]]),
            ([0, 16], true, &[[24, 32]]),
            ([16, 24], false, &[[0, 16], [24, 32]]),
            ([40, 48], false, &[[0, 16], [24, 32]]),
        ];
        for (bytes, taken, left) in cases {
            let mut unwritten = Unwritten::default();
            let (space, base) = (Space::Tcm(program::Rank(0)), Base::Buffer(program::BufferId(0)));
            unwritten.add(7, space, base, all.into_iter());
            assert_eq!(unwritten.take(7, space, bytes), taken, "{bytes:?}");
            assert!(!unwritten.take(8, space, bytes), "nobody else missed {bytes:?}");
            let found: Vec<[u64; 2]> =
                unwritten.iter().flat_map(|(_, missing)| missing).flat_map(|m| m.bytes.clone()).collect();
            assert_eq!(found, left, "{bytes:?}");
        }
    }
}
