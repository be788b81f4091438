//! Time by source line and by named span.

use std::collections::BTreeMap;

use analysis::CriticalPath;
use machine::Span;
use oplog::{OpLog, StallReason};
use serde::Serialize;

use crate::ticks::Ticks;

/// Times are in ticks.
#[derive(Debug, Serialize)]
pub struct Lines {
    /// By `file:line`, or by kind of op where the program does not say.
    lines: Vec<Tally>,
    /// By name. An op in several parts counts in each.
    spans: Vec<Tally>,
    /// Of all ops.
    total: Tally,
}

#[derive(Clone, Debug, Default, Serialize)]
struct Tally {
    name: String,
    ops: u64,
    /// From start to end, added up over ops.
    time: u64,
    /// Recorded waits of the ops: before their issue and on their units.
    stalled: u64,
    /// By reason, by its place among all activities.
    reasons: BTreeMap<u8, u64>,
    /// On the critical path.
    critical: u64,
    /// Stretches of it.
    stretches: u64,
    /// The first op, to go to.
    first: usize,
}

/// What one op adds.
#[derive(Clone, Debug, Default)]
struct Cost {
    time: Span,
    waits: Vec<(StallReason, Span)>,
    critical: Span,
    stretches: u64,
}

impl Lines {
    pub fn of(log: &OpLog, critical: &CriticalPath, ticks: Ticks) -> Lines {
        let costs = costs(log, critical);
        let (mut lines, mut spans) = (BTreeMap::new(), BTreeMap::new());
        let mut total = Tally { name: "all".to_owned(), ..Tally::default() };
        let firsts = log.first_ops();
        for (op, (rank, index)) in log.ops().enumerate() {
            total.add(op, &costs[op], ticks);
            tally(&mut lines, name(log, rank.index(), index.index()), op).add(op, &costs[op], ticks);
        }
        for (rank, of_rank) in log.program.ranks.iter().enumerate() {
            for span in &of_rank.spans {
                let end = span.end.index().min(of_rank.ops.len());
                let first = firsts[rank] + span.first.index();
                let within = costs.iter().enumerate().take(firsts[rank] + end).skip(first);
                for (op, cost) in within {
                    tally(&mut spans, span.name.clone(), op).add(op, cost, ticks);
                }
            }
        }
        Lines { lines: lines.into_values().collect(), spans: spans.into_values().collect(), total }
    }
}

fn tally(tallies: &mut BTreeMap<String, Tally>, name: String, first: usize) -> &mut Tally {
    let new = || Tally { name: name.clone(), first, ..Tally::default() };
    tallies.entry(name.clone()).or_insert_with(new)
}

/// The source line of an op as `file:line`, or its kind where the program does not say.
pub fn name(log: &OpLog, rank: usize, index: usize) -> String {
    let program = &log.program.ranks[rank];
    let line = program
        .sources
        .get(index)
        .and_then(|source| Some(format!("{}:{}", log.program.files.get(source.file as usize)?, source.line)));
    line.unwrap_or_else(|| program.ops[index].kind().to_owned())
}

fn costs(log: &OpLog, critical: &CriticalPath) -> Vec<Cost> {
    let entries = &log.entries;
    let times = entries.start.iter().zip(&entries.done).map(|(&start, &done)| done.since(start));
    let mut costs: Vec<Cost> = times.map(|time| Cost { time, ..Cost::default() }).collect();
    for stall in &log.stalls {
        costs[stall.op as usize].waits.push((stall.reason, stall.to - stall.from));
    }
    for stretch in &critical.stretches {
        costs[stretch.op as usize].critical += stretch.span();
        costs[stretch.op as usize].stretches += 1;
    }
    costs
}

impl Tally {
    fn add(&mut self, op: usize, cost: &Cost, ticks: Ticks) {
        self.first = self.first.min(op);
        self.ops += 1;
        self.time += ticks.len(cost.time);
        self.critical += ticks.len(cost.critical);
        self.stretches += cost.stretches;
        for &(reason, span) in &cost.waits {
            self.stalled += ticks.len(span);
            *self.reasons.entry(crate::lanes::Activity::stalled(reason).0).or_default() += ticks.len(span);
        }
    }
}
