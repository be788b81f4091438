//! Findings, as a good compiler would say them: what, where, why, and the repair.

use std::collections::BTreeMap;

use diagnostic::{Access, Code, Diagnostic, Does, Patch, Step};

use super::Paint;
use super::columns::{WIDTH, wrapped};
use super::number::{grouped, ns};
use crate::excerpt::{Excerpt, excerpt};

/// Steps of an edit that are shown.
const STEPS: usize = 3;
/// Blanks before what goes on in another line.
const HANG: usize = 4;

/// The first few findings, and how many there are of each kind: a screen is for reading.
pub fn findings(list: &[Diagnostic], shown: usize, paint: Paint) -> String {
    let told = |found: &Diagnostic| one(found, &[], paint) + &edit(found, paint);
    let told: Vec<String> = list.iter().take(shown).map(told).collect();
    let told = told.join("\n");
    match list.len().checked_sub(shown).filter(|&more| more > 0) {
        Some(1) => format!("{told}\n… and 1 more finding: --all shows it\n"),
        Some(more) => format!("{told}\n… and {more} more findings: --all shows them\n"),
        None => told,
    }
}

/// `race_raw 12, race_war 3`: the most frequent first.
pub fn kinds(list: &[Diagnostic]) -> Vec<String> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    list.iter().for_each(|found| *counts.entry(found.code.name()).or_default() += 1);
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|&(kind, n)| (std::cmp::Reverse(n), kind));
    counts.into_iter().map(|(kind, n)| format!("{kind} {}", grouped(n))).collect()
}

/// `finding[race_raw]`
pub fn label(code: Code, paint: Paint) -> String {
    paint.bad(&format!("finding[{}]", code.name()))
}

/// One finding; `more` are labels and notes after the places.
pub fn one(finding: &Diagnostic, more: &[(&str, String)], paint: Paint) -> String {
    let label = label(finding.code, paint);
    let mut text = format!("{}\n", hanging(&format!("{label}: {}", finding.message())));
    for access in &finding.accesses {
        text.push_str(&place(access, &does(access.does, finding.bytes), paint));
    }
    let notes = [
        ("where", memory(finding)),
        ("missing", finding.missing_text()),
        ("in this run", measured(finding)),
        ("help", finding.repair_text()),
    ];
    for (label, said) in more.iter().chain(&notes).filter(|(_, said)| !said.is_empty()) {
        text.push_str(&format!("{}\n", hanging(&format!("  {}: {said}", paint.strong(label)))));
    }
    text
}

/// The repair of each meaning as an edit of the program's file.
fn edit(found: &Diagnostic, paint: Paint) -> String {
    let first = ("edit", found.patch.as_ref());
    let more = found.more.iter().map(|way| ("or", way.patch.as_ref()));
    let ways = std::iter::once(first).chain(more);
    let given = ways.filter_map(|(label, patch)| Some((label, patch?)));
    given.map(|(label, patch)| steps(label, patch, paint)).collect()
}

fn steps(label: &str, patch: &Patch, paint: Paint) -> String {
    let steps = patch.steps();
    let mut told: Vec<String> = steps.iter().take(STEPS).map(Step::to_string).collect();
    match steps.len().checked_sub(STEPS) {
        None | Some(0) => {}
        Some(1) => told.push("and 1 more step, which --json lists".to_owned()),
        Some(more) => told.push(format!("and {more} more steps, which --json lists")),
    }
    format!("{}\n", hanging(&format!("  {}: {}", paint.strong(label), told.join("; "))))
}

/// Where an op is written, its line, and what it does:
/// ```text
///   --> decode.rs:40:9
///    40 | tl.forward(Right, m);
///       |    ^ rank 1, op 12 (forward on send) reads bytes 0..128
/// ```
fn place(access: &Access, does: &str, paint: Paint) -> String {
    let op = &access.op;
    let unit = op.unit.map_or_else(String::new, |unit| format!(" on {unit}"));
    let name = format!("rank {}, op {} ({}{unit})", op.rank.0, op.index.0, op.kind);
    let said = if does.is_empty() { name } else { format!("{name} {does}") };
    let arrow = paint.faint("-->");
    let Some(location) = &op.location else {
        return format!("{}\n", wrapped(&format!("  {arrow} {said}"), 6));
    };
    let place = format!("  {arrow} {location}\n");
    match excerpt(location) {
        Some(line) => place + &quoted(&line, &said, paint),
        None => format!("{place}      {}\n", wrapped(&said, 6)),
    }
}

/// The line with a caret below what is meant; what is said of it goes where there is room.
pub fn quoted(line: &Excerpt, said: &str, paint: Paint) -> String {
    let number = format!("{:>5}", line.number);
    let (bar, gutter) = (paint.faint(&format!("{number} |")), paint.faint("      |"));
    let room = WIDTH - 8;
    // A line that is too long is shown from where it fits what is meant.
    let skipped = if line.text.chars().count() <= room { 0 } else { line.before.saturating_sub(room / 2) };
    let text: String = line.text.chars().skip(skipped).take(room).collect();
    let (blanks, caret) = (" ".repeat(line.before - skipped), paint.bad("^"));
    let fits = blanks.len() + 2 + said.chars().count() <= room;
    let below = if fits {
        format!("{gutter} {blanks}{caret} {said}")
    } else {
        format!("{gutter} {blanks}{caret}\n{gutter} {}", wrapped(said, 8))
    };
    format!("{bar} {text}\n{}\n", below.trim_end())
}

/// What an op does to the bytes of a finding.
fn does(does: Does, bytes: Option<[u64; 2]>) -> String {
    let verb = match does {
        Does::Reads => "reads",
        Does::Writes => "writes",
        Does::Overwrites => "overwrites",
        Does::Releases => return "releases the slot".to_owned(),
        Does::Receives => return "receives into the slot".to_owned(),
        Does::Names => return String::new(),
    };
    bytes.map_or_else(String::new, |[start, end]| format!("{verb} bytes {start}..{end}"))
}

/// The memory, and its bytes where no access tells them.
fn memory(finding: &Diagnostic) -> String {
    let told = finding.accesses.iter().any(|access| match access.does {
        Does::Reads | Does::Writes | Does::Overwrites => true,
        Does::Releases | Does::Receives | Does::Names => false,
    });
    let place = finding.place_text();
    match finding.bytes.filter(|_| !told) {
        Some([start, end]) if place.is_empty() => format!("bytes {start}..{end}"),
        Some([start, end]) => format!("{place}, bytes {start}..{end}"),
        None => place,
    }
}

fn measured(finding: &Diagnostic) -> String {
    let apart = finding.slack.map(|span| format!("the accesses lay {} apart", ns(span.fs())));
    match (finding.value_differed, apart) {
        (Some(true), None) => "the values differed".to_owned(),
        (Some(true), Some(apart)) => format!("the values differed; {apart}"),
        (Some(false), None) => "the values agreed by chance".to_owned(),
        (Some(false), Some(apart)) => format!("the values agreed by chance; {apart}"),
        (None, apart) => apart.unwrap_or_default(),
    }
}

/// In lines that fit; what is code, between backticks, is not broken.
fn hanging(text: &str) -> String {
    const KEPT: &str = "\u{a0}";
    let parts = text.split('`').enumerate();
    let kept = parts.map(|(at, part)| if at % 2 == 1 { part.replace(' ', KEPT) } else { part.to_owned() });
    wrapped(&kept.collect::<Vec<_>>().join("`"), HANG).replace(KEPT, " ")
}

#[cfg(test)]
#[path = "finding_tests.rs"]
mod tests;
