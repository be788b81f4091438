//! A tree of plain messages over a row of 2ⁿ PEs, in which each step halves what is left to do: a PE's parent is the one
//! whose number lacks its lowest bit.

use machine::{MachineSpec, SimTime};
use probe::{Bench, BenchError, noc_cycles, ring};
use program::DType;
use program::tl::{Recording, Tl, Way};
use program::view::RingId;

/// Broadcast from PE 0, the farthest first. In cycles of the mesh.
pub fn broadcast(bench: &Bench, spec: &MachineSpec, pes: u32, bytes: u32) -> Result<f64, BenchError> {
    over_links(bench, spec, pes, (bytes, Way::Out), |tl, links| {
        let rank = tl.rank();
        let farthest = if rank == 0 { pes } else { lowest_bit(rank) };
        let children: Vec<u32> = steps(farthest).rev().map(|step| rank + step).collect();
        if rank == 0 {
            let tile = tl.tile([bytes], DType::U8);
            children.iter().for_each(|&child| _ = tl.send_ring(to_parent(links, child), tile));
        } else {
            let tile = tl.recv_ring(to_parent(links, rank), [bytes], DType::U8);
            let forward = |&child: &u32| tl.forward_ring(to_parent(links, child), tile);
            let forwarded: Vec<_> = children.iter().map(forward).collect();
            tl.release_after(tile, &forwarded);
        }
    })
}

/// Sum of f32 at PE 0; every PE adds the nearest part first.
pub fn sum(bench: &Bench, spec: &MachineSpec, pes: u32, bytes: u32) -> Result<f64, BenchError> {
    over_links(bench, spec, pes, (bytes, Way::In), |tl, links| {
        let rank = tl.rank();
        let mut mine = tl.tile([bytes / 4], DType::F32);
        for step in steps(if rank == 0 { pes } else { lowest_bit(rank) }) {
            mine = tl.recv_sum(&[to_parent(links, rank + step)], mine);
        }
        if rank > 0 {
            tl.send_ring(to_parent(links, rank), mine);
        }
    })
}

/// Runs over a ring between every PE and its parent.
fn over_links(
    bench: &Bench,
    spec: &MachineSpec,
    pes: u32,
    (bytes, way): (u32, Way),
    kernel: impl Fn(&mut Tl, &[RingId]),
) -> Result<f64, BenchError> {
    let mut recording = Recording::new("halving", pes);
    let ends = |rank: u32| match way {
        Way::Out => (rank - lowest_bit(rank), rank),
        Way::In => (rank, rank - lowest_bit(rank)),
    };
    let links: Vec<RingId> = (1..pes)
        .map(|rank| {
            let (from, to) = ends(rank);
            recording.ring(ring(from, to, 1, u64::from(bytes)))
        })
        .collect();
    let run = bench.run(spec, recording, |tl| kernel(tl, &links))?;
    Ok(noc_cycles(spec, run.log.makespan() - SimTime::ZERO))
}

fn to_parent(links: &[RingId], rank: u32) -> RingId {
    links[rank as usize - 1]
}
fn lowest_bit(rank: u32) -> u32 {
    1 << rank.trailing_zeros()
}
/// 1, 2, 4, … below a power of two.
fn steps(end: u32) -> impl DoubleEndedIterator<Item = u32> {
    (0..end.ilog2()).map(|k| 1 << k)
}
