//! Analyses of programs and op logs: lower [`Bounds`] of a run, the [`CriticalPath`] that sets the makespan, the
//! [`Limit`] that both come to, the [`Peak`] share that each bound unit reaches, the [`Timeline`] of every unit, what the
//! [`memory`] holds, and the [`Diff`] of two runs by meaning.

pub mod bounds;
mod critical_path;
pub mod diff;
mod limit;
pub mod memory;
pub mod peak;
pub mod timeline;

pub use bounds::{Bound, Bounds, Busiest};
pub use critical_path::{Category, CriticalPath, Stretch};
pub use diff::{Diff, diff};
pub use limit::{Limit, Limited};
pub use peak::{Loss, Peak, peaks};
pub use timeline::{Interval, Timeline, UnitTotals, units};

#[cfg(test)]
#[path = "../../oplog/src/sample.rs"]
pub mod sample;
