//! The range of makespans over orders in which requests of one time are served (ADR 0061).

use std::str::FromStr;
use std::sync::Arc;

use machine::SimTime;
use serde::Serialize;

use crate::error::Error;
use crate::simulate::Timed;

/// Orders that are drawn.
const ORDERS: u64 = 16;

/// Seed of the first order; the others follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TieSeed(pub u64);

impl FromStr for TieSeed {
    type Err = String;
    fn from_str(text: &str) -> Result<TieSeed, String> {
        let seed = text.strip_prefix("seed:").and_then(|seed| seed.parse().ok());
        seed.map(TieSeed).ok_or_else(|| "write seed:N, with a whole number below 2^64".to_owned())
    }
}

/// Makespans of a program, its own among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TieRange {
    pub seed: u64,
    /// Orders drawn beside the program's own.
    pub orders: u64,
    pub least_fs: u64,
    pub most_fs: u64,
    /// Of the PE clock, rounded up.
    pub least_cycles: u64,
    pub most_cycles: u64,
}

/// Times a program that has run in drawn orders of requests.
///
/// # Errors
/// [`Error::Timing`] when a run of another order would take too long.
pub fn range(timed: &Timed, TieSeed(seed): TieSeed) -> Result<TieRange, Error> {
    let log = &timed.log;
    let verified = verify::verify(Arc::clone(&log.program), &log.machine)?;
    let drawn = (0..ORDERS).map(|n| timing::makespan(&verified, timing::Ties::Drawn(seed.wrapping_add(n))));
    let (mut least, mut most) = (log.makespan(), log.makespan());
    for makespan in drawn {
        let makespan = makespan?;
        (least, most) = (least.min(makespan), most.max(makespan));
    }
    let cycles = |at: SimTime| log.machine.spec().clock.pe_fs.cycles_covering(at - SimTime::ZERO).0;
    Ok(TieRange {
        seed,
        orders: ORDERS,
        least_fs: least.fs(),
        most_fs: most.fs(),
        least_cycles: cycles(least),
        most_cycles: cycles(most),
    })
}
