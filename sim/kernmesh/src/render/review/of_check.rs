//! The review of a check on a GPU: a case each for plan, ops and outputs, and one for each planted fault.

use std::collections::BTreeMap;

use diagnostic::Diagnostic;
use gpu::op_by_op::Failure;

use super::markdown::code;
use super::{Case, Outcome, Review, found};
use crate::check::{self, Checked, PlanCheck, Planted};
use crate::render::check::{checked as text, end_to_end, op};
use crate::render::{Shows, verdict_of};

const COMMAND: &str = "check";

pub fn checked(subject: &str, checked: &Checked) -> Review {
    let whole = text(checked, Shows::default());
    let said = format!("{} on {}, {}", checked.backend, checked.adapter.name, checked.adapter.driver);
    review(subject, checked.passed(), said, cases("", checked), whole)
}

/// A plan that nothing has run.
pub fn planned(subject: &str, plan: &PlanCheck) -> Review {
    let said = "the plan alone: nothing ran".to_owned();
    let cases = found(COMMAND, "plan", &plan.findings);
    review(subject, plan.findings.is_empty(), said, cases, String::new())
}

/// A log of which a plan would show nothing.
pub fn unsafe_log(subject: &str, findings: &[Diagnostic], whole: String) -> Review {
    let said = "the run itself is not safe, so a plan of it shows nothing".to_owned();
    review(subject, false, said, found(COMMAND, "findings", findings), whole)
}

/// Every kernel of the suite, by its words.
pub fn suite(outcomes: &BTreeMap<String, check::Outcome>, whole: String) -> Review {
    let passed = outcomes.values().filter(|outcome| outcome.passed()).count();
    let said = format!("{passed} of {} kernels pass", outcomes.len());
    let of = |(words, outcome): (&String, &check::Outcome)| match outcome {
        check::Outcome::Checked(checked) => cases(&format!("{words}: "), checked),
        check::Outcome::Failed { error } => {
            vec![Case::new(COMMAND, words, Outcome::Error(error.clone()))]
        }
    };
    review("all kernels", passed == outcomes.len(), said, outcomes.iter().flat_map(of).collect(), whole)
}

fn review(subject: &str, good: bool, said: String, cases: Vec<Case>, whole: String) -> Review {
    Review {
        command: COMMAND,
        subject: format!("`{}`", code(subject)),
        suite: subject.to_owned(),
        word: if good { "PASS" } else { "FAIL" }.to_owned(),
        good,
        said,
        body: None,
        cases,
        whole,
    }
}

/// `of` stands before the name of each.
fn cases(of: &str, checked: &Checked) -> Vec<Case> {
    let mut cases = found(COMMAND, &format!("{of}plan"), &checked.plan.findings);
    let failure = |it: &Failure| {
        Case::new(COMMAND, format!("{of}op by op: {}", op(it)), Outcome::Failed(it.what.clone()))
    };
    if checked.per_op.failures.is_empty() {
        let failed = checked.per_op.failed;
        let outcome =
            if failed == 0 { Outcome::Passed } else { Outcome::Failed(format!("{failed} passes differ")) };
        cases.push(Case::new(COMMAND, format!("{of}op by op"), outcome));
    }
    cases.extend(checked.per_op.failures.iter().map(failure));
    let said = verdict_of(&end_to_end(&checked.end_to_end)).trim_end().to_owned();
    let outcome = if checked.end_to_end.pass { Outcome::Passed } else { Outcome::Failed(said) };
    cases.push(Case::new(COMMAND, format!("{of}end to end"), outcome));
    cases.extend(checked.faults.iter().map(|fault| planted(of, fault)));
    cases
}

fn planted(of: &str, fault: &Planted) -> Case {
    let outcome = match (fault.planted, fault.rejected_by.is_empty()) {
        (false, _) => Outcome::Skipped("the program has no place for it".to_owned()),
        (true, true) => Outcome::Failed("nothing rejected it".to_owned()),
        (true, false) => Outcome::Passed,
    };
    Case::new(COMMAND, format!("{of}planted fault {}", fault.fault), outcome)
}
