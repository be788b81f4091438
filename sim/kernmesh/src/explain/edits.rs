//! Edits of a program, tried one after the other until the failure vanishes: of all ops of a line, and then of fewer. What
//! makes it vanish is a place to look at, whether or not it is what the author would write.

mod of_functions;
mod of_ops;
mod of_views;

use std::collections::{BTreeMap, BTreeSet};

use diagnostic::{Diagnostic, Line, OpRef};
use kernels::Recorded;
use program::{NoteOp, Op, OpIndex, Program, Rank};

use super::{Effect, Subject, Symptom, Tried, outputs_of, tried_with};
use crate::simulate::Simulation;

/// Ops of all edited programs that are run for one explanation, and edits that are tried.
const MOST_OPS: usize = 1 << 20;
const MOST_EDITS: usize = 1 << 11;
/// Ops of the program that are read for edits, of which most change nothing.
const MOST_READ: usize = 1 << 26;

pub(super) type At = (Rank, OpIndex);

type Said<'a> = Box<dyn Fn(&str) -> String + 'a>;
type Made<'a> = Box<dyn Fn(&Program, &[At]) -> Option<Program> + 'a>;

/// What an edit changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    LeftOut,
    Cleared,
    Tile,
    Constant,
    Function,
    Exchanged,
    DType,
    Amount,
    Barrier,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::LeftOut => "an op or an operand left out",
            Kind::Cleared => "zeros written first",
            Kind::Tile => "another tile of the program",
            Kind::Constant => "a constant",
            Kind::Function => "another function",
            Kind::Exchanged => "operands or destinations exchanged",
            Kind::DType => "a dtype",
            Kind::Amount => "an amount of a signal or wait",
            Kind::Barrier => "a barrier",
        }
    }
}

/// An edit of ops.
pub(super) struct Edit<'a> {
    kind: Kind,
    ops: Vec<At>,
    /// Whether the ops are the last ones of their line, each of its rank.
    is_last: bool,
    /// In words, of the name of the ops.
    said: Said<'a>,
    /// The edited program; `None` when nothing changes.
    made: Made<'a>,
}

impl<'a> Edit<'a> {
    /// An edit that reaches no ops, or ops that belong together: it is made whole or not at all.
    pub fn whole(kind: Kind, said: String, made: impl Fn(&Program) -> Option<Program> + 'a) -> Edit<'a> {
        Edit::of(kind, Vec::new(), move |_| said.clone(), move |program, _| made(program))
    }

    /// An edit of each of these ops.
    pub fn of(
        kind: Kind,
        ops: Vec<At>,
        said: impl Fn(&str) -> String + 'a,
        made: impl Fn(&Program, &[At]) -> Option<Program> + 'a,
    ) -> Edit<'a> {
        Edit { kind, ops, is_last: false, said: Box::new(said), made: Box::new(made) }
    }

    /// The edit of the last op of its line on each rank.
    pub fn of_last(self, line: &OfLine) -> Option<Edit<'a>> {
        let ops = line.last();
        (ops.len() < line.ops.len()).then_some(Edit { ops, is_last: true, ..self })
    }

    /// The edit of some of its ops in words.
    fn said(&self, program: &Program, ops: &[At]) -> String {
        (self.said)(&if ops.is_empty() { String::new() } else { named(program, ops, self.is_last) })
    }

    /// Fewer ops that the edit may reach: each alone, or those of one rank.
    fn parts(&self) -> Vec<Vec<At>> {
        let ranks = by_rank(&self.ops);
        let of_ranks = if ranks.len() > 1 { ranks } else { Vec::new() };
        let single = self.ops.iter().filter(|_| self.ops.len() > 1).map(|&at| vec![at]);
        single.chain(of_ranks.into_iter().filter(|ops| ops.len() > 1)).collect()
    }
}

/// Ops of one line and kind: of all ranks and turns.
pub(super) struct OfLine {
    pub ops: Vec<At>,
}

/// Ops in words: an edit reaches all that are named.
fn named(program: &Program, ops: &[At], is_last: bool) -> String {
    let first = format!("{:#}", OpRef::of(program, ops[0].0, ops[0].1));
    let ranks = by_rank(ops).len();
    match (ops.len(), ranks) {
        (1, _) => first,
        (n, _) if is_last => format!("the last op of each of {n} ranks of the line of {first}"),
        (n, 1) => format!("all {n} ops of rank {} of the line of {first}", ops[0].0.0),
        (n, ranks) => format!("all {n} ops, on {ranks} ranks, of the line of {first}"),
    }
}

/// In the order of the ranks.
fn by_rank(ops: &[At]) -> Vec<Vec<At>> {
    let mut ranks: BTreeMap<Rank, Vec<At>> = BTreeMap::new();
    ops.iter().for_each(|&at| ranks.entry(at.0).or_default().push(at));
    ranks.into_values().collect()
}

