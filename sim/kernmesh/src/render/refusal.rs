//! A refused program. What is one reason for several ranks is said once.

use diagnostic::Diagnostic;
use verify::Refusal;

use super::{Paint, finding};
use crate::common_reasons::{Folded, fold};

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

/// The first few reasons.
pub fn reasons(reasons: &[Diagnostic], shown: usize, paint: Paint) -> String {
    let folded = fold(reasons);
    let mut text = String::new();
    for reason in folded.iter().take(shown) {
        text.push_str(&one(reason, &reasons[reason.all[0]], paint));
    }
    if let Some(more @ 1..) = folded.len().checked_sub(shown) {
        text.push_str(&format!("… and {more} more reasons: --all shows them\n"));
    }
    text
}

fn one(reason: &Folded, finding: &Diagnostic, paint: Paint) -> String {
    let on = if reason.all.len() > 1 { on(reason) } else { String::new() };
    finding::one(finding, &[("on", on)], paint)
}

/// `ranks 0–7 (8 ranks); that of rank 0 is shown`.
fn on(reason: &Folded) -> String {
    let ranks: Vec<u32> = reason.ranks.iter().map(|rank| rank.0).collect();
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
