//! JSON output of a run or a replay. Keys are added, never renamed or removed.

use std::collections::BTreeMap;

use analysis::{Bound, Bounds, Busiest, CriticalPath, Limit, Limited, UnitTotals, peaks, units};
use diagnostic::{Deadlock, Diagnostic, OpRef, Patch, Waiting};
use machine::{Machine, SimTime, Span};
use oplog::{Against, OpLog, Verdict};
use probe::traffic::{Measured, measured};
use program::{Program, UnitKind};
use serde::Serialize;

use crate::Error;
use crate::common_reasons::{Folded, fold};
use crate::findings;
use crate::golden::Held;
use crate::judge::NotJudged;
use crate::memories::{self, MemoryUse, TwiceUse};
use crate::peak_share::PeakShare;
use crate::simulate::{Computed, Timed};
use crate::stopwatch::Wall;
use crate::ties::TieRange;

/// Source lines named of the critical path.
const SOURCES: usize = 10;

/// The result of one command about one program. What was not reached, or does not apply, is null.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Summary {
    pub kernel: String,
    pub machine: String,
    pub params: BTreeMap<String, String>,
    pub ranks: u32,
    pub seed: u64,
    pub read_rule: String,
    pub ops: Ops,
    /// Messages sent and forwarded.
    pub messages: u64,
    pub makespan_fs: Option<u64>,
    /// Of the PE clock, rounded up.
    pub makespan_cycles: Option<u64>,
    /// Makespans in other orders of requests, when they were asked for.
    pub ties: Option<TieRange>,
    /// What no run of the program on the machine can beat.
    pub bounds: Option<LowerBounds>,
    /// Of every resource that has a rate and something to do: its share of the peak, and what the rest of the run is.
    pub peaks: Vec<PeakShare>,
    /// What bound the run.
    pub limit: Option<LimitedBy>,
    /// The chain of ops and waits that sets the makespan.
    pub critical_path: Option<Critical>,
    /// Latencies and throughput of the kernel `traffic`; null of others.
    pub traffic: Option<Measured>,
    pub digests: SummaryDigests,
    #[serde(serialize_with = "oplog::verdict::as_json")]
    #[cfg_attr(test, schemars(with = "Option<oplog::verdict::VerdictJson>"))]
    pub verdict: Option<Verdict>,
    /// Why there is no verdict on a run that came to its end; null with one.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub not_judged: Option<NotJudged>,
    /// What the program or the given tensors may not have meant: inputs that nothing reads, outputs that nothing judges.
    pub notes: Vec<String>,
    /// How far the first expected output is from its tensor; `verdict.judgements` has all.
    pub expected: Option<Expected>,
    /// Whether nothing is wrong: no finding, and no verdict that fails. `verdict` alone is of what the program means.
    pub passed: bool,
    pub findings: Vec<Diagnostic>,
    /// Of a refusal: which findings are one reason, and the ranks that have it.
    pub refusals: Vec<Folded>,
    /// Whether conflicting accesses are left unordered; if not, the result does not depend on timing.
    pub unordered: Option<bool>,
    /// What a run in another legal order came to, when one was asked for.
    pub order: Option<InOrder>,
    /// How the run differs from the golden it is held to; null without one.
    pub golden: Option<Held>,
    /// Who waits for what in a deadlock, whole.
    pub waits: Vec<Wait>,
    /// The cycle among them and the repair; null when the program can finish.
    pub deadlock: Option<Stuck>,
    /// TCM that the program needs, on the rank that needs most.
    pub peak_tcm_bytes: Option<u64>,
    /// Most bytes of TCM alive at once on one rank: no planner can do with less.
    pub live_tcm_bytes: Option<u64>,
    /// TCM that a PE of the machine has.
    pub tcm_bytes: u64,
    /// Of each kind of memory the one that is fullest in this run, and what it holds then.
    pub memories: Vec<MemoryUse>,
    /// Bytes that an HBM holds in two places at once.
    pub twice: Vec<TwiceUse>,
    /// Most bytes of values alive at once in the replay.
    pub peak_live_bytes: Option<u64>,
    /// By rank and unit, as `rank0.gemm`: busy, or stalled for exactly one reason, at every moment of the run.
    pub units: BTreeMap<String, UnitTime>,
    /// Seconds of real time by step; the only numbers here that differ from run to run.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, f64>"))]
    pub wall_s: Wall,
}

#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ops {
    pub total: u64,
    pub by_kind: BTreeMap<&'static str, u64>,
}

