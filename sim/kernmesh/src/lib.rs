//! The crate people depend on, and the `kernmesh` binary.
//!
//! A run has two phases, and the types say in which order: a [`machine::Machine`] and a [`program::Program`]
//! become an [`oplog::OpLog`], the op log a replay, and the replay an [`oplog::Verdict`].
//!
//! ```
//! use kernmesh::machine::Machine;
//! use kernmesh::{Options, simulate};
//!
//! let kernel = kernmesh::kernels::find("gemm")?;
//! let params = [("m", "16"), ("n", "16"), ("k", "16")].map(|(key, value)| (key.into(), value.into()));
//! let recorded = kernel.record(&params.into())?;
//! let simulation = simulate(recorded, &Machine::preset("tiny")?, &Options::default())?;
//! assert!(simulation.passed());
//! assert!(simulation.computed.verdict.is_some_and(|verdict| verdict.pass));
//! # Ok::<(), kernmesh::Error>(())
//! ```
//!
//! [`simulate()`] is both phases; [`time`] and [`compute`] are one each, [`time_watched`] and [`compute_watched`]
//! the same for those who wait, and [`reorder`] repeats the second in another order. This is the only crate that touches
//! files, arguments, the environment and the clock on the wall.

mod bugs;
pub mod check;
pub mod cli;
pub mod comparison;
mod error;
pub mod explain;
mod findings;
mod folded;
mod given;
mod log_file;
mod pages;
mod render;
mod simulate;
mod source;
mod steps;
mod stopwatch;
pub mod summary;
mod target;
mod tensors;
mod together;
mod watch;
mod work;

pub use bugs::{BugReport, Tried};
pub use error::{Error, Exit};
pub use findings::Found;
pub use folded::Folded;
pub use pages::{page, page_against, page_of_log};
pub use simulate::{
    Computed, Options, Simulation, Tensors, Timed, compute, compute_watched, origin, reorder, simulate, time,
    time_watched,
};
pub use steps::{EditStep, steps};
pub use summary::Summary;
pub use tensors::TensorFile;
pub use watch::{Progress, Step, Watch};
pub use work::Work;
pub use {
    analysis, corpus, export, gpu, hazard, kernels, machine, oplog, order, probe, program, replay, report,
    timing, validate, verify,
};
