//! One mistake in a kernel shows on many ranks and in many rounds: findings are told once for each pair of
//! source lines.

use std::collections::{BTreeMap, BTreeSet};

use oplog::{Finding, FindingKind, FindingOp, words};
use order::EventGraph;
use program::{Rank, program::Source};

/// The same mistake at the same lines.
#[derive(Clone, Debug)]
pub struct Group<T> {
    /// In walking order; it is the one that is told.
    pub first: T,
    pub count: u64,
    /// Of the op named first.
    pub ranks: BTreeSet<Rank>,
    /// All pairs of ops, the first few.
    pub pairs: Vec<[u32; 2]>,
}

/// A line of a kernel, or the op itself when the program does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Source(Source),
    Op(u32),
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
    pub fn add(&mut self, graph: &EventGraph<'_>, kind: &'static str, ops: [u32; 2], one: T) {
        let (rank, _) = graph.op(ops[0]);
        let new = Group { first: one, count: 0, ranks: BTreeSet::new(), pairs: Vec::new() };
        let group = self.by_lines.entry((ops.map(|op| line(graph, op)), kind)).or_insert(new);
        if group.pairs.last() == Some(&ops) {
            return;
        }
        group.count += 1;
        group.ranks.insert(rank);
        if group.pairs.len() < PAIRS {
            group.pairs.push(ops);
        }
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

/// Findings of one kind that name the same lines are told once, the first of them.
pub fn once_a_line(findings: Vec<Finding>) -> Vec<Finding> {
    let mut told: BTreeMap<(FindingKind, Vec<String>), Told> = BTreeMap::new();
    for finding in findings {
        let mut lines: Vec<String> = finding.ops.iter().map(place).collect();
        lines.dedup();
        let rank = finding.ops.first().map(|op| op.rank);
        let told =
            told.entry((finding.kind, lines)).or_insert(Told { finding, count: 0, ranks: BTreeSet::new() });
        told.count += 1;
        told.ranks.extend(rank);
    }
    let counted = |Told { mut finding, count, ranks }| {
        finding.message.push_str(&words::often(count, ranks.len()));
        finding
    };
    told.into_values().map(counted).collect()
}

/// A finding, and how often it is there.
struct Told {
    finding: Finding,
    count: u64,
    ranks: BTreeSet<u32>,
}

fn place(op: &FindingOp) -> String {
    let FindingOp { rank, index, source, .. } = op;
    if source.is_empty() { format!("{rank} {index} {}", op.op) } else { format!("{source} {}", op.op) }
}