/// The least time that each resource needs, and the one that needs most.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LowerBounds {
    /// Of the busiest GEMM or math unit.
    pub compute_fs: u64,
    /// Which of the two that is.
    pub unit: &'static str,
    pub memory_fs: u64,
    pub link_fs: u64,
    pub latency_fs: u64,
    /// `gemm`, `math`, `memory`, `link` or `latency`.
    pub binding: &'static str,
}

/// What to change first to make the run shorter.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LimitedBy {
    /// `resource`: it needs two thirds of the run or more. `slots`: credits are a quarter of the critical path or more.
    /// `chain`: ops wait for each other. `nothing`: the run takes no time.
    pub kind: &'static str,
    /// Of a resource the bound, of a chain the category of the critical path.
    pub of: Option<&'static str>,
    /// The time that it is named for.
    pub fs: u64,
    #[serde(skip)]
    #[cfg_attr(test, schemars(skip))]
    pub limit: Limit,
}

impl LimitedBy {
    pub fn of(Limited { limit, span }: Limited) -> LimitedBy {
        LimitedBy { kind: limit.kind(), of: limit.of_what(), fs: span.fs(), limit }
    }
}

/// Time of the critical path by category.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Critical {
    /// Femtoseconds; they add up to the makespan.
    pub by_category: BTreeMap<&'static str, u64>,
    /// The source lines with the longest shares, the longest first.
    pub by_source: Vec<OfSource>,
    /// Ops on the path.
    pub ops: u64,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OfSource {
    pub source: String,
    pub fs: u64,
}

#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SummaryDigests {
    pub structure: Option<String>,
    pub timing: Option<String>,
    pub data: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Expected {
    pub max_abs: f64,
    pub rel_l2: f64,
}

/// A run in another legal order, with the hardware rule.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InOrder {
    pub name: String,
    /// Whether every op and output had the bits of identity.
    pub equal: bool,
    /// Whether conflicting accesses are left unordered: if not, no order gives other bits.
    pub unordered: bool,
    /// The digest of the outputs.
    pub data: Option<String>,
    pub first_difference: Option<OpRef>,
}

