//! Hazard checks of a log. They look only at happens-before and never at times: an order that the timing of one run
//! happened to give is not guaranteed.
//!
//! [`check()`] traverses the [`order::EventGraph`] with vector clocks, keeps the last accesses of every
//! byte, and reports unordered accesses: races, slots released too early or never, reads of unwritten bytes, and
//! waits without effect. `ledger` counts the contributions of partials.

mod cells;
mod checks;
mod conflict;
mod copies;
mod direction;
mod events;
mod groups;
mod ledger;
mod lifetimes;
mod places;
mod repair;
mod report;
mod report_events;
mod seen;
mod shadow;
mod tracking;
mod unwritten;

use diagnostic::{Diagnostic, Observations, ObservedRead, Place};
use machine::{SimTime, Sync};
use oplog::OpLog;
use order::traversal::Waited;
use order::{Dataflow, Dependencies, EdgeSet, EventGraph, Traversal};
use program::op::Asks;
use program::program::Role;
use program::{Message, Op, RankProgram, SyncOp, TensorId};

pub use checks::{Check, CheckSet};
use events::Ineffective;
use groups::{Group, Groups, once_a_line};
use report::Report;
use seen::{Found, Seen};
use shadow::Shadow;
use tracking::Tracking;

/// Checks to run, and edges that order ops. Only tests leave some out.
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

/// Result of the checks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hazards {
    /// In order of the ops they name, then by code.
    pub findings: Vec<Diagnostic>,
    /// Whether the result may depend on timing: conflicting accesses are left unordered, or bytes are read that nothing
    /// has written.
    pub unordered: bool,
}

impl Hazards {
    /// Whether a replay of the log has nothing to observe, so that it need not look (ADR 0060): nothing was found, the
    /// ops of a rank take effect in program order, and the times of the log leave no order open. On a command queue the
    /// host may act on bytes before an op that was encoded earlier; that order is certain, and not the one that the
    /// program means. So may a later op of a rank before a send that waits for a slot.
    pub fn leave_nothing_to_observe(&self, log: &OpLog) -> bool {
        let is_clean = self.findings.is_empty() && !self.unordered;
        is_clean && log.machine.queue().is_none() && !leaves_open(log) && !overtakes_sends(log)
    }
}

/// Whether a later op of its rank has written something before a send starts, on a machine that holds no op for the bytes
/// it touches. The send may wait for a credit that only comes after that op.
fn overtakes_sends(log: &OpLog) -> bool {
    if log.machine.spec().sync == Sync::Interlocked {
        return false;
    }
    let mut global = log.program.n_ops();
    log.program.ranks.iter().rev().any(|rank| {
        let mut written = SimTime::MAX;
        rank.ops.iter().rev().any(|op| {
            global -= 1;
            let overtaken = !op.sends().is_empty() && written <= log.entries.start[global];
            if op.access().write.is_some() {
                written = written.min(log.entries.done[global]);
            }
            overtaken
        })
    })
}

/// Whether the times of the log leave open what comes first: some op leaves what it writes at the instant at which it
/// starts, or a message arrives before its send is done with the tile.
fn leaves_open(log: &OpLog) -> bool {
    let filled = |message: &Message| log.messages[message.ring.index()][message.number as usize].filled;
    log.ops().enumerate().any(|(global, (rank, op))| {
        let (start, done) = (log.entries.start[global], log.entries.done[global]);
        let op = log.program.op(rank, op);
        // Of a multicast only the last copy has left when it is done, and the checks know.
        let left = if op.sends().len() > 1 { start } else { done };
        let writes = start == done && op.access().write.is_some();
        writes || op.sends().iter().any(|message| filled(message) == start || filled(message) < left)
    })
}

/// Checks a log whose program has this `flow`; `dependencies` are what the verifier found, or [`Dependencies::find`]
/// finds again.
pub fn check(log: &OpLog, flow: &Dataflow, dependencies: &Dependencies, options: Options) -> Hazards {
    check_seen(log, flow, dependencies, options, &Observations::default())
}

