//! Happens-before of a program on a machine, independent of times.
//!
//! [`EventGraph`] has the causes of every event, and [`Traversal`] visits them with vector clocks. [`Gate`] is what
//! holds a sequencer, and [`Dependencies`] are the ops that hold it on an interlocked machine. [`Dataflow`] has the
//! writer of every byte that an op reads, [`MessageIndex`] the ops at both ends of every message. The verifier, both
//! phases and the hazard checks read them.

mod clock;
pub mod dataflow;
mod dependencies;
mod events;
mod gate;
mod lanes;
mod last_access;
mod message_index;
pub mod queue;
mod region_map;
pub mod traversal;
mod written;

pub use clock::Clock;
pub use dataflow::{Dataflow, Decided, Part, SharedOrder, Writer};
pub use dependencies::Dependencies;
pub use events::{Cause, EdgeKind, EdgeSet, Event, EventGraph, Phase};
pub use gate::Gate;
pub use lanes::{NONE as NO_LANE, Touch, sequencer};
pub use last_access::{InLane, LastAccess, Readers};
pub use message_index::{MessageIndex, MessageOps};
pub use region_map::RegionMap;
pub use traversal::Traversal;

/// Other crates test with the same file.
#[cfg(test)]
pub mod sample;
#[cfg(test)]
#[path = "../../verify/src/samples.rs"]
pub mod samples;