/// A deadlock, and its repair in the terms of Program JSON.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Stuck {
    #[serde(flatten)]
    pub deadlock: Deadlock,
    pub edit: Option<Patch>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Wait {
    pub rank: u32,
    pub op: u32,
    pub kind: &'static str,
    pub source: String,
    pub waits_for: String,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnitTime {
    #[serde(skip)]
    pub kind: UnitKind,
    pub busy_fs: u64,
    pub stalled_fs: BTreeMap<&'static str, u64>,
}

impl Summary {
    /// Summary of a program before it runs.
    pub fn of(program: &Program, machine: &Machine, seed: u64, read_rule: String) -> Summary {
        let ops = program.ranks.iter().flat_map(|rank| &rank.ops);
        let mut by_kind = BTreeMap::new();
        ops.clone().for_each(|op| *by_kind.entry(op.kind()).or_default() += 1);
        Summary {
            kernel: program.kernel.clone(),
            machine: machine.spec().name.clone(),
            params: program.params.clone(),
            ranks: program.n_ranks(),
            seed,
            read_rule,
            ops: Ops { total: program.n_ops() as u64, by_kind },
            messages: ops.map(|op| op.sends().len() as u64).sum(),
            makespan_fs: None,
            makespan_cycles: None,
            ties: None,
            bounds: None,
            peaks: Vec::new(),
            limit: None,
            critical_path: None,
            traffic: None,
            digests: SummaryDigests::default(),
            verdict: None,
            not_judged: None,
            notes: Vec::new(),
            expected: None,
            passed: false,
            findings: Vec::new(),
            refusals: Vec::new(),
            unordered: None,
            order: None,
            golden: None,
            waits: Vec::new(),
            deadlock: None,
            peak_tcm_bytes: None,
            live_tcm_bytes: None,
            tcm_bytes: machine.spec().pe.tcm_bytes.0,
            memories: Vec::new(),
            twice: Vec::new(),
            peak_live_bytes: None,
            units: BTreeMap::new(),
            wall_s: Wall::default(),
        }
    }

    /// Adds what Phase 1 has shown.
    pub fn add_times(&mut self, timed: &Timed) {
        let log = &timed.log;
        let makespan = log.makespan();
        self.makespan_fs = Some(makespan.fs());
        self.makespan_cycles =
            Some(log.machine.spec().clock.pe_fs.cycles_covering(makespan - SimTime::ZERO).0);
        let busiest = Busiest::of(&log.program, &log.machine, &log.placement, &log.layout);
        let bounds = busiest.bounds;
        // No unit, memory, port or link is ever used for more than all of the time.
        assert_eq!(bounds.broken_by(makespan - SimTime::ZERO), None, "a run is shorter than a bound");
        self.bounds = Some(LowerBounds::of(&bounds));
        self.peaks = peaks(log, &busiest).iter().map(PeakShare::of).collect();
        self.traffic = measured(log);
        let path = CriticalPath::of(log, &timed.dependencies);
        self.limit = Some(LimitedBy::of(Limit::of(&bounds, &path, makespan - SimTime::ZERO)));
        self.critical_path = Some(Critical::of(log, &path));
        self.digests.structure = Some(timed.digests.structure.to_string());
        self.digests.timing = Some(timed.digests.timing.to_string());
        let peaks = log.layout.peaks.iter();
        self.peak_tcm_bytes = peaks.clone().map(|peak| peak.bytes.0).max();
        self.live_tcm_bytes = peaks.map(|peak| peak.live_bound.0).max();
        self.memories = memories::fullest(log);
        self.twice = memories::twice(timed);
        for ((rank, unit), totals) in units(log) {
            self.units.insert(format!("{rank}.{unit}"), UnitTime::of(unit.kind(), &totals));
        }
    }

    /// Adds what Phase 2 has shown.
    pub fn add_values(&mut self, computed: &Computed) {
        self.digests.data = computed.data.map(|digest| digest.to_string());
        self.verdict = computed.verdict.clone();
        self.not_judged = computed.not_judged;
        let judgements = computed.verdict.iter().flat_map(|verdict| &verdict.judgements);
        let mut expected = judgements.filter(|judgement| judgement.against == Against::Expected);
        self.expected = expected.next().map(|it| Expected { max_abs: it.max_abs, rel_l2: it.rel_l2 });
        self.passed = computed.passed();
        self.findings = computed.findings.clone();
        self.unordered = Some(computed.unordered);
        self.order = computed.ordered.as_ref().map(|ordered| InOrder {
            name: ordered.order.to_string(),
            equal: ordered.equal,
            unordered: computed.unordered,
            data: ordered.data.or(computed.data).map(|digest| digest.to_string()),
            first_difference: ordered.first_difference.clone(),
        });
        self.peak_live_bytes = Some(computed.peak_live_bytes);
    }

    /// Adds why there is no result: a refusal or a deadlock is a finding too.
    pub fn add_failure(&mut self, error: &Error, program: &Program) {
        self.findings = findings::of_error(error);
        if let Error::Refused(refusal) = error {
            self.refusals = fold(&refusal.reasons);
        }
        let Some(deadlock) = findings::deadlock(error) else { return };
        self.waits = deadlock.waits.iter().map(Wait::of).collect();
        let edit = deadlock.way_out.patch(program);
        self.deadlock = Some(Stuck { deadlock: deadlock.clone(), edit });
    }
}

impl Wait {
    fn of(waiting: &Waiting) -> Wait {
        let Waiting { op, waits_for, .. } = waiting;
        let source = op.location.as_ref().map_or_else(String::new, ToString::to_string);
        Wait { rank: op.rank.0, op: op.index.0, kind: op.kind, source, waits_for: waits_for.to_string() }
    }
}

impl LowerBounds {
    fn of(bounds: &Bounds) -> LowerBounds {
        let (compute, unit) =
            if bounds.math > bounds.gemm { (bounds.math, Bound::Math) } else { (bounds.gemm, Bound::Gemm) };
        LowerBounds {
            compute_fs: compute.fs(),
            unit: unit.name(),
            memory_fs: bounds.memory.fs(),
            link_fs: bounds.link.fs(),
            latency_fs: bounds.latency.fs(),
            binding: bounds.binding().0.name(),
        }
    }
}

impl Critical {
    fn of(log: &OpLog, path: &CriticalPath) -> Critical {
        let by_category = path.by_category().into_iter().map(|(it, span)| (it.name(), span.fs()));
        let by_source = path.by_source(log).into_iter().take(SOURCES);
        let by_source = by_source.map(|(source, span)| OfSource { source, fs: span.fs() });
        Critical {
            by_category: by_category.collect(),
            by_source: by_source.collect(),
            ops: path.by_op().len() as u64,
        }
    }
}

impl UnitTime {
    fn of(kind: UnitKind, totals: &UnitTotals) -> UnitTime {
        let stalled = totals.stalled.iter().map(|(reason, span)| (reason.name(), Span::fs(*span)));
        UnitTime { kind, busy_fs: totals.busy.fs(), stalled_fs: stalled.collect() }
    }
}
