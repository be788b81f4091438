//! A whole replay: resolve, compare the rules, compute, gather.

use diagnostic::{Diagnostic, Observation, Observations};
use oplog::{Digest, OpLog, digest};
use order::Dataflow;
use program::Program;

use crate::backend::CpuBackend;
use crate::comparison::Comparison;
use crate::conflict::Group;
use crate::cpu::SimdLevel;
use crate::error::ReplayError;
use crate::executor::DataExecutor;
use crate::findings::Findings;
use crate::history::Histories;
use crate::identity::Identity;
use crate::inputs::HostValues;
use crate::outputs::Outputs;
use crate::reads::Reads;
use crate::rule::{self, ReadRule};
use crate::threads::on_threads;
use crate::unresolved;
use crate::version::Versions;

/// Options of a replay.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The rule that computes the values; findings always compare hardware with identity.
    pub rule: ReadRule,
    /// Results do not depend on it.
    pub threads: usize,
    /// Results do not depend on it either.
    pub simd: SimdLevel,
    /// Whether to take a checksum of what every op wrote.
    pub checksums: bool,
    /// Whether to compare what reads find in the memories with what the program means. The hazard checks know that
    /// they agree where nothing is left unordered; values do not depend on it.
    pub observes: bool,
    /// Most bytes of values and of what is computed at once.
    pub memory: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            rule: ReadRule::Identity,
            threads: 1,
            simd: SimdLevel::detect(),
            checksums: false,
            observes: true,
            memory: u64::MAX,
        }
    }
}

/// Result of a replay.
#[derive(Clone, Debug, PartialEq)]
pub struct Replayed {
    /// `None` when the program is timing only: it computes nothing, so there is no verdict and no data digest.
    pub outputs: Option<HostValues>,
    /// The digest of the outputs; it names the result.
    pub data: Option<Digest>,
    /// What is wrong in any order.
    pub faults: Vec<Diagnostic>,
    /// Reads whose bytes depend on the order of ops: the hazard checks judge it.
    pub observations: Observations,
    /// Most bytes of values alive at once, the caller's tensors not counted.
    pub peak_live_bytes: u64,
    /// By global op, when they were asked for.
    pub checksums: Option<Vec<Option<[u8; 8]>>>,
}

impl Replayed {
    /// Findings of the replay alone, by the ops they name, then by code. Observations count, although hazards may
    /// explain them.
    pub fn findings(&self) -> Vec<Diagnostic> {
        let observed = self.observations.list.iter().filter_map(Observation::finding);
        sorted(self.faults.iter().cloned().chain(observed).collect())
    }
}

/// Replays a log on the CPU.
///
/// # Errors
/// [`ReplayError`] when inputs do not fit the program, an op has no value, or the log contradicts itself.
pub fn run(log: &OpLog, inputs: &HostValues, options: Options) -> Result<Replayed, ReplayError> {
    run_watched(log, &Dataflow::of(&log.program), inputs, options, &|_, _| {})
}

/// As [`run`], for a log whose program has this `flow`, and says after every few waves how many ops are computed and of
/// how many. Before the first word, reads are resolved; ops that make no value do not count.
///
/// # Errors
/// As [`run`].
pub fn run_watched(
    log: &OpLog,
    flow: &Dataflow,
    inputs: &HostValues,
    options: Options,
    watch: &dyn Fn(u64, u64),
) -> Result<Replayed, ReplayError> {
    run_meant(log, flow, Meant::of(log, flow, options.threads)?, inputs, options, watch)
}

/// Versions of a log, and what every read means by the rule `identity`: what a replay finds out before it needs tensors.
pub struct Meant {
    versions: Versions,
    reads: Reads,
}

impl Meant {
    /// Resolves the reads of a log whose program has this `flow`.
    ///
    /// # Errors
    /// [`ReplayError::Log`] when the log contradicts itself, [`ReplayError::Threads`] when there are not as many threads.
    pub fn of(log: &OpLog, flow: &Dataflow, threads: usize) -> Result<Meant, ReplayError> {
        let versions = Versions::of(log)?;
        let resolve = || Identity::of(log, flow, &versions).reads();
        let reads = if threads > 1 { on_threads(threads, resolve)? } else { resolve() };
        Ok(Meant { versions, reads })
    }
}

