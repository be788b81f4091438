//! What one base (a buffer, a tensor or a message) holds.

use crate::RegionMap;
use program::{OpIndex, Rank};

use super::{Part, Writer};

/// The writer of bytes, and the address in its own base that address 0 of this base corresponds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    pub op: OpIndex,
    pub base: u64,
}

/// Most bases are written whole by one op and then read; only the rest pays for a map.
#[derive(Clone, Debug, Default)]
pub enum Contents {
    #[default]
    Bare,
    Whole(OpIndex),
    Mixed(Box<RegionMap<Written>>),
}

impl Contents {
    /// Records a write of `ranges` to a base of `bytes` bytes.
    pub fn write(&mut self, ranges: &[(u64, u64)], bytes: u64, op: OpIndex) {
        match ranges {
            [] => return,
            [(0, end)] if *end >= bytes => return *self = Contents::Whole(op),
            _ => {}
        }
        let map = self.mixed(bytes);
        for &(start, end) in ranges {
            map.insert(start, end, Written { op, base: 0 });
        }
    }

    fn mixed(&mut self, bytes: u64) -> &mut RegionMap<Written> {
        if !matches!(self, Contents::Mixed(_)) {
            let mut map = RegionMap::default();
            if let Contents::Whole(op) = *self {
                map.insert(0, bytes, Written { op, base: 0 });
            }
            *self = Contents::Mixed(Box::new(map));
        }
        match self {
            Contents::Mixed(map) => map,
            Contents::Bare | Contents::Whole(_) => unreachable!("it was made a map above"),
        }
    }
}

/// Appends the parts of `ranges`, joining what one writer wrote even where bytes between are not read. Bytes
/// that the map does not know are by `otherwise`; the map's addresses begin `at` before the base's.
pub fn read_map(
    map: &RegionMap<Written>,
    at: u64,
    ranges: &[(u64, u64)],
    rank: Rank,
    otherwise: Writer,
    parts: &mut Vec<Part>,
) {
    let first = parts.len();
    for &(start, end) in ranges {
        let mut next = start;
        for (from, to, written) in map.overlapping(at + start, at + end) {
            if next < from - at {
                append(parts, first, Part { start: next, end: from - at, from: next, writer: otherwise });
            }
            let writer = Writer::Op { rank, op: written.op };
            append(parts, first, Part { start: from - at, end: to - at, from: from - written.base, writer });
            next = to - at;
        }
        if next < end {
            append(parts, first, Part { start: next, end, from: next, writer: otherwise });
        }
    }
}

/// Appends a part to those that begin at `first`, or lengthens the last one.
pub fn append(parts: &mut Vec<Part>, first: usize, part: Part) {
    match parts[first..].last_mut() {
        // The same writer at the same distance: one part, whether or not the bytes between are read.
        Some(last)
            if last.writer == part.writer
                && part.from.wrapping_sub(part.start) == last.from.wrapping_sub(last.start) =>
        {
            last.end = part.end;
        }
        _ => parts.push(part),
    }
}
