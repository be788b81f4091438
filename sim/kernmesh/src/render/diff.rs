//! Comparison of two runs as compact text.

use analysis::Diff;
use analysis::diff::{Cause, Difference, MachineChange, OpsChange, SourceChange, Spot, Values};
use diagnostic::OpRef;

use super::Paint;
use super::columns::{WIDTH, listed, wrapped};
use super::number::{grouped, ns};
use super::verdict::in_short;
use crate::comparison::{Comparison, ValuesAt};

/// Width of the labels.
const LABEL: usize = 11;
/// Changes of the machine, of parameters and of what is around the ops shown.
const SHOWN: usize = 8;
/// Causes shown; JSON has a few more.
const CAUSES: usize = 5;
/// Source lines shown of the makespan; the rest is one number.
const LINES: usize = 4;

pub fn diff(comparison: &Comparison, paint: Paint) -> String {
    let said = verdict(&comparison.diff);
    let mut text = format!("{}{}\n", painted(comparison.diff.verdict, paint), wrapped(&said, LABEL));
    for (label, said) in details(comparison) {
        text.push_str(&format!("{}{said}\n", paint.faint(&format!("{label:LABEL$}"))));
    }
    text
}

/// The same without colour, for other front ends.
pub fn diff_in_words(comparison: &Comparison) -> String {
    diff(comparison, Paint::default())
}

fn painted(verdict: Option<Difference>, paint: Paint) -> String {
    let (word, is_same) = word(verdict);
    let blanks = " ".repeat(LABEL - word.len());
    format!("{}{blanks}", if is_same { paint.good(word) } else { paint.bad(word) })
}

/// The verdict in one word, and whether it is a good one.
pub fn word(verdict: Option<Difference>) -> (&'static str, bool) {
    match verdict {
        Some(Difference::Same) => ("SAME", true),
        Some(Difference::Structure | Difference::Data | Difference::Timing) => ("DIFFERENT", false),
        None => ("UNDECIDED", false),
    }
}

/// The verdict in words, with the result for values.
pub fn verdict(diff: &Diff) -> String {
    let values = match diff.values {
        Values::Same => "the same values",
        Values::Different => "other values",
        Values::NotCompared => "values were not compared",
        Values::LeftOut => "values left out",
        Values::None => "no values to compare",
    };
    let times = match (&diff.first.timing, diff.within_fs) {
        (Some(_), _) => "at other times".to_owned(),
        (None, 0) => "at the same times".to_owned(),
        (None, within) => format!("at times within {}", ns(within)),
    };
    match diff.verdict {
        Some(Difference::Structure) => format!("the ops differ; {values}"),
        Some(Difference::Data) => format!("the same ops {times}, with {values}"),
        Some(Difference::Timing) | None => format!("the same ops {times}; {values}"),
        Some(Difference::Same) if diff.values == Values::Same && diff.within_fs == 0 => {
            "ops, times and values".to_owned()
        }
        Some(Difference::Same) => format!("the same ops {times}; {values}"),
    }
}

/// Labels, and what is said beside them; of a label that is empty, more of the one before.
pub fn details(comparison: &Comparison) -> Vec<(&'static str, String)> {
    let diff = &comparison.diff;
    let mut lines: Vec<(&str, String)> = Vec::new();
    let mut add = |label, text: String| {
        if !text.is_empty() {
            lines.push((label, wrapped(&text, LABEL)));
        }
    };
    add("structure", spot(&diff.first.structure));
    if diff.first.structure.is_some() {
        add("ops", ops(&diff.ops));
    }
    add("data", spot(&diff.first.data));
    // Equal values of equal ops are judged alike.
    if diff.values == Values::Different {
        let judged = [("a", &comparison.verdict_a), ("b", &comparison.verdict_b)];
        let said = judged.iter().filter_map(|(name, it)| Some(format!("{name} {}", in_short(it.as_ref()?))));
        said.enumerate().for_each(|(at, said)| add(if at == 0 { "judged" } else { "" }, said));
    }
    add("values", comparison.values_at.as_ref().map_or_else(String::new, values));
    if diff.values == Values::NotCompared {
        add("values", NOT_COMPARED.to_owned());
    }
    add("timing", spot(&diff.first.timing));
    if diff.shifted.ops > 0 {
        let (all, inherited) = (grouped(diff.shifted.ops), grouped(diff.shifted.inherited));
        add("shifted", format!("{all} ops, {inherited} of them by others"));
    }
    if diff.makespan.delta != 0 {
        add("makespan", makespan(diff));
    }
    if comparison.clocks_differ {
        add("warning", CLOCKS.to_owned());
    }
    let mut add = |label, said: String| lines.push((label, said));
    if !diff.makespan.by_category.is_empty() {
        add("of which", listed(&by_category(diff), LABEL));
    }
    if !diff.makespan.by_source.is_empty() {
        add("at", listed(&by_source(&diff.makespan.by_source), LABEL));
    }
    // Of values alone, the first that differs is all that can be named, and has been.
    if diff.verdict != Some(Difference::Data) || diff.first.timing.is_some() {
        several(&mut lines, "cause", diff.causes.iter().map(cause), CAUSES, diff.causes.len());
    }
    for (label, changes) in [("machine", &diff.machine), ("params", &diff.params), ("around", &diff.around)] {
        several(&mut lines, label, changes.iter().map(changed), SHOWN, changes.len());
    }
    lines
}

