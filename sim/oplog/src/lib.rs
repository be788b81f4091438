//! The contract between the phases: what ran where, when, and why it waited. All that crosses.
//!
//! [`log`] is a run in memory, [`codec`] writes and reads it, [`digest`] names it, [`dataflow`] says who wrote
//! what each op reads, [`timeline`] what every unit did all the time, [`critical_path`] what set the makespan, and
//! [`diff()`] what changed between two runs.

mod canonical;
pub mod check;
pub mod checksums;
pub mod codec;
mod columns;
pub mod critical_path;
pub mod damage;
pub mod dataflow;
pub mod diff;
pub mod digest;
pub mod events;
pub mod frame;
mod jsonl;
mod lines;
pub mod log;
mod seal;
mod sealed;
pub mod stall;
mod structure;
mod tick;
pub mod timeline;
mod varint;
pub mod verdict;

#[cfg(test)]
mod sample;

pub use check::check;
pub use checksums::{Checksums, Replay};
pub use codec::{Encoding, decode, encode};
pub use critical_path::{Category, CriticalPath, Stretch};
pub use damage::{Damage, Place};
pub use dataflow::{Dataflow, Part, Writer};
pub use diff::{Diff, diff};
pub use digest::{Digest, Digests};
pub use events::{Cause, EdgeKind, EdgeSet, Event, EventGraph, Phase};
pub use log::{Entries, GivenInput, MessageTimes, OpLog, RunId};
pub use stall::{Stall, StallReason, UnitId};
pub use timeline::{Interval, Timeline, UnitTotals, units};
pub use verdict::Verdict;
