use kernels::Texts;
use machine::Machine;

use super::*;
use crate::expected::{Expected, Wide};
use crate::simulate::{Options, simulate};

fn texts(given: &[(&str, &str)]) -> Texts {
    given.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn reference(kernel: &str, given: &[(&str, &str)]) -> Reference {
    kernels::find(kernel).unwrap().reference(&texts(given)).unwrap().unwrap()
}

#[test]
fn what_is_judged_is_a_word() {
    for (text, expected) in [
        ("all", Some(Judge::All)),
        ("none", Some(Judge::None)),
        ("sample", Some(Judge::Sample(1024))),
        ("sample:1", Some(Judge::Sample(1))),
        ("sample:0", None),
        ("sample:", None),
        ("sample:-3", None),
        ("sample:all", None),
        ("all:3", None),
        ("none:1", None),
        ("some", None),
        ("", None),
    ] {
        assert_eq!(text.parse().ok(), expected, "{text}");
    }
}

/// The work of a reference is counted and not timed: 160 GFLOP are 40 · 10⁹ multiply-adds, each in two computations.
#[test]
fn a_sample_is_for_references_that_take_long() {
    let gemm = |m, n, k| reference("gemm", &[("m", m), ("n", n), ("k", k), ("ranks", "1")]);
    let (long, short) = (gemm("4096", "1024", "16384"), gemm("4096", "1024", "8192"));
    let few_rows = gemm("64", "32768", "32768");
    for (judge, reference, rows) in [
        (Judge::ByWork, &short, Some(None)),
        (Judge::ByWork, &long, Some(Some(1024))),
        (Judge::ByWork, &few_rows, Some(None)),
        (Judge::All, &long, Some(None)),
        (Judge::Sample(7), &short, Some(Some(7))),
        (Judge::Sample(4096), &short, Some(None)),
        (Judge::Sample(5000), &short, Some(None)),
        (Judge::None, &short, None),
    ] {
        let chosen = judge.rows(reference, 3).map(|(_, sample)| sample.map(|sample| sample.rows));
        assert_eq!(chosen, rows, "{judge:?} of {} GFLOP", reference.flops() / 1_000_000_000);
    }
}

#[test]
fn a_sample_has_a_row_of_every_part() {
    for (n, of, seed) in [(1, 1, 0), (1, 9, 1), (3, 10, 2), (7, 7, 3), (1024, 1_000_003, 4), (5, 9, u64::MAX)]
    {
        let rows = drawn(n, of, seed);
        assert_eq!((rows.len() as u64, &rows), (n, &drawn(n, of, seed)));
        for (part, &row) in (0..n).zip(&rows) {
            let part = (part * of / n)..((part + 1) * of / n);
            assert!(part.contains(&(row as u64)), "row {row} of {n} of {of}");
        }
    }
    assert_ne!(drawn(8, 1000, 0), drawn(8, 1000, 1));
    assert_eq!(drawn(4, 100, 0), [1, 30, 74, 82]);
}

/// The numbers of a verdict are those of the rows that it names, in every kind of kernel.
#[test]
fn a_run_is_judged_by_the_rows_that_are_asked_for() {
    let gemm = ("gemm", &[("m", "24"), ("n", "8"), ("k", "16"), ("ranks", "2")][..], 24);
    let prefill = (
        "mesh_kv",
        &[
            ("ranks", "2"),
            ("heads", "4"),
            ("kv_heads", "2"),
            ("head_dim", "8"),
            ("kv_len", "40"),
            ("q_len", "6"),
        ][..],
        24,
    );
    for (kernel, given, of) in [gemm, prefill] {
        for (judge, judged) in [
            (Judge::ByWork, Some(of)),
            (Judge::All, Some(of)),
            (Judge::Sample(5), Some(5)),
            (Judge::Sample(1), Some(1)),
            (Judge::Sample(99), Some(of)),
            (Judge::None, None),
        ] {
            let recorded = kernels::find(kernel).unwrap().record(&texts(given)).unwrap();
            let options = Options { seed: 11, judge, ..Options::default() };
            let run = simulate(recorded, &Machine::preset("tiny").unwrap(), &options).unwrap().computed;
            let said = run.verdict.map(|verdict| (verdict.leading().elements() / 8, verdict.sample));
            let sample = |rows| (rows < of).then_some(Sample { rows, of, seed: 11 });
            assert_eq!(said, judged.map(|rows| (rows, sample(rows))), "{kernel}, {judge:?}");
            assert_eq!(
                run.not_judged,
                judged.is_none().then_some(NotJudged::NotAsked),
                "{kernel}, {judge:?}"
            );
        }
    }
}

/// A wrong value is seen in a row of the sample, and in no other.
#[test]
fn only_a_row_of_the_sample_is_looked_at() {
    let given = [("m", "24"), ("n", "8"), ("k", "16"), ("ranks", "2")];
    let recorded = kernels::find("gemm").unwrap().record(&texts(&given)).unwrap();
    let reference = recorded.reference.clone().unwrap();
    let run = simulate(recorded, &Machine::preset("tiny").unwrap(), &Options::default()).unwrap();
    let inputs = replay::inputs::seeded(&run.timed.log.program, 0);
    let outputs = run.computed.outputs.unwrap();
    for judge in [Judge::All, Judge::Sample(4)] {
        let (rows, sample) = judge.rows(&reference, 0).unwrap();
        for row in 0..24 {
            let mut wrong = outputs.clone();
            let output = wrong.get_mut("c").unwrap();
            let bytes = output.bytes.len() / 24;
            output.bytes[row * bytes..][..bytes].fill(0x44);
            let judged = Judged { reference: Some(&reference), judge };
            let expected = &Expectations::default();
            let values = Values { inputs: &inputs, outputs: &wrong, expected };
            let verdict = judged.verdict(&run.timed.log, &values, 1, &|_| {});
            let looked_at = match &rows {
                Rows::All => true,
                Rows::Some(some) => some.contains(&row),
            };
            let (verdict, _) = verdict.unwrap().unwrap();
            assert_eq!((verdict.pass(), verdict.sample), (!looked_at, sample), "row {row} with {judge:?}");
        }
    }
}

/// An expected tensor of a kernel is held to the kernel's own errors, in all rows whatever sample is asked for.
#[test]
fn a_kernel_is_judged_by_what_is_expected_too() {
    let given = [("m", "24"), ("n", "8"), ("k", "16"), ("ranks", "2")];
    let recorded = kernels::find("gemm").unwrap().record(&texts(&given)).unwrap();
    let program = recorded.program.clone();
    let reference = recorded.reference.clone().unwrap();
    let inputs = replay::inputs::seeded(&program, 0);
    let stored = inputs.iter().map(|(name, value)| (name.clone(), Stored::of(value))).collect();
    let exact = reference.oracle(&stored, &Rows::All).unwrap();
    for (name, off, rows, judge, pass) in [
        ("right", 0.0, 24, Judge::All, true),
        ("off by one in every element", 1.0, 24, Judge::All, false),
        ("right, in a sample", 0.0, 24, Judge::Sample(4), true),
        ("off by one, in a sample", 1.0, 24, Judge::Sample(4), false),
        ("off by one in a row that a sample of one leaves out", 1.0, 1, Judge::Sample(1), false),
    ] {
        let (Rows::Some(sampled), _) = Judge::Sample(1).rows(&reference, 0).unwrap() else { unreachable!() };
        let mut values = exact.clone();
        let left_out = (0..24).filter(|row| rows == 24 || !sampled.contains(row)).take(rows);
        for row in left_out {
            values.slice_mut(ndarray::s![row, ..]).mapv_inplace(|x| x + off);
        }
        let oracle = Wide { values, dtype: None };
        let outputs = [("c".to_owned(), Expected { oracle, naive: None })].into();
        let expected = Expectations { outputs, ..Expectations::default() };
        let tensors = crate::simulate::Tensors { inputs: Some(inputs.clone()), expected };
        let options = Options { judge, tensors, ..Options::default() };
        let run = simulate(recorded.clone(), &Machine::preset("tiny").unwrap(), &options).unwrap();
        let verdict = run.computed.verdict.clone().unwrap();
        let passes: Vec<_> = verdict.judgements.iter().map(|it| (it.against, it.pass)).collect();
        assert_eq!(passes, [(Against::Reference, true), (Against::Expected, pass)], "{name}");
        assert_eq!(run.passed(), pass, "{name}");
    }
}
