//! Reductions on the WSE-2, against the model of HPDC '24: T = max(C, E/N) + L + (2 T_R + 1) D, where C is what the
//! busiest PE receives, E what all links carry, N links, L the way, and D how many receives wait for each other.

use machine::spec::Topology;
use machine::{Machine, MachineSpec, SimTime};
use program::DType;
use program::tl::{Recording, Rings, Way};

use super::{Row, halving, trees};
use crate::error::Error;
use crate::measure::{Bench, in_a_row, noc_cycles};

const CHAIN: &str = "arXiv 2404.15888, on the preset wse2: chain, B + (2 T_R + 2) × (P − 1), T_R = 2";
const TREE: &str =
    "arXiv 2404.15888, on the preset wse2: binary tree, B log₂ P + (P − 1) + (2 T_R + 1) log₂ P";
const STAR: &str = "arXiv 2404.15888, on the preset wse2: star, B (P − 1) + (P − 1) + (2 T_R + 1)";
const BROADCAST: &str = "arXiv 2404.15888, on the preset wse2: one message, B + (P − 1) + (2 T_R + 1)";
const WAFER: &str = "WaferLLM, arXiv 2502.04563, Table 6";
const MEET: &str =
    "the model adds the way to the contention; here what is near arrives while the rest is on its way";
const NO_RAMP: &str = "a ramp's cycles are counted where PEs add, and a message alone has none";
const COLUMN: &str = "PEs are not printed: one of 600 columns of 600, without the broadcast of the vector; 25 chains \
                      of 24, then a chain of their roots, at 0.85 GHz";

/// PEs, and words.
const CASES: [(u32, u32); 5] = [(2, 1), (8, 256), (32, 16), (64, 4096), (512, 64)];
const RAMP: u32 = 2;
/// Of a column, and of a chain in it.
const PES: u32 = 600;
const IN_CHAIN: u32 = 24;
/// 16K outputs and 16K inputs over 600 × 600 PEs.
const PART: u32 = 16_384_u32.div_ceil(PES);

pub fn rows(bench: &Bench) -> Result<Vec<Row>, Error> {
    let wse2 = Bench::of(&Machine::preset("wse2")?)?.spec();
    let [mut chains, mut trees, mut stars, mut broadcasts] = [const { Vec::new() }; 4];
    for (pes, words) in CASES {
        let spec = in_a_row(&wse2, pes, Topology::Mesh);
        let (far, deep, bytes) = (pes - 1, pes.ilog2(), 4 * words);
        let what = |of: &str| format!("WSE-2 {of}, {words} words, {pes} PEs");
        let chain = f64::from(words + (2 * RAMP + 2) * far);
        let ours = trees::reduction(bench, &spec, far, bytes)?;
        chains.push(Row::exact(what("chain"), "cycles", chain, ours, CHAIN));
        let tree = f64::from(words * deep + far + (2 * RAMP + 1) * deep);
        trees.push(Row::exact(what("tree"), "cycles", tree, halving::sum(bench, &spec, pes, bytes)?, TREE));
        let star = f64::from(words * far + far + (2 * RAMP + 1));
        let ours = star_of(bench, &spec, pes, bytes)?;
        stars.push(Row::shown(what("star"), "cycles", star, ours, STAR, MEET));
        let message = f64::from(words + far + 2 * RAMP + 1);
        let ours = trees::multicast(bench, &spec, far, bytes)?;
        broadcasts.push(Row::shown(what("broadcast"), "cycles", message, ours, BROADCAST, NO_RAMP));
    }
    let column = column(bench, &in_a_row(&wse2, PES, Topology::Mesh))?;
    let gemv = Row::shown("WSE-2 GEMV, [1, 16K] × [16K, 16K]".to_owned(), "µs", 1.2, column, WAFER, COLUMN);
    Ok([chains, trees, stars, broadcasts, vec![gemv]].concat())
}

/// All send at once, and PE 0 adds one after the other.
fn star_of(bench: &Bench, spec: &MachineSpec, pes: u32, bytes: u32) -> Result<f64, Error> {
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
fn column(bench: &Bench, spec: &MachineSpec) -> Result<f64, Error> {
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
