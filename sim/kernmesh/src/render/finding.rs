//! Findings, as a good compiler would say them: what, where, why, and the repair.

use std::collections::BTreeMap;

use oplog::{Finding, FindingKind, FindingOp};

use super::Paint;
use super::columns::{WIDTH, wrapped};
use super::excerpt::{Excerpt, excerpt};
use super::number::{grouped, ns};
use crate::findings::Found;
use crate::steps::EditStep;

/// Steps of an edit that are shown.
const STEPS: usize = 3;
/// Blanks before what goes on in another line.
const HANG: usize = 4;

/// The first few findings, and how many there are of each kind: a screen is for reading.
pub fn findings(list: &[Found], shown: usize, paint: Paint) -> String {
    let told = |found: &Found| one(&found.finding, &[], paint) + &edit(found, paint);
    let told: Vec<String> = list.iter().take(shown).map(told).collect();
    let told = told.join("\n");
    match list.len().checked_sub(shown).filter(|&more| more > 0) {
        Some(1) => format!("{told}\n… and 1 more finding: --json lists it too\n"),
        Some(more) => format!("{told}\n… and {more} more findings: --json lists them all\n"),
        None => told,
    }
}

/// `race_raw 12, race_war 3`: the most frequent first.
pub fn kinds(list: &[Found]) -> Vec<String> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    list.iter().for_each(|found| *counts.entry(found.finding.kind.name()).or_default() += 1);
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|&(kind, n)| (std::cmp::Reverse(n), kind));
    counts.into_iter().map(|(kind, n)| format!("{kind} {}", grouped(n))).collect()
}

/// `finding[race_raw]`
pub fn label(kind: FindingKind, paint: Paint) -> String {
    paint.bad(&format!("finding[{}]", kind.name()))
}

/// One finding; `more` are labels and notes after the places.
pub fn one(finding: &Finding, more: &[(&str, String)], paint: Paint) -> String {
    let kind = label(finding.kind, paint);
    let mut text = format!("{}\n", hanging(&format!("{kind}: {}", finding.message)));
    for (at, op) in finding.ops.iter().enumerate() {
        text.push_str(&place(op, &does(finding, at), paint));
    }
    let notes = [
        ("where", memory(finding)),
        ("missing", finding.missing.clone()),
        ("in this run", measured(finding)),
        ("help", finding.repair.clone()),
    ];
    for (label, said) in more.iter().chain(&notes).filter(|(_, said)| !said.is_empty()) {
        text.push_str(&format!("{}\n", hanging(&format!("  {}: {said}", paint.strong(label)))));
    }
    text
}

/// The repair as an edit of the program's file.
fn edit(found: &Found, paint: Paint) -> String {
    let Some(steps) = &found.edit else { return String::new() };
    let mut told: Vec<String> = steps.iter().take(STEPS).map(EditStep::to_string).collect();
    match steps.len().checked_sub(STEPS) {
        None | Some(0) => {}
        Some(1) => told.push("and 1 more step, which --json lists".to_owned()),
        Some(more) => told.push(format!("and {more} more steps, which --json lists")),
    }
    format!("{}\n", hanging(&format!("  {}: {}", paint.strong("edit"), told.join("; "))))
}

/// Where an op is written, its line, and what it does:
/// ```text
///   --> decode.rs:40:9
///    40 | tl.forward(Right, m);
///       |    ^ rank 1, op 12 (forward on send) reads bytes 0..128
/// ```
fn place(op: &FindingOp, does: &str, paint: Paint) -> String {
    let unit = if op.unit.is_empty() { String::new() } else { format!(" on {}", op.unit) };
    let name = format!("rank {}, op {} ({}{unit})", op.rank, op.index, op.op);
    let said = if does.is_empty() { name } else { format!("{name} {does}") };
    let arrow = paint.faint("-->");
    if op.source.is_empty() {
        return format!("{}\n", wrapped(&format!("  {arrow} {said}"), 6));
    }
    let place = format!("  {arrow} {}\n", op.source);
    match excerpt(&op.source) {
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

/// What the op at this place of a finding does there; nothing where its kind does not say.
fn does(finding: &Finding, at: usize) -> String {
    let verb = match (finding.kind, at) {
        (FindingKind::RaceRaw | FindingKind::UninitialisedRead | FindingKind::UseAfterRelease, 0)
        | (FindingKind::SlotOverwritten, 0)
        | (FindingKind::RaceWar, 1) => "reads",
        (FindingKind::RaceWaw, _)
        | (FindingKind::RaceRaw | FindingKind::SlotOverwritten, 1..)
        | (FindingKind::UninitialisedRead, 1..) => "writes",
        (FindingKind::RaceWar, _) | (FindingKind::UseAfterRelease, 2..) => "overwrites",
        (FindingKind::UseAfterRelease, _) => return "gives the slot back".to_owned(),
        (FindingKind::SlotLeak | FindingKind::CreditLeak, _) => return "takes the slot".to_owned(),
        (
            FindingKind::MemoryOverwritten
            | FindingKind::DoubleRelease
            | FindingKind::VacuousWait
            | FindingKind::WaitGatesNothing
            | FindingKind::Semaphore
            | FindingKind::LedgerMissing
            | FindingKind::LedgerTwice
            | FindingKind::OutOfBounds
            | FindingKind::TimingDependent
            | FindingKind::UnmatchedSend
            | FindingKind::UnmatchedRecv
            | FindingKind::Mismatch
            | FindingKind::SlotCount
            | FindingKind::Capacity
            | FindingKind::Deadlock
            | FindingKind::OutputsDiffer
            | FindingKind::Malformed,
            _,
        ) => return String::new(),
    };
    finding.bytes.map_or_else(String::new, |[start, end]| format!("{verb} bytes {start}..{end}"))
}

fn memory(finding: &Finding) -> String {
    let told = (0..finding.ops.len()).any(|at| does(finding, at).contains("bytes"));
    match finding.bytes.filter(|_| !told) {
        Some([start, end]) if finding.place.is_empty() => format!("bytes {start}..{end}"),
        Some([start, end]) => format!("{}, bytes {start}..{end}", finding.place),
        None => finding.place.clone(),
    }
}

fn measured(finding: &Finding) -> String {
    let apart = finding.slack_fs.map(|fs| format!("the accesses lay {} apart", ns(fs)));
    match (finding.value_differed, apart) {
        (Some(true), None) => "the values differed".to_owned(),
        (Some(true), Some(apart)) => format!("the values differed; {apart}"),
        (Some(false), None) => "the values happened to agree".to_owned(),
        (Some(false), Some(apart)) => format!("the values agreed by luck: {apart}"),
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
