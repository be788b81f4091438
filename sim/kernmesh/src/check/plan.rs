//! The plan of a log, and whether it is safe: as a program of a machine with command queues, in both queue models.

use diagnostic::Diagnostic;
use gpu::Plan;
use gpu::report::PlanCounts;
use hazard::Hazards;
use machine::QueueModel;
use oplog::{OpLog, RunId};
use order::Dataflow;
use program::{Op, Program, QueueOp};
use serde::Serialize;
use verify::verify;

use crate::error::Error;

/// Counts of a plan, and its findings.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PlanCheck {
    #[serde(flatten)]
    pub counts: PlanCounts,
    pub buffers: usize,
    pub bytes: u64,
    /// In either queue model, conflicts not tracked.
    pub findings: Vec<Diagnostic>,
}

/// The plan of a log on as many devices as it has ranks, or on fewer.
///
/// # Errors
/// [`Error::Plan`] when it has none.
pub fn plan_of(log: &OpLog, flow: &Dataflow, devices: Option<u32>) -> Result<Plan, Error> {
    Ok(Plan::of(log, flow, devices.unwrap_or(log.program.n_ranks()))?)
}

/// Checks a plan of `program`.
///
/// # Errors
/// [`Error`] when it is larger than a machine can be.
pub fn check_plan(plan: &Plan, program: &Program) -> Result<PlanCheck, Error> {
    let as_program = plan.as_program(program);
    let flow = Dataflow::of(&as_program);
    let mut findings: Vec<Diagnostic> = Vec::new();
    for model in [QueueModel::Overlap, QueueModel::Serial] {
        let found = hazards(plan, as_program.clone(), &flow, model)?.findings;
        findings.extend(found.into_iter().filter(|finding| !findings.contains(finding)).collect::<Vec<_>>());
    }
    Ok(PlanCheck {
        counts: PlanCounts::of(plan),
        buffers: plan.buffers.len(),
        bytes: plan.buffers.iter().map(|buffer| buffer.bytes).sum(),
        // A patch is of the plan's own program, which no author writes.
        findings: findings
            .into_iter()
            .map(|found| Diagnostic { patch: None, more: Vec::new(), ..found })
            .collect(),
    })
}

fn hazards(plan: &Plan, program: Program, flow: &Dataflow, model: QueueModel) -> Result<Hazards, Error> {
    let machine = plan.machine(model)?.with_tracked(false)?;
    let verified = verify(program, &machine)?;
    let log = timing::run(&verified, RunId::default())?;
    Ok(hazard::check(&log, flow, &verified.dependencies, hazard::Options::default()))
}

/// Whether the checks reject the plan with one of its events counted from 0: the one that `seed` chooses of those
/// that a device waits for.
///
/// # Errors
/// As [`check_plan`].
pub fn rejects_value_0(plan: &Plan, program: &Program, seed: u64) -> Result<Option<bool>, Error> {
    let waits: Vec<_> = plan
        .command_buffers
        .iter()
        .flat_map(|it| it.waits.iter().filter(|wait| wait.device != it.device))
        .collect();
    let Some(wait) = (!waits.is_empty()).then(|| waits[(seed % waits.len() as u64) as usize]) else {
        return Ok(None);
    };
    let mut faulty = plan.as_program(program);
    for op in faulty.ranks.iter_mut().flat_map(|rank| &mut rank.ops) {
        if let Op::Queue(QueueOp::EventSignal { event, value } | QueueOp::EventWait { event, value }) = op
            && (event.0, *value) == (wait.device.0, wait.value.get())
        {
            *value = 0;
        }
    }
    let flow = Dataflow::of(&faulty);
    match hazards(plan, faulty, &flow, QueueModel::Overlap) {
        // That a wait for 0 waits for nothing is plain; the point is that what it ordered is missed.
        Ok(found) => Ok(Some(found.findings.iter().any(|finding| finding.code.is_race()))),
        Err(error) => Err(error),
    }
}
