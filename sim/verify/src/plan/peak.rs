//! The TCM of one rank: addresses, the highest one used, and what no planner could do without.

use machine::{Bytes, Machine};
use order::RegionMap;
use program::layout::Peak;
use program::{Breach, BufferId, OpIndex, Program, Rank, RankProgram, RefusalKind};

use crate::plan::first_fit::{Fixed, Tile, place};
use crate::plan::live::{Life, lives};
use crate::plan::{SentTiles, Shortage, TILE_ALIGN};

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
        let place = format!("tcm of {rank}");
        if let Some(buffer) = self.on_slots {
            let message = format!(
                "the tile at {} lies on slots, which end at {}",
                self.addresses[buffer.index()],
                self.peak.slot_bytes.0
            );
            let repair = format!("give `tile_at` an address from {} on", self.peak.slot_bytes.0);
            let breach = Breach::new(RefusalKind::Malformed, message, repair).at(place);
            return Some(Shortage { rank: Some(rank), op: None, breach });
        }
        let (needs, has) = (self.peak.bytes.0, machine.spec().pe.tcm_bytes.0);
        (needs > has).then(|| {
            let message = format!(
                "the program needs {needs} bytes, machine `{}` has {has}; {} in slots, {} live at once, held by {}",
                machine.spec().name,
                self.peak.slot_bytes.0,
                self.peak.live_bound.0,
                self.held_by(program.rank(rank))
            );
            let repair = format!("use smaller tiles or fewer slots, or a machine with pe.tcm_bytes = {needs}");
            let breach = Breach::new(RefusalKind::Capacity, message, repair).at(place);
            Shortage { rank: Some(rank), op: self.peak_at, breach }
        })
    }

    /// The three largest holders in words.
    fn held_by(&self, rank: &RankProgram) -> String {
        let mut holders: Vec<(u64, BufferId)> =
            self.peak.holders.iter().map(|&buffer| (rank.buffers[buffer.index()].bytes, buffer)).collect();
        holders.sort_by_key(|&(bytes, buffer)| (std::cmp::Reverse(bytes), buffer));
        let named: Vec<String> =
            holders.iter().take(3).map(|(bytes, buffer)| format!("{buffer} ({bytes})")).collect();
        if named.is_empty() { "slots alone".to_owned() } else { named.join(", ") }
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
            life.map(|life| Placed { buffer: BufferId(index as u32), start, end, life })
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

/// Most distinct bytes in use at once. Tiles that the author laid on one another count once.
fn live_bound(placed: &[Placed], slot_bytes: u64) -> u64 {
    let mut starts: Vec<&Placed> = placed.iter().collect();
    starts.sort_by_key(|tile| tile.life.first);
    let mut ends = starts.clone();
    ends.sort_by_key(|tile| tile.life.last);
    let mut ends = ends.into_iter().peekable();
    let mut covered: RegionMap<u32> = RegionMap::default();
    let (mut live, mut most) = (0u64, 0u64);
    for tile in starts {
        while let Some(gone) = ends.next_if(|gone| gone.life.last < tile.life.first) {
            covered.update(gone.start, gone.end, || 0, |users| *users -= 1);
            live -= bytes_with(&covered, gone, 0);
        }
        live += tile.end - tile.start - used(&covered, tile);
        covered.update(tile.start, tile.end, || 0, |users| *users += 1);
        most = most.max(live);
    }
    slot_bytes.saturating_add(most)
}

fn used(covered: &RegionMap<u32>, tile: &Placed) -> u64 {
    let parts = covered.overlapping(tile.start, tile.end);
    parts.filter(|(_, _, users)| **users > 0).map(|(start, end, _)| end - start).sum()
}

fn bytes_with(covered: &RegionMap<u32>, tile: &Placed, users: u32) -> u64 {
    let parts = covered.overlapping(tile.start, tile.end);
    parts.filter(|(_, _, now)| **now == users).map(|(start, end, _)| end - start).sum()
}
