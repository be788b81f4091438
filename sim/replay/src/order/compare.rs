//! A run in a legal order beside what the program means.

use diagnostic::{Diagnostic, OpRef};
use oplog::{Digest, OpLog};
use order::{Dataflow, Dependencies, EventGraph};
use program::TensorId;

use super::Order;
use super::memory::Memory;
use super::sequence::sequence;
use super::steps::{Moment, Step, Steps};
use crate::backend::CpuBackend;
use crate::conflict::differences;
use crate::error::ReplayError;
use crate::executor::DataExecutor;
use crate::history::Part;
use crate::identity::Identity;
use crate::inputs::HostValues;
use crate::outputs::Outputs;
use crate::poison::Poison;
use crate::reads::Reads;
use crate::run::{Options, data_digest, sorted};
use crate::version::Versions;

/// Result of a legal order.
#[derive(Clone, Debug, PartialEq)]
pub struct Ordered {
    pub order: Order,
    /// Whether every op and every output has the bits of identity.
    pub equal: bool,
    /// The digest of the outputs; `None` when every read finds what it means, or nothing is computed: then it is that
    /// of identity.
    pub data: Option<Digest>,
    /// The first op that wrote other bits, or the first op whose value the host took instead of another.
    pub first_difference: Option<OpRef>,
    pub findings: Vec<Diagnostic>,
}

/// Repeats a run in a legal order with the hardware rule, and compares it with identity.
///
/// # Errors
/// [`ReplayError`] when inputs do not fit the program, an op has no value by identity, or the log contradicts
/// itself.
pub fn run(
    log: &OpLog,
    flow: &Dataflow,
    dependencies: &Dependencies,
    inputs: &HostValues,
    options: Options,
    order: Order,
) -> Result<Ordered, ReplayError> {
    let graph = EventGraph::of(&log.program, &log.machine, dependencies);
    let steps = Steps::of(&graph);
    let sequence = sequence(&steps, log, order)?;
    replayed(log, flow, inputs, options, (&steps, order, &sequence))
}

/// What comes of an order of these steps.
pub fn replayed(
    log: &OpLog,
    flow: &Dataflow,
    inputs: &HostValues,
    options: Options,
    (steps, order, sequence): (&Steps<'_>, Order, &[Step]),
) -> Result<Ordered, ReplayError> {
    let versions = Versions::of(log)?;
    let meant = Identity::of(log, flow, &versions).reads();
    let found = resolve(log, &versions, sequence);
    let ops = sequence.iter().filter(|step| step.moment == Moment::Read).map(|step| step.op);
    let poison = Poison { log, versions: &versions, reads: &found, meant: &meant };
    let reached = if log.program.is_timing_only() { Vec::new() } else { poison.reached(ops) };
    let compare = Compare { log, versions: &versions, order, sequence, meant: &meant, found: &found };
    let values = Values { log, versions: &versions, inputs, options };
    // Reads that find the versions they mean give the bits they should, without computing any.
    let as_meant = meant == found || log.program.is_timing_only();
    let (data, difference) = if as_meant { (None, None) } else { compare.difference(&values)? };
    let (findings, first_difference) = match &difference {
        None => (poison.findings(&reached), None),
        Some(difference) => {
            let proven =
                order != Order::Log && data.is_some() && compare.in_log_order(steps, &values)? != data;
            compare.findings(difference, &poison, &reached, proven)
        }
    };
    Ok(Ordered { order, equal: difference.is_none(), data, first_difference, findings: sorted(findings) })
}

/// What every read finds when the steps happen in this order.
fn resolve(log: &OpLog, versions: &Versions, sequence: &[Step]) -> Reads {
    let mut memory = Memory::new(log, versions);
    sequence.iter().for_each(|&step| memory.step(step));
    memory.reads()
}

/// Computes a log from resolved reads.
pub struct Values<'a> {
    pub log: &'a OpLog,
    pub versions: &'a Versions,
    pub inputs: &'a HostValues,
    pub options: Options,
}

pub struct Made {
    pub data: Digest,
    pub checksums: Vec<Option<[u8; 8]>>,
}

impl Values<'_> {
    pub fn of(&self, reads: &Reads) -> Result<Made, ReplayError> {
        let Values { log, versions, inputs, options } = *self;
        let (backend, options) = (CpuBackend { simd: options.simd }, Options { checksums: true, ..options });
        let executor = DataExecutor::new(log, versions, reads, &backend, options)?;
        let mut values = executor.start(inputs, &[])?;
        let checksums = executor.run(&mut values, &|_, _| {})?;
        let (outputs, _) = Outputs { log, versions, reads, values: &values }.gather()?;
        Ok(Made { data: data_digest(&log.program, &outputs), checksums })
    }
}

/// The first thing that came out otherwise.
pub enum Difference {
    /// An op wrote other bits; whether the outputs differ too.
    Op(u32, bool),
    /// All ops wrote the same bits, but the host takes others of them.
    Host(TensorId),
    /// An op has no value, and why.
    NoValue(Box<OpRef>, String),
}

/// A log, an order of it, and what its reads mean and find there.
pub struct Compare<'a> {
    pub log: &'a OpLog,
    pub versions: &'a Versions,
    pub order: Order,
    pub sequence: &'a [Step],
    pub meant: &'a Reads,
    pub found: &'a Reads,
}

impl Compare<'_> {
    /// The digest of the outputs, and the first thing that differs.
    fn difference(&self, values: &Values<'_>) -> Result<(Option<Digest>, Option<Difference>), ReplayError> {
        let meant = values.of(self.meant)?;
        let found = match values.of(self.found) {
            Ok(found) => found,
            Err(ReplayError::Op { op, source }) => {
                return Ok((None, Some(Difference::NoValue(op, source.to_string()))));
            }
            Err(error) => return Err(error),
        };
        let outputs = meant.data != found.data;
        let differs = |op: usize| meant.checksums[op] != found.checksums[op];
        // A message of a multicast may arrive, and be read, before the send has ended.
        let mut written =
            self.sequence.iter().filter(|step| matches!(step.moment, Moment::End | Moment::Arrive));
        if let Some(step) = written.find(|step| differs(step.op as usize)) {
            return Ok((Some(found.data), Some(Difference::Op(step.op, outputs))));
        }
        let mut tensors = (0..self.log.program.tensors.len() as u32).map(TensorId);
        let other = |tensor: &TensorId| self.differences(self.versions.n_ops() + tensor.index()).is_some();
        let host = || Difference::Host(tensors.find(other).expect("the host takes other bytes"));
        Ok((Some(found.data), outputs.then(host)))
    }

    /// The first of a reader's reads that finds another version, and what it finds.
    pub fn differences(&self, reader: usize) -> Option<(usize, (Part, Part))> {
        let mut reads = self.meant.of(reader).zip(self.found.of(reader)).enumerate();
        reads.find_map(|(nth, (meant, found))| Some((nth, *differences(meant, found).first()?)))
    }

    /// The digest of the outputs in the order of the log; `None` when an op has no value there.
    fn in_log_order(&self, steps: &Steps<'_>, values: &Values<'_>) -> Result<Option<Digest>, ReplayError> {
        let sequence = sequence(steps, self.log, Order::Log)?;
        let made = values.of(&resolve(self.log, self.versions, &sequence));
        Ok(made.ok().map(|made| made.data))
    }
}
