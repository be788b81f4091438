//! Multicasts and reductions along a row of PEs, by software and by the fabric.

use machine::spec::{Collectives, Topology};
use machine::{Bytes, Cycles, MachineSpec, Rate, SimTime};
use probe::{Bench, BenchError, in_a_row, noc_cycles};
use program::DType;
use program::tl::{Recording, Rings, Way};

use crate::row::{Origin, Row};

const SOFTWARE_MULTICAST: Origin =
    Origin::exact("cycles", "FlatAttention, arXiv 2604.02110: N × (α/β + 2 Ld + (N + 1)/2 × Lr)");
const FABRIC_MULTICAST: Origin =
    Origin::exact("cycles", "FlatAttention, arXiv 2604.02110: α/β + 2 Ld + N × Lr");
const SOFTWARE_REDUCTION: Origin =
    Origin::exact("cycles", "N × α/β + 2 Ld + Lr + N × A: one port into the root, then N adds of A");
const FABRIC_REDUCTION: Origin =
    Origin::exact("cycles", "α/β + 2 Ld + N × (Lr + La), as FlatAttention's multicast");

/// Members, bytes α and bytes a cycle β. Of the first, 16 KiB to a chain of 7, FlatAttention prints the ratio.
const CASES: [(u32, u32, u64); 6] =
    [(7, 16_384, 128), (1, 16_384, 128), (31, 16_384, 128), (7, 1024, 32), (31, 65_536, 128), (3, 256, 64)];
/// FlatAttention's example: Ld of a port, Lr of a router; and La, which it does not have, to tell it apart.
const LD: u64 = 10;
const LR: u64 = 4;
const LA: u64 = 3;

pub fn rows(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let mut rows = Vec::new();
    for (members, bytes, width) in CASES {
        rows.extend(of_case(bench, members, bytes, width)?);
    }
    Ok(rows)
}

fn of_case(bench: &Bench, members: u32, bytes: u32, width: u64) -> Result<[Row; 4], BenchError> {
    let [software, fabric] =
        [Collectives::Software, Collectives::Fabric].map(|by| row_of(bench, members + 1, width, by));
    let (n, payload) = (u64::from(members), u64::from(bytes) / width);
    let one_by_one = n * (payload + 2 * LD) + n * (n + 1) / 2 * LR;
    let add = u64::from(bytes / 4).div_ceil(u64::from(software.math.lanes)) * software.math.simple_cycles.0;
    let at_the_root = n * payload + 2 * LD + LR + n * (add + software.math.start_cycles.0);
    let along = |add: u64| payload + 2 * LD + n * (LR + add);
    let size = if bytes >= 1024 { format!("{} KiB", bytes / 1024) } else { format!("{bytes} B") };
    let multicast_by = |spec| multicast(bench, spec, members, bytes);
    let reduction_by = |spec| reduction(bench, spec, members, bytes);
    let down = |by: &str| format!("{by} multicast of {size} to a chain of {members}");
    let up = |by: &str| format!("{by} reduction of {size} from a chain of {members}");
    Ok([
        SOFTWARE_MULTICAST.row(down("software"), one_by_one as f64, multicast_by(&software)?),
        FABRIC_MULTICAST.row(down("fabric"), along(0) as f64, multicast_by(&fabric)?),
        SOFTWARE_REDUCTION.row(up("software"), at_the_root as f64, reduction_by(&software)?),
        FABRIC_REDUCTION.row(up("fabric"), along(LA) as f64, reduction_by(&fabric)?),
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

pub fn multicast(bench: &Bench, spec: &MachineSpec, members: u32, bytes: u32) -> Result<f64, BenchError> {
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

/// Reduction of f32.
pub fn reduction(bench: &Bench, spec: &MachineSpec, members: u32, bytes: u32) -> Result<f64, BenchError> {
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
