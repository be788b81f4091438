//! Microbenchmarks of a described machine.
//!
//! A [`Bench`] runs small programs and reads the times of their ops. [`probe()`] measures latency, bandwidth and
//! bottleneck of every path; [`traffic`] measures the latency of packets in a loaded network. The rows of the crate
//! `validate` are measured with the same bench.

mod bench;
mod bottleneck;
mod controllers;
mod error;
mod hops;
mod links;
mod paths;
mod places;
mod probe;
pub mod traffic;

pub use bench::{Bench, Fault, Run, in_a_row, noc_cycles, pe_cycles};
pub use bottleneck::Resource;
pub use controllers::Controller;
pub use error::BenchError;
pub use hops::Hop;
pub use links::{Moved, message, moved, ring};
pub use places::{Place, places};
pub use probe::{Credit, PathTimes, Point, Probe, probe};
