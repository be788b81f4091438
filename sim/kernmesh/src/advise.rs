//! Advice: the program is timed again with one change at a time, of the machine or of the kernel's parameters, and the
//! changes are ranked by what they gain. No values are computed.

mod changes;

use std::sync::Arc;

use kernels::{Kernel, Recorded, Texts};
use machine::{Keys, Machine, SimTime};
use oplog::{OpLog, RunId};
use order::Dataflow;
use serde::Serialize;
use verify::Verified;

use crate::error::Error;
use crate::setup::Setup;
use crate::watch::{Progress, Step, Watch};
use changes::Candidate;

/// Subject of advice.
#[derive(Clone, Debug)]
pub struct Subject {
    pub recorded: Recorded,
    pub setup: Setup,
    /// The kernel and the parameters that were given; `None` for a program that was recorded before.
    pub origin: Option<(&'static Kernel, Texts)>,
    /// Arguments of `kernmesh run` for the subject, without `--set` and `--machine-set`.
    pub words: Vec<String>,
}

/// The effect of every change that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Advice {
    pub kernel: String,
    pub machine: String,
    pub ranks: u32,
    /// Of the run without a change; cycles of the PE clock, rounded up.
    pub makespan_fs: u64,
    pub makespan_cycles: u64,
    /// Whether conflicting accesses are left unordered: then times depend on an order that nothing holds.
    pub unordered: bool,
    /// Changes that make the run shorter, the shortest first.
    pub gains: Vec<Gain>,
    /// Changes that do not.
    pub without_gain: Vec<Gain>,
    pub refused: Vec<Refused>,
    /// Why no parameters of the kernel were changed; null where they were.
    pub fixed: Option<String>,
}

/// A change, and the run with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Gain {
    #[serde(flatten)]
    pub change: Change,
    pub makespan_fs: u64,
    pub makespan_cycles: u64,
}

/// A change that no run can be made with, or that nobody should make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Refused {
    #[serde(flatten)]
    pub change: Change,
    pub reason: String,
}

/// One change: parameters of the kernel or keys of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Change {
    /// Parameters of the kernel, as `--set` takes them.
    pub set: Texts,
    /// Keys of the machine, as `--machine-set` takes them.
    pub machine_set: Keys,
    /// What these parameters and keys are now.
    pub was: Texts,
    /// Arguments of `kernmesh run` that make this change, in place of what is set now.
    pub run: Vec<String>,
}

/// Phase 1 of one program on one machine.
struct Timing {
    verified: Verified,
    log: OpLog,
}

impl Timing {
    fn of(recorded: Recorded, machine: &Machine) -> Result<Timing, Error> {
        let verified = verify::verify(Arc::new(recorded.program), machine)?;
        let log = timing::run(&verified, RunId::seeded(0))?;
        Ok(Timing { verified, log })
    }

    /// Femtoseconds, and cycles as a run says them.
    fn makespan(&self) -> (u64, u64) {
        let span = self.log.makespan() - SimTime::ZERO;
        (span.fs(), self.log.machine.spec().clock.pe_fs.cycles_covering(span).0)
    }

    fn is_unordered(&self) -> bool {
        let flow = Dataflow::of(&self.log.program);
        let options = hazard::Options::default();
        hazard::check(&self.log, &flow, &self.verified.dependencies, options).unordered
    }
}

/// Times the subject, and every change of it.
///
/// # Errors
/// What stops the run without a change.
pub fn advise(subject: &Subject, watch: Watch<'_>) -> Result<Advice, Error> {
    let (recorded, machine) = subject.setup.applied(subject.recorded.clone(), &Keys::new())?;
    watch(Progress::at(Step::Timing));
    let before = Timing::of(recorded, &machine)?;
    let (makespan_fs, makespan_cycles) = before.makespan();
    let mut advice = Advice {
        kernel: before.log.program.kernel.clone(),
        machine: machine.spec().name.clone(),
        ranks: before.log.program.n_ranks(),
        makespan_fs,
        makespan_cycles,
        unordered: before.is_unordered(),
        gains: Vec::new(),
        without_gain: Vec::new(),
        refused: Vec::new(),
        fixed: subject.origin.is_none().then(|| FIXED.to_owned()),
    };
    drop(before);
    for candidate in changes::candidates(subject, &machine)? {
        watch(Progress::at(Step::Timing));
        advice.add(subject, candidate);
    }
    // Of equal gains, that of the fewest keys.
    advice.gains.sort_by_key(|gain| (gain.makespan_fs, gain.change.was.len()));
    Ok(advice)
}

/// Of a program that was recorded before.
const FIXED: &str = "a recorded program has no parameters to change: name the kernel to try them";

impl Advice {
    fn add(&mut self, subject: &Subject, candidate: Candidate) {
        let Candidate { change, recorded } = candidate;
        let timed = subject
            .setup
            .applied(recorded.unwrap_or_else(|| subject.recorded.clone()), &change.machine_set)
            .and_then(|(recorded, machine)| Timing::of(recorded, &machine));
        let timing = match timed {
            Ok(timing) => timing,
            Err(error) => return self.refused.push(Refused { change, reason: reason(&error) }),
        };
        let (makespan_fs, makespan_cycles) = timing.makespan();
        let gains = makespan_fs < self.makespan_fs;
        if gains && !self.unordered && timing.is_unordered() {
            let reason = "it leaves conflicting accesses unordered: the result depends on timing".to_owned();
            return self.refused.push(Refused { change, reason });
        }
        let list = if gains { &mut self.gains } else { &mut self.without_gain };
        list.push(Gain { change, makespan_fs, makespan_cycles });
    }
}

/// The first line: a refusal of a program may have many.
fn reason(error: &Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
