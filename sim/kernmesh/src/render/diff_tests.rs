use analysis::diff::what::{Lasting, What};
use analysis::diff::{First, MakespanChange, Shifted};

use program::{Location, OpIndex, Rank, UnitId};

use super::*;
use crate::comparison::Elements;
use crate::render::review::{self, compared};

fn op() -> OpRef {
    let location = Location { file: "mesh.rs".to_owned(), line: 40, column: 9 };
    let (rank, index) = (Rank(3), OpIndex(12));
    OpRef { rank, index, kind: "dot", unit: Some(UnitId::GEMM), location: Some(location) }
}

fn same() -> Comparison {
    let diff = Diff {
        verdict: Some(Difference::Same),
        first: First::default(),
        causes: Vec::new(),
        makespan: MakespanChange { a: 4, b: 4, ..MakespanChange::default() },
        machine: Vec::new(),
        params: Vec::new(),
        around: Vec::new(),
        values: Values::Same,
        ops: OpsChange { both: 1, ..OpsChange::default() },
        shifted: Shifted::default(),
        within_fs: 0,
    };
    Comparison {
        diff,
        values_compared: true,
        clocks_differ: false,
        verdict_a: None,
        verdict_b: None,
        values_at: None,
    }
}

fn slower() -> Comparison {
    let timing = Spot { op: Some(op()), only_b: false, what: What::Unit([UnitId::GEMM, UnitId::MATH]) };
    let cause = Cause {
        op: op(),
        only_b: false,
        what: What::Length { of: Lasting::Op, fs: [1_000_000, 6_000_000] },
        shift_fs: 5,
        ops: 2,
    };
    let key = |key: &str, a: Option<&str>| MachineChange {
        key: key.to_owned(),
        a: a.map(str::to_owned),
        b: Some("2".to_owned()),
    };
    let source = |line, delta_fs| SourceChange { source: format!("mesh.rs:{line}"), delta_fs };
    let mut slower = same();
    slower.diff = Diff {
        verdict: Some(Difference::Timing),
        first: First { structure: None, timing: Some(timing), data: None },
        causes: vec![cause],
        makespan: MakespanChange {
            a: 4_000_000,
            b: 5_000_000,
            delta: 1_000_000,
            by_category: [("compute".to_owned(), 1_500_000), ("memory".to_owned(), -500_000)].into(),
            by_source: (0..6).map(|line| source(40 + line, 1_000_000 - i64::from(line) * 300_000)).collect(),
        },
        machine: vec![key("pe.issue_cycles", Some("1")), key("sram.bytes", None)],
        params: vec![key("slots", Some("8"))],
        shifted: Shifted { ops: 1_200, inherited: 1_198 },
        ..slower.diff
    };
    slower
}

#[test]
fn a_difference_says_where_it_begins_and_why() {
    assert_eq!(
        diff(&slower(), Paint::default()),
        "DIFFERENT  the same ops at other times; the same values\n\
         timing     first at rank 3, op 12 (dot on gemm, mesh.rs:40:9): on gemm in a, on math in b\n\
         shifted    1 200 ops, 1 198 of them by others\n\
         makespan   4 ns → 5 ns (+1 ns, +25.00 %)\n\
         of which   compute +1.5 ns, memory −0.5 ns\n\
         at         mesh.rs:40 +1 ns, mesh.rs:41 +0.7 ns, mesh.rs:42 +0.4 ns, mesh.rs:43 +0.1 ns,\n\
         \x20          elsewhere −0.7 ns\n\
         cause      rank 3, op 12 (dot on gemm, mesh.rs:40:9) (2 ops alike): takes 5 ns longer: 1 ns in a, 6\n\
         \x20          ns in b\n\
         machine    pe.issue_cycles: 1 → 2\n\
         \x20          sram.bytes: absent → 2\n\
         params     slots: 8 → 2\n"
    );
}

