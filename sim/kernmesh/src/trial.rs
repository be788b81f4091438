//! Repairs are tried before they are told: the program is patched, verified and checked again, without a clock. A
//! repair that fails is not told, and one that is not tried is no edit.

mod flow;
mod observed;

use std::collections::BTreeSet;
use std::sync::Arc;

use diagnostic::{Code, Diagnostic, Draft, Fact, Failure, Ids, Line, OpRef, Patch, Repair, Trial, Way};
use hazard::{Check, CheckSet, Hazards};
use machine::{Machine, SimTime};
use oplog::{Entries, MessageTimes, OpLog, RunId, UnitId};
use order::{Dataflow, Dependencies, MessageIndex};
use program::{OpIndex, Program};
use verify::{Refusal, Verified, verify, verify_judged};

use flow::keeps_flow;

/// A finding by its code and lines: what stays the same when ops are renumbered.
type Key = (Code, Vec<Line>);

/// The ops that a patched program had before: by rank, then index.
type Origins = [Vec<Option<OpIndex>>];

/// Tries the repairs of the findings of a program. Of each meaning, the first repair that holds stays.
pub fn tried(log: &OpLog, flow: &Dataflow, findings: &mut [Diagnostic]) {
    diagnostic::name_buffers(&log.program, findings);
    if findings.iter().all(|finding| finding.patch.is_none() && !names_ops(&finding.repair)) {
        return;
    }
    let before = findings.iter().map(|finding| key(finding, &|op| Some(op.index))).collect();
    let mut trials = Trials { log, flow, before, ops_left: Trial::MOST_OPS };
    findings.iter_mut().for_each(|finding| trials.finding(finding));
    trials.together(findings);
    let mut ids = Ids::of(&log.program);
    for finding in findings {
        let first = ids.clone();
        if let Some(patch) = &mut finding.patch {
            *patch = ids.next(patch, &log.program);
        }
        for patch in finding.more.iter_mut().filter_map(|way| way.patch.as_mut()) {
            *patch = first.clone().next(patch, &log.program);
        }
    }
}

/// A program that is accepted. Of one that cannot finish, no repair is told that leaves a race. Calls `planning` when
/// its memory is planned.
///
/// # Errors
/// As [`verify()`].
pub fn verified(
    program: impl Into<Arc<Program>>,
    machine: &Machine,
    planning: &dyn Fn(),
) -> Result<Verified, Refusal> {
    verify_judged(program, machine, &|changed| is_clean(changed, machine), planning)
}

/// Whether a program that a repair makes is free of findings about order and about signals; `None` when it is too
/// large to look.
fn is_clean(program: &Program, machine: &Machine) -> Option<bool> {
    if program.n_ops() > Trial::MOST_OPS {
        return None;
    }
    let Ok(verified) = verify(program.clone(), machine) else { return Some(false) };
    let flow = Dataflow::of(&verified.program);
    let hazards = hazards_of(verified, &flow);
    let is_bad = |code: Code| code.is_of_order() || code == Code::Semaphore;
    Some(!hazards.findings.iter().any(|finding| is_bad(finding.code)))
}

/// A group of more findings than these has no patch.
const MOST_PLACES: u64 = 1 << 16;

struct Trials<'a> {
    log: &'a OpLog,
    flow: &'a Dataflow,
    before: BTreeSet<Option<Key>>,
    /// Ops that may still be checked.
    ops_left: usize,
}

