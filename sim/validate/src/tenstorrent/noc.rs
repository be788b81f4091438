//! Networks of one chip, against the tables of tt-npe, Tenstorrent's own estimator. The chip has all its routers here,
//! also those of tiles that are not Tensix, because the length of a torus ring counts.

use machine::{Bytes, Cycles, MachineSpec, Rate};
use probe::{Bench, BenchError, message, moved, noc_cycles, ring};
use program::DType;
use program::tl::Recording;
use serde::Deserialize;

use super::torus::Torus;
use crate::row::{Origin, Row, Text};

/// Bytes with a negligible transfer time.
const FLIT: u32 = 32;
/// Messages over which a rate is measured, and as many before them to fill the pipeline.
const STREAM: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    notes: Notes,
    wormhole: Chip,
    blackhole: Chip,
}

/// Why rows are not held.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Notes {
    write: Text,
    read: Text,
    rates: Text,
    limits: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chip {
    name: String,
    source: Text,
    /// Columns and rows of routers.
    routers: [u32; 2],
    write: [u32; 2],
    read: [u32; 4],
    rates: Vec<(u32, f64)>,
    limits: [f64; 3],
}

pub fn rows(bench: &Bench, wormhole: &MachineSpec, blackhole: &MachineSpec) -> Result<Vec<Row>, BenchError> {
    let tables: Tables = crate::parsed(include_str!("../../data/tenstorrent/noc.toml"));
    let notes = &tables.notes;
    let mut rows = Vec::new();
    for (chip, spec) in [(&tables.wormhole, wormhole), (&tables.blackhole, blackhole)] {
        let torus = Torus::of_all_tiles(spec, chip.routers)?;
        rows.extend(chip.writes(bench, &torus, &chip.origin("cycles", &notes.write))?);
        rows.extend(chip.reads(bench, &torus, &chip.origin("cycles", &notes.read))?);
        rows.extend(chip.rates(bench, &torus, &chip.origin("B/cycle", &notes.rates))?);
        rows.extend(chip.limits(bench, &torus, &chip.origin("B/cycle", &notes.limits))?);
    }
    Ok(rows)
}

impl Chip {
    fn origin(&self, unit: &'static str, note: &Text) -> Origin {
        Origin { source: self.source.clone(), unit: Text::Borrowed(unit), within: None, note: note.clone() }
    }

    /// Along a row, to the opposite corner, and from there one back: the longest way there is.
    fn writes(&self, bench: &Bench, torus: &Torus, origin: &Origin) -> Result<Vec<Row>, BenchError> {
        let ([columns, rows], [start, hop]) = (self.routers, self.write);
        let write = |&[x, y]: &[u32; 2]| {
            let hops = x + y;
            let s = if hops == 1 { "" } else { "s" };
            let what = format!("{}: write of a flit, {hops} hop{s}", self.name);
            let filled = message(bench, &torus.spec, (torus.rank([0, 0]), torus.rank([x, y])), FLIT)?.filled;
            let ours = noc_cycles(&torus.spec, filled) + torus.spec.ipcq.recv_cycles.0 as f64;
            Ok(origin.row(what, f64::from(start + hops * hop), ours))
        };
        [[1, 0], [columns - 1, 0], [columns - 1, rows - 1]].iter().map(write).collect()
    }

    fn reads(&self, bench: &Bench, torus: &Torus, origin: &Origin) -> Result<Vec<Row>, BenchError> {
        let [same, column, row, elsewhere] = self.read;
        let spec = self.quick_memory(bench, torus, same)?;
        let read = |&(to, [x, y], printed): &(&str, [u32; 2], u32)| {
            let ends = (torus.rank([0, 0]), torus.rank([x, y]));
            let ours = noc_cycles(&spec, moved(bench, &spec, "load", ends, FLIT)?);
            let what = format!("{}: read of a flit, {to}", self.name);
            Ok(origin.row(what, f64::from(printed), ours))
        };
        let places = [
            ("the same column", [0, 1], column),
            ("the same row", [1, 0], row),
            ("elsewhere", [1, 1], elsewhere),
        ];
        places.iter().map(read).collect()
    }

