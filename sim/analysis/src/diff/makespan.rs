//! Difference of two makespans, by the categories of both critical paths. Each path adds up to its makespan, so the
//! differences add up to that of the makespans.

use std::collections::BTreeMap;

use order::Dependencies;
use serde::{Deserialize, Serialize};

use super::Side;
use super::pair::Pair;
use crate::CriticalPath;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MakespanChange {
    pub a: u64,
    pub b: u64,
    pub delta: i64,
    /// By category of the critical path; adds up to `delta`.
    pub by_category: BTreeMap<String, i64>,
    /// By source line of the critical path, the largest first; adds up to `delta`. Lines are those of `a`, where it
    /// has the op, so that lines which only moved are no change.
    pub by_source: Vec<SourceChange>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SourceChange {
    pub source: String,
    pub delta_fs: i64,
}

/// `is_split` is whether there is anything to tell apart.
pub fn split(pair: &Pair<'_>, [a, b]: [u64; 2], is_split: bool) -> MakespanChange {
    let mut change = MakespanChange { a, b, delta: less(b, a), ..MakespanChange::default() };
    if !is_split && change.delta == 0 {
        return change;
    }
    let (mut by_category, mut by_source) = (BTreeMap::new(), BTreeMap::new());
    for (is_b, side) in [(false, pair.a), (true, pair.b)] {
        for stretch in path(side).stretches {
            let span = stretch.span().fs().cast_signed();
            let span = if is_b { span } else { span.wrapping_neg() };
            let source = line(pair, is_b, stretch.op as usize);
            add(by_category.entry(stretch.category.name().to_owned()).or_default(), span);
            add(by_source.entry(source).or_default(), span);
        }
    }
    by_category.retain(|_, delta| *delta != 0);
    change.by_category = by_category;
    let sources = by_source.into_iter().map(|(source, delta_fs)| SourceChange { source, delta_fs });
    change.by_source = sources.filter(|change| change.delta_fs != 0).collect();
    change.by_source.sort_by_key(|change| std::cmp::Reverse(change.delta_fs.unsigned_abs()));
    change
}

fn path(side: Side<'_>) -> CriticalPath {
    let log = side.log;
    CriticalPath::of(log, &Dependencies::find(&log.program, &log.layout, &log.machine))
}

fn add(sum: &mut i64, span: i64) {
    *sum = sum.wrapping_add(span);
}

/// `b` less `a`.
pub fn less(b: u64, a: u64) -> i64 {
    b.wrapping_sub(a).cast_signed()
}

/// `file:line` of an op, or its kind without one.
fn line(pair: &Pair<'_>, is_b: bool, op: usize) -> String {
    let known = if is_b { pair.matching.to_a(op) } else { Some(op) };
    let op = known.map_or_else(|| pair.op_of_b(op), |op| pair.op_of_a(op));
    op.location.map_or_else(|| op.kind.to_owned(), |it| format!("{}:{}", it.file, it.line))
}
