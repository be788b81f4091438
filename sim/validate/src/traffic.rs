//! Loaded networks, against BookSim2.

use probe::traffic::{Measured, measured};
use probe::{Bench, BenchError};
use serde::Deserialize;

use crate::row::{Origin, Row, Text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    origin: Origin,
    rows: Vec<Printed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    k: u32,
    wiring: String,
    pattern: String,
    /// Of a packet.
    flits: u32,
    load: String,
    /// Mean latency; `None` where the network is saturated.
    cycles: Option<f64>,
    /// Percent.
    within: Option<f64>,
}

pub fn rows(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let Table { origin, rows } = table();
    rows.iter().map(|printed| row(bench, &origin, printed)).collect()
}

/// A row at a middling load, and one at a low one.
#[cfg(test)]
pub fn few(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let Table { origin, rows } = table();
    [&rows[9], &rows[14]].into_iter().map(|printed| row(bench, &origin, printed)).collect()
}

fn table() -> Table {
    crate::parsed(include_str!("../data/traffic.toml"))
}

fn row(bench: &Bench, origin: &Origin, printed: &Printed) -> Result<Row, BenchError> {
    let Printed { k, wiring, pattern, flits, load, cycles, within } = printed;
    let ours = run(bench, &params(printed))?;
    let what = format!("{k}×{k} {wiring}, {pattern}, L {flits}, load {load}");
    let mean = ours.mean_latency_cycles;
    Ok(match cycles {
        Some(cycles) => Origin { within: *within, ..origin.clone() }.row(what, *cycles, mean),
        None => origin.statement(what, Text::Borrowed("saturated"), mean, ours.saturated),
    })
}

fn params(printed: &Printed) -> kernels::Texts {
    let Printed { k, wiring, pattern, flits, load, cycles, .. } = printed;
    let (k, flits) = (k.to_string(), flits.to_string());
    let mut given =
        vec![("k", &*k), ("wiring", wiring), ("pattern", pattern), ("packet_flits", &flits), ("load", load)];
    if cycles.is_none() {
        // Queues of a saturated network need time to grow.
        given.extend([("warmup", "10000"), ("window", "20000")]);
    }
    given.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn run(bench: &Bench, params: &kernels::Texts) -> Result<Measured, BenchError> {
    let recorded = kernels::find("traffic")?.record(params)?;
    let spec = recorded.machine.expect("traffic has a machine of its own");
    let log = bench.run_program(&spec, recorded.program)?;
    Ok(measured(&log).expect("packets are created in time, and some are measured"))
}