impl Trials<'_> {
    fn finding(&mut self, finding: &mut Diagnostic) {
        if !names_ops(&finding.repair) {
            return;
        }
        let ways = match finding.fact {
            Fact::Hazard(_) => of_hazard(finding),
            // The patch mends the place that it names.
            Fact::Observed(_) if finding.times.count > 1 => Vec::new(),
            Fact::Observed(_) => {
                let is_queued = self.log.machine.queue().is_some();
                observed::ways(&self.log.program, is_queued, &finding.repair)
            }
            Fact::Refused(_) | Fact::CannotFinish { .. } => return,
        };
        if let Some(only) = no_trial(finding, &ways) {
            finding.trial = only;
            finding.more = without_edits(ways.into_iter().skip(1));
            return;
        }
        self.ways(finding, ways);
    }

    fn ways(&mut self, finding: &mut Diagnostic, ways: Vec<Way>) {
        let its: Vec<Key> = key(finding, &|op| Some(op.index)).into_iter().collect();
        let (mut held, mut failure): (Vec<Way>, Option<Failure>) = (Vec::new(), None);
        for (at, way) in ways.iter().enumerate() {
            if held.iter().any(|other| other.meaning == way.meaning) {
                continue;
            }
            match self.way(way, &its) {
                Ok(true) => held.push(way.clone()),
                // The ways before it have failed, or hold.
                Ok(false) if held.is_empty() => {
                    finding.more = without_edits(ways.into_iter().skip(1));
                    finding.trial = Trial::TooLarge;
                    return;
                }
                Ok(false) => {
                    held.extend(without_edits(ways[at..].iter().take(1).cloned()));
                    break;
                }
                Err(why) => failure = failure.or(Some(why)),
            }
        }
        let mut held = held.into_iter();
        match (held.next(), failure) {
            (Some(first), _) => {
                (finding.meaning, finding.repair, finding.patch) = (first.meaning, first.repair, first.patch);
                finding.more = held.collect();
                finding.trial = Trial::Holds;
            }
            (None, failure) => finding.trial = Trial::Fails(failure.unwrap_or(Failure::NoPlace)),
        }
    }

    /// Whether a repair was tried, and holds.
    fn way(&mut self, way: &Way, its: &[Key]) -> Result<bool, Failure> {
        let patch = way.patch.as_ref().ok_or(Failure::NoPlace)?;
        self.patch(patch, its)
    }

    /// Whether a patch holds, of which no finding with one of these keys may remain. `Ok(false)` when there were not
    /// enough ops left.
    fn patch(&mut self, patch: &Patch, gone: &[Key]) -> Result<bool, Failure> {
        let program = &self.log.program;
        let patched = patch.apply(program);
        let Some(left) = self.ops_left.checked_sub(patched.n_ops()) else { return Ok(false) };
        self.ops_left = left;
        let verified = verify(patched, &self.log.machine)
            .map_err(|refusal| Failure::Refused(codes(refusal.reasons.iter().map(|reason| reason.code))))?;
        let (origins, flow) = (patch.origins(program), Dataflow::of(&verified.program));
        if !keeps_flow([self.flow, &flow], program, &origins) {
            return Err(Failure::OtherFlow);
        }
        let hazards = hazards_of(verified, &flow);
        let old = |op: &OpRef| origins[op.rank.index()][op.index.index()];
        let keyed = || hazards.findings.iter().map(|finding| (finding.code, key(finding, &old)));
        if keyed().any(|(_, key)| key.is_some_and(|key| gone.contains(&key))) {
            return Err(Failure::Remains);
        }
        let brought = codes(keyed().filter(|(_, key)| !self.before.contains(key)).map(|(code, _)| code));
        if brought.is_empty() { Ok(true) } else { Err(Failure::Brings(brought)) }
    }

    /// Leaves only edits that can be made together; those of the first findings come first.
    fn together(&mut self, findings: &mut [Diagnostic]) {
        let held = |findings: &[Diagnostic]| -> Vec<usize> {
            findings.iter().enumerate().filter(|(_, it)| it.patch.is_some()).map(|(at, _)| at).collect()
        };
        let all = held(findings);
        if all.len() < 2 || self.hold(findings, &all) == Some(true) {
            return;
        }
        let mut kept: Vec<usize> = Vec::new();
        for at in all {
            kept.push(at);
            let fails = match kept.len() {
                1 => continue,
                _ => match self.hold(findings, &kept) {
                    Some(true) => continue,
                    Some(false) => Trial::HoldsAlone,
                    None => Trial::TooLarge,
                },
            };
            kept.pop();
            findings[at].patch = None;
            findings[at].more.iter_mut().for_each(|way| way.patch = None);
            findings[at].trial = fails;
        }
    }

    /// Whether the edits of these findings hold together; `None` when there were not enough ops left.
    fn hold(&mut self, findings: &[Diagnostic], these: &[usize]) -> Option<bool> {
        let mut draft = Draft::new(&self.log.program);
        these.iter().filter_map(|&at| findings[at].patch.as_ref()).for_each(|patch| draft.add(patch));
        let gone: Vec<Key> =
            these.iter().filter_map(|&at| key(&findings[at], &|op| Some(op.index))).collect();
        match self.patch(&draft.done(), &gone) {
            Ok(tried) => tried.then_some(true),
            Err(_) => Some(false),
        }
    }
}

