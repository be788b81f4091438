//! Reasons against a program that differ only in rank, op and address are one, which all of their ranks have.

use std::collections::BTreeSet;

use diagnostic::{Alike, Diagnostic, Fact, Place};
use program::Rank;
use serde::Serialize;

/// A reason, with the ranks that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Folded {
    pub ranks: BTreeSet<Rank>,
    /// Its places among all reasons, ascending.
    #[serde(rename = "findings")]
    pub all: Vec<usize>,
}

/// Folds reasons, in the order in which each came first.
pub fn fold(reasons: &[Diagnostic]) -> Vec<Folded> {
    let mut folded: Vec<Folded> = Vec::new();
    for (at, reason) in reasons.iter().enumerate() {
        let rank = rank_of(reason);
        let same = |earlier: &&mut Folded| {
            let first = &reasons[earlier.all[0]];
            are_alike(first, reason) && rank.is_some_and(|rank| joins(reason, rank, earlier))
        };
        match folded.iter_mut().find(same) {
            Some(earlier) => {
                earlier.ranks.extend(rank);
                earlier.all.push(at);
            }
            None => folded.push(Folded { ranks: rank.into_iter().collect(), all: vec![at] }),
        }
    }
    folded
}

/// Without source lines, two ops of one rank are two places in the program.
fn joins(reason: &Diagnostic, rank: Rank, earlier: &Folded) -> bool {
    reason.ops().next().is_some_and(|op| op.location.is_some()) || !earlier.ranks.contains(&rank)
}

fn are_alike(one: &Diagnostic, other: &Diagnostic) -> bool {
    let at = |it: &Diagnostic| {
        let op = it.ops().next().map(Alike::common);
        (op, it.place.as_ref().map(Alike::common))
    };
    let same_fact = match (&one.fact, &other.fact) {
        (Fact::Refused(one), Fact::Refused(other)) => one.is_like(other),
        (one, other) => one == other,
    };
    one.code == other.code && same_fact && at(one) == at(other)
}

/// The rank at fault, if it is one alone.
fn rank_of(reason: &Diagnostic) -> Option<Rank> {
    let of_op = reason.ops().next().map(|op| op.rank);
    of_op.or_else(|| reason.place.as_ref().and_then(Place::rank))
}