/// As [`run_watched`], for a log whose reads are resolved.
///
/// # Errors
/// As [`run`].
pub fn run_meant(
    log: &OpLog,
    flow: &Dataflow,
    meant: Meant,
    inputs: &HostValues,
    options: Options,
    watch: &dyn Fn(u64, u64),
) -> Result<Replayed, ReplayError> {
    let Meant { versions, reads: identity } = meant;
    let found = || Found::of(log, &Identity::of(log, flow, &versions), &identity, options);
    let Found { hardware, mut groups } = if !options.observes && options.rule != ReadRule::Hardware {
        Found::default()
    } else if options.threads > 1 {
        on_threads(options.threads, found)?
    } else {
        found()
    };
    let mut faults = Vec::new();
    let conflicts = Findings { log, versions: &versions };
    if log.program.is_timing_only() {
        // Time stands for the ops that would have written what others read.
        groups.retain(|group| !group.is_unwritten());
        let list = groups.iter().map(|group| conflicts.observation(group, None)).collect();
        return Ok(Replayed {
            outputs: None,
            data: None,
            faults,
            observations: Observations { have_values: false, list },
            peak_live_bytes: 0,
            checksums: None,
        });
    }
    let reads = match options.rule {
        ReadRule::Identity => identity,
        ReadRule::Hardware => hardware.unwrap_or(identity),
        ReadRule::Shape => {
            let shape = rule::shape(log, &versions, &identity);
            faults.extend(unresolved::find(log, &versions, &identity, &shape));
            shape
        }
        ReadRule::End => rule::end(log, &versions, &Histories::of(&versions)),
    };
    let computed =
        Computation { log, versions: &versions, reads: &reads, inputs, options, watch, groups: &groups };
    computed.finish(&conflicts, faults)
}

/// What the memories of a run held.
#[derive(Default)]
struct Found {
    /// `None` when it neither computes the values nor is compared.
    hardware: Option<Reads>,
    /// Where it differs from what the program means.
    groups: Vec<Group>,
}

impl Found {
    fn of(log: &OpLog, meaning: &Identity<'_>, identity: &Reads, options: Options) -> Found {
        let versions = meaning.versions;
        let histories = Histories::of(versions);
        let hardware = rule::hardware(log, versions, &histories);
        let groups = if options.observes {
            let ambiguous = meaning.ambiguous();
            let of = Comparison {
                log,
                versions,
                histories: &histories,
                identity,
                hardware: &hardware,
                ambiguous: &ambiguous,
            };
            of.groups()
        } else {
            Vec::new()
        };
        Found { hardware: Some(hardware), groups }
    }
}

/// Everything that computing the values needs.
struct Computation<'a> {
    log: &'a OpLog,
    versions: &'a Versions,
    reads: &'a Reads,
    inputs: &'a HostValues,
    options: Options,
    watch: &'a dyn Fn(u64, u64),
    groups: &'a [Group],
}

impl Computation<'_> {
    fn finish(&self, conflicts: &Findings<'_>, mut faults: Vec<Diagnostic>) -> Result<Replayed, ReplayError> {
        let Computation { log, versions, reads, inputs, options, watch, groups } = *self;
        let backend = CpuBackend { simd: options.simd };
        let executor = DataExecutor::new(log, versions, reads, &backend, options)?;
        let compared: Vec<_> = groups.iter().flat_map(Group::pins).collect();
        let mut values = executor.start(inputs, &compared)?;
        let checksums = executor.run(&mut values, watch)?;
        let observation = |group: &Group| conflicts.observation(group, group.value_differed(&values));
        let list = groups.iter().map(observation).collect();
        let (outputs, differing) = Outputs { log, versions, reads, values: &values }.gather()?;
        faults.extend(differing);
        let outputs = (!log.program.outputs.is_empty()).then_some(outputs);
        Ok(Replayed {
            data: outputs.as_ref().map(|outputs| data_digest(&log.program, outputs)),
            observations: Observations { have_values: outputs.is_some(), list },
            outputs,
            faults,
            peak_live_bytes: values.peak_bytes(),
            checksums: options.checksums.then_some(checksums),
        })
    }
}

pub fn data_digest(program: &Program, outputs: &HostValues) -> Digest {
    let bytes = |name: &String| outputs.get(name).map_or(&[][..], |value| &value.bytes[..]);
    digest::data(program.outputs.iter().map(|output| (output, bytes(&output.name))))
}

pub fn sorted(mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    findings.sort_by(Diagnostic::in_order);
    findings
}
