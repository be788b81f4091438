//! Tenstorrent's chips: its published numbers against the presets that describe them.

mod chips;
mod collectives;
mod dram;
mod gemm;
mod noc;
mod streams;
mod torus;

use machine::{Machine, MachineSpec};
use probe::{Bench, BenchError};

use crate::row::Row;

pub fn rows(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let [wormhole, blackhole] = [preset("wormhole")?, preset("blackhole")?];
    let mut rows = collectives::rows(bench, &wormhole, &blackhole)?;
    rows.extend(noc::rows(bench, &wormhole, &blackhole)?);
    rows.extend(dram::rows(bench, &wormhole)?);
    rows.extend(gemm::rows(bench)?);
    Ok(rows)
}

/// A preset; these rows do not depend on the machine that is validated.
fn preset(name: &str) -> Result<MachineSpec, BenchError> {
    Ok(Bench::of(&Machine::preset(name)?)?.spec())
}
