//! Runs the bug corpus: what each broken program is found to have, and whether each repaired one is right.

use std::collections::BTreeSet;

use corpus::{Bug, Form};
use diagnostic::Diagnostic;
use machine::Machine;
use serde::Serialize;

use crate::error::Error;
use crate::findings;
use crate::simulate::{Options, Simulation, simulate};

/// Result of running a bug.
#[derive(Clone, Debug)]
pub struct Tried {
    pub bug: &'static Bug,
    pub broken: Outcome,
    pub repaired: Outcome,
}

/// Result of one form of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub findings: Vec<Diagnostic>,
    /// The verdict failed.
    pub wrong_result: bool,
}

/// As JSON has it. Keys are added, never renamed or removed.
#[derive(Clone, Debug, Serialize)]
pub struct BugReport {
    pub name: &'static str,
    pub story: &'static str,
    pub mistake: &'static str,
    pub machine: String,
    pub broken: Broken,
    pub repaired: Repaired,
}
#[derive(Clone, Debug, Serialize)]
pub struct Broken {
    pub expected: &'static [&'static str],
    pub found: BTreeSet<String>,
    pub ok: bool,
}
#[derive(Clone, Debug, Serialize)]
pub struct Repaired {
    pub found: BTreeSet<String>,
    pub ok: bool,
}

impl Tried {
    pub fn of(bug: &'static Bug) -> Tried {
        let [broken, repaired] = [Form::Broken, Form::Repaired].map(|form| Outcome::of(bug, form));
        Tried { bug, broken, repaired }
    }
    pub fn ok(&self) -> bool {
        self.broken_ok() && self.repaired.kinds().is_empty()
    }
    fn broken_ok(&self) -> bool {
        self.broken.kinds().iter().map(String::as_str).eq(self.bug.expected.iter().copied())
    }

    pub fn report(&self) -> BugReport {
        let machine = self.bug.record(Form::Broken).machine.map_or_else(String::new, |machine| machine.name);
        let (found, repaired) = (self.broken.kinds(), self.repaired.kinds());
        BugReport {
            name: self.bug.name,
            story: self.bug.story.name(),
            mistake: self.bug.mistake,
            machine,
            broken: Broken { expected: self.bug.expected, found, ok: self.broken_ok() },
            repaired: Repaired { ok: repaired.is_empty(), found: repaired },
        }
    }
}

impl Outcome {
    fn of(bug: &Bug, form: Form) -> Outcome {
        let recorded = bug.record(form);
        let machine = recorded.machine.clone().expect("a bug says which machine it is for");
        let run = Machine::new(machine)
            .map_err(Error::from)
            .and_then(|machine| simulate(recorded, &machine, &Options::default()));
        match run {
            Ok(Simulation { computed, .. }) => Outcome {
                wrong_result: computed.verdict.is_some_and(|verdict| !verdict.pass()),
                findings: computed.findings,
            },
            Err(error) => Outcome { findings: findings::of_error(&error), wrong_result: false },
        }
    }

    /// The kinds found; `wrong_result` when the values are wrong and no finding says why.
    pub fn kinds(&self) -> BTreeSet<String> {
        let wrong = (self.wrong_result && self.findings.is_empty()).then(|| "wrong_result".to_owned());
        self.findings.iter().map(|finding| finding.code.name().to_owned()).chain(wrong).collect()
    }
}
