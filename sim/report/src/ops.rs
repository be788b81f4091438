//! Every op: what it is, where it was written, and when it ran.

use oplog::OpLog;
use program::{OpIndex, Rank};
use serde::Serialize;

use crate::column::Column;
use crate::labels::{Names, label};
use crate::ticks::Ticks;

/// In (rank, program index) order.
#[derive(Debug, Default, Serialize)]
pub struct Ops {
    /// By rank: its first op; one more at the end.
    pub first: Vec<usize>,
    /// The columns are empty when the page has no single ops.
    pub shown: bool,
    labels: Names,
    sources: Names,
    label: Column,
    source: Column,
    unit: Column,
    /// After the issue of the op before; the start after the issue, and the end after the start.
    issue: Column,
    start: Column,
    done: Column,
    /// Named parts of the program: name, first op, number of ops.
    names: Names,
    spans: Vec<(u32, usize, usize)>,
}

impl Ops {
    pub fn of(log: &OpLog, ticks: Ticks, shown: bool) -> Ops {
        let mut ops = Ops { first: log.first_ops(), shown, ..Ops::default() };
        if !shown {
            return ops;
        }
        for (op, (rank, index)) in log.ops().enumerate() {
            ops.add(log, ticks, op, (rank, index));
        }
        for (rank, of_rank) in log.program.ranks.iter().enumerate() {
            for span in &of_rank.spans {
                let name = ops.names.of(span.name.clone());
                let n = span.end.index().saturating_sub(span.first.index());
                ops.spans.push((name, ops.first[rank] + span.first.index(), n));
            }
        }
        ops
    }

    fn add(&mut self, log: &OpLog, ticks: Ticks, op: usize, (rank, index): (Rank, OpIndex)) {
        let label = label(log.program.rank(rank), log.program.op(rank, index));
        self.label.put(u64::from(self.labels.of(label)));
        let source = log.program.source(rank, index).unwrap_or_default();
        self.source.put_after(u64::from(self.sources.of(source)));
        let entries = &log.entries;
        self.unit.put(entries.unit[op].index() as u64);
        let (issue, start) = (ticks.at(entries.issue[op]), ticks.at(entries.start[op]));
        self.issue.put_after(issue);
        self.start.put(start.saturating_sub(issue));
        self.done.put(ticks.at(entries.done[op]).saturating_sub(start));
    }
}