#[test]
fn what_is_not_compared_is_not_called_the_same() {
    let said = |values, verdict| {
        let mut it = same();
        (it.diff.values, it.diff.verdict) = (values, verdict);
        diff(&it, Paint::default())
    };
    let good = Some(Difference::Same);
    assert_eq!(said(Values::Same, good), "SAME       ops, times and values\n");
    assert_eq!(said(Values::LeftOut, good), "SAME       the same ops at the same times; values left out\n");
    assert_eq!(said(Values::None, good), "SAME       the same ops at the same times; no values to compare\n");
    let undecided = said(Values::NotCompared, None);
    assert!(
        undecided.starts_with("UNDECIDED  the same ops at the same times; values were not compared\n"),
        "{undecided}"
    );
    assert!(undecided.contains("kernmesh replay LOG"), "{undecided}");
    let mut near = same();
    near.diff.within_fs = 2_000_000;
    let near = diff(&near, Paint::default());
    assert_eq!(near, "SAME       the same ops at times within 2 ns; the same values\n");
}

#[test]
fn values_are_shown_or_why_not() {
    let mut other = same();
    other.diff.verdict = Some(Difference::Data);
    other.diff.values = Values::Different;
    other.diff.first.data = Some(Spot { op: Some(op()), only_b: false, what: What::Value });
    let elements = Elements {
        shape: vec![2, 4],
        dtype: "f16".to_owned(),
        differing: 3,
        of: 8,
        first: 5,
        a: "1.5".to_owned(),
        b: "NaN".to_owned(),
    };
    let at = |elements, missing: &str| ValuesAt {
        checksum_a: "aa".to_owned(),
        checksum_b: "bb".to_owned(),
        elements,
        missing: missing.to_owned(),
    };
    for (at, line) in [
        (at(Some(elements), ""), "values     3 of its 8 f16 differ, first number 5: 1.5 in a, NaN in b\n"),
        (at(None, "no tensors"), "values     checksum aa in a, bb in b; no tensors\n"),
    ] {
        other.values_at = Some(at);
        let text = diff(&other, Paint::default());
        assert!(text.starts_with("DIFFERENT  the same ops at the same times, with other values\n"), "{text}");
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn markdown_folds_what_is_long() {
    let names = ["old`s.log".to_owned(), "new.log".to_owned()];
    let text = review::markdown(&compared(&slower(), &names));
    assert!(text.starts_with("### ❌ kernmesh diff: DIFFERENT\n\nThe same ops at other times"), "{text}");
    assert!(text.contains("`old's.log` (a) against `new.log` (b)"), "{text}");
    assert!(text.contains("| compute | +1.5 ns |\n| memory | −0.5 ns |\n"), "{text}");
    assert!(
        text.contains("<details><summary>3 settings differ</summary>\n\n- pe.issue\\_cycles: 1 → 2\n"),
        "{text}"
    );
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    assert!(
        review::markdown(&compared(&same(), &names))
            .starts_with("### ✅ kernmesh diff: SAME\n\nOps, times and values.")
    );
}

#[test]
fn junit_has_a_case_for_each_kind() {
    let names = ["a.log".to_owned(), "<b>.log".to_owned()];
    let text = review::junit(&compared(&slower(), &names));
    assert!(
        text.contains("<testsuite name=\"kernmesh diff a.log &lt;b&gt;.log\" tests=\"3\" failures=\"1\""),
        "{text}"
    );
    assert!(text.contains(
        "<failure message=\"rank 3, op 12 (dot on gemm, mesh.rs:40:9): on gemm in a, on math in b\">"
    ));
    assert!(text.contains("<testcase classname=\"kernmesh.diff\" name=\"structure\"/>"), "{text}");
    let mut undecided = same();
    undecided.diff.values = Values::NotCompared;
    let text = review::junit(&compared(&undecided, &names));
    assert!(text.contains("failures=\"0\" errors=\"1\"") && text.contains("<error message="), "{text}");
    undecided.diff.values = Values::None;
    assert!(review::junit(&compared(&undecided, &names)).contains("skipped=\"1\""));
}
