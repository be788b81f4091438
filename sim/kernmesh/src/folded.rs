//! Reasons against a program that differ only in rank and address are one, which all of their ranks have.

use std::collections::BTreeSet;

use serde::Serialize;
use verify::Refused;

/// What begins the numbers that ranks need not have in common.
const NUMBERED: [&str; 8] = ["rank", "pe", "op", "b", "v", "t", "ring", "sem"];
/// Words before such numbers.
const BEFORE: [&str; 5] = ["rank", "op", "address", "byte", "slot"];

/// A reason, and who has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Folded {
    pub ranks: BTreeSet<u32>,
    /// Its places among all reasons, ascending.
    #[serde(rename = "findings")]
    pub all: Vec<usize>,
}

/// Folds reasons, in the order in which each came first.
pub fn fold(reasons: &[Refused]) -> Vec<Folded> {
    let mut folded: Vec<(String, Folded)> = Vec::new();
    for (at, reason) in reasons.iter().enumerate() {
        let key = key(reason);
        let alike = |(other, earlier): &&mut (String, Folded)| *other == key && joins(reason, earlier);
        match folded.iter_mut().find(alike) {
            Some((_, earlier)) => {
                earlier.ranks.extend(reason.rank);
                earlier.all.push(at);
            }
            None => {
                let ranks = reason.rank.into_iter().collect();
                folded.push((key, Folded { ranks, all: vec![at] }));
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
pub fn alike(text: &str) -> String {
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
