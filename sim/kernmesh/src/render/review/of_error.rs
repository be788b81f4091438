//! The review of what stopped a command: a refusal, a deadlock, or bad input.

use super::markdown::code;
use super::{Case, Outcome, Review, WHOLE, of};
use crate::error::{Error, Exit};
use crate::findings::of_error;
use crate::render::{self, Paint, Shows, finding, one_line};

/// `command` is that which stopped.
pub fn refused(command: &'static str, subject: &str, error: &Error) -> Review {
    let is_found = error.exit_code() == Exit::Found;
    let outcome = |what: String| if is_found { Outcome::Failed(what) } else { Outcome::Error(what) };
    let said = render::headline(error);
    let whole = render::error(error, Shows { findings: Some(WHOLE), ..Shows::default() });
    let reasons = of_error(error);
    let case = |reason: &diagnostic::Diagnostic| Case {
        class: command,
        name: of(reason),
        outcome: outcome(reason.message()),
        details: finding::one(reason, &[], Paint::default()),
    };
    let mut cases: Vec<Case> = reasons.iter().map(case).collect();
    if cases.is_empty() {
        cases.push(Case { details: whole.clone(), ..Case::new(command, subject, outcome(said.clone())) });
    }
    Review {
        command,
        subject: format!("`{}`", code(&one_line(subject))),
        suite: subject.to_owned(),
        word: if is_found { "FAIL" } else { "REFUSED" }.to_owned(),
        good: false,
        said,
        body: None,
        cases,
        whole,
    }
}
