//! A multicast and a reduction along a row of `softhier32`: by the fabric, one after the other, and by a tree of
//! plain messages.

use machine::MachineSpec;
use machine::spec::{Collectives, HbmPlacement, Topology};

use super::{Row, softhier};
use crate::error::Error;
use crate::measure::{Bench, in_a_row};
use crate::validate::halving;
use crate::validate::trees::{multicast, reduction};

const SOURCE: &str = "FlatAttention, arXiv 2604.02110, 32 × 32 mesh: times of software over the fabric's";
const NO_BYTES: &str = "neither bytes nor programs are printed; here 64 KiB, a tree halves the way at each step, \
                        and what is added takes the math unit as long as its transfer";
const PES: u32 = 32;
const BYTES: u32 = 65_536;

pub fn rows(bench: &Bench) -> Result<Vec<Row>, Error> {
    let [fabric, software] = [Collectives::Fabric, Collectives::Software].map(row_of);
    let (fabric, software) = (fabric?, software?);
    let of_fabric = [multicast(bench, &fabric, PES - 1, BYTES)?, reduction(bench, &fabric, PES - 1, BYTES)?];
    let one_by_one =
        [multicast(bench, &software, PES - 1, BYTES)?, reduction(bench, &software, PES - 1, BYTES)?];
    let tree =
        [halving::broadcast(bench, &software, PES, BYTES)?, halving::sum(bench, &software, PES, BYTES)?];
    let rows = [
        ("multicast to 31, sequential", 30.7, one_by_one[0] / of_fabric[0]),
        ("multicast to 31, tree", 5.1, tree[0] / of_fabric[0]),
        ("reduction of 31, sequential", 67.3, one_by_one[1] / of_fabric[1]),
        ("reduction of 31, tree", 10.9, tree[1] / of_fabric[1]),
    ];
    let shown = |(what, printed, ours): (&str, f64, f64)| {
        Row::shown(format!("{what} over fabric"), "×", printed, ours, SOURCE, NO_BYTES)
    };
    Ok(rows.map(shown).into())
}

fn row_of(by: Collectives) -> Result<MachineSpec, Error> {
    let mut spec = in_a_row(&softhier()?, PES, Topology::Mesh);
    (spec.hbm.placement, spec.hbm.controllers) = (HbmPlacement::PerPe, None);
    spec.noc.collectives = by;
    Ok(spec)
}
