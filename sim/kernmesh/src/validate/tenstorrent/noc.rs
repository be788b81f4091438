//! The networks of one chip, beside the tables of tt-npe, Tenstorrent's own estimator. The chip has all its routers
//! here, also those of tiles that are not Tensix, because a way round a torus is as long as its ring.

use machine::{Bytes, Cycles, MachineSpec, Rate};
use program::DType;
use program::tl::Recording;

use super::torus::Torus;
use crate::error::Error;
use crate::measure::{Bench, message, moved, noc_cycles, ring};
use crate::validate::Row;

const WRITES: &str = "40 + 10 or 11 cycles a hop there, 9 a hop in the documents of the chip and here";
const READS: &str =
    "a request and its answer go round a ring once; 9 cycles a hop, the rest as at the same tile";
const SIZES: &str =
    "what a transaction takes to issue, then the narrowest width; ports are those of a worker";
const LIMITS: &str = "ports of workers are taken from there, channels of DRAM from measurements of the chip";
/// Bytes whose time is next to nothing.
const FLIT: u32 = 32;
/// Messages over which a rate is measured, and before that.
const STREAM: usize = 64;

/// What is printed of a chip.
struct Chip {
    name: &'static str,
    source: &'static str,
    /// Columns and rows of routers.
    routers: [u32; 2],
    write: [u32; 2],
    /// At the same tile, in a column, in a row, and elsewhere.
    read: [u32; 4],
    /// Bytes per cycle, by bytes of a transfer.
    rates: &'static [(u32, f64)],
    /// Bytes per cycle out of a worker, into it, out of DRAM.
    limits: [f64; 3],
}

const CHIPS: [Chip; 2] = [
    Chip {
        name: "Wormhole",
        source: "tt-npe, wormhole_b0.hpp",
        routers: [10, 12],
        write: [40, 10],
        read: [70, 154, 170, 270],
        rates: &[(128, 5.5), (256, 10.1), (512, 18.0), (1024, 27.4), (2048, 30.0), (8192, 30.0)],
        limits: [28.1, 28.1, 23.2],
    },
    Chip {
        name: "Blackhole",
        source: "tt-npe, blackhole.hpp",
        routers: [17, 12],
        write: [40, 11],
        read: [65, 177, 217, 329],
        rates: &[
            (128, 6.0),
            (256, 12.1),
            (512, 24.2),
            (1024, 48.0),
            (2048, 57.7),
            (8192, 60.4),
            (16384, 60.9),
        ],
        limits: [60.9, 60.9, 40.0],
    },
];

pub fn rows(bench: &Bench, wormhole: &MachineSpec, blackhole: &MachineSpec) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for (chip, spec) in CHIPS.iter().zip([wormhole, blackhole]) {
        let torus = Torus::of_all_tiles(spec, chip.routers)?;
        rows.extend(chip.writes(bench, &torus)?);
        rows.extend(chip.reads(bench, &torus)?);
        rows.extend(chip.rates(bench, &torus)?);
        rows.extend(chip.limits(bench, &torus)?);
    }
    Ok(rows)
}

impl Chip {
    /// Along a row, to the opposite corner, and from there one back: the longest way there is.
    fn writes(&self, bench: &Bench, torus: &Torus) -> Result<Vec<Row>, Error> {
        let ([columns, rows], [start, hop]) = (self.routers, self.write);
        let write = |&[x, y]: &[u32; 2]| {
            let hops = x + y;
            let s = if hops == 1 { "" } else { "s" };
            let what = format!("{}: write of a flit, {hops} hop{s}", self.name);
            let filled = message(bench, &torus.spec, (torus.rank([0, 0]), torus.rank([x, y])), FLIT)?.filled;
            let ours = noc_cycles(&torus.spec, filled) + torus.spec.ipcq.recv_cycles.0 as f64;
            Ok(Row::shown(what, "cycles", f64::from(start + hops * hop), ours, self.source, WRITES))
        };
        [[1, 0], [columns - 1, 0], [columns - 1, rows - 1]].iter().map(write).collect()
    }

    fn reads(&self, bench: &Bench, torus: &Torus) -> Result<Vec<Row>, Error> {
        let [same, column, row, elsewhere] = self.read;
        let spec = self.quick_memory(bench, torus, same)?;
        let read = |&(to, [x, y], printed): &(&str, [u32; 2], u32)| {
            let ends = (torus.rank([0, 0]), torus.rank([x, y]));
            let ours = noc_cycles(&spec, moved(bench, &spec, "load", ends, FLIT)?);
            let what = format!("{}: read of a flit, {to}", self.name);
            Ok(Row::shown(what, "cycles", f64::from(printed), ours, self.source, READS))
        };
        let places = [
            ("the same column", [0, 1], column),
            ("the same row", [1, 0], row),
            ("elsewhere", [1, 1], elsewhere),
        ];
        places.iter().map(read).collect()
    }

    /// A memory from which a read at the same tile, ports included, takes what is printed.
    fn quick_memory(&self, bench: &Bench, torus: &Torus, same: u32) -> Result<MachineSpec, Error> {
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
    fn rates(&self, bench: &Bench, torus: &Torus) -> Result<Vec<Row>, Error> {
        let rate = |&(bytes, printed): &(u32, f64)| {
            let what = format!("{}: transfers of {bytes} B", self.name);
            let ours = self.stream(bench, torus, &[1], bytes)?;
            Ok(Row::shown(what, "B/cycle", printed, ours, self.source, SIZES))
        };
        self.rates.iter().map(rate).collect()
    }

    fn limits(&self, bench: &Bench, torus: &Torus) -> Result<Vec<Row>, Error> {
        let largest = 8192;
        let [out, into, dram] = self.limits;
        let mut spec = torus.spec.clone();
        spec.noc.packet_bytes = Bytes(u64::from(largest));
        let load = |bytes| moved(bench, &spec, "load", (torus.rank([0, 0]), torus.rank([1, 0])), bytes);
        let many = 128 * largest;
        let read = f64::from(many - largest) / noc_cycles(&spec, load(many)? - load(largest)?);
        let row = |what: &str, printed, ours| {
            Row::shown(format!("{}: {what}", self.name), "B/cycle", printed, ours, self.source, LIMITS)
        };
        Ok(vec![
            row("out of a worker", out, self.stream(bench, torus, &[1], largest)?),
            row("into a worker", into, self.stream(bench, torus, &[1, 2], largest)?),
            row("out of a channel of DRAM", dram, read),
        ])
    }

    /// Bytes per cycle that reach one tile from those so many hops before it, each of which sends without a pause.
    fn stream(&self, bench: &Bench, torus: &Torus, hops: &[u32], bytes: u32) -> Result<f64, Error> {
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
