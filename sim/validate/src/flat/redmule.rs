//! RedMulE on the two products of a slice of attention.

use probe::{Bench, BenchError, pe_cycles};
use program::DType;
use program::tl::Recording;
use serde::Deserialize;

use super::softhier;
use crate::row::{Origin, Row};

const DIM: u32 = 128;
const MACS: f64 = 512.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    rows: Vec<Printed>,
    /// Held to a tenth of a percent.
    restated: Origin,
    printed: Origin,
}

/// Percent, by the restated model and by the paper.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    slice: u32,
    restated: f64,
    printed: f64,
}

pub fn rows(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let Table { rows, restated, printed } = crate::parsed(include_str!("../../data/flat/redmule.toml"));
    let mut all = Vec::new();
    for row in &rows {
        let to_a_tenth = (share(bench, row.slice)? * 10.0).round() / 10.0;
        all.push(restated.row(
            format!("RedMulE alone, slice {}, to 0.1 %", row.slice),
            row.restated,
            to_a_tenth,
        ));
    }
    for row in &rows {
        let what = format!("RedMulE alone, slice {}", row.slice);
        all.push(printed.row(what, row.printed, share(bench, row.slice)?));
    }
    Ok(all)
}

fn share(bench: &Bench, slice: u32) -> Result<f64, BenchError> {
    let spec = softhier()?;
    let run = bench.run(&spec, Recording::new("slice", 1), |tl| {
        let (q, k) = (tl.tile([slice, DIM], DType::F16), tl.tile([DIM, slice], DType::F16));
        let (p, v) = (tl.tile([slice, slice], DType::F16), tl.tile([slice, DIM], DType::F16));
        tl.dot(q, k);
        tl.dot(p, v);
    })?;
    let cycles = pe_cycles(&spec, run.took(0, "dot", 0)) + pe_cycles(&spec, run.took(0, "dot", 1));
    Ok(f64::from(2 * slice * slice * DIM) / MACS / cycles * 100.0)
}
