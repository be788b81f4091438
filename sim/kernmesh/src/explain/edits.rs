//! Edits of one line of a program, tried one after the other until the failure vanishes: an op left out, another
//! operand, constant, dtype or amount, a barrier. What makes it vanish is a place to look at, whether or not it is what
//! the author would write.

mod of_ops;
mod of_views;

use std::collections::BTreeMap;

use diagnostic::{Diagnostic, Line, OpRef};
use kernels::Recorded;
use program::{NoteOp, Op, OpIndex, Program, Rank};

use super::{Effect, Subject, Symptom, Tried, outputs_of, tried_with};
use crate::simulate::Simulation;

/// Ops of all edited programs that are run for one explanation, and edits that are tried.
const MOST_OPS: usize = 1 << 18;
const MOST_EDITS: usize = 1 << 10;
/// Ops of the program that are read for edits, of which most change nothing.
const MOST_READ: usize = 1 << 26;

pub(super) type At = (Rank, OpIndex);

type Made<'a> = Box<dyn Fn(&Program) -> Option<Program> + 'a>;

/// An edit in words, and the edited program; `None` when it changes nothing.
pub(super) struct Edit<'a> {
    pub said: String,
    pub made: Made<'a>,
}

/// Ops of one line and kind: of all ranks and turns.
pub(super) struct OfLine {
    pub ops: Vec<At>,
    pub first: OpRef,
}

/// What came of all edits.
pub(super) struct Searched {
    /// The first edit with which the failure vanishes.
    pub found: Option<Tried>,
    pub runs: usize,
    /// The edit that leaves fewest kinds of findings, and these.
    pub nearest: Option<(String, Symptom)>,
    pub gave_up: bool,
}

impl Searched {
    /// Why nothing was found.
    pub fn why_not(&self) -> String {
        let runs = match (self.gave_up, self.runs) {
            (true, runs) => format!("after {runs} edits of one line the limit of {MOST_OPS} ops was reached"),
            (false, runs) => format!("with each of {runs} edits of one line something is wrong"),
        };
        let nearest = self.nearest.as_ref().map(|(said, left)| {
            let left: Vec<&str> = left.0.iter().map(String::as_str).collect();
            format!("; the nearest leaves {}: {said}", left.join(", "))
        });
        format!(
            "{runs}{}; the kinds of edits: an op left out, zeros written first, another tile of the program, a constant \
             of a fill, a dtype, an amount of a signal or wait, a barrier; offsets of views are not changed",
            nearest.unwrap_or_default()
        )
    }
}

/// Tries edits of a program that fails with these findings.
pub(super) fn search(
    subject: &Subject,
    symptom: &Symptom,
    findings: &[Diagnostic],
    run: Option<&Simulation>,
) -> Searched {
    let program = &subject.recorded.program;
    let lines = lines(program);
    let of_ops = of_ops::clears(findings).into_iter().chain(of_ops::edits(program, &lines));
    let edits = of_ops.chain(of_views::edits(program, &lines));
    let mut searched = Searched { found: None, runs: 0, nearest: None, gave_up: false };
    let (mut ops_left, mut read_left) = (MOST_OPS, MOST_READ);
    for edit in edits {
        let Some(left) = read_left.checked_sub(program.n_ops()) else {
            searched.gave_up = true;
            return searched;
        };
        read_left = left;
        let Some(edited) = (edit.made)(program) else { continue };
        let left = ops_left.checked_sub(edited.n_ops());
        let Some(left) = left.filter(|_| searched.runs < MOST_EDITS) else {
            searched.gave_up = true;
            return searched;
        };
        (ops_left, searched.runs) = (left, searched.runs + 1);
        let recorded = Recorded { program: edited, ..subject.recorded.clone() };
        let (effect, changed) = tried_with(subject, symptom, recorded, &subject.machine);
        match effect {
            // Where nothing judges the values, a program that computes something else is no repair.
            Effect::Vanishes if !subject.is_judged() && outputs_of(run) != changed => {}
            Effect::Vanishes => {
                let other_bits = super::other_bits(run, changed);
                searched.found = Some(Tried { change: edit.said, effect, other_bits });
                return searched;
            }
            Effect::Changes(left) => {
                let nearer = searched.nearest.as_ref().is_none_or(|(_, now)| left.0.len() < now.0.len());
                if nearer && left.0.is_subset(&symptom.0) {
                    searched.nearest = Some((edit.said, left));
                }
            }
            Effect::Remains | Effect::Impossible(_) => {}
        }
    }
    searched
}

/// In the order in which the lines first come, by rank. What the ledger is told is no part of the program.
fn lines(program: &Program) -> Vec<OfLine> {
    let mut places: BTreeMap<(Line, &'static str), usize> = BTreeMap::new();
    let mut lines: Vec<OfLine> = Vec::new();
    for (rank, of_rank) in (0..).map(Rank).zip(&program.ranks) {
        for (index, op) in (0..).map(OpIndex).zip(&of_rank.ops) {
            if let Op::Note(NoteOp::Contribute { .. } | NoteOp::Expect { .. }) = op {
                continue;
            }
            let first = OpRef::of(program, rank, index);
            let place = *places.entry((first.line(), first.kind)).or_insert(lines.len());
            if place == lines.len() {
                lines.push(OfLine { ops: Vec::new(), first });
            }
            lines[place].ops.push((rank, index));
        }
    }
    lines
}

impl OfLine {
    /// Its last op of each rank.
    pub fn last(&self) -> Vec<At> {
        let mut last: BTreeMap<Rank, OpIndex> = BTreeMap::new();
        last.extend(self.ops.iter().copied());
        last.into_iter().collect()
    }
    /// Its ops by rank, where there are several.
    pub fn by_rank(&self) -> Vec<Vec<At>> {
        let mut ranks: BTreeMap<Rank, Vec<At>> = BTreeMap::new();
        self.ops.iter().for_each(|&at| ranks.entry(at.0).or_default().push(at));
        if ranks.len() > 1 { ranks.into_values().collect() } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kinds are listed, and none is said to have been tried where the limit came first.
    #[test]
    fn a_search_without_a_result_says_how_far_it_went() {
        for (gave_up, start) in [
            (false, "with each of 7 edits of one line something is wrong; the kinds of edits: "),
            (true, "after 7 edits of one line the limit of 262144 ops was reached; the kinds of edits: "),
        ] {
            let said = Searched { found: None, runs: 7, nearest: None, gave_up }.why_not();
            assert!(
                said.starts_with(start) && said.ends_with("; offsets of views are not changed"),
                "{said}"
            );
        }
    }
}
