//! FlatAttention's machine, `softhier32`: its GEMM unit alone, collectives along a row of 32, and attention on all PEs.

mod attention;
mod redmule;
mod row;

use machine::{Machine, MachineSpec};
use probe::{Bench, BenchError};

use crate::row::Row;

/// Rows that take no time.
pub fn of_small_programs(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let mut rows = redmule::rows(bench)?;
    rows.extend(row::rows(bench)?);
    Ok(rows)
}

/// Attention on 1024 PEs, which takes seconds.
pub fn rows(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    attention::rows(bench)
}

/// `softhier32`, with room for what is measured.
fn softhier() -> Result<MachineSpec, BenchError> {
    Ok(Bench::of(&Machine::preset("softhier32")?)?.spec())
}

#[cfg(test)]
mod tests;