/// What came of all edits.
#[derive(Default)]
pub(super) struct Searched {
    /// The first edit with which the failure vanishes.
    pub found: Option<Tried>,
    pub runs: usize,
    /// Kinds of the edits that were run.
    pub kinds: BTreeSet<Kind>,
    /// The edit that leaves fewest kinds of findings, and these.
    pub nearest: Option<(String, Symptom)>,
    pub gave_up: bool,
}

impl Searched {
    /// Why nothing was found.
    pub fn why_not(&self) -> String {
        let runs = match (self.gave_up, self.runs) {
            (true, runs) => {
                format!("after {runs} edits the limit of {MOST_OPS} ops or {MOST_EDITS} edits was reached")
            }
            (false, runs) => format!("with each of {runs} edits something is wrong"),
        };
        let nearest = self.nearest.as_ref().map(|(said, left)| {
            let left: Vec<&str> = left.0.iter().map(String::as_str).collect();
            format!("; the nearest leaves {}: {said}", left.join(", "))
        });
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.name()).collect();
        let tried = if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") };
        format!(
            "{runs}{}; kinds of edits: {tried}; offsets of views are not changed",
            nearest.unwrap_or_default()
        )
    }
}

/// Tries edits of a program that fails with these findings: each on all ops of a line, and then on fewer. Of what makes
/// the failure vanish, the fewest ops are told.
pub(super) fn search(
    subject: &Subject,
    symptom: &Symptom,
    findings: &[Diagnostic],
    run: Option<&Simulation>,
) -> Searched {
    let program = &subject.recorded.program;
    let lines = lines(program);
    let edits = || {
        let cleared = of_ops::clears(findings).into_iter();
        let of_functions = of_functions::edits(program, &lines);
        let of_views = of_views::edits(program, &lines);
        cleared.chain(of_functions).chain(of_ops::edits(program, &lines)).chain(of_views)
    };
    let mut trying = Trying {
        subject,
        symptom,
        run,
        searched: Searched::default(),
        ops_left: MOST_OPS,
        read_left: MOST_READ,
    };
    for edit in edits() {
        let Some(found) = trying.tried(&edit, &edit.ops) else { return trying.searched };
        if let Some(found) = found {
            let fewer = trying.of_parts(&edit).flatten();
            return Searched { found: Some(fewer.unwrap_or(found)), gave_up: false, ..trying.searched };
        }
    }
    // The last ops of lines are among all of them.
    for edit in edits().filter(|edit| !edit.is_last) {
        match trying.of_parts(&edit) {
            None => return trying.searched,
            Some(None) => {}
            Some(found) => return Searched { found, ..trying.searched },
        }
    }
    trying.searched
}

/// A search and what is left of its limits.
struct Trying<'a> {
    subject: &'a Subject,
    symptom: &'a Symptom,
    run: Option<&'a Simulation>,
    searched: Searched,
    ops_left: usize,
    read_left: usize,
}

impl Trying<'_> {
    /// The first of the parts of an edit with which the failure vanishes. `None` at a limit.
    fn of_parts(&mut self, edit: &Edit<'_>) -> Option<Option<Tried>> {
        for ops in edit.parts() {
            if let found @ Some(_) = self.tried(edit, &ops)? {
                return Some(found);
            }
        }
        Some(None)
    }

    /// An edit of some ops, if the failure vanishes with it. `None` at a limit.
    fn tried(&mut self, edit: &Edit<'_>, ops: &[At]) -> Option<Option<Tried>> {
        let (subject, program) = (self.subject, &self.subject.recorded.program);
        self.searched.gave_up = true;
        self.read_left = self.read_left.checked_sub(program.n_ops())?;
        let Some(edited) = (edit.made)(program, ops) else {
            self.searched.gave_up = false;
            return Some(None);
        };
        let left = self.ops_left.checked_sub(edited.n_ops());
        self.ops_left = left.filter(|_| self.searched.runs < MOST_EDITS)?;
        (self.searched.gave_up, self.searched.runs) = (false, self.searched.runs + 1);
        self.searched.kinds.insert(edit.kind);
        let recorded = Recorded { program: edited, ..subject.recorded.clone() };
        let (effect, changed) = tried_with(subject, self.symptom, recorded, &subject.machine);
        match effect {
            // Where nothing judges the values, a program that computes something else is no repair.
            Effect::Vanishes if !subject.is_judged() && outputs_of(self.run) != changed => {}
            Effect::Vanishes => {
                let other_bits = super::other_bits(self.run, changed);
                return Some(Some(Tried { change: edit.said(program, ops), effect, other_bits }));
            }
            Effect::Changes(left) => {
                let nearest = &mut self.searched.nearest;
                let nearer = nearest.as_ref().is_none_or(|(_, now)| left.0.len() < now.0.len());
                if nearer && left.0.is_subset(&self.symptom.0) {
                    *nearest = Some((edit.said(program, ops), left));
                }
            }
            Effect::Remains | Effect::Impossible(_) => {}
        }
        Some(None)
    }
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
                lines.push(OfLine { ops: Vec::new() });
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
    /// Its first op in words.
    pub fn first(&self, program: &Program) -> String {
        named(program, &self.ops[..1], false)
    }
}

#[cfg(test)]
mod tests;
