//! A small sufficient subset of the repairs that work together.

use diagnostic::{Diagnostic, Patch};

use super::variants::{all_together, repaired};
use super::{Effect, Subject, Symptom, Tried, try_one};

/// Runs that are spent on it at most.
const RUNS: usize = 64;
/// Repairs that are named.
const NAMED: usize = 3;

/// What is left when halves, quarters and so on are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Few {
    /// Ascending.
    kept: Vec<usize>,
    runs: usize,
    /// Whether each was left out once, and the rest was then not enough.
    all_needed: bool,
}

/// Adds the fewest that were found to be enough, when all together are and none is alone.
pub fn add_fewest(
    subject: &Subject,
    symptom: &Symptom,
    edits: &[(&Diagnostic, &Patch)],
    tried: &mut Vec<Tried>,
) {
    let vanishes = |tried: &Tried| tried.effect == Effect::Vanishes;
    let all = all_together(edits.len());
    let Some(at) = tried.iter().position(|tried| tried.change == all) else { return };
    if edits.len() < 3 || !vanishes(&tried[at]) || tried[..at].iter().any(vanishes) {
        return;
    }
    let few = fewest(edits.len(), |kept| {
        let change = repaired(subject, String::new(), kept.iter().map(|&at| edits[at].1));
        vanishes(&try_one(subject, symptom, change, None))
    });
    let other_bits = tried[at].other_bits;
    tried.insert(at + 1, Tried { change: said(&few, edits), effect: Effect::Vanishes, other_bits });
}

/// Leaves out parts of `n` repairs, the last ones first, as long as the others mend the run: then more repairs
/// mend it too, and of what is kept in the end each is needed.
fn fewest(n: usize, mut mends: impl FnMut(&[usize]) -> bool) -> Few {
    let mut few = Few { kept: (0..n).collect(), runs: 0, all_needed: false };
    let mut part = n.div_ceil(2);
    loop {
        let mut end = few.kept.len();
        while end > 0 && few.kept.len() > 1 {
            if few.runs == RUNS {
                return few;
            }
            let start = end.saturating_sub(part);
            let rest = [&few.kept[..start], &few.kept[end..]].concat();
            few.runs += 1;
            if mends(&rest) {
                few.kept = rest;
            }
            end = start;
        }
        if part <= 1 {
            return Few { all_needed: true, ..few };
        }
        part = part.div_ceil(2);
    }
}

fn said(few: &Few, edits: &[(&Diagnostic, &Patch)]) -> String {
    let (kept, n, runs) = (few.kept.len(), edits.len(), few.runs);
    match (kept == n, few.all_needed) {
        (true, true) => return format!("all {n}, none of which can be left out ({runs} runs)"),
        (true, false) => return format!("all {n}: no fewer were found to be enough in {runs} runs"),
        (false, _) => {}
    }
    let needed = if few.all_needed { "none of which can be left out" } else { "and fewer may be" };
    let named = few.kept.iter().take(NAMED).map(|&at| edits[at].0);
    let mut named: Vec<String> =
        named.map(|finding| format!("of {}, {}", finding.code.name(), finding.repair_text())).collect();
    if let Some(more @ 1..) = kept.checked_sub(NAMED) {
        named.push(format!("and {more} more"));
    }
    format!("{kept} of the {n} repairs, {needed} ({runs} runs): {}", named.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_needed_is_left_out() {
        let cases: [(usize, &[usize], bool); 6] = [
            (3, &[0, 1, 2], true),
            (8, &[0], true),
            (8, &[7], true),
            (23, &[2, 11], true),
            (1000, &[999], true),
            // Each costs a run of its own, and more than there are.
            (1000, &[0, 111, 222, 333, 444, 555, 666, 777, 888], false),
        ];
        for (n, needed, all_needed) in cases {
            let mends = |kept: &[usize]| needed.iter().all(|at| kept.contains(at));
            let few = fewest(n, mends);
            assert_eq!(few.all_needed, all_needed, "{n} {needed:?}: {few:?}");
            assert!(few.runs <= RUNS && mends(&few.kept), "{n} {needed:?}: {few:?}");
            assert!(!all_needed || few.kept == needed, "{n} {needed:?}: {few:?}");
        }
    }
}
