//! A multicast and a reduction along a row of `softhier32`: by the fabric, one after the other, and by a tree of
//! plain messages.

use machine::MachineSpec;
use machine::spec::{Collectives, HbmPlacement, Topology};
use probe::{Bench, BenchError, in_a_row};
use serde::Deserialize;

use super::softhier;
use crate::halving;
use crate::row::{Origin, Row};
use crate::trees::{multicast, reduction};

const PES: u32 = 32;
const BYTES: u32 = 65_536;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    origin: Origin,
    multicast_sequential: f64,
    multicast_tree: f64,
    reduction_sequential: f64,
    reduction_tree: f64,
}

pub fn rows(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let table: Table = crate::parsed(include_str!("../../data/flat/row.toml"));
    let [fabric, software] = [Collectives::Fabric, Collectives::Software].map(row_of);
    let (fabric, software) = (fabric?, software?);
    let of_fabric = [multicast(bench, &fabric, PES - 1, BYTES)?, reduction(bench, &fabric, PES - 1, BYTES)?];
    let one_by_one =
        [multicast(bench, &software, PES - 1, BYTES)?, reduction(bench, &software, PES - 1, BYTES)?];
    let tree =
        [halving::broadcast(bench, &software, PES, BYTES)?, halving::sum(bench, &software, PES, BYTES)?];
    Ok(vec![
        table.row("multicast to 31, sequential", table.multicast_sequential, one_by_one[0] / of_fabric[0]),
        table.row("multicast to 31, tree", table.multicast_tree, tree[0] / of_fabric[0]),
        table.row("reduction of 31, sequential", table.reduction_sequential, one_by_one[1] / of_fabric[1]),
        table.row("reduction of 31, tree", table.reduction_tree, tree[1] / of_fabric[1]),
    ])
}

impl Table {
    fn row(&self, what: &str, printed: f64, ours: f64) -> Row {
        self.origin.row(format!("{what} over fabric"), printed, ours)
    }
}

fn row_of(by: Collectives) -> Result<MachineSpec, BenchError> {
    let mut spec = in_a_row(&softhier()?, PES, Topology::Mesh);
    (spec.hbm.placement, spec.hbm.controllers) = (HbmPlacement::PerPe, None);
    spec.noc.collectives = by;
    Ok(spec)
}
