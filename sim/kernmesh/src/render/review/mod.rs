//! A result as CI shows it: a verdict, its cases, and the whole text. Markdown and JUnit XML are views of it, the same
//! for every command.

mod junit;
mod markdown;
mod of_check;
mod of_diff;
mod of_error;
mod of_run;

pub use junit::junit;
pub use markdown::markdown;
pub use of_check::{checked, planned, suite, unsafe_log};
pub use of_diff::compared;
pub use of_error::refused;
pub use of_run::ran;

use diagnostic::Diagnostic;

use super::{Paint, finding};

/// Findings whose whole text a review holds: CI cuts summaries that are too long.
const WHOLE: usize = 20;

/// A result, for CI.
#[derive(Clone, Debug)]
pub struct Review {
    /// `run`, as in `kernmesh run`.
    pub command: &'static str,
    /// What was run or compared, in a line of Markdown.
    pub subject: String,
    /// The same as the name of a suite.
    pub suite: String,
    /// `PASS`
    pub word: String,
    pub good: bool,
    /// What is said beside the word.
    pub said: String,
    /// Markdown in place of the table of cases that failed.
    pub body: Option<String>,
    pub cases: Vec<Case>,
    /// The text that the command prints; may be empty.
    pub whole: String,
}

#[derive(Clone, Debug)]
pub struct Case {
    /// `diff`, as in `kernmesh.diff`.
    pub class: &'static str,
    pub name: String,
    pub outcome: Outcome,
    /// All that there is to say of one that did not pass.
    pub details: String,
}

/// What became of a case.
#[derive(Clone, Debug)]
pub enum Outcome {
    Passed,
    /// In a few words.
    Failed(String),
    Skipped(String),
    Error(String),
}

impl Case {
    fn new(class: &'static str, name: impl Into<String>, outcome: Outcome) -> Case {
        Case { class, name: name.into(), outcome, details: String::new() }
    }
}

/// A case for each finding; one that passes when there is none.
fn found(class: &'static str, name: &str, findings: &[Diagnostic]) -> Vec<Case> {
    if findings.is_empty() {
        return vec![Case::new(class, name, Outcome::Passed)];
    }
    let case = |found: &Diagnostic| Case {
        class,
        name: of(found),
        outcome: Outcome::Failed(found.message()),
        details: finding::one(found, &[], Paint::default()),
    };
    findings.iter().map(case).collect()
}

/// `race_raw of b3 at softmax.rs:71, rank 0, op 6`
fn of(found: &Diagnostic) -> String {
    let place = found.place.as_ref().map_or_else(String::new, |place| format!(" of {}", place.in_short()));
    let code = format!("{}{place}", found.code.name());
    match found.ops().next() {
        Some(op) => {
            let line = op.location.as_ref().map_or_else(String::new, |at| format!("{}, ", at.in_short()));
            format!("{code} at {line}rank {}, op {}", op.rank.0, op.index.0)
        }
        None => code,
    }
}
