//! Analyses of programs and op logs: lower [`Bounds`] of a run, the [`CriticalPath`] that sets the makespan, the
//! [`Timeline`] of every unit, and the [`Diff`] of two runs by meaning.

pub mod bounds;
mod critical_path;
pub mod diff;
pub mod timeline;

pub use bounds::{Bound, Bounds};
pub use critical_path::{Category, CriticalPath, Stretch};
pub use diff::{Diff, diff};
pub use timeline::{Interval, Timeline, UnitTotals, units};

#[cfg(test)]
#[path = "../../oplog/src/sample.rs"]
pub mod sample;
