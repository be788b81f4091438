//! The life cycle: Machine + Program → OpLog → Replay → Verdict. Each step consumes what the last one made.

use std::borrow::Cow;
use std::sync::Arc;

use diagnostic::Diagnostic;
use kernels::{Catalogue, Recorded, Reference};
use machine::{Machine, shown};
use oplog::{Against, Checksums, Digest, Digests, OpLog, RunId, Verdict};
use order::{Dataflow, Dependencies};
use program::Program;
use replay::order::{Order, Ordered};
use replay::{HostValues, Meant, ReadRule, Replayed, beside, on_threads};

use crate::error::Error;
use crate::expected::Expectations;
use crate::given;
use crate::judge::{Judge, Judged, NotJudged, Values, judge_by};
use crate::memory;
use crate::panics::in_kernel;
use crate::provenance;
use crate::trial;
use crate::watch::{Progress, Step, Watch};

/// Options of a simulation, beyond program and machine.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Of the input tensors, when none are given.
    pub seed: u64,
    pub tensors: Tensors,
    pub replay: replay::Options,
    pub judge: Judge,
}

/// Given tensors, in place of seeded ones.
#[derive(Clone, Debug, Default)]
pub struct Tensors {
    pub inputs: Option<HostValues>,
    /// What outputs should be.
    pub expected: Expectations,
}

/// Phase 1 of a run.
#[derive(Clone, Debug)]
pub struct Timed {
    pub log: OpLog,
    /// Who wrote what its ops read: the digests, the replay and the hazard checks ask for it.
    pub flow: Dataflow,
    pub digests: Digests,
    /// What the sequencers are held by.
    pub dependencies: Dependencies,
}

impl Timed {
    /// Records the digests of given inputs in the log. A replay needs the same inputs.
    #[must_use]
    pub fn given(mut self, tensors: &Tensors) -> Timed {
        let inputs = tensors.inputs.as_ref();
        self.log.id.inputs = inputs.map(|inputs| given::given(&self.log.program, inputs)).unwrap_or_default();
        self
    }
}

/// Phase 2 of a run.
#[derive(Clone, Debug)]
pub struct Computed {
    /// `None` when the program is timing only, or has no outputs.
    pub outputs: Option<HostValues>,
    pub data: Option<Digest>,
    pub verdict: Option<Verdict>,
    /// Why there is no verdict; `None` with one.
    pub not_judged: Option<NotJudged>,
    pub findings: Vec<Diagnostic>,
    /// Whether conflicting accesses are left unordered, so that the result may depend on timing.
    pub unordered: bool,
    /// What [`crate::reorder`] has shown.
    pub ordered: Option<Ordered>,
    /// What to keep beside the log, when it was asked for and values were computed.
    pub checksums: Option<Checksums>,
    pub peak_live_bytes: u64,
}

/// A whole run.
#[derive(Clone, Debug)]
pub struct Simulation {
    pub timed: Timed,
    pub computed: Computed,
}

impl Simulation {
    /// Whether nothing is wrong: no finding, and no verdict that fails.
    pub fn passed(&self) -> bool {
        self.computed.passed()
    }
}

impl Computed {
    pub fn passed(&self) -> bool {
        self.findings.is_empty() && self.verdict.as_ref().is_none_or(Verdict::pass)
    }
}

/// Runs a recorded kernel on a machine and judges its outputs.
///
/// # Errors
/// [`Error`] when the program is refused, cannot finish, or does not fit the tensors.
pub fn simulate(recorded: Recorded, machine: &Machine, options: &Options) -> Result<Simulation, Error> {
    let timed = time(recorded.program, machine, options.seed)?.given(&options.tensors);
    let judged = Judged { reference: recorded.reference.as_ref(), judge: options.judge };
    let computed = compute_watched(&timed, judged, &options.tensors, options.replay, &|_| {})?;
    Ok(Simulation { timed, computed })
}

/// Phase 1: checks the program and runs it in simulated time.
///
/// # Errors
/// [`Error::Refused`] for what can be decided before, [`Error::Timing`] for what only the run shows.
pub fn time(program: impl Into<Arc<Program>>, machine: &Machine, seed: u64) -> Result<Timed, Error> {
    time_watched(program, machine, seed, &|_| {})
}

