//! What must happen before what in a program on a machine, before any time is known.
//!
//! [`EventGraph`] has the causes of every event, [`Dataflow`] the writer of every byte that an op reads, and [`Holds`]
//! what an interlocked sequencer waits for. Both phases, the verifier and the checks of hazards read them.

pub mod dataflow;
pub mod events;
mod holds;
pub mod queue;
mod region_map;

pub use dataflow::{Dataflow, Part, Writer};
pub use events::{Cause, EdgeKind, EdgeSet, Event, EventGraph, Phase};
pub use holds::Holds;
pub use region_map::RegionMap;

/// Other crates test with the same file.
#[cfg(test)]
pub mod sample;
#[cfg(test)]
#[path = "../../verify/src/samples.rs"]
pub mod samples;
