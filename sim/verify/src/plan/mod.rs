//! The memory planner: gives everything a program names an address on a machine, always the same.
//!
//! Slots come first, then tiles by first fit in the order of their first use; a tile takes bytes that no other
//! has while it lives. It lives from its first op to its last in program order where the sequencer holds ops
//! back. On an explicit machine it lives until the rank has waited for all its uses, and for ever when it
//! never does: only a wait on this rank is trusted, which may ask for more TCM than a cleverer proof would.
//! Tiles that the author laid on one another live until the last of them does, for a value may pass from one to
//! the next in bytes that neither uses in between.
//!
//! A tile that a queued send reads may so be given away before the send has left, and the op that overwrites it
//! is held until then; a send that waits for a slot can in this way hold up the release it waits for. Programs
//! that cannot finish for this reason are laid out a second time with [`SentTiles::Kept`], which takes more TCM.

mod first_fit;
mod live;
mod peak;
mod shared;

use std::collections::BTreeMap;

use diagnostic::{Fault, Place};
use machine::{Machine, PeId};
use program::layout::{Slots, slot_space};
use program::program::{Ring, Tensor};
use program::{Layout, OpIndex, Program, Rank, Space};

use peak::RankPlan;

/// Tiles and slots begin at multiples of this: a bank of TCM.
const TILE_ALIGN: u64 = 64;
/// Tensors in HBM begin at multiples of this.
const TENSOR_ALIGN: u64 = 256;

/// Time from which the bytes of a sent tile are reused, on an interlocked machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentTiles {
    /// Once the tile's last op is issued: whatever overwrites it is held until the send has left.
    Reused,
    /// Once the rank has waited for its sends, and never when it does not.
    Kept,
}

/// A memory that is too small, or does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    pub place: Place,
    /// The op at which the most memory is needed.
    pub op: Option<(Rank, OpIndex)>,
    pub fault: Fault,
}

/// Lays out a program whose references and sizes have been checked.
///
/// # Errors
/// Every memory that is too small, with what holds it.
pub fn plan(
    program: &Program,
    machine: &Machine,
    placement: &[PeId],
    sent: SentTiles,
) -> Result<Layout, Vec<Shortage>> {
    let mut shortages = Vec::new();
    let mut ends: BTreeMap<Space, u64> = BTreeMap::new();
    let rings = slots(program, machine, placement, &mut ends);
    let ranks: Vec<RankPlan> = (0..program.n_ranks())
        .map(|rank| {
            let slot_bytes = ends.get(&Space::Tcm(Rank(rank))).copied().unwrap_or(0);
            RankPlan::of(program, Rank(rank), slot_bytes, machine, sent)
        })
        .collect();
    for (rank, plan) in ranks.iter().enumerate() {
        shortages.extend(plan.shortage(program, Rank(rank as u32), machine));
    }
    let tensors = tensors(program, &mut ends);
    let shared = |(&space, &end)| shared::shortage(program, machine, (&rings, &tensors), (space, end));
    shortages.extend(ends.iter().filter_map(shared));
    if !shortages.is_empty() {
        return Err(shortages);
    }
    let (buffers, peaks) = ranks.into_iter().map(|plan| (plan.addresses, plan.peak)).unzip();
    Ok(Layout { buffers, rings, tensors, peaks })
}

/// The slots of all rings, one after the other in each memory, from address 0.
fn slots(
    program: &Program,
    machine: &Machine,
    placement: &[PeId],
    ends: &mut BTreeMap<Space, u64>,
) -> Vec<Slots> {
    let mesh = machine.mesh();
    let place = |ring: &Ring| {
        let space = slot_space(ring.place, ring.consumer, mesh.cube_of(placement[ring.consumer.index()]));
        let end = ends.entry(space).or_default();
        let address = end.next_multiple_of(TILE_ALIGN);
        *end = grown(address, u64::from(ring.n_slots).saturating_mul(ring.slot_bytes));
        Slots { space, address }
    };
    program.rings.iter().map(place).collect()
}

/// The tensors of each rank's HBM, after its slots.
fn tensors(program: &Program, ends: &mut BTreeMap<Space, u64>) -> Vec<u64> {
    let place = |tensor: &Tensor| {
        let end = ends.entry(Space::Hbm(tensor.home)).or_default();
        let address = end.next_multiple_of(TENSOR_ALIGN);
        *end = grown(address, tensor.bytes());
        address
    };
    program.tensors.iter().map(place).collect()
}

/// No memory is as large as this; sums of sizes stop here instead of wrapping.
const NO_MEMORY: u64 = 1 << 60;

fn grown(end: u64, bytes: u64) -> u64 {
    end.saturating_add(bytes).min(NO_MEMORY)
}

#[cfg(test)]
mod tests;
