//! Provenance: which elements of inputs reach an element of an output, and how often. Programs do not depend on values,
//! so this is exact, and so is what an element lacks of what its reference depends on.

pub mod boxes;
pub mod compare;
mod field;
mod likeness;
mod map;
mod reach;
mod slice;
#[cfg(test)]
mod tests;
mod through;
mod trace;
mod ways;

use oplog::OpLog;
use order::Dataflow;
use program::op::BinaryFn;
use program::{ComputeOp, Effect, Op};

pub use likeness::{Likened, likeness, rounding};
pub use map::{Part, map};
pub use reach::Reach;
pub use slice::{Slice, region};
pub use trace::{Graph, Trace};
pub use ways::Ways;

use crate::backend::CpuBackend;
use crate::error::ReplayError;
use crate::executor::DataExecutor;
use crate::history::Histories;
use crate::identity::Identity;
use crate::inputs::HostValues;
use crate::reads::Reads;
use crate::rule::{self, ReadRule};
use crate::run::Options;
use crate::schedule::versions_read;
use crate::version::{VersionId, Versions};

/// Bytes of operands that are kept, above which products and `where` take both of theirs.
const MOST_BYTES: u64 = 1 << 28;

/// Resolves the reads of a log, computes once more the operands that decide what is taken, and asks.
///
/// # Errors
/// As [`crate::run()`].
pub fn with_graph<T>(
    log: &OpLog,
    flow: &Dataflow,
    inputs: &HostValues,
    options: Options,
    ask: impl FnOnce(&Graph<'_>) -> T,
) -> Result<T, ReplayError> {
    let versions = Versions::of(log)?;
    let identity = Identity::of(log, flow, &versions).reads();
    let reads = match options.rule {
        ReadRule::Identity => identity,
        ReadRule::Hardware => rule::hardware(log, &versions, &Histories::of(&versions)),
        ReadRule::Shape => rule::shape(log, &versions, &identity),
        ReadRule::End => rule::end(log, &versions, &Histories::of(&versions)),
    };
    let kept = deciding(log, &versions, &reads);
    if kept.is_empty() || bytes(log, &versions, &kept) > MOST_BYTES {
        return Ok(ask(&Graph::of(log, &versions, &reads, None)));
    }
    let backend = CpuBackend { simd: options.simd };
    let options = Options { checksums: false, ..options };
    let executor = DataExecutor::new(log, &versions, &reads, &backend, options)?;
    let mut values = executor.start(inputs, &kept)?;
    executor.run(&mut values, &|_, _| {})?;
    Ok(ask(&Graph::of(log, &versions, &reads, Some(&values))))
}

/// Whether a program has a mask.
fn masked(log: &OpLog) -> bool {
    log.ops().any(|(rank, op)| matches!(log.program.op(rank, op), Op::Compute(ComputeOp::Where { .. })))
}

/// Factors and masks: operands of products, of divisions and of `where`.
fn deciding(log: &OpLog, versions: &Versions, reads: &Reads) -> Vec<VersionId> {
    let (mut kept, mut read) = (Vec::new(), Vec::new());
    for (at, (rank, op)) in log.ops().enumerate() {
        let Op::Compute(compute) = log.program.op(rank, op) else { continue };
        if decides(*compute) {
            versions_read(reads, at, &mut read);
            kept.append(&mut read);
        }
    }
    kept.sort_unstable();
    kept.dedup();
    kept.retain(|version| {
        version.index() >= versions.n_ops() || versions.written_by(version.index()).is_some()
    });
    kept
}

fn decides(op: ComputeOp) -> bool {
    match op {
        ComputeOp::Dot { .. } | ComputeOp::Where { .. } => true,
        ComputeOp::Binary { f, x, y, .. } => match f {
            BinaryFn::Mul | BinaryFn::Div => x.view().is_some() && y.view().is_some(),
            BinaryFn::Add
            | BinaryFn::Sub
            | BinaryFn::Maxnum
            | BinaryFn::Minnum
            | BinaryFn::Maximum
            | BinaryFn::Minimum
            | BinaryFn::Rem
            | BinaryFn::Shl
            | BinaryFn::Shr
            | BinaryFn::And
            | BinaryFn::Or
            | BinaryFn::Xor
            | BinaryFn::Pow => false,
        },
        ComputeOp::Unary { .. }
        | ComputeOp::Compare { .. }
        | ComputeOp::Reduce { .. }
        | ComputeOp::Fill { .. }
        | ComputeOp::Iota { .. }
        | ComputeOp::Scan { .. }
        | ComputeOp::Dequantize { .. } => false,
        ComputeOp::Fma { x, y, .. } => x.view().is_some() && y.view().is_some(),
    }
}

/// Bytes of values that ops compute; a move names those that it moved.
fn bytes(log: &OpLog, versions: &Versions, kept: &[VersionId]) -> u64 {
    let computed = kept.iter().filter(|version| version.index() < versions.n_ops()).filter(|version| {
        let (rank, index) = versions.op(version.0);
        match log.program.op(rank, index).effect() {
            Effect::Compute(_) | Effect::Fold(_) => true,
            Effect::Move { .. } | Effect::Nothing => false,
        }
    });
    computed.map(|version| versions.get(*version).bytes()).fold(0, u64::saturating_add)
}
