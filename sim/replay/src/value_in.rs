//! The values of views of ranks after some of their ops: one replay that keeps what was written there.

use oplog::OpLog;
use order::{Dataflow, RegionMap};
use program::{Base, BufferId, OpIndex, Rank, View};

use crate::backend::{ComputeError, CpuBackend};
use crate::cpu::pack;
use crate::error::ReplayError;
use crate::executor::DataExecutor;
use crate::history::{Part, push};
use crate::identity::Identity;
use crate::inputs::{HostValue, HostValues};
use crate::operands::Operand;
use crate::place::op_ref;
use crate::run::Options;
use crate::values::Values;
use crate::version::{VersionId, Versions, runs};

/// A view in the TCM of a rank, and the op of the rank up to which its writes count.
#[derive(Clone, Copy, Debug)]
pub struct ViewAfter {
    pub rank: Rank,
    pub view: View,
    pub after: OpIndex,
}

/// What a view held.
#[derive(Clone, Debug, PartialEq)]
pub enum Held {
    /// Its elements, row-major.
    Value(HostValue),
    /// `bytes` of its `of` bytes were not written.
    Unwritten { bytes: u64, of: u64 },
}

/// What views held by the rule `identity`, each once the ops of its rank up to `after` were done in program order. One
/// replay serves all; it keeps values of these views alone, and of one op it ends with it.
///
/// # Errors
/// As [`crate::run()`].
pub fn values_in(
    log: &OpLog,
    flow: &Dataflow,
    inputs: &HostValues,
    options: Options,
    asked: &[ViewAfter],
) -> Result<Vec<Held>, ReplayError> {
    let versions = Versions::of(log)?;
    let parts: Vec<Vec<Part>> = asked.iter().map(|one| written(log, &versions, one)).collect();
    let mut kept: Vec<VersionId> = parts.iter().flatten().filter_map(|part| part.version).collect();
    kept.sort_unstable();
    kept.dedup();
    let meaning = Identity::of(log, flow, &versions);
    let reads = meaning.reads();
    let backend = CpuBackend { simd: options.simd };
    let executor = DataExecutor::new(log, &versions, &reads, &backend, options)?;
    let mut values = executor.start(inputs, &kept)?;
    match kept[..] {
        [] => {}
        [VersionId(op)] => _ = executor.run_to(Some(op), &mut values, &|_, _| {})?,
        // Ops are computed in any order that their operands allow: the last of them says nothing of the others.
        [..] => _ = executor.run_to(None, &mut values, &|_, _| {})?,
    }
    let held = |(one, parts): (&ViewAfter, &Vec<Part>)| held(log, &versions, &values, one, parts);
    asked.iter().zip(&parts).map(held).collect()
}

fn held(
    log: &OpLog,
    versions: &Versions,
    values: &Values<'_>,
    &ViewAfter { rank, view, after }: &ViewAfter,
    parts: &[Part],
) -> Result<Held, ReplayError> {
    let bytes = |parts: &mut dyn Iterator<Item = &Part>| parts.map(|part| part.length).sum::<u64>();
    let unwritten = bytes(&mut parts.iter().filter(|part| part.version.is_none()));
    if unwritten > 0 {
        return Ok(Held::Unwritten { bytes: unwritten, of: bytes(&mut parts.iter()) });
    }
    let operand = Operand::read(values, &view, parts, || log.layout.locate(&log.program, rank, &view).1);
    let bytes = pack(&operand.strided()).map_err(|error| ReplayError::Op {
        op: Box::new(op_ref(log, versions, (log.first_ops()[rank.index()] + after.index()) as u32)),
        source: ComputeError::from(error),
    })?;
    Ok(Held::Value(HostValue { shape: view.shape.to_vec(), dtype: view.dtype, bytes }))
}

/// The parts of a view, by the last op up to `after` that wrote them.
fn written(log: &OpLog, versions: &Versions, &ViewAfter { rank, view, after }: &ViewAfter) -> Vec<Part> {
    let mut newest = RegionMap::default();
    let mut add = |id: VersionId| {
        for &(start, length) in &versions.get(id).runs {
            newest.insert(start, start + length, id);
        }
    };
    if let Base::Message(message) = view.base {
        versions.of_message(message).into_iter().for_each(&mut add);
    }
    let first = log.first_ops()[rank.index()];
    let of_rank = log.program.rank(rank);
    let fixed = |buffer: BufferId| of_rank.buffers[buffer.index()].at.is_some();
    for (index, op) in of_rank.ops.iter().enumerate().take(after.index() + 1) {
        let Some(to) = op.access().write else { continue };
        let is_here = match (view.base, of_rank.views[to.index()].base) {
            (Base::Message(own), Base::Message(other)) => own == other,
            // Only buffers that the author fixed by hand share bytes: others have those of a planner.
            (Base::Buffer(own), Base::Buffer(other)) => own == other || fixed(own) && fixed(other),
            (Base::Message(_), Base::Buffer(_) | Base::Tensor(_))
            | (Base::Buffer(_), Base::Message(_) | Base::Tensor(_))
            | (Base::Tensor(_), _) => false,
        };
        if is_here {
            add(VersionId((first + index) as u32));
        }
    }
    let (_, base) = log.layout.locate(&log.program, rank, &view);
    let mut parts = Vec::new();
    for (start, length) in runs(&view, base) {
        let mut at = start;
        for (from, to, &id) in newest.overlapping(start, start + length) {
            push(&mut parts, Part { start: at, length: from - at, version: None, at: 0 });
            for (address, length, offset) in versions.get(id).pieces(from, to - from) {
                let version = Some(versions.value_of(id));
                push(&mut parts, Part { start: address, length, version, at: offset });
            }
            at = to;
        }
        push(&mut parts, Part { start: at, length: start + length - at, version: None, at: 0 });
    }
    parts
}
