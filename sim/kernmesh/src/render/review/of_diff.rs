//! The review of a comparison: one case each for structure, data and timing.

use analysis::diff::{Spot, Values};

use super::markdown::{code, escaped, table};
use super::{Case, Outcome, Review};
use crate::comparison::Comparison;
use crate::render::diff::{CLOCKS, cause, changed, details, makespan, place, signed, verdict, word};

/// Causes in the table.
const CAUSES: usize = 8;

/// `names` are those of the logs.
pub fn compared(comparison: &Comparison, names: &[String; 2]) -> Review {
    let (word, good) = word(comparison.diff.verdict);
    let lines = details(comparison).into_iter().map(|(label, said)| format!("{label:11}{said}\n"));
    Review {
        command: "diff",
        subject: format!("`{}` (a) against `{}` (b)", code(&names[0]), code(&names[1])),
        suite: names.join(" "),
        word: word.to_owned(),
        good,
        said: sentence(comparison),
        body: Some(tables(comparison)),
        cases: cases("diff", comparison),
        whole: lines.collect(),
    }
}

/// The cases of a comparison, for a class of their own.
pub fn cases(class: &'static str, comparison: &Comparison) -> Vec<Case> {
    let diff = &comparison.diff;
    let of_spot =
        |spot: &Option<Spot>| spot.as_ref().map_or(Outcome::Passed, |spot| Outcome::Failed(said(spot)));
    let data = match diff.values {
        Values::Same | Values::Different => of_spot(&diff.first.data),
        Values::NotCompared => Outcome::Error("values were not compared: a log lacks checksums".to_owned()),
        Values::LeftOut => Outcome::Skipped("left out".to_owned()),
        Values::None => Outcome::Skipped("the programs compute no values".to_owned()),
    };
    let lines = details(comparison).into_iter().map(|(label, said)| format!("{label:11}{said}\n"));
    let details = format!("{}\n{}", verdict(diff), lines.collect::<String>());
    let all = [
        ("structure", of_spot(&diff.first.structure)),
        ("data", data),
        ("timing", of_spot(&diff.first.timing)),
    ];
    let case = |(name, outcome)| Case { details: details.clone(), ..Case::new(class, name, outcome) };
    all.map(case).into()
}

/// Where the makespan went, the causes, and the settings that differ.
pub fn tables(comparison: &Comparison) -> String {
    let diff = &comparison.diff;
    let mut text = String::new();
    if diff.makespan.delta != 0 {
        text.push_str(&format!("\n**Makespan** {}\n", makespan(diff)));
        let mut rows: Vec<_> = diff.makespan.by_category.iter().collect();
        rows.sort_by_key(|(_, delta)| std::cmp::Reverse(delta.unsigned_abs()));
        let rows = rows.into_iter().map(|(category, delta)| [category.clone(), signed(*delta)]);
        text.push_str(&table(["critical path", "change"], rows));
    }
    if comparison.clocks_differ {
        text.push_str(&format!("\n**Warning** {CLOCKS}\n"));
    }
    if !diff.causes.is_empty() {
        let rows = diff.causes.iter().take(CAUSES).map(|it| {
            let op = format!(
                "{}{}",
                place(&it.op),
                if it.ops > 1 { format!(" × {}", it.ops) } else { String::new() }
            );
            [op, it.what.to_string(), signed(it.shift_fs)]
        });
        text.push_str("\n**Causes**\n");
        text.push_str(&table(["op", "what", "shift"], rows));
    }
    let all = [&diff.machine, &diff.params, &diff.around];
    let changes: Vec<String> = all.into_iter().flatten().map(changed).collect();
    if !changes.is_empty() {
        text.push_str(&format!("\n<details><summary>{} settings differ</summary>\n\n", changes.len()));
        changes.iter().for_each(|change| text.push_str(&format!("- {}\n", escaped(change))));
        text.push_str("\n</details>\n");
    }
    text
}

/// The verdict, and where the change begins.
fn sentence(comparison: &Comparison) -> String {
    let said = verdict(&comparison.diff);
    let first =
        comparison.diff.causes.first().map_or_else(String::new, |first| format!(" First: {}.", cause(first)));
    let mut letters = said.chars();
    let capital = letters.next().map(|letter| letter.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{capital}{}.{first}", letters.as_str())
}

fn said(spot: &Spot) -> String {
    spot.op.as_ref().map_or_else(|| spot.what.to_string(), |op| format!("{}: {}", place(op), spot.what))
}