    /// A memory from which a read at the same tile, ports included, takes what is printed.
    fn quick_memory(&self, bench: &Bench, torus: &Torus, same: u32) -> Result<MachineSpec, BenchError> {
        let mut spec = torus.spec.clone();
        spec.clock.hbm_fs = spec.clock.noc_fs;
        spec.hbm.bytes_per_cycle = Rate::whole(1 << 10);
        spec.hbm.latency_cycles = Cycles(0);
        let ports = 2 * (spec.noc.inject_cycles.0 + spec.noc.eject_cycles.0);
        let without = noc_cycles(&spec, moved(bench, &spec, "load", (0, 0), FLIT)?).ceil() as u64 + ports;
        spec.hbm.latency_cycles = Cycles(u64::from(same).saturating_sub(without));
        Ok(spec)
    }

    /// Messages to a neighbour that wait for nothing.
    fn rates(&self, bench: &Bench, torus: &Torus, origin: &Origin) -> Result<Vec<Row>, BenchError> {
        let rate = |&(bytes, printed): &(u32, f64)| {
            let what = format!("{}: transfers of {bytes} B", self.name);
            let ours = self.stream(bench, torus, &[1], bytes)?;
            Ok(origin.row(what, printed, ours))
        };
        self.rates.iter().map(rate).collect()
    }

    fn limits(&self, bench: &Bench, torus: &Torus, origin: &Origin) -> Result<Vec<Row>, BenchError> {
        let largest = 8192;
        let [out, into, dram] = self.limits;
        let mut spec = torus.spec.clone();
        spec.noc.packet_bytes = Bytes(u64::from(largest));
        let load = |bytes| moved(bench, &spec, "load", (torus.rank([0, 0]), torus.rank([1, 0])), bytes);
        let many = 128 * largest;
        let read = f64::from(many - largest) / noc_cycles(&spec, load(many)? - load(largest)?);
        let row = |what: &str, printed, ours| origin.row(format!("{}: {what}", self.name), printed, ours);
        Ok(vec![
            row("out of a worker", out, self.stream(bench, torus, &[1], largest)?),
            row("into a worker", into, self.stream(bench, torus, &[1, 2], largest)?),
            row("out of a channel of DRAM", dram, read),
        ])
    }

    /// Bytes per cycle that reach one tile from those so many hops before it, each of which sends without a pause.
    fn stream(&self, bench: &Bench, torus: &Torus, hops: &[u32], bytes: u32) -> Result<f64, BenchError> {
        let to = torus.rank([8, 0]);
        let from: Vec<u32> = hops.iter().map(|hops| torus.rank([8 - hops, 0])).collect();
        let mut recording = Recording::new("stream", torus.n_ranks());
        let messages = 2 * STREAM;
        let slots = messages as u32;
        let rings: Vec<_> =
            from.iter().map(|&from| recording.ring(ring(from, to, slots, u64::from(bytes)))).collect();
        let run = bench.run(&torus.spec, recording, |tl| {
            if let Some(sender) = from.iter().position(|&rank| rank == tl.rank()) {
                let tile = tl.tile([bytes], DType::U8);
                for _ in 0..messages {
                    tl.send_ring(rings[sender], tile);
                }
            } else if tl.rank() == to {
                for &ring in rings.iter().cycle().take(messages * rings.len()) {
                    let got = tl.recv_ring(ring, [bytes], DType::U8);
                    tl.release(got);
                }
            }
        })?;
        let filled = |nth: usize| run.log.messages.iter().map(|ring| ring[nth].filled).max().expect("a ring");
        let took = noc_cycles(&torus.spec, filled(messages - 1) - filled(STREAM - 1));
        Ok((rings.len() * STREAM) as f64 * f64::from(bytes) / took)
    }
}
