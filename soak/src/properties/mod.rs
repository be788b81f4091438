//! Properties of every program, and the ones that it may have in its own way.
//!
//! A program that is refused has nothing more to show. Of one that runs, what is said of it is held against its legal
//! orders, its log, other numbers of threads, and the program with a wait less or with inserted waits.

mod orders;
mod races;
mod removals;
mod speeds;
mod synced;

use std::panic::{AssertUnwindSafe, catch_unwind};

use diagnostic::{Diagnostic, Observations};
use hazard::Hazards;
use machine::Machine;
use oplog::{Digests, Encoding, OpLog, RunId};
use order::{Dataflow, Dependencies};
use program::Program;
use replay::{HostValues, Options, Replayed};
use timing::TimingError;

#[cfg(test)]
pub use orders::agree;

use crate::census::{Census, Kind};
use crate::{Case, Target};

/// Something that should hold of every program, and does not of this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub property: &'static str,
    pub what: String,
}

pub type Checked = Result<(), Failure>;

impl Failure {
    pub fn of(property: &'static str, what: impl Into<String>) -> Failure {
        Failure { property, what: what.into() }
    }
}

/// How much is tried of each program.
#[derive(Clone, Copy, Debug)]
pub struct Depth {
    /// Legal orders that are drawn, besides the three that have names.
    pub seeds: u64,
    /// Programs with one wait, credit or release less.
    pub removals: u64,
    /// One program in so many is computed on two threads, each with a pool of its own.
    pub one_in_threads: u64,
}

/// What a program came to, and how much was tried.
pub type Seen = (Kind, Census);

/// What is known of a program that ran.
pub struct Run<'a> {
    pub log: OpLog,
    pub flow: Dataflow,
    pub dependencies: Dependencies,
    pub inputs: HostValues,
    pub findings: Vec<Diagnostic>,
    pub unordered: bool,
    /// `None` when an op has no value.
    pub replayed: Option<Replayed>,
    pub target: &'a Target,
    pub seed: u64,
}

/// # Errors
/// The first property that does not hold; a panic is one.
pub fn examine(case: &Case, targets: &[Target], depth: Depth) -> Result<Seen, Failure> {
    let tried = catch_unwind(AssertUnwindSafe(|| properties(case, targets, depth)));
    tried.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(Failure::of("nothing panics", text.unwrap_or("a panic without a text")))
    })
}

fn properties(case: &Case, targets: &[Target], depth: Depth) -> Result<Seen, Failure> {
    let (mut census, target) = (Census::default(), &targets[case.target]);
    let text = case.program.to_json();
    if Program::from_json(&text).as_ref() != Ok(&case.program) {
        return Err(Failure::of("a program reads back equal", "its JSON is another program"));
    }
    let run = match Run::of(&case.program, target, case.seed)? {
        Ok(run) => run,
        Err(kind) => return Ok((counted(kind, &mut census), census)),
    };
    run.reads_back()?;
    races::are_shown(&run, &mut census)?;
    let kind = match (&run.replayed, run.unordered) {
        (None, _) => Kind::NoValue,
        (Some(_), true) => Kind::Racy,
        (Some(replayed), false) => {
            orders::agree(&run, depth.seeds, &mut census)?;
            threads_agree(&run, replayed, depth)?;
            if run.has_levels() || run.seed.is_multiple_of(8) {
                speeds::agree(&run)?;
            }
            Kind::Clean
        }
    };
    if kind == Kind::Clean {
        removals::are_told(case, target, depth, &mut census)?;
    }
    synced::is_clean(&run, kind, &mut census)?;
    Ok((counted(kind, &mut census), census))
}

fn counted(kind: Kind, census: &mut Census) -> Kind {
    census.kinds[kind as usize] += 1;
    kind
}

