//! Precision bisect: one log replayed by the identity rule in its declared dtypes and in f64, side by side, to find
//! the ops whose error is their own.
//!
//! The f64 run takes the same inputs, as their dtype holds them, and the same ops in the same order; sums take their
//! terms in the defined order, and nothing is rounded to a dtype, be it that of a tile or of an accumulator.
//! What is stored as an integer is the declared run's in both, so both take the same branches: masks, comparisons,
//! casts to integers and all arithmetic on integers. Where f64 would have decided otherwise is counted.
//! A read of bytes as another dtype than they were written as has no f64 to name unless both runs agree there; such
//! elements, and what is made of them, are counted and not compared.

mod chain;
mod compute;
mod elements;
mod f64_values;
mod measure;
mod op_in_f64;
mod side_by_side;
#[cfg(test)]
mod tests;

use diagnostic::OpRef;
use oplog::OpLog;
use order::Dataflow;
use program::DType;

use crate::backend::CpuBackend;
use crate::cpu::SimdLevel;
use crate::error::ReplayError;
use crate::executor::DataExecutor;
use crate::identity::Identity;
use crate::inputs::HostValues;
use crate::threads::pool;
use crate::version::Versions;

use chain::Chains;
pub use chain::{CHAIN_MAX, FLAGGED_MAX};
pub use measure::{GROWTH_MAX, NOISE_ULPS, ULPS_MAX};
use side_by_side::SideBySide;

/// Options of a bisect. Results depend on neither.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub threads: usize,
    pub simd: SimdLevel,
}

impl Default for Options {
    fn default() -> Options {
        Options { threads: 1, simd: SimdLevel::detect() }
    }
}

/// The comparison of the two runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bisect {
    /// The first error sources, at most [`FLAGGED_MAX`], in the order of the log: by start, rank and index.
    pub flagged: Vec<ErrorSource>,
    /// Number of error sources.
    pub n_flagged: u64,
    /// The op with the largest error, a source or not: an error that grows in small steps has no source. `None` when the
    /// runs agree in every value.
    pub worst: Option<ErrorSource>,
    /// Ops whose results were compared, in part or whole.
    pub n_compared: u64,
    pub not_comparable: NotComparable,
    /// Elements of masks and integers that f64 would have decided otherwise. Both runs took the declared branch, so no
    /// error includes the difference.
    pub n_decided_otherwise: u64,
    /// Most bytes of both runs alive at once, without the caller's tensors.
    pub peak_live_bytes: u64,
}

impl Bisect {
    /// The first error source.
    pub fn first(&self) -> Option<&ErrorSource> {
        self.flagged.first()
    }
}

/// Results with elements that have no f64 value, for they are bytes read as another dtype.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NotComparable {
    pub ops: u64,
    pub elements: u64,
    /// The first of the ops, which is the one that reads them so.
    pub first: Option<OpRef>,
}

/// An error source, or the op with the largest error.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorSource {
    pub op: OpRef,
    /// Of its result.
    pub dtype: DType,
    /// Relative to max|f64| of its result; infinite when a NaN or an infinity is in one run alone, or when the op
    /// made a NaN of inputs without one, in both.
    pub error: f64,
    pub made_nan: bool,
    /// max|declared − f64|.
    pub max_abs: f64,
    /// max|f64| of finite values; max|declared| where f64 has zeros alone.
    pub largest: f64,
    /// One ulp of `dtype` at `largest`.
    pub ulp: f64,
    /// In the order of the op's fields; constants are not among them.
    pub inputs: Vec<InputError>,
    /// From the op itself back through the input with the worst error, at most [`CHAIN_MAX`] links.
    pub chain: Vec<Link>,
    /// What the last link of the chain was made of.
    pub origin: Origin,
}

/// Input of an op, with its error against f64.
#[derive(Clone, Debug, PartialEq)]
pub struct InputError {
    /// The op that wrote it: of several the one whose result errs most. `None` for the host's tensors and for bytes
    /// that nothing wrote.
    pub by: Option<OpRef>,
    /// Relative to max|f64| of what is read.
    pub error: f64,
}

/// One op of a chain and the relative error of its result.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub op: OpRef,
    pub dtype: DType,
    pub error: f64,
}

/// End of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A tensor of the host, by the name of the input.
    Input(String),
    /// The op has no inputs: constants alone.
    Constant,
    /// Bytes that nothing wrote.
    Unwritten,
    /// The chain goes on; it was cut.
    Further,
}

/// Replays a log twice and compares. A program that is about time alone has no values: nothing is compared.
///
/// Every op is computed twice. A live element in which the runs differ takes 8 bytes more; where they agree, as in
/// inputs and integers, it takes none.
///
/// # Errors
/// As [`crate::run`].
pub fn bisect(
    log: &OpLog,
    flow: &Dataflow,
    inputs: &HostValues,
    options: Options,
) -> Result<Bisect, ReplayError> {
    if log.program.is_timing_only() {
        return Ok(Bisect::default());
    }
    let Options { threads, simd } = options;
    let versions = Versions::of(log)?;
    let reads = Identity::of(log, flow, &versions).reads();
    let backend = CpuBackend { simd };
    let options = crate::Options { threads, simd, ..crate::Options::default() };
    let declared = DataExecutor::new(log, &versions, &reads, &backend, options)?;
    let mut values = declared.start(inputs, &[])?;
    let runs = SideBySide { log, versions: &versions, reads: &reads, declared, pool: pool(threads)?, simd };
    let (records, peak_live_bytes) = runs.run(&mut values)?;
    Ok(Bisect { peak_live_bytes, ..Chains { log, versions: &versions, records: &records }.bisect() })
}
