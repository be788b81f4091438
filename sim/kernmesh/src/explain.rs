//! Explanation of a failing run by experiment: the run is repeated with one change at a time, and each result shows
//! whether the failure remains.

mod checksums;
mod edits;
mod fewest;
mod loss;
mod orders;
mod variants;

use std::collections::BTreeSet;

use kernels::{Kernel, Recorded, Texts};
use machine::Machine;
use oplog::{Digest, Verdict};
use serde::Serialize;

use crate::error::Error;
use crate::findings;
use crate::simulate::{Options, Simulation, simulate, simulate_untried};
pub use checksums::ChecksumMismatch;
use checksums::mismatches;
use fewest::add_fewest;
use loss::first_loss;
pub use loss::{Link, Loss};
pub use orders::Reordered;
use orders::reordered;
use variants::{Change, changes, patches};

/// Subject of an explanation.
#[derive(Clone, Debug)]
pub struct Subject {
    pub recorded: Recorded,
    pub machine: Machine,
    /// The built-in kernel that it was recorded from, and its parameters: changes of them need a new recording.
    pub origin: Option<(&'static Kernel, Texts)>,
    pub options: Options,
}

impl Subject {
    /// Whether something says what the outputs should be.
    fn is_judged(&self) -> bool {
        self.recorded.reference.is_some() || !self.options.tensors.expected.outputs.is_empty()
    }
}

/// Failure of a run: the kinds of its findings, and `wrong_result` when the values are wrong. Empty when
/// nothing is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Symptom(pub BTreeSet<String>);

/// Effect of a change on the failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing is wrong any more.
    Vanishes,
    Remains,
    /// Something else is wrong now.
    Changes(Symptom),
    /// Such a run cannot be made, and why.
    Impossible(String),
}

/// One thing changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tried {
    pub change: String,
    pub effect: Effect,
    /// Whether the outputs have other bits than the program means without the change; null where one of them has none.
    pub other_bits: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    pub symptom: Symptom,
    /// Judgement of the outputs; null where there was no run or nothing judges it.
    #[serde(serialize_with = "oplog::verdict::as_json")]
    pub verdict: Option<Verdict>,
    /// In the order in which they were tried.
    pub tried: Vec<Tried>,
    /// Why no change was found with which the failure vanishes; empty when one was.
    pub why_not: String,
    /// Ops that wrote other bits than the program means, as the memories of this run would have had it; `None` when
    /// there was no run, or nothing to compute.
    #[serde(rename = "departures")]
    pub mismatches: Option<Vec<ChecksumMismatch>>,
    /// The run in other legal orders; `None` as for `mismatches`.
    pub orders: Option<Vec<Reordered>>,
    /// Of a wrong result: the first op that adds an error of its own, against the same log in f64.
    pub loss: Option<Loss>,
}

impl Symptom {
    pub fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    fn of(run: &Result<Simulation, Error>) -> Symptom {
        let (findings, wrong) = match run {
            Ok(run) => (
                run.computed.findings.clone(),
                run.computed.verdict.as_ref().is_some_and(|verdict| !verdict.pass()),
            ),
            Err(error) => (findings::of_error(error), false),
        };
        let kinds = findings.iter().map(|finding| finding.code.name().to_owned());
        Symptom(kinds.chain(wrong.then(|| "wrong_result".to_owned())).collect())
    }
}

/// Runs the subject, and if it fails, every variant of it.
///
/// # Errors
/// What stops the run for a reason that is no finding: files, parameters, tensors that do not fit.
pub fn explain(subject: &Subject) -> Result<Explanation, Error> {
    let run = simulate(subject.recorded.clone(), &subject.machine, &subject.options);
    let symptom = Symptom::of(&run);
    if symptom.is_nothing() {
        let verdict = run?.computed.verdict;
        let why_not = String::new();
        return Ok(Explanation {
            symptom,
            verdict,
            tried: Vec::new(),
            why_not,
            mismatches: None,
            orders: None,
            loss: None,
        });
    }
    let (mismatches, orders) = match &run {
        Ok(run) if run.computed.data.is_some() => {
            (Some(mismatches(run, &subject.options)?), Some(reordered(run, &subject.options)?))
        }
        Ok(_) | Err(_) => (None, None),
    };
    let fails = |run: &Simulation| run.computed.verdict.as_ref().is_some_and(|verdict| !verdict.pass());
    let loss = match &run {
        Ok(run) if fails(run) => first_loss(run, &subject.options)?,
        Ok(_) | Err(_) => None,
    };
    let before = run.as_ref().ok();
    let mut tried: Vec<Tried> =
        changes(subject, &run).into_iter().map(|change| try_one(subject, &symptom, change, before)).collect();
    if let Ok(run) = &run {
        add_fewest(subject, &symptom, &patches(run), &mut tried);
    }
    let mut why_not = String::new();
    if tried.iter().all(|tried| tried.effect != Effect::Vanishes) {
        let findings = match &run {
            Ok(run) => run.computed.findings.clone(),
            Err(error) => findings::of_error(error),
        };
        if !verify::references_hold(&subject.recorded.program) {
            why_not = "the program names what does not exist: mend that first".to_owned();
        } else {
            let searched = edits::search(subject, &symptom, &findings, before);
            match searched.found {
                Some(found) => tried.push(found),
                None => why_not = searched.why_not(),
            }
        }
    }
    let verdict = run.ok().and_then(|run| run.computed.verdict);
    Ok(Explanation { tried, why_not, symptom, verdict, mismatches, orders, loss })
}

fn try_one(subject: &Subject, symptom: &Symptom, change: Change, before: Option<&Simulation>) -> Tried {
    let (effect, data) = match change.made {
        Err(why) => (Effect::Impossible(why), None),
        Ok((recorded, machine)) => tried_with(subject, symptom, recorded, &machine),
    };
    let other_bits = other_bits(before, data).filter(|_| effect == Effect::Vanishes);
    Tried { change: change.said, effect, other_bits }
}

/// The effect of a change, and the outputs with it.
fn tried_with(
    subject: &Subject,
    symptom: &Symptom,
    recorded: Recorded,
    machine: &Machine,
) -> (Effect, Option<Digest>) {
    let run = simulate_untried(recorded, machine, &subject.options);
    let (found, data) = (Symptom::of(&run), outputs_of(run.as_ref().ok()));
    let effect = if found.is_nothing() {
        Effect::Vanishes
    } else if found == *symptom {
        Effect::Remains
    } else {
        Effect::Changes(found)
    };
    (effect, data)
}

fn outputs_of(run: Option<&Simulation>) -> Option<Digest> {
    run?.computed.data
}

fn other_bits(before: Option<&Simulation>, after: Option<Digest>) -> Option<bool> {
    Some(outputs_of(before)? != after?)
}
