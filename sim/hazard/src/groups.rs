//! Groups of equal findings: one for each pair of source lines, because one mistake in a kernel shows on many ranks
//! and in many rounds.

use std::collections::{BTreeMap, BTreeSet};

use diagnostic::{Code, Diagnostic, Times};
use order::EventGraph;
use program::{Rank, program::Source};

use crate::seen::Shown;

/// Findings of one mistake at the same source lines.
#[derive(Clone, Debug)]
pub struct Group<T> {
    /// The first in the order of the traversal; it represents the group.
    pub first: T,
    pub count: u64,
    /// Of the op named first.
    pub ranks: BTreeSet<Rank>,
    /// All pairs of ops, the first few.
    pub pairs: Vec<[u32; 2]>,
    /// What a replay saw of any of the pairs.
    pub shown: Shown,
}

/// A line of a kernel, or the op itself when the program does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Source(Source),
    Op(u32),
}

impl<T> Group<T> {
    pub fn times(&self) -> Times {
        Times { count: self.count, ranks: self.ranks.len() }
    }
}

#[derive(Clone, Debug)]
pub struct Groups<T> {
    by_lines: BTreeMap<([Line; 2], &'static str), Group<T>>,
}

impl<T> Default for Groups<T> {
    fn default() -> Groups<T> {
        Groups { by_lines: BTreeMap::new() }
    }
}

/// Pairs kept of one group: enough to mend every one of them, and bounded for a program in which all is wrong.
const PAIRS: usize = 1 << 16;

impl<T> Groups<T> {
    /// `kind` tells apart what happens at the same lines.
    pub fn add(
        &mut self,
        graph: &EventGraph<'_>,
        kind: &'static str,
        ops: [u32; 2],
        one: T,
    ) -> &mut Group<T> {
        let (rank, _) = graph.op(ops[0]);
        let (ranks, pairs, shown) = (BTreeSet::new(), Vec::new(), Shown::default());
        let new = Group { first: one, count: 0, ranks, pairs, shown };
        let group = self.by_lines.entry((ops.map(|op| line(graph, op)), kind)).or_insert(new);
        if group.pairs.last() == Some(&ops) {
            return group;
        }
        group.count += 1;
        group.ranks.insert(rank);
        if group.pairs.len() < PAIRS {
            group.pairs.push(ops);
        }
        group
    }
    pub fn iter(&self) -> impl Iterator<Item = &Group<T>> {
        self.by_lines.values()
    }
    pub fn is_empty(&self) -> bool {
        self.by_lines.is_empty()
    }
}

fn line(graph: &EventGraph<'_>, op: u32) -> Line {
    let (rank, index) = graph.op(op);
    let source = graph.program.rank(rank).sources.get(index.index());
    source.map_or(Line::Op(op), |&source| Line::Source(source))
}

/// Keeps the first of the findings with one code and the same source lines.
pub fn once_a_line(findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut groups: BTreeMap<(Code, Vec<Named>), Counted> = BTreeMap::new();
    for finding in findings {
        let mut lines: Vec<_> = finding.ops().map(|op| (op.line(), op.kind)).collect();
        lines.dedup();
        let rank = finding.ops().next().map(|op| op.rank);
        let new = Counted { finding, count: 0, ranks: BTreeSet::new() };
        let group = groups.entry((new.finding.code, lines)).or_insert(new);
        group.count += 1;
        group.ranks.extend(rank);
    }
    let counted = |Counted { finding, count, ranks }| {
        let times = Times { count, ranks: ranks.len() };
        Diagnostic { times, ..finding }
    };
    groups.into_values().map(counted).collect()
}

/// An op as a finding names it: its line and its kind.
type Named = (diagnostic::Line, &'static str);

/// A finding, and how often it is there.
struct Counted {
    finding: Diagnostic,
    count: u64,
    ranks: BTreeSet<Rank>,
}
