//! The tables of a run. `docs/parquet.md` says what every column means.

mod busy;
mod messages;
mod ops;
mod stalls;

pub use messages::messages;
pub use ops::ops;
pub use stalls::stalls;
pub(crate) use stalls::who;

use oplog::OpLog;

/// What every table says of its run.
fn about(log: &OpLog) -> Vec<(&'static str, String)> {
    vec![
        ("kernel", log.program.kernel.clone()),
        ("machine", log.machine.spec().name.clone()),
        ("makespan_fs", log.makespan().fs().to_string()),
        ("pe_cycle_fs", log.machine.spec().clock.pe_fs.period.fs().to_string()),
    ]
}

#[cfg(test)]
mod tests;
