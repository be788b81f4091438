//! Phase 2: replays an op log with real tensors. Every read is resolved in histories of versions, by one of
//! three rules; where memory would have held other bytes than the program means, that is a finding.

mod backend;
mod comparison;
mod conflict;
pub mod cpu;
mod crew;
mod error;
mod executor;
mod findings;
pub mod history;
mod identity;
pub mod inputs;
pub mod memory;
mod normal;
mod operands;
pub mod order;
mod outputs;
mod place;
mod poison;
pub mod precision;
pub mod provenance;
pub mod reads;
mod repair;
pub mod rooms;
mod rule;
mod run;
mod schedule;
#[cfg(test)]
mod tests;
mod threads;
mod unresolved;
mod value_in;
mod value_of;
mod values;
pub mod verdict;
pub mod version;

pub use backend::{Backend, ComputeError, CpuBackend};
pub use cpu::SimdLevel;
pub use error::ReplayError;
pub use executor::{DataExecutor, Few, arguments};
pub use history::Histories;
pub use inputs::{HostValue, HostValues};
pub use order::Order;
pub use rule::{ReadRule, resolve};
pub use run::{Meant, Options, Replayed, run, run_meant, run_watched};
pub use threads::{beside, on_threads};
pub use value_in::{Held, ViewAfter, values_in};
pub use value_of::value_of;
pub use values::Values;
pub use verdict::judge;
pub use version::Versions;
