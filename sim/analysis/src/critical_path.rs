//! The chain of ops and waits that sets the makespan: from the op that ends last, back to what let each step happen
//! last. Shorten nothing on it, and the run is not shorter.
//!
//! The stretches of the chain follow each other from 0 to the end of the run with no gap and no overlap, so their
//! lengths add up to the makespan.

mod category;
mod signals;
mod steps;

use std::collections::BTreeMap;

use machine::{SimTime, Span};
use oplog::OpLog;
use order::Dependencies;

pub use category::Category;
use steps::Steps;

/// The critical path of a run, from its start to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CriticalPath {
    pub stretches: Vec<Stretch>,
}

/// A piece of the critical path, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The op that was under way, or waited, by its number among all ops.
    pub op: u32,
    pub category: Category,
    pub from: SimTime,
    pub to: SimTime,
}

impl Stretch {
    pub fn span(&self) -> Span {
        self.to - self.from
    }
}

impl CriticalPath {
    /// `dependencies` are those of the log's program as it is laid out.
    pub fn of(log: &OpLog, dependencies: &Dependencies) -> CriticalPath {
        let steps = Steps::of(log, dependencies);
        let mut path = CriticalPath::default();
        let Some(mut event) = steps.last() else { return path };
        let mut at = log.makespan();
        // No event is a cause of itself, so there is an end to them; a damaged log may still be long about it.
        for _ in 0..4 * log.entries.done.len() {
            let Some(step) = Some(at).filter(|&at| at > SimTime::ZERO).and_then(|at| steps.before(event, at))
            else {
                break;
            };
            path.add(log, event.op, step.category, step.at, at);
            (event, at) = (step.event, step.at);
        }
        path.add(log, event.op, steps.first(event), SimTime::ZERO, at);
        path.stretches.reverse();
        path
    }

    /// Adds a stretch before those there are. A wait for a link is a separate stretch from the op's own time.
    fn add(&mut self, log: &OpLog, op: u32, category: Category, from: SimTime, to: SimTime) {
        let mut from = from;
        let of_op = log.stalls.partition_point(|stall| stall.op < op);
        let waits = log.stalls[of_op..].iter().take_while(|stall| stall.op == op);
        let mut pieces = Vec::new();
        for wait in waits.filter(|stall| Category::of_wait(stall.reason).is_some_and(|it| it != category)) {
            let (begin, end) = (wait.from.max(from), wait.to.min(to));
            if begin < end {
                pieces.push((category, from, begin));
                pieces.extend(Category::of_wait(wait.reason).map(|waited| (waited, begin, end)));
                from = end;
            }
        }
        pieces.push((category, from, to));
        for (category, from, to) in pieces.into_iter().rev().filter(|(_, from, to)| from < to) {
            self.stretches.push(Stretch { op, category, from, to });
        }
    }

    pub fn by_category(&self) -> BTreeMap<Category, Span> {
        let mut spans = BTreeMap::new();
        for stretch in &self.stretches {
            *spans.entry(stretch.category).or_default() += stretch.span();
        }
        spans
    }

    /// Source lines, as `file:line`, with what the path spends on their ops: the most first. Ops without a source are
    /// under their kind.
    pub fn by_source(&self, log: &OpLog) -> Vec<(String, Span)> {
        let firsts = log.first_ops();
        let mut spans: BTreeMap<String, Span> = BTreeMap::new();
        for (op, span) in self.by_op() {
            let rank = firsts.partition_point(|&first| first <= op as usize) - 1;
            let (of_rank, index) = (&log.program.ranks[rank], op as usize - firsts[rank]);
            let line = of_rank.sources.get(index).and_then(|source| {
                Some(format!("{}:{}", log.program.files.get(source.file as usize)?, source.line))
            });
            *spans.entry(line.unwrap_or_else(|| of_rank.ops[index].kind().to_owned())).or_default() += span;
        }
        let mut spans: Vec<_> = spans.into_iter().collect();
        spans.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        spans
    }

    /// Time of the path by op.
    pub fn by_op(&self) -> BTreeMap<u32, Span> {
        let mut spans = BTreeMap::new();
        for stretch in &self.stretches {
            *spans.entry(stretch.op).or_default() += stretch.span();
        }
        spans
    }
}

#[cfg(test)]
#[path = "critical_path_tests.rs"]
mod tests;
