//! RedMulE on the two products of a slice of attention.

use program::DType;
use program::tl::Recording;

use super::{Row, softhier};
use crate::error::Error;
use crate::measure::{Bench, pe_cycles};

const RESTATED: &str =
    "GVSoC's light_redmule, restated: share of 512 multiply-adds a cycle over QKᵀ and PV, D 128";
const PRINTED: &str = "FlatAttention, arXiv 2505.18824 v7, Fig. 4: utilisation when active";
const MOVED: &str = "the model was changed between the papers; the later one prints 20 % for slice 16";
/// Slice; the restated model's share and that of the paper, in percent.
const SLICES: [(u32, f64, f64); 4] =
    [(16, 20.5, 23.0), (32, 55.2, 63.0), (64, 82.1, 90.0), (128, 97.0, 98.0)];
const DIM: u32 = 128;
const MACS: f64 = 512.0;

pub fn rows(bench: &Bench) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for (slice, restated, _) in SLICES {
        let to_a_tenth = (share(bench, slice)? * 10.0).round() / 10.0;
        let what = format!("RedMulE alone, slice {slice}, to 0.1 %");
        rows.push(Row::exact(what, "%", restated, to_a_tenth, RESTATED));
    }
    for (slice, _, printed) in SLICES {
        let what = format!("RedMulE alone, slice {slice}");
        rows.push(Row::shown(what, "%", printed, share(bench, slice)?, PRINTED, MOVED));
    }
    Ok(rows)
}

fn share(bench: &Bench, slice: u32) -> Result<f64, Error> {
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
