//! The review of a run or a replay: a case for each finding, each judged output, and each part of a golden.

use oplog::{Judgement, Verdict};

use super::markdown::{code, failing};
use super::{Case, Outcome, Review, WHOLE, found, of_diff};
use crate::golden::Held;
use crate::render::summary::{subject, summary as text, verdict_of};
use crate::render::{Paint, Shows, diff, golden, verdict, why};
use crate::summary::Summary;

/// `command` is `run` or `replay`.
pub fn ran(command: &'static str, summary: &Summary) -> Review {
    let subject = subject(summary);
    let (word, said) = verdict_of(summary);
    let held = summary.golden.as_ref();
    // A run that is right may differ from its golden.
    let differs = held.is_some_and(|held| !held.blessed && held.differs());
    let difference = held.and_then(|held| held.difference.as_ref());
    let word = match difference.filter(|_| differs && summary.passed) {
        Some(difference) => format!("{word}, and {} from the golden", diff::word(difference.diff.verdict).0),
        None => word.to_owned(),
    };
    let shows = Shows { findings: Some(WHOLE), ..Shows::default() };
    let mut whole = text(summary, shows);
    whole.push_str(&held.map_or_else(String::new, |held| format!("\n{}", golden(held, Paint::default()))));
    let mut cases = found(command, "findings", &summary.findings);
    cases.extend(values(command, summary));
    cases.extend(held.into_iter().flat_map(against_golden));
    let tables = difference.filter(|_| differs).map(of_diff::tables);
    Review {
        command,
        subject: format!("`{}`", code(&subject)),
        suite: subject,
        word,
        good: summary.passed && !differs,
        said,
        body: tables.map(|tables| format!("{}{tables}", failing(&cases))),
        cases,
        whole,
    }
}

/// A case for each judgement.
fn values(command: &'static str, summary: &Summary) -> Vec<Case> {
    let Some(judged) = &summary.verdict else {
        let why = summary.not_judged.map_or("not judged", |why| why.reason());
        return vec![Case::new(command, "values", Outcome::Skipped(why.to_owned()))];
    };
    let case = |judgement| {
        let errors = verdict::errors(judgement);
        Case {
            details: format!("{}{}", verdict::in_lines(judgement), explained(judged, judgement)),
            ..Case::new(
                command,
                format!("values of {}", verdict::subject(judgement)),
                if judgement.pass { Outcome::Passed } else { Outcome::Failed(errors) },
            )
        }
    };
    judged.judgements.iter().map(case).collect()
}

/// Why the leading output is wrong, in lines of their own.
fn explained(judged: &Verdict, judgement: &Judgement) -> String {
    let is_leading = std::ptr::eq(judged.leading(), judgement) && !judgement.pass;
    let why = if is_leading { why(judged) } else { None };
    why.map_or_else(String::new, |why| format!("\n{why}"))
}

fn against_golden(held: &Held) -> Vec<Case> {
    match &held.difference {
        Some(difference) if !held.blessed => of_diff::cases("golden", difference),
        Some(_) | None if held.blessed => {
            vec![Case::new("golden", "accepted", Outcome::Passed)]
        }
        Some(_) | None => {
            let why = "a wrong run cannot be a golden".to_owned();
            vec![Case::new("golden", "accepted", Outcome::Failed(why))]
        }
    }
}