/// Said of machines with different clocks.
pub const CLOCKS: &str = "the clocks differ: cycles of the two runs cannot be compared, their times can";

const NOT_COMPARED: &str = "not compared, a log lacks checksums: `kernmesh replay LOG` writes them; \
                            --without-values leaves values out of the verdict";

fn several(
    lines: &mut Vec<(&'static str, String)>,
    label: &'static str,
    said: impl Iterator<Item = String>,
    most: usize,
    of: usize,
) {
    let said = said.take(most).enumerate();
    lines.extend(said.map(|(at, said)| (if at == 0 { label } else { "" }, wrapped(&said, LABEL))));
    if let Some(more @ 1..) = of.checked_sub(most) {
        lines.push(("", format!("… and {more} more")));
    }
}

fn spot(spot: &Option<Spot>) -> String {
    match spot {
        Some(Spot { op: Some(op), what, .. }) => format!("first at {}: {what}", place(op)),
        Some(Spot { op: None, what, .. }) => what.to_string(),
        None => String::new(),
    }
}

/// `rank 3, op 12 (dot on gemm, mesh.rs:40:9)`.
pub fn place(op: &OpRef) -> String {
    let OpRef { rank, index, kind, unit, location } = op;
    let unit = unit.map_or_else(String::new, |unit| format!(" on {unit}"));
    let location = location.as_ref().map_or_else(String::new, |location| format!(", {location}"));
    format!("rank {}, op {} ({kind}{unit}{location})", rank.0, index.0)
}

fn ops(ops: &OpsChange) -> String {
    let OpsChange { both, only_a, only_b, moved, changed, rewired } = *ops;
    let kinds = [
        (only_a, "only in a"),
        (only_b, "only in b"),
        (moved, "elsewhere"),
        (changed, "ask for something else"),
        (rewired, "read or wait for other ops"),
    ];
    let mut said = vec![format!("{} in both", grouped(both))];
    said.extend(kinds.iter().filter(|(n, _)| *n > 0).map(|(n, kind)| format!("{} {kind}", grouped(*n))));
    said.join(", ")
}

fn values(at: &ValuesAt) -> String {
    match &at.elements {
        Some(it) => format!(
            "{} of its {} {} differ, first number {}: {} in a, {} in b",
            it.differing, it.of, it.dtype, it.first, it.a, it.b
        ),
        None => {
            let missing = if at.missing.is_empty() { String::new() } else { format!("; {}", at.missing) };
            format!("checksum {} in a, {} in b{missing}", at.checksum_a, at.checksum_b)
        }
    }
}

pub fn cause(cause: &Cause) -> String {
    let times = if cause.ops > 1 { format!(" ({} ops alike)", cause.ops) } else { String::new() };
    format!("{}{times}: {}", place(&cause.op), cause.what)
}

pub fn makespan(diff: &Diff) -> String {
    let (a, b, delta) = (diff.makespan.a, diff.makespan.b, diff.makespan.delta);
    let share = delta.unsigned_abs() as f64 * 100.0 / a as f64;
    let sign = sign(delta);
    let share = if a == 0 { String::new() } else { format!(", {sign}{share:.2} %") };
    format!("{} → {} ({}{share})", ns(a), ns(b), signed(delta))
}

fn sign(delta: i64) -> &'static str {
    if delta < 0 { "−" } else { "+" }
}

pub fn signed(delta: i64) -> String {
    format!("{}{}", sign(delta), ns(delta.unsigned_abs()))
}

fn by_category(diff: &Diff) -> Vec<String> {
    let mut shares: Vec<_> = diff.makespan.by_category.iter().collect();
    shares.sort_by_key(|(_, delta)| std::cmp::Reverse(delta.unsigned_abs()));
    shares.iter().map(|(category, delta)| format!("{category} {}", signed(**delta))).collect()
}

/// The largest, and what the others add up to.
fn by_source(sources: &[SourceChange]) -> Vec<String> {
    let (shown, rest) = sources.split_at(sources.len().min(LINES));
    let mut said: Vec<String> =
        shown.iter().map(|it| format!("{} {}", it.source, signed(it.delta_fs))).collect();
    if !rest.is_empty() {
        said.push(format!("elsewhere {}", signed(rest.iter().map(|it| it.delta_fs).sum())));
    }
    said
}

pub fn changed(change: &MachineChange) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "absent".to_owned());
    let text = format!("{}: {} → {}", change.key, value(&change.a), value(&change.b));
    if text.chars().count() <= WIDTH - LABEL { text } else { format!("{} differs", change.key) }
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
