//! What must happen before what in a program on a machine, before any time is known.
//!
//! [`EventGraph`] has the causes of every event, and [`Traversal`] visits them with vector clocks. [`Gate`] says what holds
//! a sequencer, [`Dependencies`] which ops do where it is interlocked. [`Dataflow`] has the writer of every byte that an op
//! reads, [`MessageIndex`] the ops at both ends of every message. The verifier, both phases and the checks of hazards
//! read them.

mod clock;
pub mod dataflow;
mod dependencies;
pub mod events;
mod gate;
mod lanes;
mod last_access;
mod message_index;
pub mod queue;
mod region_map;
pub mod traversal;

pub use clock::Clock;
pub use dataflow::{Dataflow, Part, Writer};
pub use dependencies::Dependencies;
pub use events::{Cause, EdgeKind, EdgeSet, Event, EventGraph, Phase};
pub use gate::Gate;
pub use lanes::{Touch, sequencer};
pub use last_access::{InLane, LastAccess};
pub use message_index::{MessageIndex, MessageOps};
pub use region_map::RegionMap;
pub use traversal::Traversal;

/// Other crates test with the same file.
#[cfg(test)]
pub mod sample;
#[cfg(test)]
#[path = "../../verify/src/samples.rs"]
pub mod samples;
