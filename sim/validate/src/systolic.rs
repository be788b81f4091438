//! One GEMM on a systolic array, against the cycles that SCALE-Sim prints.

use machine::spec::Dataflow;
use machine::{GemmSpec, MachineSpec};
use probe::{Bench, BenchError, pe_cycles};
use program::DType;
use program::tl::Recording;
use serde::Deserialize;

use crate::row::{Origin, Row};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    tables: Vec<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    origin: Origin,
    arrays: Vec<(Dataflow, u32)>,
    rows: Vec<Printed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    /// m, n, k.
    gemm: [u32; 3],
    /// By array.
    cycles: Vec<u32>,
}

pub fn rows(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let Tables { tables } = crate::parsed(include_str!("../data/systolic.toml"));
    let mut rows = Vec::new();
    for Table { origin, arrays, rows: printed } in &tables {
        for Printed { gemm, cycles } in printed {
            for (&array, &cycles) in arrays.iter().zip(cycles) {
                rows.push(row(bench, origin, *gemm, array, cycles)?);
            }
        }
    }
    Ok(rows)
}

fn row(
    bench: &Bench,
    origin: &Origin,
    [m, n, k]: [u32; 3],
    (dataflow, side): (Dataflow, u32),
    cycles: u32,
) -> Result<Row, BenchError> {
    let gemm = GemmSpec::Systolic { rows: side, cols: side, dataflow };
    let spec = MachineSpec { gemm, ..bench.spec() };
    let run = bench.run(&spec, Recording::new("gemm", 1), |tl| {
        let (a, b) = (tl.tile([m, k], DType::F16), tl.tile([k, n], DType::F16));
        tl.dot(a, b);
    })?;
    let name = match dataflow {
        Dataflow::Os => "os",
        Dataflow::Ws => "ws",
        Dataflow::Is => "is",
    };
    let what = format!("GEMM {m}×{n}×{k}, {name} {side}×{side}");
    Ok(origin.row(what, f64::from(cycles), pe_cycles(&spec, run.took(0, "dot", 0))))
}
