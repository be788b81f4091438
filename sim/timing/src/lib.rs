//! Phase 1, timing: a discrete-event engine that runs every rank's program on the machine and writes the op log.
//! There is no tensor data here, and no float.
//!
//! [`run`] is the whole interface, and [`run_watched`] the same with reports of progress. Inside, `event` lists
//! everything that can happen. A part sees only those below it:
//!
//! ```text
//! engine      the loop, and which part an event concerns
//! ranks       sequencers, units, rings, signals, barriers, command queues
//! transport   transfers, their packets, collectives
//! noc         the network models
//! memory      HBM, SRAM and TCM as FIFO servers
//! run         what is fixed, the time, the pending events, the record
//! ```
#![deny(clippy::float_arithmetic)]

mod engine;
mod error;
mod event;
mod event_queue;
mod lower;
mod memory;
mod noc;
mod pool;
mod ranks;
mod record;
mod run;
mod server;
mod transport;
mod turn;

pub use engine::{makespan, run, run_in_step, run_watched};
pub use error::TimingError;
pub use turn::Ties;

#[cfg(test)]
mod tests;