impl<'a> Run<'a> {
    /// The run of a program, or why it has none.
    pub fn of(program: &Program, target: &'a Target, seed: u64) -> Result<Result<Run<'a>, Kind>, Failure> {
        Run::on(program, target, &target.machine, seed)
    }

    pub fn on(
        program: &Program,
        target: &'a Target,
        machine: &Machine,
        seed: u64,
    ) -> Result<Result<Run<'a>, Kind>, Failure> {
        let verified = match verify::verify(program.clone(), machine) {
            Ok(verified) => verified,
            Err(refusal) if refusal.deadlock.is_some() => return Ok(Err(Kind::Deadlocked)),
            Err(_) => return Ok(Err(Kind::Refused)),
        };
        let log = match timing::run(&verified, RunId::seeded(seed)) {
            Ok(log) => log,
            Err(error @ TimingError::Deadlock { .. }) => {
                return Err(Failure::of("what is verified ends", error.to_string()));
            }
            Err(TimingError::TooLong { .. }) => return Ok(Err(Kind::Refused)),
        };
        if timing::run_in_step(&verified, RunId::seeded(seed)) != Ok(log.clone()) {
            return Err(Failure::of("a sequencer that is ahead writes the same log", "another log"));
        }
        let flow = Dataflow::of(&log.program);
        let dependencies = verified.dependencies;
        let inputs = replay::inputs::seeded(&log.program, seed);
        let replayed = match replay::run(&log, &inputs, Options::default()) {
            Ok(replayed) => Some(replayed),
            Err(replay::ReplayError::Op { .. }) => None,
            Err(error) => return Err(Failure::of("a run has values", error.to_string())),
        };
        let none = Observations::default();
        let observed = replayed.as_ref().map_or(&none, |replayed| &replayed.observations);
        let options = hazard::Options::default();
        let seen = hazard::check_seen(&log, &flow, &dependencies, options, observed);
        let alone = hazard::check(&log, &flow, &dependencies, options);
        if alone.leave_nothing_to_observe(&log) && seen != alone {
            let told = format!("a replay adds {:?}", seen.findings);
            return Err(Failure::of("what is clean shows nothing in a run", told));
        }
        let Hazards { mut findings, unordered } = seen;
        findings.extend(replayed.iter().flat_map(|replayed| replayed.faults.iter().cloned()));
        let unordered = unordered || findings.iter().any(|finding| finding.code.is_of_order());
        let run = Run { log, flow, dependencies, inputs, findings, unordered, replayed, target, seed };
        Ok(Ok(run))
    }

    /// Whether it has semaphores that do more than grow.
    fn has_levels(&self) -> bool {
        let mut ops = self.log.program.ranks.iter().flat_map(|rank| &rank.ops);
        ops.any(|op| matches!(op, program::Op::Sync(program::SyncOp::WaitUntil { .. })))
    }

    /// The log, written and read again, is the same log, and replays to the same bits. Of two seeds one is written the one
    /// way, and one the other.
    fn reads_back(&self) -> Checked {
        let digests = Digests::with(&self.log, &self.flow);
        let encoding = if self.seed.is_multiple_of(2) { Encoding::JsonLines } else { Encoding::Sealed };
        let wrong = |what: String| Failure::of("a log reads back equal", format!("{encoding:?}: {what}"));
        let bytes = oplog::encode(&self.log, &digests, encoding);
        let read = oplog::decode(&bytes).map_err(|damage| wrong(damage.to_string()))?;
        if read.log != self.log || read.digests != digests || read.flow != self.flow {
            return Err(wrong("another log".to_owned()));
        }
        // An equal log replays equally; that it does is tried of some.
        let is_same = || replay::run(&read.log, &self.inputs, Options::default()).ok() == self.replayed;
        if self.seed % 8 < 2 && !is_same() {
            return Err(wrong("it replays to something else".to_owned()));
        }
        Ok(())
    }
}

fn threads_agree(run: &Run<'_>, replayed: &Replayed, depth: Depth) -> Checked {
    if !run.seed.is_multiple_of(depth.one_in_threads) {
        return Ok(());
    }
    let options = Options { threads: 2, ..Options::default() };
    match replay::run(&run.log, &run.inputs, options) {
        Ok(other) if other == *replayed => Ok(()),
        other => Err(Failure::of("threads agree", format!("on two threads: {:?}", other.map(|it| it.data)))),
    }
}
