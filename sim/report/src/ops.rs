//! Every op: what it is, where it was written, and when it ran.

use std::collections::BTreeMap;

use analysis::bounds::transfers::Subject;
use oplog::OpLog;
use order::Dependencies;
use program::program::Source;
use program::{ComputeOp, Op, OpIndex, Rank, RankProgram};
use serde::Serialize;

use crate::column::Column;
use crate::kinds::{Kind, Kinds, Work};
use crate::labels::{Names, label};
use crate::predecessors::Predecessors;
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
    #[serde(skip)]
    places: BTreeMap<Option<Source>, u32>,
    kinds: Kinds,
    kind: Column,
    /// After the issue of the op before; the start after the issue, and the end after the start.
    issue: Column,
    start: Column,
    done: Column,
    held_by: Predecessors,
    /// Named parts of the program: name, first op, number of ops.
    names: Names,
    spans: Vec<(u32, usize, usize)>,
}

impl Ops {
    pub fn of(log: &OpLog, dependencies: &Dependencies, ticks: Ticks, shown: bool) -> Ops {
        let mut ops = Ops { first: log.first_ops(), shown, ..Ops::default() };
        if !shown {
            return ops;
        }
        let bytes = bytes(log);
        for (op, (rank, index)) in log.ops().enumerate() {
            ops.add(log, ticks, (op, bytes[op]), (rank, index));
            ops.held_by.add(dependencies, op, (index.index(), log.program.op(rank, index)));
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

    fn add(&mut self, log: &OpLog, ticks: Ticks, (op, bytes): (usize, u64), (rank, index): (Rank, OpIndex)) {
        let of_rank = log.program.rank(rank);
        let label = self.labels.of(label(of_rank, log.program.op(rank, index)));
        let source = self.source(log, rank, index);
        let entries = &log.entries;
        let unit = entries.unit[op].index() as u64;
        let work = Work { bytes, ..work(of_rank, log.program.op(rank, index)) };
        self.kind.put(u64::from(self.kinds.of(Kind { label, source, unit, work })));
        let (issue, start) = (ticks.at(entries.issue[op]), ticks.at(entries.start[op]));
        self.issue.put_after(issue);
        self.start.put(start.saturating_sub(issue));
        self.done.put(ticks.at(entries.done[op]).saturating_sub(start));
    }
}

impl Ops {
    /// The number of an op's source line, whose text is made once.
    fn source(&mut self, log: &OpLog, rank: Rank, index: OpIndex) -> u32 {
        let place = log.program.rank(rank).sources.get(index.index()).copied();
        if let Some(&known) = self.places.get(&place) {
            return known;
        }
        let number = self.sources.of(log.program.source(rank, index).unwrap_or_default());
        self.places.insert(place, number);
        number
    }
}

/// Multiply-adds of a dot; 0 of other ops.
pub fn macs(rank: &RankProgram, op: &Op) -> u64 {
    let Op::Compute(ComputeOp::Dot { a, b, .. }) = op else { return 0 };
    let [a, b] = [a, b].map(|view| &rank.views[view.index()]);
    a.elements().saturating_mul(b.shape.last().map_or(1, |&n| u64::from(n)))
}

/// All but the bytes of memory, which need the layout.
fn work(rank: &RankProgram, op: &Op) -> Work {
    let size = op.views().next().map_or(0, |view| rank.views[view.index()].bytes());
    Work { macs: macs(rank, op), bytes: 0, sent: size.saturating_mul(op.sends().len() as u64) }
}

/// By op: bytes that it reads and writes outside the TCMs.
pub fn bytes(log: &OpLog) -> Vec<u64> {
    let OpLog { program, machine, placement, layout, .. } = log;
    let (mut bytes, firsts) = (vec![0u64; program.n_ops()], log.first_ops());
    Subject { program, machine, placement, layout }.for_each_transfer_of_op(|rank, op, transfer| {
        let runs = transfer.stored.iter().flat_map(|stored| &stored.runs);
        bytes[firsts[rank.index()] + op.index()] += runs.map(|(_, length)| length).sum::<u64>();
    });
    bytes
}
