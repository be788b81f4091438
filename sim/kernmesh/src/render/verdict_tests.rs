use oplog::{Elements, Worst};

use super::*;

fn wrong() -> Judgement {
    Judgement {
        pass: false,
        output: "o".to_owned(),
        against: Against::Reference,
        max_abs: 1.0,
        rel_l2: 0.5,
        max_ulp: 9.0,
        naive_max_abs: Some(0.25),
        ulp: 0.25,
        ulp_histogram: [30, 30, 20, 20, 0, 0, 0],
        rel_l2_limit: Some(0.75),
        beyond_limit: Some(40),
        worst: Some(Worst { index: vec![3, 7], value: 2.0, oracle: 1.0, limit: 0.75 }),
        wrong: 4,
        not_finite: NotFinite::default(),
        rule: "a rule".to_owned(),
    }
}

/// The limit that is passed is shown beside its number, and the others are in the rule.
#[test]
fn what_fails_is_shown_with_its_limit() {
    let at = |value| Some(Worst { index: vec![0], value, oracle: 1.0, limit: 0.75 });
    for (judgement, said) in [
        (wrong(), "max_abs 1.00e0 > 7.50e-1, rel_l2 5.00e-1, 80.0 % within 1 ulp"),
        (
            Judgement { rel_l2: 1.0, worst: at(1.5), max_abs: 0.5, ..wrong() },
            "max_abs 5.00e-1 ≤ 7.50e-1, rel_l2 1.00e0 > 7.50e-1, 80.0 % within 1 ulp",
        ),
        (
            Judgement { beyond_limit: Some(10), worst: at(1.5), max_abs: 0.5, ..wrong() },
            "max_abs 5.00e-1 ≤ 7.50e-1, rel_l2 5.00e-1, 20.0 % beyond 1 ulp > 10.0 %",
        ),
        (
            Judgement { worst: at(1.875), ..wrong() },
            "max_abs 1.00e0, worst 8.75e-1 > 7.50e-1, rel_l2 5.00e-1, 80.0 % within 1 ulp",
        ),
        (
            Judgement { against: Against::Expected, worst: None, ..wrong() },
            "o against `expected`: rel_l2 5.00e-1, 80.0 % within 1 ulp",
        ),
    ] {
        let verdict = Verdict { judgements: vec![judgement], sample: None, provenance: None };
        assert_eq!(numbers(&verdict), said);
    }
    assert_eq!(rule(&wrong(), 11), "a rule: 7.50e-1, 7.50e-1, 40.0 %");
    assert_eq!(worst(&wrong()), "o[3, 7] is 2 for 1; 4 of 100 elements are wrong");
}

/// Only where a naive computation or a tolerance may be all that is missing.
#[test]
fn what_fails_and_is_close_is_told_what_to_give() {
    let close = Judgement { against: Against::Expected, naive_max_abs: None, rel_l2: 0.01, ..wrong() };
    for (judgement, told) in [
        (close.clone(), true),
        (Judgement { pass: true, ..close.clone() }, false),
        (Judgement { rel_l2: 0.02, ..close.clone() }, false),
        (Judgement { naive_max_abs: Some(0.25), ..close.clone() }, false),
        (Judgement { against: Against::Reference, ..close }, false),
    ] {
        assert_eq!(help(&judgement).contains("needs `naive.o`"), told, "{judgement:?}");
    }
}

#[test]
fn what_is_not_finite_is_told_once_for_those_that_are_alike() {
    let of = |elements, first: u64| Elements { elements, first: Some(vec![first]) };
    let none = Elements::default;
    for (output, oracle, naive, unequal, said) in [
        (none(), none(), none(), none(), ""),
        (
            of(2, 1),
            of(2, 1),
            of(2, 1),
            none(),
            "2 in output and oracle and naive, first [1]; the output's are those of the oracle",
        ),
        (of(2, 1), none(), none(), of(2, 1), "2 in output, first [1]; 2 unequal, first [1]"),
        (none(), none(), of(3, 4), none(), "3 in naive, first [4]"),
        (
            of(2, 1),
            of(1, 0),
            none(),
            of(3, 0),
            "2 in output, first [1]; 1 in oracle, first [0]; 3 unequal, first [0]",
        ),
    ] {
        assert_eq!(not_finite(&NotFinite { output, oracle, naive, unequal }), said);
    }
}

#[test]
fn a_failing_output_comes_before_those_that_pass() {
    let right = Judgement { pass: true, output: "lse".to_owned(), worst: None, ..wrong() };
    let verdict = Verdict { judgements: vec![right, wrong()], sample: None, provenance: None };
    assert!(numbers(&verdict).starts_with("o: max_abs 1.00e0 > 7.50e-1"), "{}", numbers(&verdict));
    let rows = rows(&verdict, 11);
    let also: Vec<&str> = rows.iter().filter(|row| row.0 == "also").map(|row| &*row.1).collect();
    assert_eq!(also, ["PASS lse: rel_l2 5.00e-1, 80.0 % within 1 ulp"]);
}

#[test]
fn values_have_six_digits() {
    for (value, said) in [
        (0.0, "0"),
        (1.5, "1.5"),
        (0.1f32.into(), "0.1"),
        (-123_456.78, "-123457"),
        (1e-9, "1e-9"),
        (6.5e30, "6.5e30"),
    ] {
        assert_eq!(number(value), said);
    }
}

/// A page has what a terminal has, and the limit of the worst element.
#[test]
fn a_page_is_told_what_a_terminal_is() {
    let right = Judgement { pass: true, output: "lse".to_owned(), ..wrong() };
    let verdict = Verdict { judgements: vec![right.clone(), wrong()], sample: None, provenance: None };
    let Told { judged, causes } = told(&verdict).expect("it fails");
    let judged: Vec<(&str, &str)> = judged.iter().map(|it| (it.label, &*it.text)).collect();
    let expected = [
        ("FAIL", "o: max_abs 1.00e0 > 7.50e-1, rel_l2 5.00e-1, 80.0 % within 1 ulp"),
        ("worst", "o[3, 7] is 2 for 1; 4 of 100 elements are wrong"),
        ("limit", "7.50e-1: the worst element is off by 1.33 × that"),
        ("rule", "a rule: 7.50e-1, 7.50e-1, 40.0 %"),
    ];
    assert_eq!(judged[..4], expected);
    let [(word, said)] = judged[4..] else { panic!("one other: {judged:?}") };
    assert!(word == "PASS" && said.starts_with("lse: max_abs 1.00e0 >"), "{said}");
    assert_eq!(causes, []);
    let exact = Worst { limit: 0.0, ..wrong().worst.expect("one") };
    assert_eq!(limit(&Judgement { worst: Some(exact), ..wrong() }), "0: the worst element is off by 1.00e0");
    assert_eq!(told(&Verdict { judgements: vec![right], sample: None, provenance: None }), None);
}
