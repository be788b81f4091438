//! Explanation of a failing run: the single changes that make the failure vanish, and those that do not.

use super::verdict::{numbers, rows};
use super::{Paint, columns, wrapped};
use crate::explain::{ChecksumMismatch, Effect, Explanation, Link, Loss, Reordered, Symptom, Tried};

/// Ops shown that wrote other bits, unless all are asked for.
const SHOWN: usize = 3;

/// Whether the run fails, and by what.
pub fn symptom(symptom: &Symptom, paint: Paint) -> String {
    if symptom.is_nothing() {
        return format!("{}: there is nothing to explain\n", paint.good("nothing is wrong"));
    }
    format!("{}: {}\n", paint.bad("the run fails"), said(symptom))
}

/// `all` shows the checksums of every op that wrote other bits than it means.
pub fn explanation(explanation: &Explanation, all: bool, paint: Paint) -> String {
    let Explanation { symptom, verdict, tried, why_not, mismatches, orders, loss } = explanation;
    let mut text = self::symptom(symptom, paint);
    if symptom.is_nothing() {
        return text;
    }
    if let Some(verdict) = verdict.as_ref().filter(|verdict| !verdict.pass()) {
        text.push_str(&format!("  {}\n", wrapped(&numbers(verdict), 4)));
        let rows =
            rows(verdict, 4).into_iter().filter(|(label, said)| *label != "judged" && !said.is_empty());
        rows.for_each(|(label, said)| text.push_str(&format!("  {label}: {said}\n")));
    }
    let with =
        |vanishes: bool| tried.iter().filter(move |tried| (tried.effect == Effect::Vanishes) == vanishes);
    text.push_str(&format!("\n{}\n", paint.strong("It vanishes when one thing is changed:")));
    if with(true).next().is_none() {
        let why = if why_not.is_empty() { String::new() } else { format!(": {why_not}") };
        text.push_str(&format!("{}\n", wrapped(&format!("  none of the changes that were tried{why}"), 4)));
    }
    for tried in with(true) {
        let bits = if tried.other_bits == Some(true) { " (the outputs then have other bits)" } else { "" };
        text.push_str(&item(&paint.good("vanishes"), &format!("{}{bits}", tried.change)));
    }
    if with(false).next().is_some() {
        text.push_str(&format!("\n{}\n", paint.strong("It does not vanish when:")));
    }
    for Tried { change, effect, .. } in with(false) {
        match effect {
            Effect::Vanishes => {}
            Effect::Remains => text.push_str(&item("remains ", change)),
            Effect::Changes(now) => text.push_str(&item("changes ", &format!("{change}: now {}", said(now)))),
            Effect::Impossible(why) => {
                text.push_str(&item("refused ", &format!("{change}: {}", first_line(why))))
            }
        }
    }
    if let Some(orders) = orders {
        text.push_str(&in_order(orders, paint));
    }
    if let Some(mismatches) = mismatches {
        text.push_str(&differing(mismatches, if all { usize::MAX } else { SHOWN }, paint));
    }
    // Where a change of one thing mends it, what errs most by rounding alone is no news.
    if let Some(loss) = loss.as_ref().filter(|loss| loss.alone || with(true).next().is_none()) {
        text.push_str(&lost(loss, paint));
    }
    text
}

/// Whether the bits depend on the order, in the orders that were tried.
fn in_order(orders: &[Reordered], paint: Paint) -> String {
    let named =
        |equal| orders.iter().filter(move |tried| tried.equal == equal).map(|tried| tried.order.clone());
    let (same, other): (Vec<String>, Vec<String>) = (named(true).collect(), named(false).collect());
    let mut text = format!("\n{}\n", paint.strong("In other legal orders, by the hardware rule:"));
    for (what, orders) in [("other bits in", other), ("the intended bits in", same)] {
        if !orders.is_empty() {
            text.push_str(&format!("  {what} {}\n", orders.join(", ")));
        }
    }
    text
}

/// The first error source, and the chain of ops that fed it.
fn lost(loss: &Loss, paint: Paint) -> String {
    let which = if loss.alone { "the first error source" } else { "no error source; the largest error" };
    let head = format!("Compared with the same ops in f64, {which} ({}):", loss.dtype);
    let chain: Vec<String> =
        folded(&loss.chain).iter().map(|link| format!("{}\n", wrapped(&format!("  {link}"), 4))).collect();
    format!("\n{}\n{}  made of {}\n", paint.strong(&head), chain.concat(), loss.origin)
}

/// Consecutive links with one source line are shown once, with the first and the last error.
fn folded(chain: &[Link]) -> Vec<String> {
    let mut links = Vec::new();
    for same in chain.chunk_by(|a, b| a.op == b.op) {
        let [first, last] = [&same[0], &same[same.len() - 1]];
        links.push(match same.len() {
            1 => format!("{} errs by {}", first.op, first.error),
            n => format!("{} errs by {}, …, {}: {n} in a row", first.op, first.error, last.error),
        });
    }
    links
}

/// Checksums of two replays, side by side.
fn differing(mismatches: &[ChecksumMismatch], shown: usize, paint: Paint) -> String {
    if mismatches.is_empty() {
        return String::new();
    }
    let head = paint.strong("Ops that wrote other bits than intended in this run:");
    let row = |mismatch: &ChecksumMismatch| {
        let ChecksumMismatch { rank, index, op, source, meant, found } = mismatch;
        let place = if source.is_empty() { String::new() } else { format!(", {source}") };
        vec![format!("  {meant}"), found.clone(), format!("rank {rank}, op {index} ({op}{place})")]
    };
    let title = vec!["  intended".to_owned(), "found".to_owned(), String::new()];
    let rows: Vec<Vec<String>> =
        std::iter::once(title).chain(mismatches.iter().take(shown).map(row)).collect();
    let rest = match mismatches.len().saturating_sub(shown) {
        0 => String::new(),
        more => format!("  and {more} more: --checksums shows all\n"),
    };
    format!("\n{head}\n{}{rest}", columns(&rows))
}

fn item(mark: &str, change: &str) -> String {
    format!("{}\n", wrapped(&format!("  {mark}  {change}"), 12))
}

fn said(symptom: &Symptom) -> String {
    symptom.0.iter().cloned().collect::<Vec<_>>().join(", ")
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_helps_comes_first() {
        let symptom = Symptom(["race_raw".to_owned()].into());
        let tried = |change: &str, effect| Tried { change: change.to_owned(), effect, other_bits: None };
        let text = explanation(
            &Explanation {
                tried: vec![
                    tried("more slots", Effect::Remains),
                    tried("the repair", Effect::Vanishes),
                    tried("no slots", Effect::Impossible("too few\nand more".to_owned())),
                ],
                symptom,
                verdict: None,
                why_not: String::new(),
                mismatches: None,
                orders: None,
                loss: None,
            },
            false,
            Paint::default(),
        );
        assert_eq!(
            text,
            "the run fails: race_raw\n\nIt vanishes when one thing is changed:\n  vanishes  the repair\n\n\
             It does not vanish when:\n  remains   more slots\n  refused   no slots: too few\n"
        );
    }
}
