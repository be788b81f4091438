//! What each path of a machine does: how long its smallest transfer takes, how fast its largest, and what bounds it.
//! Everything is measured with small programs on an idle machine; nothing is worked out from the machine's numbers.

mod bottleneck;
mod controllers;
mod hops;
mod paths;

use machine::Noc;
use serde::Serialize;

use crate::error::Error;
use crate::measure::Bench;
use bottleneck::Resource;
pub use controllers::Controller;
use hops::Hop;
use paths::Way;

/// Powers of two, in bytes.
pub const SIZES: [u32; 14] = [
    1 << 7,
    1 << 8,
    1 << 9,
    1 << 10,
    1 << 11,
    1 << 12,
    1 << 13,
    1 << 14,
    1 << 15,
    1 << 16,
    1 << 17,
    1 << 18,
    1 << 19,
    1 << 20,
];

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
    /// Of more bytes, once many are under way.
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
/// [`Error`] when a program cannot run on the machine.
pub fn probe(bench: &Bench) -> Result<Probe, Error> {
    let ways = paths::ways(bench)?;
    let paths = ways.iter().map(|way| times(bench, way)).collect::<Result<_, _>>()?;
    let mut credits = Vec::new();
    for way in ways.iter().filter(|way| way.op == "send") {
        credits.push(Credit { to: way.to, hops: way.hops, cycles: way.credit(bench)? });
    }
    let (hops, controllers) = (hops::hops(bench)?, controllers::controllers(bench)?);
    Ok(Probe { machine: bench.spec().name, paths, credits, hops, controllers })
}

fn times(bench: &Bench, way: &Way) -> Result<PathTimes, Error> {
    let spec = bench.spec();
    let mut sizes = Vec::new();
    for bytes in SIZES {
        let cycles = way.cycles(bench, &spec, bytes)?;
        sizes.push(Point { bytes, cycles, bytes_per_cycle: f64::from(bytes) / cycles });
    }
    let rate = way.rate(bench, &spec)?;
    let half_at = sizes.iter().find(|point| point.bytes_per_cycle * 2.0 >= rate).map(|point| point.bytes);
    Ok(PathTimes {
        op: way.op,
        to: way.to,
        hops: way.hops,
        network: way.network,
        sizes,
        bytes_per_cycle: rate,
        half_at,
        bottleneck: bottleneck::of(bench, way, rate)?,
    })
}

#[cfg(test)]
mod tests;
