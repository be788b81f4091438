//! The contract between the phases: what ran where, when, and why it waited. All that crosses.
//!
//! `log` is a run in memory, `codec` writes and reads it, and [`digest`] names it.

mod canonical;
pub mod check;
mod checksums;
mod codec;
mod columns;
mod damage;
pub mod digest;
mod formats;
mod frame;
mod jsonl;
mod lines;
mod log;
pub mod provenance;
#[cfg(feature = "schema")]
pub mod schema;
mod seal;
mod sealed;
mod stall;
pub mod structure;
mod tick;
mod times;
pub mod varint;
pub mod verdict;

#[cfg(test)]
extern crate self as oplog;
/// Other crates test with the same file.
#[cfg(test)]
pub mod sample;

pub use check::check;
pub use checksums::{Checksums, Replay};
pub use codec::{Decoded, Encoding, Whole, decode, encode, is_log};
pub use damage::{Damage, Place};
pub use digest::{Digest, Digests};
pub use formats::{FORMATS, Formats};

pub use log::{Entries, GivenInput, MessageTimes, OpLog, RunId};
pub use provenance::Provenance;
pub use stall::{Stall, StallReason, UnitId};
pub use times::Times;
pub use verdict::{Against, Elements, Judgement, NotFinite, Sample, Verdict, Worst, leading};
