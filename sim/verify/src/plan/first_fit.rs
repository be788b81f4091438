//! First fit over lifetimes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::plan::TILE_ALIGN;
use crate::plan::live::Life;

/// A tile to be placed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tile {
    pub buffer: usize,
    pub bytes: u64,
    pub life: Life,
}

/// A tile whose address is given: others keep clear of it while both live.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixed {
    pub start: u64,
    pub end: u64,
    pub life: Life,
}

/// Joins the lives of fixed tiles that lie on one another, as a value may pass from one to the next in bytes that neither
/// uses in between. `fixed` is in the order of the starts, and stays so.
pub(super) fn join(fixed: &mut [Fixed]) {
    let (mut first, mut end) = (0, 0);
    for at in 0..=fixed.len() {
        let goes_on = fixed.get(at).is_some_and(|next| at > first && next.start < end);
        if at > first && !goes_on {
            let lives = fixed[first..at].iter().map(|tile| tile.life);
            let life = lives.reduce(Life::hull).expect("a tile");
            fixed[first..at].iter_mut().for_each(|tile| tile.life = life);
            (first, end) = (at, 0);
        }
        end = fixed.get(at).map_or(end, |next| end.max(next.end));
    }
}

/// The address of a tile for which 64 bits of address have no room.
const NOWHERE: u64 = u64::MAX;

/// Free bytes, as start → end; both multiples of the alignment, the last without end.
struct Gaps {
    gaps: BTreeMap<u64, u64>,
}

/// Addresses for tiles in the order of their first use, from `floor` on, as `(buffer, address)`.
pub(super) fn place(tiles: &[Tile], fixed: &[Fixed], floor: u64) -> Vec<(usize, u64)> {
    let mut gaps = Gaps { gaps: BTreeMap::from([(floor.next_multiple_of(TILE_ALIGN), u64::MAX)]) };
    let mut ends: BinaryHeap<Reverse<(u32, u64, u64)>> = BinaryHeap::new();
    let mut placed = Vec::with_capacity(tiles.len());
    for tile in tiles {
        while let Some(&Reverse((last, start, end))) = ends.peek()
            && last < tile.life.first
        {
            ends.pop();
            gaps.free(start, end);
        }
        let in_the_way: Vec<Fixed> =
            fixed.iter().copied().filter(|other| other.life.meets(tile.life)).collect();
        let start = gaps.take(tile.bytes, &in_the_way);
        placed.push((tile.buffer, start.unwrap_or(NOWHERE)));
        ends.extend(start.map(|start| Reverse((tile.life.last, start, start + taken(tile.bytes)))));
    }
    placed
}

impl Gaps {
    /// The lowest free address with room, clear of `fixed`, which is sorted by address.
    fn take(&mut self, bytes: u64, fixed: &[Fixed]) -> Option<u64> {
        let (start, end, at) = self.gaps.iter().find_map(|(&start, &end)| {
            let at = clear(start, bytes, fixed);
            (at <= end && end - at >= taken(bytes)).then_some((start, end, at))
        })?;
        let bytes = taken(bytes);
        self.gaps.remove(&start);
        if start < at {
            self.gaps.insert(start, at);
        }
        if at + bytes < end {
            self.gaps.insert(at + bytes, end);
        }
        Some(at)
    }

    fn free(&mut self, mut start: u64, mut end: u64) {
        if start == end {
            return;
        }
        if let Some((&before, &before_end)) = self.gaps.range(..start).next_back()
            && before_end == start
        {
            self.gaps.remove(&before);
            start = before;
        }
        if let Some(after_end) = self.gaps.remove(&end) {
            end = after_end;
        }
        self.gaps.insert(start, end);
    }
}

/// Bytes that no other tile may begin in.
fn taken(bytes: u64) -> u64 {
    bytes.next_multiple_of(TILE_ALIGN)
}

/// The lowest address from `at` on at which `bytes` meet none of `fixed`.
fn clear(mut at: u64, bytes: u64, fixed: &[Fixed]) -> u64 {
    for other in fixed {
        if at < other.end && other.start < at.saturating_add(bytes) {
            at = other.end.next_multiple_of(TILE_ALIGN);
        }
    }
    at
}
