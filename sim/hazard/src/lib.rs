//! Is a log safe? Looks only at happens-before, never at times: an order that the timing of one run happened to
//! give is luck.
//!
//! [`check()`] walks the event graph of [`order::events`] with vector clocks, keeps who touched every byte last, and
//! reports what nothing orders: races, slots given back too early or never, bytes that nobody wrote, waits that
//! wait for nothing. [`ledger`] counts the contributions that partials hold.

mod cells;
mod checks;
mod clock;
mod conflict;
mod edit;
mod events;
mod groups;
mod lanes;
pub mod ledger;
mod lifetimes;
mod places;
mod repair;
mod report;
mod report_events;
mod shadow;
mod tracking;
mod unwritten;
mod walk;

use oplog::{Finding, FindingKind, OpLog};
use order::{Dataflow, EdgeSet, EventGraph, Holds};
use program::program::Role;

pub use checks::{Check, CheckSet};
pub use edit::{Change, Edit};
use events::Vain;
use groups::{Groups, once_a_line};
use repair::Told;
use report::Report;
use shadow::Shadow;
use walk::{Waited, Walk};

/// What is looked for, and what orders ops. All of both, but in tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    pub checks: CheckSet,
    pub edges: EdgeSet,
}

impl Default for Options {
    fn default() -> Options {
        Options { checks: CheckSet::ALL, edges: EdgeSet::ALL }
    }
}

/// What the checks found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hazards {
    /// In order of the ops they name, then by kind.
    pub findings: Vec<Finding>,
    /// By finding: its repair as an edit of the program, where it can be made without the author.
    pub edits: Vec<Option<Edit>>,
    /// Whether conflicting accesses are left unordered, so that the result may depend on timing.
    pub unordered: bool,
}

/// Checks a log whose program has this `flow`; `holds` are what the verifier found, or [`Holds::find`] finds
/// again.
pub fn check(log: &OpLog, flow: &Dataflow, holds: &Holds, options: Options) -> Hazards {
    let graph = EventGraph::of(&log.program, &log.machine, holds);
    let mut shadow = Shadow::new(&graph, log, options.edges, options.checks);
    let waited = Walk::new(&graph, options.edges).run(&mut shadow);
    let report = Report { log, graph: &graph };
    let unordered = !shadow.conflicts.is_empty() || !shadow.early.is_empty();
    let mut told: Vec<Told> = shadow.conflicts.iter().map(|group| report.conflict(group)).collect();
    told.extend(shadow.early.iter().map(|group| report.early_release(group)));
    if options.checks.has(Check::Uninitialised) && !log.program.is_timing_only() {
        told.extend(uninitialised(&report, &shadow).into_iter().map(Told::from));
    }
    let vain = events::in_vain(&graph);
    let vain = vain.iter().filter(|group| options.checks.has(check_of_vain(group.first)));
    told.extend(vain.map(|group| report.vain(group).into()));
    if options.checks.has(Check::Leak) {
        let leaks = lifetimes::leaks(&graph);
        told.extend(leaks.some.iter().map(|group| report.leak(group, false)));
        told.extend(leaks.all.iter().map(|group| report.leak(group, true)));
    }
    if options.checks.has(Check::Ledger) {
        told.extend(once_a_line(ledger::check(log, flow)).into_iter().map(Told::from));
    }
    let waited = waited.iter().filter(|waited| options.checks.has(check_of(waited)));
    told.extend(waited.map(|waited| report.waited(waited).into()));
    told.sort_by(|a, b| order(&a.finding).cmp(&order(&b.finding)));
    let (findings, edits) = told.into_iter().map(|told| (told.finding, told.edit)).unzip();
    Hazards { findings, edits, unordered }
}

fn order(finding: &Finding) -> (&[oplog::FindingOp], FindingKind, &str) {
    (&finding.ops, finding.kind, &finding.place)
}

fn check_of(waited: &Waited) -> Check {
    match waited {
        Waited::Vacuous { .. } => Check::VacuousWait,
        Waited::Surplus { .. } => Check::Semaphore,
    }
}

fn check_of_vain(vain: Vain) -> Check {
    match vain {
        Vain::Wait | Vain::Signal => Check::VacuousWait,
        Vain::GatesNothing => Check::Gates,
    }
}

/// The operands of one op that were not written are told apart.
const OPERANDS: [&str; 4] = ["first", "second", "third", "fourth"];

/// Reads of bytes that nothing wrote, by ops and by the host.
fn uninitialised(report: &Report<'_>, shadow: &Shadow<'_>) -> Vec<Finding> {
    let mut groups = Groups::default();
    for (reader, missing) in shadow.unwritten.iter() {
        for (operand, missing) in OPERANDS.into_iter().zip(missing) {
            groups.add(report.graph, operand, [reader, reader], missing.clone());
        }
    }
    let mut findings: Vec<Finding> = groups.iter().map(|group| report.uninitialised(group)).collect();
    let layout = &report.log.layout;
    for (id, (tensor, &start)) in report.log.program.tensors.iter().zip(&layout.tensors).enumerate() {
        if let (Role::Output { .. }, Some(bytes)) = (&tensor.role, shadow.gap(id, tensor.bytes())) {
            let space = program::Space::Hbm(tensor.home);
            findings.push(report.unwritten_output(&tensor.name, space, bytes.map(|byte| start + byte)));
        }
    }
    findings
}

#[cfg(test)]
mod tests;
