//! Checks of a program against a machine before anything runs: the verifier, the memory planner, the run without a
//! clock that finds deadlocks, their repair, and the waits that an explicit machine needs.

mod auto_sync;
mod checks;
mod counts;
pub mod deadlock;
mod plan;
pub mod progress;
mod verified;

pub use auto_sync::auto_sync;
pub use checks::{Judge, Refusal, references_hold, smallest_slots, verify, verify_judged, verify_laid_out};
pub use verified::Verified;

/// Other crates test with the same file.
#[cfg(test)]
pub mod samples;
