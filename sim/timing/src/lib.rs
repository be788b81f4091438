//! Phase 1: when. A discrete-event engine runs every rank's program on the machine and writes the op log.
//! There is no tensor data here, and no float.
//!
//! [`run`] is the whole interface, and [`run_watched`] the same for those who wait. Inside, `event` lists everything that can happen; the engine pops an event,
//! its owner reacts, and new events are pushed.
#![deny(clippy::float_arithmetic)]

mod collectives;
mod command_queue;
mod deadlock;
mod engine;
mod error;
mod event;
mod event_queue;
mod flits;
mod lower;
mod memory;
mod network;
mod packet;
mod pieces;
mod rank;
mod record;
mod ring;
mod sequencer;
mod sync;
mod tcm;
mod transfer;
mod unit;
mod ways;

pub use engine::{run, run_unlogged, run_watched};
pub use error::TimingError;

#[cfg(test)]
mod tests;
