//! The value of one op: a replay that ends with it.

use oplog::OpLog;
use order::Dataflow;

use crate::backend::CpuBackend;
use crate::error::ReplayError;
use crate::executor::DataExecutor;
use crate::identity::Identity;
use crate::inputs::{HostValue, HostValues};
use crate::run::Options;
use crate::version::{VersionId, Versions};

/// What a global op wrote, or sent, by the rule `identity`: its elements in the order in which they lie in memory.
/// `None` when the op makes no value. Ops after it are not computed.
///
/// # Errors
/// As [`crate::run()`].
pub fn value_of(
    log: &OpLog,
    flow: &Dataflow,
    inputs: &HostValues,
    options: Options,
    op: u32,
) -> Result<Option<HostValue>, ReplayError> {
    let versions = Versions::of(log)?;
    let Some(version) = versions.written_by(op as usize) else { return Ok(None) };
    let meaning = Identity::of(log, flow, &versions);
    let reads = meaning.reads();
    let id = VersionId(op);
    let backend = CpuBackend { simd: options.simd };
    let executor = DataExecutor::new(log, &versions, &reads, &backend, options)?;
    let mut values = executor.start(inputs, &[id])?;
    executor.run_to(Some(op), &mut values, &|_, _| {})?;
    let (shape, dtype) = (version.shape.to_vec(), version.dtype);
    Ok(Some(HostValue { shape, dtype, bytes: values.bytes(id).to_vec() }))
}
