use super::*;

/// Output, source of its oracle, and its worst error as a multiple of its limit: it fails above 1.
type Case = (&'static str, Against, f64);

fn judgement(&(output, against, times): &Case) -> Judgement {
    Judgement {
        pass: times <= 1.0,
        output: output.to_owned(),
        against,
        max_abs: times,
        rel_l2: 0.0,
        max_ulp: 0.0,
        naive_max_abs: None,
        ulp: 1.0,
        ulp_histogram: [0; 7],
        rel_l2_limit: None,
        beyond_limit: None,
        worst: Some(Worst { index: vec![0], value: times, oracle: 0.0, limit: 1.0 }),
        wrong: 0,
        not_finite: NotFinite::default(),
        rule: String::new(),
    }
}

fn check(cases: &[Case], leads: usize) {
    let all: Vec<Judgement> = cases.iter().map(judgement).collect();
    assert_eq!(leading(&all), leads, "{cases:?}");
}

#[test]
fn the_judgement_that_fails_by_most_leads() {
    use Against::{Expected, Reference};
    check(&[("y", Reference, 0.5), ("z", Expected, 0.9)], 0);
    check(&[("y", Reference, 0.5), ("z", Expected, 2.0)], 1);
    check(&[("y", Expected, 2.0), ("z", Expected, 2.0)], 0);
    check(&[("y", Reference, 2.0), ("z", Expected, 3.0)], 1);
}

#[test]
fn the_reference_leads_of_the_output_that_it_judges() {
    use Against::{Expected, Reference};
    check(&[("y", Reference, 2.0), ("y", Expected, 3.0)], 0);
    check(&[("y", Reference, 0.5), ("y", Expected, 3.0)], 1);
    check(&[("y", Reference, 2.0), ("y", Expected, 9.0), ("z", Expected, 3.0)], 2);
    check(&[("y", Reference, 4.0), ("y", Expected, 9.0), ("z", Expected, 3.0)], 0);
    check(&[("y", Reference, 2.0), ("z", Expected, 3.0), ("y", Expected, 9.0)], 1);
}
