//! Validation of the timing model: published numbers and closed forms, each beside what the timing engine makes of a
//! small program.
//!
//! Published numbers are files of `data/`, with their sources; closed forms are computed here from the machine's
//! numbers. Ours are always measured, and share no code with the references.

mod causal;
mod collectives;
mod credits;
mod flat;
mod halving;
mod row;
mod systolic;
mod tenstorrent;
mod traffic;
mod transfers;
mod trees;
mod unmodelled;
mod wse;

pub use row::{Reference, Row, Text};

use probe::{Bench, BenchError};
use serde::de::DeserializeOwned;

/// The whole table, measured on this machine. Where a row says so, the machine's array, mesh or router constants are
/// those of the reference.
///
/// # Errors
/// [`BenchError`] when a program cannot run on the machine.
pub fn validate(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let mut rows = of_small_programs(bench)?;
    rows.extend(traffic::rows(bench)?);
    rows.extend(flat::rows(bench)?);
    rows.extend(unmodelled::rows());
    Ok(rows)
}

/// All but loaded networks and attention on a thousand PEs, which take seconds.
fn of_small_programs(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let measured = [
        systolic::rows,
        transfers::rows,
        credits::rows,
        collectives::rows,
        trees::rows,
        causal::rows,
        tenstorrent::rows,
        flat::of_small_programs,
        wse::rows,
    ];
    let mut rows = Vec::new();
    for of in measured {
        rows.extend(of(bench)?);
    }
    Ok(rows)
}

/// A file of `data/`.
fn parsed<T: DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).unwrap_or_else(|error| panic!("a file of data/ is no table: {error}"))
}

#[cfg(test)]
mod tests;
