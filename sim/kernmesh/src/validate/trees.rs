//! Multicasts and reductions along a row of PEs, by software and by the fabric.

use machine::spec::{Collectives, Topology};
use machine::{Bytes, Cycles, MachineSpec, Rate, SimTime};
use program::DType;
use program::tl::{Recording, Rings, Way};

use super::Row;
use crate::error::Error;
use crate::measure::{Bench, in_a_row, noc_cycles};

const SOFTWARE_MULTICAST: &str = "FlatAttention, arXiv 2604.02110: N × (α/β + 2 Ld + (N + 1)/2 × Lr)";
const FABRIC_MULTICAST: &str = "FlatAttention, arXiv 2604.02110: α/β + 2 Ld + N × Lr";
const SOFTWARE_REDUCTION: &str = "N × α/β + 2 Ld + Lr + N × A: one port into the root, then N adds of A";
const FABRIC_REDUCTION: &str = "α/β + 2 Ld + N × (Lr + La), as FlatAttention's multicast";

/// Members, bytes α and bytes a cycle β. Of the first, 16 KiB to a chain of 7, FlatAttention prints the ratio.
const CASES: [(u32, u32, u64); 6] =
    [(7, 16_384, 128), (1, 16_384, 128), (31, 16_384, 128), (7, 1024, 32), (31, 65_536, 128), (3, 256, 64)];
/// FlatAttention's example: Ld of a port, Lr of a router; and La, which it does not have, to tell it apart.
const LD: u64 = 10;
const LR: u64 = 4;
const LA: u64 = 3;

pub fn rows(bench: &Bench) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for (members, bytes, width) in CASES {
        rows.extend(of_case(bench, members, bytes, width)?);
    }
    Ok(rows)
}

fn of_case(bench: &Bench, members: u32, bytes: u32, width: u64) -> Result<[Row; 4], Error> {
    let [software, fabric] =
        [Collectives::Software, Collectives::Fabric].map(|by| row_of(bench, members + 1, width, by));
    let (n, payload) = (u64::from(members), u64::from(bytes) / width);
    let one_by_one = n * (payload + 2 * LD) + n * (n + 1) / 2 * LR;
    let add = u64::from(bytes / 4).div_ceil(u64::from(software.math.lanes)) * software.math.simple_cycles.0;
    let at_the_root = n * payload + 2 * LD + LR + n * (add + software.math.start_cycles.0);
    let along = |add: u64| payload + 2 * LD + n * (LR + add);
    let row = |by: &str, what: &str, expected: u64, ours, source| {
        let size = if bytes >= 1024 { format!("{} KiB", bytes / 1024) } else { format!("{bytes} B") };
        let what = format!("{by} {what} of {size} to a chain of {members}");
        let what = if what.contains("reduction") { what.replace(" to a", " from a") } else { what };
        Row::exact(what, "cycles", expected as f64, ours, source)
    };
    Ok([
        row(
            "software",
            "multicast",
            one_by_one,
            multicast(bench, &software, members, bytes)?,
            SOFTWARE_MULTICAST,
        ),
        row("fabric", "multicast", along(0), multicast(bench, &fabric, members, bytes)?, FABRIC_MULTICAST),
        row(
            "software",
            "reduction",
            at_the_root,
            reduction(bench, &software, members, bytes)?,
            SOFTWARE_REDUCTION,
        ),
        row("fabric", "reduction", along(LA), reduction(bench, &fabric, members, bytes)?, FABRIC_REDUCTION),
    ])
}

/// A row of PEs whose sends and receives take nothing by themselves.
fn row_of(bench: &Bench, pes: u32, width: u64, by: Collectives) -> MachineSpec {
    let mut spec = in_a_row(&bench.spec(), pes, Topology::Mesh);
    spec.noc.transaction = None;
    (spec.noc.port_bytes_per_cycle, spec.link.pe.bytes_per_cycle) = (Rate::whole(width), Rate::whole(width));
    spec.pe.tcm_bytes_per_cycle = Rate::whole(512);
    (spec.noc.inject_cycles, spec.noc.eject_cycles) = (Cycles(LD), Cycles(LD));
    spec.link.pe.hop_cycles = Cycles(LR);
    (spec.ipcq.send_cycles, spec.ipcq.recv_cycles) = (Cycles(0), Cycles(0));
    spec.noc.packet_bytes = Bytes(1024);
    spec.noc.collectives = by;
    spec.noc.reduce_cycles = Cycles(if by == Collectives::Fabric { LA } else { 0 });
    spec
}

pub fn multicast(bench: &Bench, spec: &MachineSpec, members: u32, bytes: u32) -> Result<f64, Error> {
    let mut recording = Recording::new("multicast", members + 1);
    let all = recording.row(0);
    let like = Rings { queue: 0, n_slots: 1, slot_bytes: u64::from(bytes) };
    let group = recording.group(0, &all, Way::Out, like);
    let run = bench.run(spec, recording, |tl| match group.ring(tl.rank()) {
        None => {
            let tile = tl.tile([bytes], DType::U8);
            tl.multicast(&group.rings, tile);
        }
        Some(ring) => {
            let got = tl.recv_ring(ring, [bytes], DType::U8);
            tl.release(got);
        }
    })?;
    Ok(noc_cycles(spec, run.log.makespan() - SimTime::ZERO))
}

/// Of f32.
pub fn reduction(bench: &Bench, spec: &MachineSpec, members: u32, bytes: u32) -> Result<f64, Error> {
    let mut recording = Recording::new("reduction", members + 1);
    let all = recording.row(0);
    let like = Rings { queue: 0, n_slots: 1, slot_bytes: u64::from(bytes) };
    let group = recording.group(0, &all, Way::In, like);
    let run = bench.run(spec, recording, |tl| {
        let tile = tl.tile([bytes / 4], DType::F32);
        match group.ring(tl.rank()) {
            None => {
                tl.recv_sum(&group.rings, tile);
            }
            Some(ring) => {
                tl.send_ring(ring, tile);
            }
        }
    })?;
    Ok(noc_cycles(spec, run.log.makespan() - SimTime::ZERO))
}
