//! A log on a GPU: its plan, every op alone, and all of it from end to end.

mod backend;
mod difference;
mod evidence;
mod plan;
mod suite;

use gpu::faults::Fault;
use gpu::op_by_op::{PerOp, against, watched};
use gpu::plan::{Contents, Plan, outputs};
use gpu::{Adapter, Device};
use kernels::{Reference, Rows};
use oplog::Verdict;
use replay::HostValues;
use serde::Serialize;

use difference::Difference;
use plan::rejects_value_0;

pub use backend::Backend;
pub use evidence::evidence;
pub use plan::{PlanCheck, check_plan, plan_of};
pub use suite::{Outcome, check_all, check_words};

use crate::error::Error;
use crate::judge::{Judging, Values};
use crate::simulate::{Tensors, Timed, inputs};
use crate::watch::{Progress, Step, Watch};

/// Options of a check.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Virtual devices; `None` is one for each rank.
    pub devices: Option<u32>,
    /// Whether faults are planted, which must be rejected.
    pub faults: bool,
    /// Chooses the places of the faults.
    pub seed: u64,
    /// Most memory of the replay that says what the outputs should be.
    pub memory: u64,
}

/// Result of a check.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    pub backend: &'static str,
    pub adapter: Adapter,
    pub per_op: PerOp,
    pub end_to_end: EndToEnd,
    pub plan: PlanCheck,
    /// The names of the planted faults that were rejected; `None` when none was asked for.
    pub faults_rejected: Option<Vec<&'static str>>,
    /// Every planted fault.
    pub faults: Vec<Planted>,
}

/// The outputs of the device against those of the CPU, and judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EndToEnd {
    /// By the rule of a run; where nothing judges it, whether no value is NaN or infinite that is not so on the CPU.
    pub pass: bool,
    /// The largest difference from the CPU, in ulp of the output's dtype.
    pub max_ulp: f64,
    /// The share of values that are not the CPU's.
    pub differing_share: f64,
    pub max_abs: f64,
    /// `None` without a reference and expected outputs.
    #[serde(serialize_with = "oplog::verdict::as_json")]
    pub verdict: Option<Verdict>,
}

impl EndToEnd {
    /// Whether this, the result of a right plan, tells that of another apart.
    fn rejects(&self, other: &EndToEnd) -> bool {
        let is_further =
            other.max_ulp > self.max_ulp || (self.differing_share == 0.0 && other.differing_share > 0.0);
        !other.pass || (self.verdict.is_none() && is_further)
    }
}

/// Result of one planted fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Planted {
    pub fault: &'static str,
    /// Whether there was a place for it where it changes an output.
    pub planted: bool,
    /// Comparisons that rejected it: `op_by_op`, `end_to_end`, `plan`. Empty when nothing did.
    pub rejected_by: Vec<&'static str>,
}

impl Checked {
    pub fn passed(&self) -> bool {
        let rejected = self.faults.iter().all(|fault| !fault.planted || !fault.rejected_by.is_empty());
        self.plan.findings.is_empty() && self.per_op.failed == 0 && self.end_to_end.pass && rejected
    }
}

/// Inputs of the check of a log.
pub struct Subject<'a> {
    pub timed: &'a Timed,
    pub reference: Option<&'a Reference>,
    pub tensors: &'a Tensors,
}

impl Subject<'_> {
    /// Checks a log on a device.
    ///
    /// # Errors
    /// [`Error`] when the log has no plan, the tensors do not fit, or the device fails.
    pub fn check(
        &self,
        backend: &'static str,
        device: &dyn Device,
        options: Options,
        watch: Watch<'_>,
    ) -> Result<Checked, Error> {
        let Timed { log, flow, .. } = self.timed;
        let program = &log.program;
        let plan = plan_of(log, flow, options.devices)?;
        watch(Progress::at(Step::Checking));
        let checked_plan = check_plan(&plan, program)?;
        let given = &*inputs(log, self.tensors)?;
        let contents = Contents::of(program, given)?;
        let ops = |done, of| watch(Progress { step: Step::OnDevice, done, of });
        let per_op = watched(device, &plan, &contents, &ops)?;
        let meant = self.meant(given, options.memory)?;
        let end_to_end = self.judge(&outputs(program, &device.run(&plan, &contents)?)?, &meant, given)?;
        let faults = if options.faults {
            let right = (&meant, given, &end_to_end);
            self.faults(device, (&plan, &contents), right, options.seed)?
        } else {
            Vec::new()
        };
        let rejected = faults.iter().filter(|fault| !fault.rejected_by.is_empty()).map(|fault| fault.fault);
        Ok(Checked {
            backend,
            adapter: device.adapter().clone(),
            per_op,
            end_to_end,
            plan: checked_plan,
            faults_rejected: options.faults.then(|| rejected.collect()),
            faults,
        })
    }
}

impl Subject<'_> {
    fn judge(&self, made: &HostValues, meant: &HostValues, given: &HostValues) -> Result<EndToEnd, Error> {
        let difference = Difference::of(made, meant);
        let values = &Values { inputs: given, outputs: made, expected: &self.tensors.expected };
        let (program, reference) = (&*self.timed.log.program, self.reference);
        let judging = Judging { program, reference, values, rows: &Rows::All, threads: 1, watch: &|_| {} };
        let judgements = judging.judgements(&mut None)?;
        let verdict =
            (!judgements.is_empty()).then_some(Verdict { judgements, sample: None, provenance: None });
        let Difference { max_ulp, differing_share, max_abs } = difference;
        let pass = verdict.as_ref().map_or_else(|| difference.is_finite(), Verdict::pass);
        Ok(EndToEnd { pass, max_ulp, differing_share, max_abs, verdict })
    }

    /// What the program means: not what its plan does.
    fn meant(&self, given: &HostValues, memory: u64) -> Result<HostValues, Error> {
        let options = replay::Options { memory, observes: false, ..replay::Options::default() };
        Ok(replay::run(&self.timed.log, given, options)?.outputs.unwrap_or_default())
    }

    /// Plants every fault. The outputs reject one only where they were right without it; where nothing judges them, when
    /// they are further from the CPU's than without it.
    fn faults(
        &self,
        device: &dyn Device,
        (plan, contents): (&Plan, &Contents),
        (meant, given, right): (&HostValues, &HostValues, &EndToEnd),
        seed: u64,
    ) -> Result<Vec<Planted>, Error> {
        let program = &self.timed.log.program;
        let mut faults = Vec::new();
        for fault in Fault::ALL {
            let Some(planted) = fault.plant(program, plan, contents, seed)? else {
                faults.push(Planted { fault: fault.name(), planted: false, rejected_by: Vec::new() });
                continue;
            };
            let made = outputs(program, &device.run(&planted.plan, &planted.contents)?)?;
            let mut rejected_by = Vec::new();
            if right.pass && right.rejects(&self.judge(&made, meant, given)?) {
                rejected_by.push("end_to_end");
            }
            if against(device, &planted.plan, plan, contents)?.failed > 0 {
                rejected_by.push("op_by_op");
            }
            faults.push(Planted { fault: fault.name(), planted: true, rejected_by });
        }
        let rejected = rejects_value_0(plan, program, seed)?;
        let rejected_by = if rejected == Some(true) { vec!["plan"] } else { Vec::new() };
        faults.push(Planted { fault: "value_0_event", planted: rejected.is_some(), rejected_by });
        Ok(faults)
    }
}
