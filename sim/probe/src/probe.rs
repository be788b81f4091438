//! Latency, bandwidth and bottleneck of each path of an idle machine. Everything is measured with small programs; nothing
//! is computed from the machine's numbers.

use std::ops::RangeInclusive;

use machine::Noc;
use serde::Serialize;

use crate::bottleneck::{self, Resource};
use crate::controllers::{Controller, controllers};
use crate::hops::{Hop, hops};
use crate::paths::{Path, paths};
use crate::{Bench, BenchError};

/// Exponents of the sizes of a transfer, which are powers of two: 128 B to 1 MiB.
pub(crate) const LOG2_SIZES: RangeInclusive<u32> = 7..=20;

/// As JSON has it. Keys are added, never renamed or removed. Times are in cycles of a PE.
#[derive(Clone, Debug, Serialize)]
pub struct Probe {
    pub machine: String,
    pub paths: Vec<PathTimes>,
    /// From the release of a slot until its producer has the credit, by how far the producer is.
    pub credits: Vec<Credit>,
    pub hops: Vec<Hop>,
    /// Empty where memory is beside the PEs.
    pub controllers: Vec<Controller>,
}
#[derive(Clone, Debug, Serialize)]
pub struct PathTimes {
    /// `load`, `store` or `send`.
    pub op: &'static str,
    /// Whose memory, as seen from the PE in the north-west corner.
    pub to: &'static str,
    pub hops: u32,
    /// `noc0` or `noc1`, where a machine has two networks and the path crosses one; else null.
    pub network: Option<Noc>,
    pub sizes: Vec<Point>,
    /// Of more bytes, once many are under path.
    pub bytes_per_cycle: f64,
    /// The smallest size that reaches half of that; null when none does.
    pub half_at: Option<u32>,
    /// Each alone would hold the path to this rate.
    pub bottleneck: Vec<Resource>,
}
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Point {
    pub bytes: u32,
    pub cycles: f64,
    pub bytes_per_cycle: f64,
}
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Credit {
    pub to: &'static str,
    pub hops: u32,
    pub cycles: f64,
}

/// Probes every path.
///
/// # Errors
/// [`BenchError`] when a program cannot run on the machine.
pub fn probe(bench: &Bench) -> Result<Probe, BenchError> {
    let all = paths(bench)?;
    let paths = all.iter().map(|path| times(bench, path)).collect::<Result<_, _>>()?;
    let mut credits = Vec::new();
    for path in all.iter().filter(|path| path.op == "send") {
        credits.push(Credit { to: path.to, hops: path.hops, cycles: path.credit(bench)? });
    }
    Ok(Probe {
        machine: bench.spec().name,
        paths,
        credits,
        hops: hops(bench)?,
        controllers: controllers(bench)?,
    })
}

fn times(bench: &Bench, path: &Path) -> Result<PathTimes, BenchError> {
    let spec = bench.spec();
    let mut sizes = Vec::new();
    for bytes in LOG2_SIZES.map(|log2| 1 << log2) {
        let cycles = path.cycles(bench, &spec, bytes)?;
        sizes.push(Point { bytes, cycles, bytes_per_cycle: f64::from(bytes) / cycles });
    }
    let rate = path.rate(bench, &spec)?;
    let half_at = sizes.iter().find(|point| point.bytes_per_cycle * 2.0 >= rate).map(|point| point.bytes);
    Ok(PathTimes {
        op: path.op,
        to: path.to,
        hops: path.hops,
        network: path.network,
        sizes,
        bytes_per_cycle: rate,
        half_at,
        bottleneck: bottleneck::of(bench, path, rate)?,
    })
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
