//! What Tenstorrent prints of its chips, and what the timing engine makes of the presets that describe them.

mod chips;
mod collectives;
mod dram;
mod gemm;
mod noc;
mod streams;
mod torus;

use machine::{Machine, MachineSpec};

use super::Row;
use crate::error::Error;
use crate::measure::Bench;

pub fn rows(bench: &Bench) -> Result<Vec<Row>, Error> {
    let [wormhole, blackhole] = [preset("wormhole")?, preset("blackhole")?];
    let mut rows = collectives::rows(bench, &wormhole, &blackhole)?;
    rows.extend(noc::rows(bench, &wormhole, &blackhole)?);
    rows.extend(dram::rows(bench, &wormhole)?);
    rows.extend(gemm::rows(bench, &wormhole, &blackhole)?);
    Ok(rows)
}

/// These rows are of the machine that they name, whatever machine is validated.
fn preset(name: &str) -> Result<MachineSpec, Error> {
    Ok(Bench::of(&Machine::preset(name)?)?.spec())
}
