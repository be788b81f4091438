//! All that a page shows, as data.

use std::collections::BTreeMap;

use analysis::CriticalPath;
use diagnostic::Diagnostic;
use machine::SimTime;
use oplog::{OpLog, Verdict};
use serde::Serialize;

use crate::Shown;
use crate::answer::Answer;
use crate::column::Column;
use crate::lanes::Lanes;
use crate::lines::Lines;
use crate::memory::{Held, Memory};
use crate::mesh::Map;
use crate::ops::Ops;
use crate::rings::Rings;
use crate::roofline::Roofline;
use crate::ticks::Ticks;
use crate::wrong::Wrong;

#[derive(Debug, Serialize)]
pub struct Model<'a> {
    pub run: Run<'a>,
    ops: Ops,
    lanes: Lanes,
    mesh: Map,
    rings: Rings,
    memory: Memory,
    hbm: Memory,
    findings: &'a [Diagnostic],
    critical: Critical,
    work: Roofline,
    lines: Lines,
    answer: Answer<'a>,
    /// Null of a run whose values are right, or not judged.
    wrong: Option<Wrong<'a>>,
}

/// Facts of the run as a whole.
#[derive(Debug, Serialize)]
pub struct Run<'a> {
    writer: &'a str,
    pub kernel: &'a str,
    params: &'a BTreeMap<String, String>,
    pub machine: &'a str,
    sync: machine::Sync,
    pub ranks: u32,
    seed: u64,
    ops: usize,
    makespan_fs: u64,
    /// Of the PE clock, rounded up: as the command line says it.
    makespan_cycles: u64,
    tick_fs: u64,
    cycle_fs: u64,
    structure: String,
    timing: String,
    data: Option<String>,
    #[serde(serialize_with = "oplog::verdict::as_json")]
    verdict: Option<&'a Verdict>,
    computed: bool,
}

/// The critical path; its stretches follow each other from 0 to the end of the run.
#[derive(Debug, Default, Serialize)]
struct Critical {
    categories: Vec<&'static str>,
    /// Ticks by category.
    totals: Vec<u64>,
    n: usize,
    op: Column,
    category: Column,
    length: Column,
}

impl<'a> Model<'a> {
    pub fn of(log: &'a OpLog, shown: &'a Shown<'a>, most_intervals: usize) -> Model<'a> {
        let ticks = Ticks::of(log, &shown.critical);
        let lanes = Lanes::of(log, ticks, most_intervals);
        let single = lanes.shown;
        let held = Held::of(log, &shown.copies, ticks);
        Model {
            run: Run::of(log, shown, ticks),
            ops: Ops::of(log, shown.dependencies, ticks, single),
            mesh: Map::of(log),
            rings: Rings::of(log, ticks, single),
            memory: held.tcm(single),
            hbm: held.hbm(single),
            findings: &shown.findings,
            critical: Critical::of(&shown.critical, ticks),
            work: Roofline::of(log, &shown.busiest.bounds),
            answer: Answer::of(log, shown),
            wrong: Wrong::of(log, shown),
            lines: Lines::of(log, &shown.critical, ticks),
            lanes,
        }
    }
}

impl Model<'_> {
    pub const fn has_single_ops(&self) -> bool {
        self.lanes.shown
    }
}

impl<'a> Run<'a> {
    fn of(log: &'a OpLog, shown: &'a Shown<'a>, ticks: Ticks) -> Run<'a> {
        let spec = log.machine.spec();
        Run {
            writer: &shown.writer,
            kernel: &log.program.kernel,
            params: &log.program.params,
            machine: &spec.name,
            sync: spec.sync,
            ranks: log.program.n_ranks(),
            seed: log.id.seed,
            ops: log.program.n_ops(),
            makespan_fs: log.makespan().fs(),
            makespan_cycles: spec.clock.pe_fs.cycles_covering(log.makespan() - SimTime::ZERO).0,
            tick_fs: ticks.fs,
            cycle_fs: spec.clock.pe_fs.period.fs(),
            structure: shown.digests.structure.to_string(),
            timing: shown.digests.timing.to_string(),
            data: shown.data.map(|digest| digest.to_string()),
            verdict: shown.verdict.as_ref(),
            computed: shown.computed,
        }
    }
}

impl Critical {
    fn of(path: &CriticalPath, ticks: Ticks) -> Critical {
        let by_category = path.by_category();
        let mut critical = Critical {
            categories: by_category.keys().map(|category| category.name()).collect(),
            totals: by_category.values().map(|&span| ticks.len(span)).collect(),
            n: path.stretches.len(),
            ..Critical::default()
        };
        for stretch in &path.stretches {
            let category = by_category.keys().position(|&it| it == stretch.category);
            critical.op.put_after(u64::from(stretch.op));
            critical.category.put(category.expect("its length was added up") as u64);
            critical.length.put(ticks.len(stretch.span()));
        }
        critical
    }
}
