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
//! assert!(simulation.computed.verdict.is_some_and(|verdict| verdict.pass()));
//! # Ok::<(), kernmesh::Error>(())
//! ```
//!
//! Phase 2 can be taken apart. A [`replay::Histories`] holds, for every memory and slot, the versions of its bytes in
//! the order of time; a [`replay::DataExecutor`] computes the values of all versions:
//!
//! ```
//! use kernmesh::machine::Machine;
//! use kernmesh::program::RingId;
//! use kernmesh::replay::{self, CpuBackend, DataExecutor, Histories, ReadRule, Versions};
//!
//! let kernel = kernmesh::kernels::find("mesh_mlo")?;
//! let params = [("ranks", "3"), ("kv_len", "16"), ("slots", "2")].map(|(key, value)| (key.into(), value.into()));
//! let log = kernmesh::time(kernel.record(&params.into())?.program, &Machine::preset("tiny")?, 0)?.log;
//!
//! // Messages take turns in the slots of a ring: the first slot of the first ring holds every other one.
//! let versions = Versions::of(&log)?;
//! let filled = Histories::of(&versions).of_slot(&log, RingId(0), 0);
//! let numbers: Vec<u32> = filled.iter().filter_map(|id| Some(versions.get(*id).message?.number)).collect();
//! assert_eq!(numbers, [0, 2]);
//!
//! // Their values, kept until the end of the replay.
//! let reads = replay::resolve(&log, ReadRule::Identity)?;
//! let backend = CpuBackend { simd: replay::SimdLevel::detect() };
//! let executor = DataExecutor::new(&log, &versions, &reads, &backend, replay::Options::default())?;
//! let inputs = replay::inputs::seeded(&log.program, 0);
//! let mut values = executor.start(&inputs, &filled)?;
//! executor.run(&mut values, &|_, _| {})?;
//! assert!(filled.iter().all(|id| values.bytes(*id).len() as u64 == versions.get(*id).bytes()));
//! # Ok::<(), kernmesh::Error>(())
//! ```
//!
//! [`simulate()`] is both phases; [`time`] and [`compute`] are one each, [`time_watched`] and [`compute_watched`]
//! the same for those who wait, and [`reorder`] repeats the second in another order. This is the only crate that touches
//! files, arguments, the environment and the clock on the wall.

pub mod advise;
pub mod allocator;
mod at_defaults;
mod bugs;
pub mod check;
pub mod cli;
mod common_reasons;
pub mod comparison;
mod error;
mod excerpt;
mod expected;
pub mod explain;
mod findings;
mod given;
mod given_input;
mod golden;
mod judge;
mod log_file;
mod machine_keys;
mod memories;
mod memory;
mod pages;
mod panics;
mod peak_share;
mod provenance;
pub mod remarks;
mod render;
mod replay_cost;
mod saved;
pub mod setup;
mod simulate;
mod source;
mod stopwatch;
pub mod summary;
mod target;
mod temporary;
mod tensors;
mod ties;
mod trial;
mod watch;

pub use bugs::{BugReport, Tried};
pub use common_reasons::Folded;
pub use error::{Error, Exit};
pub use expected::{Expectations, Expected, Wide};
pub use findings::{deadlock, of_error};
pub use given_input::given_input;
pub use judge::{Judge, Judged, NotJudged};
pub use memory::default_limit;
pub use pages::{page, page_against, page_of_log};
pub use render::verdict::in_lines;
pub use render::{diff_in_words, why};
pub use replay_cost::ReplayCost;
pub use saved::{Saved, compare_saved, save, write};
pub use simulate::{
    Computed, Options, Simulation, Tensors, Timed, compute, compute_watched, judged_by, origin, reorder,
    simulate, time, time_watched,
};
pub use summary::Summary;
pub use tensors::{TensorFile, with_expected};
pub use watch::{Progress, Step, Watch};
pub use {
    analysis, corpus, diagnostic, export, gpu, hazard, kernels, machine, oplog, order, probe, program,
    replay, report, timing, validate, verify,
};
