//! Bandwidth of a Wormhole's DRAM: tiles read from it or write to it, all at once, 1 MiB each.

use machine::spec::HbmPlacement;
use machine::{Bytes, ControllersSpec, MachineSpec, Networks, Noc, Random, SimTime};
use probe::{Bench, BenchError};
use program::DType;
use program::tl::Recording;
use serde::Deserialize;

use super::torus::Torus;
use crate::row::{Origin, Row};

const ROUTERS: [u32; 2] = [10, 12];
/// Two of the three tiles at which each pair of channels is reached, in rows that have Tensix tiles.
const DRAM: [[u32; 2]; 12] =
    [[0, 1], [0, 11], [0, 5], [0, 7], [5, 1], [5, 11], [5, 2], [5, 9], [5, 4], [5, 8], [5, 5], [5, 7]];
const EACH: u32 = 1 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    alone: Vec<Alone>,
    all: Vec<All>,
    one_tile: Origin,
    placed: Origin,
    random: Origin,
}

/// GB/s of one tile.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alone {
    kind: Kind,
    noc: Noc,
    speed: f64,
}

/// GB/s of 12 and of 48 tiles.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct All {
    kind: Kind,
    noc: Noc,
    placed_12: f64,
    random_12: f64,
    placed_48: f64,
    random_48: f64,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Read,
    Write,
}

pub fn rows(bench: &Bench, wormhole: &MachineSpec) -> Result<Vec<Row>, BenchError> {
    let tables: Tables = crate::parsed(include_str!("../../data/tenstorrent/dram.toml"));
    let [mut at_random, mut alone, mut in_place] = [const { Vec::new() }; 3];
    for &Alone { kind, noc, speed: printed } in &tables.alone {
        let ours = speed(bench, &chip(wormhole, noc)?, kind, &placed(kind, noc, 1)[..1])?;
        alone.push(tables.one_tile.row(what(kind, noc, "1 tile, 1 channel"), printed, ours));
    }
    for printed in &tables.all {
        let &All { kind, noc, .. } = printed;
        let torus = chip(wormhole, noc)?;
        for (tiles, printed) in [(1, printed.placed_12), (4, printed.placed_48)] {
            let what = what(kind, noc, &format!("{} tiles, placed", 12 * tiles));
            let ours = speed(bench, &torus, kind, &placed(kind, noc, tiles))?;
            in_place.push(tables.placed.row(what, printed, ours));
        }
        for (tiles, draws, printed) in [(1, 8, printed.random_12), (4, 2, printed.random_48)] {
            let what = what(kind, noc, &format!("{} tiles, random", 12 * tiles));
            let drawn = (0..draws).map(|seed| speed(bench, &torus, kind, &random(seed, tiles)));
            let ours = drawn.sum::<Result<f64, BenchError>>()? / draws as f64;
            at_random.push(tables.random.row(what, printed, ours));
        }
    }
    Ok([at_random, alone, in_place].concat())
}

fn what(kind: Kind, noc: Noc, tiles: &str) -> String {
    let verb = if kind == Kind::Read { "reads" } else { "writes" };
    format!("Wormhole DRAM {verb}, {tiles}, {}", noc.name())
}

/// The chip with all of its routers, its DRAM where it is, and one network for all traffic.
fn chip(wormhole: &MachineSpec, noc: Noc) -> Result<Torus, BenchError> {
    let mut spec = wormhole.clone();
    spec.grid.pe = ROUTERS;
    spec.noc.networks = Some(Networks::Opposite { loads: noc, stores: noc, messages: noc });
    spec.hbm.placement = HbmPlacement::Controllers;
    spec.hbm.bytes_per_pe = Bytes(8 * u64::from(EACH));
    spec.hbm.controllers = Some(ControllersSpec { at: DRAM.to_vec(), channels: 1, bytes: Bytes(1 << 30) });
    Torus::of(spec)
}

/// A tile, and the DRAM that it accesses.
type Pair = ([u32; 2], [u32; 2]);

/// Tiles in the row of their DRAM, on the side to which its data goes or from which it comes.
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
    let mut random = Random::seeded(seed);
    for last in (1..all.len()).rev() {
        all.swap(last, (random.bits() % (last as u64 + 1)) as usize);
    }
    all.into_iter().zip(DRAM.into_iter().cycle()).take(DRAM.len() * tiles).collect()
}

/// All bytes over the time until the last has arrived.
fn speed(bench: &Bench, torus: &Torus, kind: Kind, pairs: &[Pair]) -> Result<f64, BenchError> {
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
