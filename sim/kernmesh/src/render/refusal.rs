//! A refused program. What is one reason for several ranks is said once.

use oplog::Finding;
use verify::{Refusal, Refused};

use super::{Paint, finding};
use crate::folded::{Folded, fold};

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
        text.push_str(&one(reason, &list[reason.all[0]], paint));
    }
    if let Some(more @ 1..) = folded.len().checked_sub(shown) {
        text.push_str(&format!("… and {more} more reasons: --json lists them all\n"));
    }
    text
}

fn one(reason: &Folded, finding: &Finding, paint: Paint) -> String {
    let on = if reason.all.len() > 1 { on(reason) } else { String::new() };
    finding::one(finding, &[("on", on)], paint)
}

/// `ranks 0–7 (8 ranks); that of rank 0 is shown`.
fn on(reason: &Folded) -> String {
    let ranks: Vec<u32> = reason.ranks.iter().copied().collect();
    let n = ranks.len();
    let times = if reason.all.len() > n { format!(", {} times", reason.all.len()) } else { String::new() };
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

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