/// As [`time`], with reports of progress.
///
/// # Errors
/// As [`time`].
pub fn time_watched(
    program: impl Into<Arc<Program>>,
    machine: &Machine,
    seed: u64,
    watch: Watch<'_>,
) -> Result<Timed, Error> {
    watch(Progress::at(Step::Verifying));
    let verified = trial::verified(program, machine, &|| watch(Progress::at(Step::Planning)))?;
    let ops = |done, of| watch(Progress { step: Step::Timing, done, of });
    let log = timing::run_watched(&verified, RunId::seeded(seed), &ops)?;
    watch(Progress::at(Step::TracingData));
    let flow = Dataflow::of(&log.program);
    watch(Progress::at(Step::Digesting));
    let digests = Digests::with(&log, &flow);
    Ok(Timed { log, flow, digests, dependencies: verified.dependencies })
}

/// The hazard checks alone: what nothing orders, without tensors.
pub fn checked(timed: &Timed) -> Computed {
    let hazards = hazard::check(&timed.log, &timed.flow, &timed.dependencies, hazard::Options::default());
    let mut findings = hazards.findings;
    trial::tried(&timed.log, &timed.flow, &mut findings);
    Computed {
        outputs: None,
        data: None,
        verdict: None,
        not_judged: Some(NotJudged::NoValues),
        findings,
        unordered: hazards.unordered,
        ordered: None,
        checksums: None,
        peak_live_bytes: 0,
    }
}

/// Phase 2: replays a log with tensors, the seeded ones of the log if none are given, and judges the outputs, as
/// [`Judge::ByWork`] says.
///
/// # Errors
/// [`Error::Replay`] when the tensors do not fit or an op has no value; [`Error::Input`] when the run was given
/// inputs, which the log does not hold, and the replay is not.
pub fn compute(
    timed: &Timed,
    reference: Option<&Reference>,
    tensors: &Tensors,
    options: replay::Options,
) -> Result<Computed, Error> {
    compute_watched(timed, Judged::by_default(reference), tensors, options, &|_| {})
}

/// As [`simulate`], with repairs that nobody has tried.
///
/// # Errors
/// As [`simulate`].
pub(crate) fn simulate_untried(
    recorded: Recorded,
    machine: &Machine,
    options: &Options,
) -> Result<Simulation, Error> {
    let timed = time(recorded.program, machine, options.seed)?.given(&options.tensors);
    let judged = Judged { reference: recorded.reference.as_ref(), judge: options.judge };
    let computed = compute_untried(&timed, judged, &options.tensors, options.replay, (false, &|_| {}))?;
    Ok(Simulation { timed, computed })
}

/// As [`compute`], with reports of progress, and of the rows that are asked for.
///
/// # Errors
/// As [`compute`].
pub fn compute_watched(
    timed: &Timed,
    judged: Judged<'_>,
    tensors: &Tensors,
    options: replay::Options,
    watch: Watch<'_>,
) -> Result<Computed, Error> {
    let mut computed = compute_untried(timed, judged, tensors, options, (true, watch))?;
    watch(Progress::at(Step::Trying));
    trial::tried(&timed.log, &timed.flow, &mut computed.findings);
    Ok(computed)
}

