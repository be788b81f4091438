//! Tiles of a Wormhole that read from its DRAM, or write to it, all at once: 1 MiB each.

use machine::spec::HbmPlacement;
use machine::{Bytes, ControllersSpec, MachineSpec, Networks, Noc, SimTime};
use program::DType;
use program::tl::Recording;

use super::torus::Torus;
use crate::error::Error;
use crate::measure::Bench;
use crate::validate::Row;

const SOURCE: &str = "tt-isa-documentation, WormholeB0/DRAMTile, static virtual channels";
/// Of the project's own aims, in percent.
const PLACED: f64 = 5.0;
const RANDOM: &str =
    "queues of routers are unbounded, and which tiles were drawn is not printed; here means of draws";
const ONE: &str = "the rates of the preset are taken from these rows";
const ROUTERS: [u32; 2] = [10, 12];
/// Two of the three tiles at which each pair of channels is reached, in rows that have Tensix tiles.
const DRAM: [[u32; 2]; 12] =
    [[0, 1], [0, 11], [0, 5], [0, 7], [5, 1], [5, 11], [5, 2], [5, 9], [5, 4], [5, 8], [5, 5], [5, 7]];
const EACH: u32 = 1 << 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
}

/// Kind and network; GB/s of 12 tiles placed and random, of 48 placed and random.
const PRINTED: [(Kind, Noc, [f64; 4]); 4] = [
    (Kind::Read, Noc::Noc0, [265.5, 189.8, 267.5, 200.3]),
    (Kind::Read, Noc::Noc1, [265.3, 82.1, 267.5, 78.2]),
    (Kind::Write, Noc::Noc0, [261.3, 56.5, 263.7, 52.3]),
    (Kind::Write, Noc::Noc1, [262.0, 154.5, 256.2, 133.7]),
];
/// One tile and one channel.
const ALONE: [(Kind, Noc, f64); 4] = [
    (Kind::Read, Noc::Noc0, 22.2),
    (Kind::Read, Noc::Noc1, 22.3),
    (Kind::Write, Noc::Noc0, 21.9),
    (Kind::Write, Noc::Noc1, 21.9),
];

pub fn rows(bench: &Bench, wormhole: &MachineSpec) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for (kind, noc, printed) in ALONE {
        let ours = speed(bench, &chip(wormhole, noc)?, kind, &placed(kind, noc, 1)[..1])?;
        rows.push(Row::shown(what(kind, noc, "1 tile, 1 channel"), "GB/s", printed, ours, SOURCE, ONE));
    }
    for (kind, noc, [few, few_random, many, many_random]) in PRINTED {
        let torus = chip(wormhole, noc)?;
        for (tiles, printed) in [(1, few), (4, many)] {
            let what = what(kind, noc, &format!("{} tiles, placed", 12 * tiles));
            let ours = speed(bench, &torus, kind, &placed(kind, noc, tiles))?;
            rows.push(Row::near(what, "GB/s", printed, ours, PLACED, SOURCE));
        }
        for (tiles, draws, printed) in [(1, 8, few_random), (4, 2, many_random)] {
            let what = what(kind, noc, &format!("{} tiles, random", 12 * tiles));
            let drawn = (0..draws).map(|seed| speed(bench, &torus, kind, &random(seed, tiles)));
            let ours = drawn.sum::<Result<f64, Error>>()? / draws as f64;
            rows.push(Row::shown(what, "GB/s", printed, ours, SOURCE, RANDOM));
        }
    }
    rows.sort_by_key(|row| (row.held, row.note));
    Ok(rows)
}

fn what(kind: Kind, noc: Noc, tiles: &str) -> String {
    let verb = if kind == Kind::Read { "reads" } else { "writes" };
    format!("Wormhole DRAM {verb}, {tiles}, {}", noc.name())
}

/// All of its routers, its DRAM where it is, and one network for everything.
fn chip(wormhole: &MachineSpec, noc: Noc) -> Result<Torus, Error> {
    let mut spec = wormhole.clone();
    spec.grid.pe = ROUTERS;
    spec.noc.networks = Some(Networks::Opposite { loads: noc, stores: noc, messages: noc });
    spec.hbm.placement = HbmPlacement::Controllers;
    spec.hbm.bytes_per_pe = Bytes(8 * u64::from(EACH));
    spec.hbm.controllers = Some(ControllersSpec { at: DRAM.to_vec(), channels: 1, bytes: Bytes(1 << 30) });
    Torus::of(spec)
}

/// A tile, and the DRAM that it talks to.
type Pair = ([u32; 2], [u32; 2]);

/// Tiles in the row of their DRAM, on the side to which data goes, or from which it comes.
fn placed(kind: Kind, noc: Noc, tiles: u32) -> Vec<Pair> {
    let east = (kind == Kind::Read) == (noc == Noc::Noc0);
    let aside = |steps: u32| if east { steps } else { ROUTERS[0] - steps };
    DRAM.iter()
        .flat_map(|&[x, y]| (1..=tiles).map(move |steps| ([(x + aside(steps)) % ROUTERS[0], y], [x, y])))
        .collect()
}

/// Any Tensix tiles, equally many for each channel.
fn random(seed: u64, tiles: usize) -> Vec<Pair> {
    let columns = [1, 2, 3, 4, 6, 7, 8, 9];
    let rows = (1..=5).chain(7..=11);
    let mut all: Vec<[u32; 2]> = rows.flat_map(|y| columns.map(|x| [x, y])).collect();
    let mut state = seed;
    for last in (1..all.len()).rev() {
        all.swap(last, (splitmix(&mut state) % (last as u64 + 1)) as usize);
    }
    all.into_iter().zip(DRAM.into_iter().cycle()).take(DRAM.len() * tiles).collect()
}

/// Steele, Lea and Flood, 2014.
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// All bytes by the time until the last has arrived.
fn speed(bench: &Bench, torus: &Torus, kind: Kind, pairs: &[Pair]) -> Result<f64, Error> {
    let mut recording = Recording::new("dram", torus.n_ranks());
    let tensors: Vec<_> =
        pairs.iter().map(|&(_, dram)| recording.scratch("x", torus.rank(dram), [EACH], DType::U8)).collect();
    let run = bench.run(&torus.spec, recording, |tl| {
        let own = torus.at(tl.rank());
        let Some(pair) = pairs.iter().position(|&(tile, _)| tile == own) else { return };
        let tensor = tl.tensor(tensors[pair]);
        match kind {
            Kind::Read => {
                tl.load(tensor);
            }
            Kind::Write => {
                let tile = tl.tile([EACH], DType::U8);
                tl.store(tile, tensor);
            }
        }
    })?;
    let bytes = pairs.len() as f64 * f64::from(EACH);
    Ok(bytes / ((run.log.makespan() - SimTime::ZERO).fs() as f64 / 1e6))
}
