//! The TCM of one rank: addresses, the highest one used, and what no planner could do without.

use diagnostic::{Address, Fault, Place, first_line};
use machine::{Bytes, Machine};
use order::RegionMap;
use program::layout::Peak;
use program::{BufferId, Location, OpIndex, Program, Rank, RankProgram};

use crate::plan::first_fit::{Fixed, Tile, join, place};
use crate::plan::live::{Life, lives};
use crate::plan::{SentTiles, Shortage, TILE_ALIGN};
use program::layout::Space;

/// The tiles of one rank, with addresses.
pub(super) struct RankPlan {
    pub addresses: Vec<u64>,
    pub peak: Peak,
    /// The op from which on the highest address is in use.
    peak_at: Option<OpIndex>,
    /// A tile fixed by hand that lies on slots.
    on_slots: Option<BufferId>,
}

/// A tile in use: where it lies, and when.
#[derive(Clone, Copy)]
struct Placed {
    buffer: BufferId,
    start: u64,
    end: u64,
    life: Life,
    /// By hand.
    is_fixed: bool,
}

impl RankPlan {
    pub fn of(
        program: &Program,
        rank: Rank,
        slot_bytes: u64,
        machine: &Machine,
        sent: SentTiles,
    ) -> RankPlan {
        let rank_program = program.rank(rank);
        let lives = lives(rank_program, machine, sent);
        let addresses = addresses(rank_program, &lives, slot_bytes);
        let placed = placed(rank_program, &lives, &addresses);
        let top = placed.iter().max_by_key(|tile| (tile.end, std::cmp::Reverse(tile.life.first)));
        let bytes = top.map_or(slot_bytes, |tile| tile.end.max(slot_bytes));
        let peak_at = top.filter(|tile| tile.end > slot_bytes).map(|tile| tile.life.first);
        let peak = Peak {
            bytes: Bytes(bytes),
            slot_bytes: Bytes(slot_bytes),
            holders: peak_at.map_or_else(Vec::new, |at| holders(&placed, at)),
            live_bound: Bytes(live_bound(&placed, slot_bytes)),
        };
        let on_slots = placed.iter().find(|tile| tile.start < slot_bytes && tile.start < tile.end);
        RankPlan {
            addresses,
            peak,
            peak_at: peak_at.map(OpIndex),
            on_slots: on_slots.map(|tile| tile.buffer),
        }
    }

    pub fn shortage(&self, program: &Program, rank: Rank, machine: &Machine) -> Option<Shortage> {
        let place = Place::Space(Space::Tcm(rank));
        if let Some(buffer) = self.on_slots {
            let (at, end) = (Address(self.addresses[buffer.index()]), Address(self.peak.slot_bytes.0));
            return Some(Shortage { place, op: None, fault: Fault::TileOnSlots { at, end } });
        }
        let (needs, has) = (self.peak.bytes.0, machine.spec().pe.tcm_bytes.0);
        (needs > has).then(|| {
            let fault = Fault::Tcm {
                needs,
                machine: machine.spec().name.clone(),
                has,
                in_slots: self.peak.slot_bytes.0,
                live: self.peak.live_bound.0,
                holders: self.largest(program, rank),
                span: self.peak_at.and_then(|op| program.span_of(rank, op)),
            };
            Shortage { place, op: self.peak_at.map(|op| (rank, op)), fault }
        })
    }

    /// The three largest holders.
    fn largest(&self, program: &Program, rank: Rank) -> Vec<(BufferId, u64, Option<Location>)> {
        let bytes = |buffer: BufferId| program.rank(rank).buffers[buffer.index()].bytes;
        let mut holders: Vec<(BufferId, u64)> =
            self.peak.holders.iter().map(|&buffer| (buffer, bytes(buffer))).collect();
        holders.sort_by_key(|&(buffer, bytes)| (std::cmp::Reverse(bytes), buffer));
        holders.truncate(3);
        let line = |buffer| first_line(program, rank, buffer);
        holders.into_iter().map(|(buffer, bytes)| (buffer, bytes, line(buffer))).collect()
    }
}

