//! What the timing model is held to: numbers that others print and closed forms, each beside what the timing engine
//! makes of a small program. References are numbers, or worked out here from the machine's numbers; ours are always
//! measured, and the two have no code in common.

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

pub use row::{Reference, Row};

use crate::error::Error;
use crate::measure::Bench;

/// The whole table, measured on this machine. Where a row says so, the machine's array, mesh or router constants are
/// those of the reference.
///
/// # Errors
/// [`Error`] when a program cannot run on the machine.
pub fn validate(bench: &Bench) -> Result<Vec<Row>, Error> {
    let mut rows = of_small_programs(bench)?;
    rows.extend(traffic::rows(bench)?);
    rows.extend(flat::rows(bench)?);
    rows.extend(unmodelled::rows());
    Ok(rows)
}

/// All but loaded networks and attention on a thousand PEs, which take seconds.
fn of_small_programs(bench: &Bench) -> Result<Vec<Row>, Error> {
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

#[cfg(test)]
mod tests;
