use analysis::{Bound, Category};
use diagnostic::fact::Hazard;
use diagnostic::{Code, Diagnostic, Fact};
use oplog::{Against, Judgement, NotFinite, Sample, Verdict, Worst};
use program::UnitId;

use super::*;
use crate::judge::NotJudged;
use crate::peak_share::PeakShare;
use crate::render::columns::WIDTH;
use crate::stopwatch::Wall;
use crate::summary::{Critical, Expected, OfSource, Ops, SummaryDigests, UnitTime};

fn step((key, ms): (&'static str, u64)) -> (&'static str, Duration) {
    (key, Duration::from_millis(ms))
}

const SAMPLE: Sample = Sample { rows: 1024, of: 4096, seed: 7 };

const BOUNDS: LowerBounds = LowerBounds {
    compute_fs: 1_250_000,
    unit: "gemm",
    memory_fs: 2_000_000,
    link_fs: 1_000,
    latency_fs: 0,
    binding: "memory",
};

fn judgement() -> Judgement {
    Judgement {
        pass: true,
        output: "c".to_owned(),
        against: Against::Reference,
        max_abs: 0.001,
        rel_l2: 0.0005,
        max_ulp: 1.0,
        naive_max_abs: Some(0.001),
        ulp: 0.002,
        ulp_histogram: [1, 1, 1, 1, 0, 0, 0],
        rel_l2_limit: None,
        beyond_limit: None,
        worst: Some(Worst { index: vec![1, 2], value: 0.001, oracle: 0.0, limit: 0.004 }),
        wrong: 0,
        not_finite: NotFinite::default(),
        rule: "max_abs ≤ 2 × naive_max_abs + 1 ulp".to_owned(),
    }
}

fn peaks() -> Vec<PeakShare> {
    vec![
        PeakShare {
            bound: "gemm",
            rank: Some(1),
            reached_fs: 625_000,
            lost_fs: BTreeMap::new(),
            waits_fs: BTreeMap::new(),
        },
        PeakShare {
            bound: "memory",
            rank: None,
            reached_fs: 1_500_000,
            lost_fs: [("bursts", 499_999), ("unasked", 500_000), ("efficiency", 1)].into(),
            waits_fs: BTreeMap::new(),
        },
    ]
}

const LIMIT: LimitedBy =
    LimitedBy { kind: "resource", of: Some("memory"), fs: 2_000_000, limit: Limit::Resource(Bound::Memory) };

fn passed() -> Summary {
    let unit = |rank: u32, unit: UnitId, busy_fs, stalled: &[(&'static str, u64)]| {
        let stalled_fs = stalled.iter().copied().collect();
        (format!("rank{rank}.{unit}"), UnitTime { kind: unit.kind(), busy_fs, stalled_fs })
    };
    Summary {
        kernel: "gemm".to_owned(),
        machine: "tiny".to_owned(),
        params: BTreeMap::new(),
        ranks: 2,
        seed: 7,
        read_rule: "identity".to_owned(),
        ops: Ops { total: 1203, by_kind: [("dot", 3), ("load", 1200)].into() },
        messages: 4,
        makespan_fs: Some(2_500_000),
        makespan_cycles: Some(3),
        ties: None,
        bounds: Some(BOUNDS),
        peaks: peaks(),
        traffic: None,
        limit: Some(LIMIT),
        critical_path: Some(Critical {
            by_category: [("compute", 1_500_000), ("issue", 1_000_000)].into(),
            by_source: vec![OfSource { source: "a.rs:7".to_owned(), fs: 2_000_000 }],
            ops: 3,
        }),
        digests: SummaryDigests {
            structure: Some("5".repeat(64)),
            timing: Some("7".repeat(64)),
            data: Some("d".repeat(64)),
        },
        verdict: Some(Verdict { judgements: vec![judgement()], sample: None, provenance: None }),
        not_judged: None,
        notes: Vec::new(),
        expected: None,
        passed: true,
        findings: Vec::new(),
        refusals: Vec::new(),
        unordered: None,
        order: None,
        golden: None,
        waits: Vec::new(),
        deadlock: None,
        peak_tcm_bytes: Some(2048),
        live_tcm_bytes: Some(1024),
        tcm_bytes: 1 << 20,
        memories: Vec::new(),
        twice: Vec::new(),
        peak_live_bytes: Some(4096),
        units: [
            unit(0, UnitId::GEMM, 1_250_000, &[("idle", 1_250_000)]),
            unit(1, UnitId::GEMM, 0, &[("finished", 2_500_000)]),
            unit(0, UnitId::SEQUENCER, 500_000, &[("message", 2_000_000)]),
            unit(0, UnitId::SEND, 0, &[("credit", 1_000_000), ("idle", 1_500_000)]),
        ]
        .into(),
        wall_s: Wall([("start", 1), ("phase1", 500), ("phase2", 1250)].map(step).to_vec()),
    }
}

#[test]
fn a_run_is_told_from_its_verdict_down() {
    assert_eq!(
        summary(&passed(), Shows::default()),
        "PASS       max_abs 1.00e-3 ≤ 4.00e-3, rel_l2 5.00e-4, 75.0 % within 1 ulp\n\
         rule       max_abs ≤ 2 × naive_max_abs + 1 ulp: 4.00e-3\n\
         run        gemm on tiny, 2 ranks, seed 7, read rule identity\n\
         makespan   3 cycles, 2.5 ns\n\
         bounds     memory 80.0 %, gemm 50.0 %, link 0.0 %, latency 0.0 %: memory binds\n\
         peak       memory at 60.0 %, nothing asked 20.0 %, parts of bursts 20.0 %\n\
         critical   compute 60.0 %, issue 40.0 %, most at a.rs:7 80.0 %\n\
         messages   4\n\
         ops        1 203 in all, load 1 200, dot 3\n\
         busy       gemm 25.0 %, sequencer 20.0 %\n\
         stalled    sequencer on message 40.0 %, send on credit 20.0 %\n\
         memory     TCM peak 2 KiB of 1 MiB (1 KiB live), replay 4 KiB\n\
         digests    structure 5555555555555555, timing 7777777777777777, data dddddddddddddddd\n\
         wall       1.751 s: phase1 0.500 s, phase2 1.250 s\n"
    );
}

#[test]
fn the_first_line_says_what_came_of_it() {
    let finding = Diagnostic::new(Code::RaceRaw, Fact::Hazard(Hazard::Unwritten));
    let worst = Some(Worst { index: vec![1, 2], value: 1.0, oracle: 0.0, limit: 0.004 });
    let wrong = Judgement { pass: false, max_abs: 1.0, worst, wrong: 1, ..judgement() };
    let wrong = Verdict { judgements: vec![wrong], sample: None, provenance: None };
    let not_judged = |why| Summary { verdict: None, not_judged: Some(why), ..passed() };
    let sampled = Verdict { sample: Some(SAMPLE), ..passed().verdict.unwrap() };
    for (run, line) in [
        (
            not_judged(NotJudged::NoReference),
            "DONE       the values were not judged: no `expected` was given",
        ),
        (not_judged(NotJudged::NoValues), "DONE       timing only: no values"),
        (not_judged(NotJudged::NotAsked), "DONE       the values were not judged: --judge none"),
        (
            Summary { verdict: Some(sampled.clone()), ..passed() },
            "PASS       in a sample: max_abs 1.00e-3 ≤ 4.00e-3, rel_l2 5.00e-4, 75.0 % within 1 ulp",
        ),
        (
            Summary { verdict: Some(wrong), ..passed() },
            "FAIL       max_abs 1.00e0 > 4.00e-3, rel_l2 5.00e-4, 75.0 % within 1 ulp",
        ),
        (
            Summary { findings: vec![finding], ..passed() },
            "FAIL       1 finding; as intended: max_abs 1.00e-3 ≤ 4.00e-3, rel_l2 5.00e-4, 75.0 % within 1 ulp",
        ),
    ] {
        assert_eq!(summary(&run, Shows::default()).lines().next(), Some(line));
    }
}

/// Also beside findings, and on one line of a terminal.
#[test]
fn a_sample_is_told_with_what_it_leaves_out() {
    let finding = Diagnostic::new(Code::RaceRaw, Fact::Hazard(Hazard::Unwritten));
    for findings in [vec![], vec![finding]] {
        let verdict = Some(Verdict { sample: Some(SAMPLE), ..passed().verdict.unwrap() });
        let text = summary(&Summary { verdict, findings, ..passed() }, Shows::default());
        let line =
            "judged     1 024 of 4 096 rows, drawn with seed 7: a wrong value in another row is not seen";
        assert!(text.lines().any(|it| it == line), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }
}

#[test]
fn many_findings_are_counted_by_kind() {
    let finding = |code| Diagnostic::new(code, Fact::Hazard(Hazard::Unwritten));
    let kinds = [Code::SlotLeak, Code::RaceRaw, Code::RaceRaw, Code::RaceRaw];
    let findings = kinds.map(finding).to_vec();
    let text = summary(&Summary { findings, ..passed() }, Shows::default());
    assert_eq!(text.lines().nth(1), Some("found      race_raw 3, slot_leak 1"));
    assert!(text.contains("finding[race_raw]: the host takes bytes of"), "{text}");
    assert!(text.ends_with("\n\n… and 1 more finding: --all shows it\n"), "{text}");
}

#[test]
fn a_summary_fits_the_screen() {
    let kinds = [
        "load",
        "store",
        "copy",
        "dot",
        "cast",
        "neg",
        "abs",
        "exp",
        "sqrt",
        "add",
        "sub",
        "mul",
        "max",
        "sum",
        "compare",
        "maximum",
        "where",
        "fill",
        "iota",
        "send",
        "forward",
        "recv",
        "recv_async",
        "recv_copy",
    ];
    let by_kind = kinds.iter().map(|&kind| (kind, 1_234_567)).collect();
    let categories =
        ["compute", "memory", "message", "link", "credit", "barrier", "semaphore", "event", "issue"];
    let reasons = ["operand", "queue_full", "message", "wait", "semaphore", "barrier", "credit", "commit"];
    let waits = |kind| {
        let stalled_fs = reasons.iter().map(|&it| (it, 100_000)).collect();
        UnitTime { kind, busy_fs: 1, stalled_fs }
    };
    let wide = Summary {
        ops: Ops { total: u64::MAX, by_kind },
        expected: Some(Expected { max_abs: 1.0, rel_l2: f64::MAX }),
        unordered: Some(false),
        critical_path: Some(Critical {
            by_category: categories.iter().map(|&it| (it, 1_000)).collect(),
            by_source: vec![OfSource { source: "a/long/folder/of/a.rs:7".to_owned(), fs: 2_000_000 }],
            ops: 3,
        }),
        units: (0..UnitId::count(1) as u8)
            .map(UnitId)
            .map(|unit| (format!("rank0.{unit}"), waits(unit.kind())))
            .collect(),
        ..passed()
    };
    let text = summary(&wide, Shows::default());
    for line in text.lines() {
        assert!(line.chars().count() <= WIDTH, "{line}");
    }
    assert!(text.lines().count() <= SCREEN, "{text}");
}

#[test]
fn a_unit_tells_its_own_reasons_from_its_waits() {
    let mut summary = passed();
    summary.bounds = Some(LowerBounds { binding: "gemm", ..BOUNDS });
    summary.peaks[0].lost_fs = [("places", 250_000), ("fill", 500_000)].into();
    summary.peaks[0].waits_fs = [("operand", 125_000), ("idle", 999_500), ("issue", 500)].into();
    let expected = "gemm of rank 1 at 25.0 %, array fill and drain 20.0 %, empty places of the array 10.0 %,\nwaits: \
                    idle 40.0 %, operand 5.0 %";
    assert_eq!(peak::of_binding(&summary, 0), expected);
    summary.bounds = Some(LowerBounds { binding: "latency", ..BOUNDS });
    assert_eq!(peak::of_binding(&summary, 0), "");
}

#[test]
fn what_bound_the_run_is_said_as_the_report_says_it() {
    for (limit, fs, said, binds) in [
        (Limit::Resource(Bound::Memory), 2_000_000, "", ": memory binds"),
        (
            Limit::Slots,
            1_000_000,
            "slots of rings: credits on their way back are 40.0 % of the critical path",
            ": memory needs most",
        ),
        (
            Limit::Chain(Category::Compute),
            1_500_000,
            "ops that wait for each other: compute is 60.0 % of the critical path",
            ": memory needs most",
        ),
    ] {
        let limited = LimitedBy { fs, limit, ..LIMIT };
        let summary = Summary { limit: Some(limited), ..passed() };
        assert_eq!(super::limit(&summary), said);
        assert!(bounds(&summary).ends_with(binds), "{}", bounds(&summary));
    }
}
