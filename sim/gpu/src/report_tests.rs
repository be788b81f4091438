use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use super::{FORMAT, PlanCounts, Report, System, UlpHistogram};
use crate::device::Adapter;
use crate::probe::{Answer, Probed, Try, Variant, plan};

/// What a check of one kernel says, in short.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Checked {
    plan: PlanCounts,
    ulps: BTreeMap<&'static str, UlpHistogram>,
}

fn histogram(distances: &[u64]) -> UlpHistogram {
    let mut histogram = UlpHistogram::default();
    distances.iter().for_each(|&ulps| histogram.add(ulps, 1));
    histogram
}

#[test]
fn a_report_says_where_and_what_was_run() {
    let checked = Checked {
        plan: PlanCounts::of(&plan(Variant::Head)),
        ulps: [("dot", histogram(&[0, 0, 0])), ("exp", histogram(&[0, 1, 3]))].into(),
    };
    let report = Report {
        format: FORMAT,
        version: "0.1.0".to_owned(),
        backend: "metal".to_owned(),
        adapter: Adapter { name: "Apple M3".to_owned(), driver: "macOS Version 15.3".to_owned() },
        system: Some(System {
            gpu_families: vec!["Apple9".to_owned(), "Metal3".to_owned()],
            os: "macOS Version 15.3".to_owned(),
            math_mode: "safe, precise functions".to_owned(),
        }),
        validation: true,
        msl: [("copy".to_owned(), "00ff".to_owned())].into(),
        order: Some(Probed {
            rounds: 20,
            tries: vec![Try { variant: Variant::WaitOnly, stale: 3 }],
            wait_only_gates: Answer::No,
            head_gates: Answer::Unknown,
            signals_in_order: Answer::Yes,
        }),
        kernels: [("gemm".to_owned(), checked)].into(),
    };
    let expected = json!({
        "format": 1,
        "version": "0.1.0",
        "backend": "metal",
        "adapter": {"name": "Apple M3", "driver": "macOS Version 15.3"},
        "system": {
            "gpu_families": ["Apple9", "Metal3"],
            "os": "macOS Version 15.3",
            "math_mode": "safe, precise functions",
        },
        "validation": true,
        "msl": {"copy": "00ff"},
        "order": {
            "rounds": 20,
            "tries": [{"variant": "wait_only", "stale": 3}],
            "wait_only_gates": "no",
            "head_gates": "unknown",
            "signals_in_order": "yes",
        },
        "kernels": {"gemm": {
            "plan": {"devices": 2, "command_buffers": 2, "passes": 6, "waits": 1},
            "ulps": {"dot": {"0": 3}, "exp": {"0": 1, "1": 1, "4": 1}},
        }},
    });
    assert_eq!(serde_json::to_value(&report).expect("a report is JSON"), expected);
}

#[test]
fn a_histogram_has_a_class_for_each_power_of_two() {
    type Classes<'a> = &'a [(u64, u64)];
    let cases: [(&[u64], Classes); 4] = [
        (&[], &[]),
        (&[0, 0, 1, 2, 3, 4, 5, 8, 9], &[(0, 2), (1, 1), (2, 1), (4, 2), (8, 2), (16, 1)]),
        (&[1 << 63], &[(1 << 63, 1)]),
        (&[(1 << 63) + 1, u64::MAX], &[(u64::MAX, 2)]),
    ];
    for (distances, expected) in cases {
        let (some, others) = distances.split_at(distances.len() / 2);
        let mut merged = histogram(some);
        merged.merge(&histogram(others));
        assert_eq!(merged, UlpHistogram(expected.iter().copied().collect()), "{distances:?}");
        assert_eq!(histogram(distances), merged, "{distances:?}");
    }
}
