//! Loaded networks, held to BookSim2.

use super::Row;
use crate::error::Error;
use crate::measure::Bench;
use crate::traffic::{Measured, measured};

/// Commit 28f4329 of BookSim2, `routing_function = dor` (`dim_order` on a torus), `num_vcs = 8`, `vc_buf_size = 32`,
/// `routing_delay = 0`, `internal_speedup = 2.0`, `injection_rate_uses_flits = 1`, `sample_period = 5000`, all else as it
/// comes; rows of other loads than those of the first table with `sample_period = 20000` and `warmup_periods = 1`.
const BOOKSIM: &str = "BookSim2, commit 28f4329, run: mean packet latency of traffic, 8 VCs of 32 flits";
/// Below the knee both agree; at it a mean depends on the packets that were drawn.
const BELOW: f64 = 5.0;
const KNEE: f64 = 10.0;

/// k, wiring, pattern, flits a packet, load, mean latency in cycles, within how many percent.
type Printed = (u32, &'static str, &'static str, u32, &'static str, f64, f64);

const PRINTED: [Printed; 25] = [
    (8, "mesh", "uniform", 20, "0.01", 40.28, BELOW),
    (8, "mesh", "uniform", 20, "0.08", 46.28, BELOW),
    (8, "mesh", "uniform", 20, "0.16", 54.01, BELOW),
    (8, "mesh", "uniform", 20, "0.24", 67.71, BELOW),
    (8, "mesh", "uniform", 20, "0.30", 80.57, BELOW),
    (8, "mesh", "uniform", 20, "0.36", 102.26, KNEE),
    (8, "mesh", "uniform", 20, "0.40", 125.54, KNEE),
    (8, "mesh", "neighbor", 20, "0.01", 34.68, BELOW),
    (8, "mesh", "neighbor", 20, "0.08", 35.14, BELOW),
    (8, "mesh", "neighbor", 20, "0.16", 36.30, BELOW),
    (8, "mesh", "neighbor", 20, "0.24", 37.55, BELOW),
    (8, "mesh", "neighbor", 20, "0.30", 38.38, BELOW),
    (8, "mesh", "neighbor", 20, "0.36", 39.97, BELOW),
    (8, "mesh", "neighbor", 20, "0.40", 40.95, BELOW),
    (8, "mesh", "transpose", 20, "0.01", 41.16, BELOW),
    (8, "mesh", "transpose", 20, "0.08", 47.78, BELOW),
    (8, "mesh", "transpose", 20, "0.12", 66.35, KNEE),
    (4, "mesh", "uniform", 20, "0.40", 53.59, BELOW),
    (8, "mesh", "tornado", 20, "0.20", 82.51, KNEE),
    (6, "mesh", "tornado", 20, "0.30", 70.76, KNEE),
    (8, "mesh", "bitcomp", 20, "0.12", 67.32, KNEE),
    (8, "mesh", "uniform", 4, "0.30", 30.27, BELOW),
    (5, "mesh", "uniform", 8, "0.40", 32.30, BELOW),
    (8, "mesh", "uniform", 64, "0.20", 153.91, KNEE),
    (5, "torus", "uniform", 20, "0.30", 46.65, BELOW),
];

/// Where BookSim2 stops because its mean has passed 500 cycles.
const SATURATED: [(u32, &str, u32, &str); 1] = [(8, "transpose", 20, "0.16")];

pub fn rows(bench: &Bench) -> Result<Vec<Row>, Error> {
    let mut rows = PRINTED.iter().map(|printed| latency(bench, printed)).collect::<Result<Vec<_>, _>>()?;
    for (k, pattern, flits, load) in SATURATED {
        let mut params = params((k, "mesh", pattern, flits, load));
        // A queue that grows takes its time.
        params.extend(
            [("warmup", "10000"), ("window", "20000")].map(|(key, value)| (key.to_owned(), value.to_owned())),
        );
        let ours = run(bench, &params)?;
        let what = format!("{k}×{k} mesh, {pattern}, L {flits}, load {load}");
        let mean = ours.mean_latency_cycles;
        rows.push(Row::judged(what, "cycles", "saturated", mean, ours.saturated, BOOKSIM));
    }
    Ok(rows)
}

/// A row at a middling load, and one at a low one.
#[cfg(test)]
pub fn few(bench: &Bench) -> Result<Vec<Row>, Error> {
    [&PRINTED[9], &PRINTED[14]].into_iter().map(|printed| latency(bench, printed)).collect()
}

fn latency(bench: &Bench, printed: &Printed) -> Result<Row, Error> {
    let &(k, wiring, pattern, flits, load, reference, within) = printed;
    let ours = run(bench, &params((k, wiring, pattern, flits, load)))?.mean_latency_cycles;
    let what = format!("{k}×{k} {wiring}, {pattern}, L {flits}, load {load}");
    Ok(Row::near(what, "cycles", reference, ours, within, BOOKSIM))
}

fn params((k, wiring, pattern, flits, load): (u32, &str, &str, u32, &str)) -> kernels::Texts {
    let (k, flits) = (k.to_string(), flits.to_string());
    let given =
        [("k", &*k), ("wiring", wiring), ("pattern", pattern), ("packet_flits", &flits), ("load", load)];
    given.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

fn run(bench: &Bench, params: &kernels::Texts) -> Result<Measured, Error> {
    let recorded = kernels::find("traffic")?.record(params)?;
    let spec = recorded.machine.expect("traffic has a machine of its own");
    let log = bench.run_program(&spec, recorded.program)?;
    Ok(measured(&log).expect("packets are created in time, and some are measured"))
}
