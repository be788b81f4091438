//! HBM and SRAM that are too small, with what holds them. Tensors and slots are there for the whole run.

use std::cmp::Reverse;

use diagnostic::{Fault, Place};
use machine::{Bytes, Machine};
use program::layout::Slots;
use program::{Base, Location, OpIndex, Program, Rank, Space, TensorId};

use super::Shortage;

/// Holders that are named.
const NAMED: usize = 3;

/// What is wrong with a memory that ends at `end`; `None` where it has room. A rank's TCM answers for itself.
pub(super) fn shortage(
    program: &Program,
    machine: &Machine,
    (rings, tensors): (&[Slots], &[u64]),
    (space, end): (Space, u64),
) -> Option<Shortage> {
    let spec = machine.spec();
    let (Bytes(has), key) = match space {
        Space::Tcm(_) => return None,
        Space::Hbm(_) => (spec.hbm.bytes_per_pe, "hbm.bytes_per_pe"),
        Space::Sram(_) => (spec.sram.map_or(Bytes(0), |sram| sram.bytes), "sram.bytes"),
    };
    if end <= has {
        return None;
    }
    let here = |tensor: &TensorId| Space::Hbm(program.tensors[tensor.index()].home) == space;
    let all: Vec<TensorId> = (0..program.tensors.len() as u32).map(TensorId).filter(here).collect();
    let ends = |tensor: &&TensorId| {
        tensors[tensor.index()].saturating_add(program.tensors[tensor.index()].bytes()) > has
    };
    // The first that does not fit; the op that uses it says where in the program that is.
    let op = all.iter().find(ends).and_then(|&tensor| first_use(program, tensor));
    let fault = Fault::Memory {
        needs: end,
        machine: spec.name.clone(),
        has,
        key,
        holders: holders(program, rings, &all, space),
        span: op.and_then(|(rank, op)| program.span_of(rank, op)),
    };
    Some(Shortage { place: Place::Space(space), op, fault })
}

/// The largest holders: tensors, with the line of the first op that uses each, and slots of rings.
fn holders(
    program: &Program,
    rings: &[Slots],
    tensors: &[TensorId],
    space: Space,
) -> Vec<(String, u64, Option<Location>)> {
    let slots = program.rings.iter().zip(rings).enumerate().filter(|(_, (_, slots))| slots.space == space);
    let slots = slots.map(|(ring, (of, _))| {
        (u64::from(of.n_slots).saturating_mul(of.slot_bytes), format!("slots of ring{ring}"), None)
    });
    let tensors = tensors.iter().map(|&tensor| {
        let of = &program.tensors[tensor.index()];
        (of.bytes(), format!("`{}`", of.name), Some(tensor))
    });
    let mut all: Vec<_> = tensors.chain(slots).collect();
    all.sort_by_key(|(bytes, ..)| Reverse(*bytes));
    all.truncate(NAMED);
    let line = |tensor| first_use(program, tensor).and_then(|(rank, op)| program.location(rank, op));
    all.into_iter().map(|(bytes, name, tensor)| (name, bytes, tensor.and_then(line))).collect()
}

/// The first op that names a tensor, of its home where that has one.
fn first_use(program: &Program, tensor: TensorId) -> Option<(Rank, OpIndex)> {
    let home = program.tensors[tensor.index()].home;
    let others = (0..program.n_ranks()).map(Rank).filter(|&rank| rank != home);
    [home].into_iter().chain(others).find_map(|rank| {
        let of = program.rank(rank);
        let is_of = |view: program::ViewId| of.views[view.index()].base == Base::Tensor(tensor);
        let op = of.ops.iter().position(|op| op.views().any(is_of))?;
        Some((rank, OpIndex(op as u32)))
    })
}
