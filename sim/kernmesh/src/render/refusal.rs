//! A refused program. Reasons that differ only in rank and address are one, said for all of their ranks.

use std::collections::BTreeSet;

use oplog::Finding;
use program::{Refusal, Refused};

use super::Paint;
use super::finding;

/// What begins the numbers that ranks need not have in common.
const NUMBERED: [&str; 8] = ["rank", "pe", "op", "b", "v", "t", "ring", "sem"];
/// Words before such numbers.
const BEFORE: [&str; 5] = ["rank", "op", "address", "byte", "slot"];

/// A reason, and who else has it.
struct Folded {
    /// The place of the first among all reasons.
    at: usize,
    ranks: BTreeSet<u32>,
    times: usize,
}

/// How many reasons there are, in words.
pub fn headline(refusal: &Refusal) -> String {
    let all = refusal.reasons.len();
    let reasons = |n| if n == 1 { "1 reason".to_owned() } else { format!("{n} reasons") };
    match fold(&refusal.reasons).len() {
        1 if all == 1 => "the program is refused".to_owned(),
        n if n == all => format!("the program is refused for {}", reasons(n)),
        n => format!("the program is refused for {}, {all} times in all", reasons(n)),
    }
}

/// The first few reasons; `list` has the findings of all of them.
pub fn reasons(reasons: &[Refused], list: &[Finding], shown: usize, paint: Paint) -> String {
    let folded = fold(reasons);
    let mut text = String::new();
    for reason in folded.iter().take(shown) {
        text.push_str(&one(reason, &list[reason.at], paint));
    }
    if let Some(more @ 1..) = folded.len().checked_sub(shown) {
        text.push_str(&format!("… and {more} more reasons: --json lists them all\n"));
    }
    text
}

fn one(reason: &Folded, finding: &Finding, paint: Paint) -> String {
    let on = if reason.times > 1 { on(reason) } else { String::new() };
    finding::one(finding, &[("on", on)], paint)
}

/// `ranks 0–7 (8 ranks); that of rank 0 is shown`.
fn on(reason: &Folded) -> String {
    let ranks: Vec<u32> = reason.ranks.iter().copied().collect();
    let n = ranks.len();
    let times = if reason.times > n { format!(", {} times", reason.times) } else { String::new() };
    match &ranks[..] {
        [rank] => format!("rank {rank}{times}; the first is shown"),
        [first, ..] => format!("ranks {} ({n} ranks{times}); that of rank {first} is shown", ranges(&ranks)),
        [] => String::new(),
    }
}

/// `0–3, 7` of ascending numbers.
pub(super) fn ranges(numbers: &[u32]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b);
    let said = runs.map(|run| match run {
        [one] => one.to_string(),
        [first, .., last] => format!("{first}–{last}"),
        [] => String::new(),
    });
    said.collect::<Vec<_>>().join(", ")
}

/// Folds reasons, in the order in which each came first.
fn fold(reasons: &[Refused]) -> Vec<Folded> {
    let mut folded: Vec<(String, Folded)> = Vec::new();
    for (at, reason) in reasons.iter().enumerate() {
        let key = key(reason);
        let alike = |(other, earlier): &&mut (String, Folded)| *other == key && joins(reason, earlier);
        match folded.iter_mut().find(alike) {
            Some((_, earlier)) => {
                earlier.ranks.extend(reason.rank);
                earlier.times += 1;
            }
            None => {
                let ranks = reason.rank.into_iter().collect();
                folded.push((key, Folded { at, ranks, times: 1 }));
            }
        }
    }
    folded.into_iter().map(|(_, folded)| folded).collect()
}

/// Without source lines, two ops of one rank are two places in the program.
fn joins(reason: &Refused, earlier: &Folded) -> bool {
    reason.rank.is_some_and(|rank| !reason.source.is_empty() || !earlier.ranks.contains(&rank))
}

fn key(reason: &Refused) -> String {
    let texts = [&reason.message, &reason.place, &reason.repair].map(|text| alike(text));
    format!("{:?}\n{}\n{}\n{}", reason.kind, reason.source, reason.op_kind, texts.join("\n"))
}

/// The text without numbers of ranks, ops, tables and places in memory. Sizes stay: they are what is wrong.
fn alike(text: &str) -> String {
    let (mut masked, mut before) = (String::new(), "");
    for word in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let name = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let of_table = stem.len() < name.len() && NUMBERED.contains(&stem);
        let counted = stem.is_empty() && BEFORE.contains(&before);
        if of_table || counted {
            masked.push_str(stem);
            masked.push('#');
            masked.push_str(&word[name.len()..]);
        } else {
            masked.push_str(word);
        }
        // `ring5#12` is one name, and ` ` alone no word.
        if !name.is_empty() {
            before = if of_table && word.ends_with('#') { "slot" } else { name };
        }
    }
    masked
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
