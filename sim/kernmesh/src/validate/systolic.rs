//! One GEMM on a systolic array, against the cycles that SCALE-Sim prints.

use machine::spec::Dataflow;
use program::DType;
use program::tl::Recording;

use super::Row;
use crate::error::Error;
use crate::measure::{Bench, pe_cycles, with_array};

const V2: &str = "SCALE-Sim v2, commit 22f88b1, run";
const V3: &str = "SCALE-Sim 3.0.0, run";
const FLOWS: [(Dataflow, &str); 3] = [(Dataflow::Os, "os"), (Dataflow::Ws, "ws"), (Dataflow::Is, "is")];
type Printed<const N: usize> = ([u32; 3], [u32; N]);

/// m, n, k; os 16 and 32, ws 16 and 32, is 16 and 32.
const BOTH_SIDES: [Printed<6>; 7] = [
    ([128, 128, 128], [10111, 3039, 11135, 3551, 11135, 3551]),
    ([16, 64, 64], [375, 251, 991, 439, 439, 315]),
    ([16, 128, 128], [1263, 759, 3967, 1759, 1391, 887]),
    ([64, 64, 64], [1503, 503, 1759, 631, 1759, 631]),
    ([100, 70, 50], [2799, 1343, 2919, 1163, 3247, 1311]),
    ([256, 256, 64], [24063, 8063, 19327, 5599, 19327, 5599]),
    ([32, 32, 1024], [4215, 1085, 9983, 4031, 9983, 4031]),
];
/// m, n, k; os, ws, is at 32 × 32.
const SIDE_32: [Printed<3>; 5] = [
    ([16, 64, 64], [251, 439, 315]),
    ([128, 128, 128], [3039, 3551, 3551]),
    ([16, 128, 64], [503, 879, 443]),
    ([64, 64, 512], [2295, 5055, 5055]),
    ([100, 70, 300], [4343, 5819, 6559]),
];
/// The first layer of AlexNet as a GEMM: 55 × 55 outputs, 96 filters of 11 × 11 × 3.
const ALEXNET: ([u32; 3], u32) = ([3025, 96, 363], 112_283);

pub fn rows(bench: &Bench) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for (shape, printed) in BOTH_SIDES {
        for (at, cycles) in printed.into_iter().enumerate() {
            rows.push(row(bench, shape, [16, 32][at % 2], FLOWS[at / 2], cycles, V2)?);
        }
    }
    for (shape, printed) in SIDE_32 {
        for (flow, cycles) in FLOWS.into_iter().zip(printed) {
            rows.push(row(bench, shape, 32, flow, cycles, V3)?);
        }
    }
    let (shape, cycles) = ALEXNET;
    rows.push(row(bench, shape, 32, FLOWS[1], cycles, "SCALE-Sim v2, its repository's AlexNet layer 0")?);
    Ok(rows)
}

fn row(
    bench: &Bench,
    [m, n, k]: [u32; 3],
    side: u32,
    (dataflow, name): (Dataflow, &str),
    printed: u32,
    source: &'static str,
) -> Result<Row, Error> {
    let spec = with_array(&bench.spec(), side, dataflow);
    let run = bench.run(&spec, Recording::new("gemm", 1), |tl| {
        let (a, b) = (tl.tile([m, k], DType::F16), tl.tile([k, n], DType::F16));
        tl.dot(a, b);
    })?;
    let ours = pe_cycles(&spec, run.took(0, "dot", 0));
    let what = format!("GEMM {m}×{n}×{k}, {name} {side}×{side}");
    Ok(Row::exact(what, "cycles", f64::from(printed), ours, source))
}