/// Phase 2 without repairs that were tried. `explains` says whether a wrong output is explained.
fn compute_untried(
    timed: &Timed,
    judged: Judged<'_>,
    tensors: &Tensors,
    options: replay::Options,
    (explains, watch): (bool, Watch<'_>),
) -> Result<Computed, Error> {
    let log = &timed.log;
    memory::admit_memory(&log.program, judged.computed(), options.memory)?;
    watch(Progress::at(Step::Checking));
    let (dependencies, checks) = (&timed.dependencies, hazard::Options::default());
    // Neither the inputs nor what reads mean depends on the hazards.
    let check = || hazard::check(log, &timed.flow, dependencies, checks);
    let (mut hazards, ready) = beside(options.threads, check, || -> Result<_, Error> {
        watch(Progress::at(Step::Drawing));
        let inputs = on_threads(options.threads, || inputs(log, tensors))??;
        watch(Progress::at(Step::Resolving));
        Ok((inputs, Meant::of(log, &timed.flow, options.threads)?))
    })?;
    let (inputs, meant) = ready?;
    let inputs = &*inputs;
    // What the memories show is of use where something is to be explained (ADR 0060).
    let observes = options.observes && !hazards.leave_nothing_to_observe(log);
    let ops = |done, of| watch(Progress { step: Step::Computing, done, of });
    let watched = replay::Options { observes, ..options };
    let Replayed { outputs, data, faults, observations, peak_live_bytes, checksums } =
        replay::run_meant(log, &timed.flow, meant, inputs, watched, &ops)?;
    if observes {
        watch(Progress::at(Step::Checking));
        hazards = hazard::check_seen(log, &timed.flow, dependencies, checks, &observations);
    }
    let mut findings = hazards.findings;
    findings.extend(faults);
    findings.sort_by(Diagnostic::in_order);
    // What the memories got wrong in a run is proof, whatever the hazards know.
    let unordered = hazards.unordered || findings.iter().any(|finding| finding.code.is_of_order());
    let verdict = match &outputs {
        Some(outputs) => {
            let values = Values { inputs, outputs, expected: &tensors.expected };
            judged.verdict(log, &values, options.threads, watch)?
        }
        None => Err(NotJudged::NoValues),
    };
    let (verdict, not_judged) = match verdict {
        Err(why) => (None, Some(why)),
        Ok((mut verdict, failing)) => {
            if let Some(failing) = failing.filter(|_| explains) {
                watch(Progress::at(Step::Explaining));
                let of_kernel = || provenance::explain(log, &timed.flow, inputs, options, &failing);
                verdict.provenance = Some(in_kernel(&log.program.kernel, of_kernel)?);
            }
            (Some(verdict), None)
        }
    };
    let checksums = data.zip(checksums);
    let checksums = checksums.map(|(data, ops)| told(timed, options.rule, data, (ops, verdict.clone())));
    let ordered = None;
    Ok(Computed {
        outputs,
        data,
        verdict,
        not_judged,
        findings,
        unordered,
        ordered,
        checksums,
        peak_live_bytes,
    })
}

/// The verdict on outputs by values that another front end computed, and why the one that fails by most is wrong.
///
/// # Errors
/// Those of a judgement and of a replay.
pub fn judged_by(
    timed: &Timed,
    inputs: &HostValues,
    outputs: &HostValues,
    (expected, against): (&Expectations, Against),
    options: replay::Options,
) -> Result<Verdict, Error> {
    let (judgements, failing) = judge_by(&timed.log.program, outputs, expected, against)?;
    let explain = |failing| provenance::explain(&timed.log, &timed.flow, inputs, options, &failing);
    let provenance = failing.map(explain).transpose()?;
    Ok(Verdict { judgements, sample: None, provenance })
}

/// What is kept of a replay beside its log.
fn told(
    timed: &Timed,
    rule: ReadRule,
    data: Digest,
    (ops, verdict): (Vec<Option<[u8; 8]>>, Option<Verdict>),
) -> Checksums {
    let (run, read_rule) = (oplog::digest::run(&timed.log, &timed.digests), rule.to_string());
    let outputs = timed.log.program.outputs.clone();
    Checksums { replay: oplog::Replay { run, log: timed.digests, read_rule, data, outputs, verdict }, ops }
}

/// Repeats a replay in a legal order with the hardware rule, and adds what came of it: nothing but that, when every
/// bit is that of identity, else a finding.
///
/// # Errors
/// As [`compute`].
pub fn reorder(
    timed: &Timed,
    computed: &mut Computed,
    tensors: &Tensors,
    options: replay::Options,
    order: Order,
) -> Result<(), Error> {
    let ordered = replay::order::run(
        &timed.log,
        &timed.flow,
        &timed.dependencies,
        &*on_threads(options.threads, || inputs(&timed.log, tensors))??,
        options,
        order,
    )?;
    computed.findings.extend(ordered.findings.iter().cloned());
    computed.findings.sort_by(Diagnostic::in_order);
    computed.ordered = Some(ordered);
    Ok(())
}

/// The tensors given, or the seeded ones of the log.
pub(crate) fn inputs<'a>(log: &OpLog, tensors: &'a Tensors) -> Result<Cow<'a, HostValues>, Error> {
    match &tensors.inputs {
        Some(inputs) => Ok(Cow::Borrowed(inputs)),
        None if !log.id.inputs.is_empty() => Err(given::missing(log)),
        None => Ok(Cow::Owned(replay::inputs::seeded(&log.program, log.id.seed))),
    }
}

/// The kernel a program was recorded from, recorded again with the program's parameters.
///
/// # Errors
/// Why there is no reference that could judge the program, in words.
pub fn origin(program: &Program, kernels: Catalogue) -> Result<Recorded, String> {
    let unknown = || format!("no built-in kernel is called `{}`", shown(&program.kernel));
    let kernel = kernels.find(&program.kernel).map_err(|_| unknown())?;
    let recorded =
        in_kernel(kernel.name, || kernel.record(&program.params)).map_err(|error| error.to_string())?;
    if recorded.program.inputs == program.inputs && recorded.program.outputs == program.outputs {
        return Ok(recorded);
    }
    let kernel = &program.kernel;
    Err(format!(
        "`{kernel}` with the program's parameters takes or gives tensors of other names, shapes or dtypes"
    ))
}
