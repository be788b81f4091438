//! Reductions on the WSE-2, against the model of HPDC '24: T = max(C, E/N) + L + (2 T_R + 1) D, where C is what the
//! busiest PE receives, E what all links carry, N links, L the way, and D how many receives wait for each other.

use machine::spec::Topology;
use machine::{Machine, MachineSpec, SimTime};
use probe::{Bench, BenchError, in_a_row, noc_cycles};
use program::DType;
use program::tl::{Recording, Rings, Way};
use serde::Deserialize;

use crate::row::{Origin, Row};
use crate::{halving, trees};

const CHAIN: Origin = Origin::exact(
    "cycles",
    "arXiv 2404.15888, on the preset wse2: chain, B + (2 T_R + 2) × (P − 1), T_R = 2",
);
const TREE: Origin = Origin::exact(
    "cycles",
    "arXiv 2404.15888, on the preset wse2: binary tree, B log₂ P + (P − 1) + (2 T_R + 1) log₂ P",
);
const STAR: Origin = Origin::shown(
    "cycles",
    "arXiv 2404.15888, on the preset wse2: star, B (P − 1) + (P − 1) + (2 T_R + 1)",
    "the model adds the way to the contention; here what is near arrives while the rest is on its way",
);
const BROADCAST: Origin = Origin::shown(
    "cycles",
    "arXiv 2404.15888, on the preset wse2: one message, B + (P − 1) + (2 T_R + 1)",
    "a ramp's cycles are counted where PEs add, and a message alone has none",
);

/// PEs, and words.
const CASES: [(u32, u32); 5] = [(2, 1), (8, 256), (32, 16), (64, 4096), (512, 64)];
const RAMP: u32 = 2;
/// Of a column, and of a chain in it.
const PES: u32 = 600;
const IN_CHAIN: u32 = 24;
/// 16K outputs and 16K inputs over 600 × 600 PEs.
const PART: u32 = 16_384_u32.div_ceil(PES);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wafer {
    origin: Origin,
    gemv: f64,
}

pub fn rows(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let wse2 = Bench::of(&Machine::preset("wse2")?)?.spec();
    let [mut chains, mut trees, mut stars, mut broadcasts] = [const { Vec::new() }; 4];
    for (pes, words) in CASES {
        let spec = in_a_row(&wse2, pes, Topology::Mesh);
        let (far, deep, bytes) = (pes - 1, pes.ilog2(), 4 * words);
        let what = |of: &str| format!("WSE-2 {of}, {words} words, {pes} PEs");
        let chain = f64::from(words + (2 * RAMP + 2) * far);
        let ours = trees::reduction(bench, &spec, far, bytes)?;
        chains.push(CHAIN.row(what("chain"), chain, ours));
        let tree = f64::from(words * deep + far + (2 * RAMP + 1) * deep);
        trees.push(TREE.row(what("tree"), tree, halving::sum(bench, &spec, pes, bytes)?));
        let star = f64::from(words * far + far + (2 * RAMP + 1));
        let ours = star_of(bench, &spec, pes, bytes)?;
        stars.push(STAR.row(what("star"), star, ours));
        let message = f64::from(words + far + 2 * RAMP + 1);
        let ours = trees::multicast(bench, &spec, far, bytes)?;
        broadcasts.push(BROADCAST.row(what("broadcast"), message, ours));
    }
    let column = column(bench, &in_a_row(&wse2, PES, Topology::Mesh))?;
    let Wafer { origin, gemv } = crate::parsed(include_str!("../data/wse.toml"));
    let gemv = origin.row("WSE-2 GEMV, [1, 16K] × [16K, 16K]", gemv, column);
    Ok([chains, trees, stars, broadcasts, vec![gemv]].concat())
}

/// All send at once, and PE 0 adds one after the other.
fn star_of(bench: &Bench, spec: &MachineSpec, pes: u32, bytes: u32) -> Result<f64, BenchError> {
    let mut recording = Recording::new("star", pes);
    let all = recording.row(0);
    let like = Rings { queue: 0, n_slots: 1, slot_bytes: u64::from(bytes) };
    let group = recording.group(0, &all, Way::In, like);
    let run = bench.run(spec, recording, |tl| {
        let mut mine = tl.tile([bytes / 4], DType::F32);
        match group.ring(tl.rank()) {
            Some(ring) => _ = tl.send_ring(ring, mine),
            None => group.rings.iter().for_each(|&ring| mine = tl.recv_sum(&[ring], mine)),
        }
    })?;
    Ok(noc_cycles(spec, run.log.makespan() - SimTime::ZERO))
}

/// A vector times a matrix on one column of PEs, each of which has a part of both: in µs.
fn column(bench: &Bench, spec: &MachineSpec) -> Result<f64, BenchError> {
    let mut recording = Recording::new("gemv", PES);
    let like = Rings { queue: 0, n_slots: 1, slot_bytes: u64::from(4 * PART) };
    let roots: Vec<u32> = (0..PES).step_by(IN_CHAIN as usize).collect();
    let chain = |&root: &u32| {
        let ranks: Vec<u32> = (root..root + IN_CHAIN).collect();
        recording.group(root, &ranks, Way::In, like)
    };
    let chains: Vec<_> = roots.iter().map(chain).collect();
    let of_roots = recording.group(0, &roots, Way::In, Rings { queue: 1, ..like });
    let run = bench.run(spec, recording, |tl| {
        let (x, w) = (tl.tile([1, PART], DType::F32), tl.tile([PART, PART], DType::F32));
        let mine = tl.dot(x, w);
        let own = &chains[(tl.rank() / IN_CHAIN) as usize];
        if let Some(ring) = own.ring(tl.rank()) {
            tl.send_ring(ring, mine);
            return;
        }
        let sum = tl.recv_sum(&own.rings, mine);
        match of_roots.ring(tl.rank()) {
            Some(ring) => _ = tl.send_ring(ring, sum),
            None => _ = tl.recv_sum(&of_roots.rings, sum),
        }
    })?;
    let cycles = noc_cycles(spec, run.log.makespan() - SimTime::ZERO);
    Ok(cycles * spec.clock.noc_fs.period.fs() as f64 / 1e9)
}
