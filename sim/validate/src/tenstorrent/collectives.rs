//! Collectives between chips, against Tenstorrent's measurements. The links and the bytes on each are physical; the cost
//! of the smallest messages, once and for each hop, is fitted, as the source does it.

use machine::MachineSpec;
use probe::{Bench, BenchError};
use serde::Deserialize;

use super::chips::{Latency, time};
use super::streams::{Collective, Wiring};
use crate::row::{Origin, Row, Text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    wormhole: Table,
    blackhole: Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// How a row's name begins.
    chip: String,
    origin: Origin,
    fits: Fits,
    collectives: Vec<Printed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fits {
    all_gather: Fit,
    reduce_scatter: Fit,
    all_to_all: Fit,
}

/// ns.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fit {
    start: u64,
    hop: Hop,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hop {
    line: u64,
    ring: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    of: Of,
    wiring: Wiring,
    n: u32,
    /// µs, by bytes with their unit.
    times: Vec<(String, f64)>,
    /// Why it is not held.
    note: Option<Text>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Of {
    AllGather,
    ReduceScatter,
    AllReduce,
    AllToAll,
}

pub fn rows(bench: &Bench, wormhole: &MachineSpec, blackhole: &MachineSpec) -> Result<Vec<Row>, BenchError> {
    let tables: Tables = crate::parsed(include_str!("../../data/tenstorrent/collectives.toml"));
    let mut rows = Vec::new();
    for (table, spec) in [(&tables.wormhole, wormhole), (&tables.blackhole, blackhole)] {
        for printed in &table.collectives {
            rows.extend(table.rows(bench, spec, printed)?);
        }
    }
    Ok(rows)
}

impl Table {
    fn rows(&self, bench: &Bench, spec: &MachineSpec, printed: &Printed) -> Result<Vec<Row>, BenchError> {
        let Printed { of, wiring, n, times, note } = printed;
        let origin = note.as_ref().map_or_else(|| self.origin.clone(), |note| self.origin.noted(note));
        let row = |(size, us): &(String, f64)| {
            let what = format!("{}{}, {} of {n}, {size}", self.chip, of.name(), wiring.name());
            // A part is an n-th of the tensor, or of what a chip has for all others.
            let part = bytes(size) / u64::from(*n);
            let one = |&half: &Collective| {
                time(bench, spec, (half, *wiring, *n), part, self.fits.latency(half, *wiring))
            };
            let ours = of.parts().iter().map(one).sum::<Result<f64, BenchError>>()?;
            Ok(origin.row(what, *us, ours))
        };
        times.iter().map(row).collect()
    }
}

impl Of {
    fn name(self) -> &'static str {
        match self {
            Of::AllGather => "all_gather",
            Of::ReduceScatter => "reduce_scatter",
            Of::AllReduce => "all_reduce",
            Of::AllToAll => "all_to_all",
        }
    }
    /// What runs, one after the other.
    fn parts(self) -> &'static [Collective] {
        match self {
            Of::AllGather => &[Collective::AllGather],
            Of::ReduceScatter => &[Collective::ReduceScatter],
            Of::AllReduce => &[Collective::ReduceScatter, Collective::AllGather],
            Of::AllToAll => &[Collective::AllToAll],
        }
    }
}

impl Fits {
    fn latency(&self, collective: Collective, wiring: Wiring) -> Latency {
        let Fit { start, hop } = match collective {
            Collective::AllGather => &self.all_gather,
            Collective::ReduceScatter => &self.reduce_scatter,
            Collective::AllToAll => &self.all_to_all,
        };
        let hop_ns = match wiring {
            Wiring::Line => hop.line,
            Wiring::Ring => hop.ring,
        };
        Latency { start_ns: *start, hop_ns }
    }
}

/// Bytes of a size such as `8 KiB`.
fn bytes(size: &str) -> u64 {
    let (count, unit) = size.split_once(' ').expect("a number and a unit");
    let shift = ["KiB", "MiB", "GiB"].iter().position(|known| *known == unit).expect("a unit of bytes") + 1;
    count.parse::<u64>().expect("a number") << (10 * shift)
}