fn addresses(rank: &RankProgram, lives: &[Option<Life>], slot_bytes: u64) -> Vec<u64> {
    let mut tiles = Vec::new();
    let mut fixed = Vec::new();
    for (index, (buffer, life)) in rank.buffers.iter().zip(lives).enumerate() {
        let Some(life) = *life else { continue };
        match buffer.at {
            Some(start) => fixed.push(Fixed { start, end: start + buffer.bytes, life }),
            None => tiles.push(Tile { buffer: index, bytes: buffer.bytes, life }),
        }
    }
    tiles.sort_by_key(|tile| (tile.life.first, tile.buffer));
    fixed.sort_by_key(|tile| tile.start);
    join(&mut fixed);
    // A tile that no op names needs no bytes; it is given an address all the same.
    let mut addresses: Vec<u64> = rank
        .buffers
        .iter()
        .map(|buffer| buffer.at.unwrap_or(slot_bytes.next_multiple_of(TILE_ALIGN)))
        .collect();
    for (buffer, address) in place(&tiles, &fixed, slot_bytes) {
        addresses[buffer] = address;
    }
    addresses
}

fn placed(rank: &RankProgram, lives: &[Option<Life>], addresses: &[u64]) -> Vec<Placed> {
    let tiles = rank.buffers.iter().zip(lives).zip(addresses).enumerate();
    tiles
        .filter_map(|(index, ((buffer, life), &start))| {
            let end = start.saturating_add(buffer.bytes);
            let (id, is_fixed) = (BufferId(index as u32), buffer.at.is_some());
            life.map(|life| Placed { buffer: id, start, end, life, is_fixed })
        })
        .collect()
}

/// The tiles that live at an op, highest address first.
fn holders(placed: &[Placed], at: u32) -> Vec<BufferId> {
    let now = Life { first: at, last: at };
    let mut live: Vec<&Placed> = placed.iter().filter(|tile| tile.life.meets(now)).collect();
    live.sort_by_key(|tile| (std::cmp::Reverse(tile.end), tile.buffer));
    live.iter().map(|tile| tile.buffer).collect()
}

/// Most distinct bytes in use at once. Tiles that the author laid on one another count once; the planner's meet no
/// tile that lives with them.
fn live_bound(placed: &[Placed], slot_bytes: u64) -> u64 {
    let mut starts: Vec<&Placed> = placed.iter().collect();
    starts.sort_by_key(|tile| tile.life.first);
    let mut ends = starts.clone();
    ends.sort_by_key(|tile| tile.life.last);
    let mut ends = ends.into_iter().peekable();
    let mut fixed = Covered::default();
    let (mut live, mut most) = (0u64, 0u64);
    for tile in starts {
        while let Some(gone) = ends.next_if(|gone| gone.life.last < tile.life.first) {
            live -= if gone.is_fixed { fixed.remove(gone) } else { gone.end - gone.start };
        }
        live += if tile.is_fixed { fixed.add(tile) } else { tile.end - tile.start };
        most = most.max(live);
    }
    slot_bytes.saturating_add(most)
}

/// Bytes under tiles that may lie on one another, and how many lie there.
#[derive(Default)]
struct Covered(RegionMap<u32>);

impl Covered {
    /// Bytes that were free.
    fn add(&mut self, tile: &Placed) -> u64 {
        self.0.update(tile.start, tile.end, || 0, |users| *users += 1);
        self.bytes_with(tile, 1)
    }
    /// Bytes that are free now.
    fn remove(&mut self, tile: &Placed) -> u64 {
        self.0.update(tile.start, tile.end, || 0, |users| *users -= 1);
        self.bytes_with(tile, 0)
    }
    fn bytes_with(&self, tile: &Placed, users: u32) -> u64 {
        let parts = self.0.overlapping(tile.start, tile.end);
        parts.filter(|(_, _, now)| **now == users).map(|(start, end, _)| end - start).sum()
    }
}