/// As [`check()`], beside what a replay of the log observed: hazards say whether they changed values in this run, and
/// an observation that none of them explains is a finding of its own.
pub fn check_seen(
    log: &OpLog,
    flow: &Dataflow,
    dependencies: &Dependencies,
    options: Options,
    observations: &Observations,
) -> Hazards {
    let seen = Seen::of(observations);
    let graph = EventGraph::of(&log.program, &log.machine, dependencies);
    let tracking = Tracking::of(&log.program, &log.machine, options.edges);
    let watched = |rank: &RankProgram, op: &Op| tracking.watches(rank, op);
    let mut shadow = Shadow::new(&graph, log, flow, &seen, &tracking, options);
    let waited = Traversal::new(&graph, options.edges, &watched).run(&mut shadow);
    shadow.settle();
    let report = Report { log, graph: &graph };
    let mut unordered = !shadow.conflicts.is_empty() || !shadow.early.is_empty();
    let mut found: Vec<Found> =
        shadow.conflicts.iter().map(|group| of_group(group, report.conflict(group))).collect();
    found.extend(shadow.early.iter().map(|group| of_group(group, report.early_release(group))));
    if options.checks.has(Check::WriteAfterRead) {
        let copies = copies::onto_themselves(&graph, log, &seen);
        unordered |= copies.iter().next().is_some();
        found.extend(copies.iter().map(|group| of_group(group, report.onto_itself(group))));
    }
    if options.checks.has(Check::Uninitialised) && !log.program.is_timing_only() {
        let unwritten = uninitialised(&report, &shadow, &seen);
        // Such a read finds whatever the memory held, and another order leaves other bytes there.
        unordered |= !unwritten.is_empty();
        found.extend(unwritten);
    }
    let mut findings = seen.merged(found);
    let ineffective = events::ineffective(&graph);
    let ineffective = ineffective.iter().filter(|group| options.checks.has(check_of_event(group.first)));
    findings.extend(ineffective.map(|group| report.ineffective(group)));
    if options.checks.has(Check::Leak) {
        let leaks = lifetimes::leaks(&graph);
        findings.extend(leaks.some.iter().map(|group| report.leak(group, false)));
        findings.extend(leaks.all.iter().map(|group| report.leak(group, true)));
    }
    if options.checks.has(Check::Ledger) {
        findings.extend(once_a_line(ledger::check(log, flow)));
    }
    let waited =
        waited.iter().filter(|waited| options.checks.has(check_of(waited)) && !takes(&graph, waited));
    findings.extend(waited.map(|waited| report.waited(waited)));
    findings.sort_by(Diagnostic::in_order);
    Hazards { findings, unordered }
}

fn check_of(waited: &Waited) -> Check {
    match waited {
        Waited::Vacuous { .. } => Check::VacuousWait,
        Waited::Surplus { .. } => Check::Semaphore,
    }
}

/// Whether it is a wait that takes from its semaphore: that is its effect, whatever it waits for.
fn takes(graph: &EventGraph<'_>, waited: &Waited) -> bool {
    let Waited::Vacuous { wait, .. } = *waited else { return false };
    let (rank, index) = graph.op(wait);
    let op = graph.program.op(rank, index);
    matches!(op, Op::Sync(SyncOp::WaitUntil { is: Asks::Take, value: 1.., .. }))
}

fn check_of_event(why: Ineffective) -> Check {
    match why {
        Ineffective::ZeroWait | Ineffective::ZeroSignal => Check::VacuousWait,
        Ineffective::GatesNothing => Check::Gates,
    }
}

fn of_group<T>(group: &Group<T>, diagnostic: Diagnostic) -> Found {
    Found { diagnostic, shown: group.shown.clone() }
}

/// Unwritten operands of one op are separate findings.
const OPERANDS: [&str; 4] = ["first", "second", "third", "fourth"];

/// Reads of bytes that nothing wrote, by ops and by the host.
fn uninitialised(report: &Report<'_>, shadow: &Shadow<'_>, seen: &Seen<'_>) -> Vec<Found> {
    let mut groups = Groups::default();
    for (reader, missing) in shadow.unwritten.iter() {
        for (operand, missing) in OPERANDS.into_iter().zip(missing) {
            let group = groups.add(report.graph, operand, [reader, reader], missing.clone());
            for &bytes in &missing.bytes {
                group.shown.extend(seen.about([reader, reader], missing.space, bytes));
            }
        }
    }
    let mut found: Vec<Found> =
        groups.iter().map(|group| of_group(group, report.uninitialised(group))).collect();
    let layout = &report.log.layout;
    for (id, (tensor, &start)) in report.log.program.tensors.iter().zip(&layout.tensors).enumerate() {
        if let (Role::Output { .. }, Some(bytes)) = (&tensor.role, shadow.gap(id, tensor.bytes())) {
            let space = program::Space::Hbm(tensor.home);
            let place = Place::Tensor { tensor: TensorId(id as u32), name: tensor.name.clone(), space };
            let bytes = bytes.map(|byte| start + byte);
            let shown = seen.about([ObservedRead::HOST; 2], space, bytes);
            found.push(Found { diagnostic: report.unwritten_output(place, bytes), shown });
        }
    }
    found
}

#[cfg(test)]
mod tests;