fn without_edits(ways: impl Iterator<Item = Way>) -> Vec<Way> {
    ways.map(|way| Way { patch: None, ..way }).collect()
}

/// The repairs that the check has found.
fn of_hazard(finding: &mut Diagnostic) -> Vec<Way> {
    let (meaning, repair, patch) = (finding.meaning.clone(), finding.repair.clone(), finding.patch.take());
    let mut ways = vec![Way { meaning, repair, patch }];
    ways.append(&mut finding.more);
    ways
}

/// What is said where there is nothing to try.
fn no_trial(finding: &Diagnostic, ways: &[Way]) -> Option<Trial> {
    match ways.first() {
        None => Some(Trial::OfRun),
        Some(Way { patch: None, .. }) if finding.times.count > MOST_PLACES => Some(Trial::TooLarge),
        Some(_) => None,
    }
}

/// Whether a repair is about two ops that a finding names.
fn names_ops(repair: &Repair) -> bool {
    match repair {
        Repair::Wait { .. }
        | Repair::WaitBeforeTelling { .. }
        | Repair::WaitForArrival { .. }
        | Repair::WaitForCommit { .. }
        | Repair::CommitAndWait { .. }
        | Repair::Signal { .. }
        | Repair::Event { .. }
        | Repair::Credits { .. }
        | Repair::ReleaseAfter { .. }
        | Repair::ReleaseOrCopy { .. }
        | Repair::KeepSlot { .. } => true,
        Repair::SumSignals { .. } | Repair::Contribution { .. } | Repair::Fixed(_) => false,
    }
}

/// `None` when one of the ops is new.
fn key(finding: &Diagnostic, old: &dyn Fn(&OpRef) -> Option<OpIndex>) -> Option<Key> {
    let line = |op: &OpRef| match op.line() {
        Line::Op(rank, _) => old(op).map(|index| Line::Op(rank, index)),
        line @ Line::Location(_) => Some(line),
    };
    // What overwrites a slot next is not the same in every turn.
    let lines: Option<Vec<Line>> = finding.ops().take(2).map(line).collect();
    lines.map(|lines| (finding.code, lines))
}

fn codes(all: impl Iterator<Item = Code>) -> Vec<Code> {
    all.collect::<BTreeSet<Code>>().into_iter().collect()
}

/// The hazards of a program, which no run is needed for. The ledger is not asked: it counts what an op reads in a run.
fn hazards_of(verified: Verified, flow: &Dataflow) -> Hazards {
    let (log, dependencies) = untimed(verified);
    let options =
        hazard::Options { checks: CheckSet::ALL.without(Check::Ledger), ..hazard::Options::default() };
    hazard::check(&log, flow, &dependencies, options)
}

/// A log in which nothing takes time: the hazards look at order alone.
fn untimed(verified: Verified) -> (OpLog, Dependencies) {
    let Verified { program, machine, placement, layout, dependencies } = verified;
    let (n, zero) = (program.n_ops(), MessageTimes { filled: SimTime::ZERO, credit: None });
    let messages = MessageIndex::of(&program).of_rings().map(|n| vec![zero; n as usize]).collect();
    let [issue, start, done] = [(); 3].map(|()| vec![SimTime::ZERO; n]);
    let entries = Entries { unit: vec![UnitId::SEQUENCER; n], issue, start, done };
    let id = RunId::default();
    (
        OpLog {
            id,
            program: Arc::clone(&program),
            machine,
            placement,
            layout,
            entries,
            messages,
            stalls: Vec::new(),
        },
        dependencies,
    )
}

#[cfg(test)]
#[path = "trial_tests.rs"]
mod tests;
