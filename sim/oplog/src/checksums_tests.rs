use std::sync::Arc;

use program::Program;

use super::*;
use crate::log::{GivenInput, RunId};
use crate::sample;
use crate::verdict::{Against, Elements, Judgement, NotFinite, Sample, Worst};

fn checksums() -> Checksums {
    let judgement = Judgement {
        pass: true,
        output: "out".to_owned(),
        against: Against::Reference,
        max_abs: 0.001,
        rel_l2: 0.1,
        max_ulp: 1.5,
        naive_max_abs: Some(0.002),
        ulp: 0.0005,
        ulp_histogram: [1, 2, 3, 4, 5, 6, 7],
        rel_l2_limit: Some(0.2),
        beyond_limit: None,
        worst: Some(Worst { index: vec![1, 2], value: 1.0, oracle: 1.001, limit: 0.0045 }),
        wrong: 0,
        not_finite: NotFinite {
            oracle: Elements { elements: 1, first: Some(vec![0, 3]) },
            ..NotFinite::default()
        },
        rule: "a rule".to_owned(),
    };
    let expected = Judgement { against: Against::Expected, worst: None, ..judgement.clone() };
    let verdict = Verdict {
        judgements: vec![judgement, expected],
        sample: Some(Sample { rows: 3, of: 9, seed: 7 }),
        provenance: None,
    };
    let digest = |n: u8| Digest([n; 32]);
    Checksums {
        replay: Replay {
            run: digest(4),
            log: Digests { structure: digest(1), timing: digest(2) },
            read_rule: "identity".to_owned(),
            data: digest(3),
            outputs: vec![sample::host("out")],
            verdict: Some(verdict),
        },
        ops: vec![Some([1; 8]), None, Some(crate::digest::checksum(b"bytes"))],
    }
}

#[test]
fn checksums_read_back_equal_and_any_damage_is_refused() {
    let checksums = checksums();
    let mut bytes = checksums.encode();
    assert_eq!(Checksums::decode(&bytes), Ok(checksums));
    for end in 0..bytes.len() {
        assert!(Checksums::decode(&bytes[..end]).is_err(), "cut at {end}");
    }
    assert!(Checksums::decode(&[&bytes[..], b"\0"].concat()).is_err());
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            assert!(Checksums::decode(&bytes).is_err(), "byte {at} bit {bit}");
            bytes[at] ^= 1 << bit;
        }
    }
}

#[test]
fn checksums_belong_to_one_run() {
    let log = sample::log(sample::exchange(), 5);
    let digests = Digests::of(&log);
    let mut checksums = checksums();
    (checksums.replay.run, checksums.replay.log) = (digest::run(&log, &digests), digests);
    assert_eq!(checksums.belong_to(&log, &digests), Ok(()));
    for (other, which) in [
        (Digests { structure: Digest([9; 32]), ..digests }, "ops"),
        (Digests { timing: Digest([9; 32]), ..digests }, "times"),
    ] {
        let error = checksums.belong_to(&log, &other).expect_err(which).to_string();
        assert!(
            error.starts_with(&format!("the checksums are of another run, with other {which} (")),
            "{error}"
        );
    }
    for (what, other) in other_runs(&log) {
        assert_eq!(Digests::of(&other), digests, "{what}");
        let error = checksums.belong_to(&other, &digests).expect_err(what).to_string();
        assert!(error.contains("other seed, inputs or parameters ("), "{what}: {error}");
    }
}

/// Runs with the ops and times of a log, whose values or verdicts are others.
fn other_runs(log: &OpLog) -> [(&'static str, OpLog); 5] {
    let input = |name: &str, digest| GivenInput { name: name.to_owned(), digest: Digest([digest; 32]) };
    let given = |inputs| OpLog { id: RunId { inputs, ..log.id.clone() }, ..log.clone() };
    let of = |change: fn(&mut Program)| {
        let mut program = Program::clone(&log.program);
        change(&mut program);
        OpLog { program: Arc::new(program), ..log.clone() }
    };
    [
        ("seed", OpLog { id: RunId::seeded(log.id.seed + 1), ..log.clone() }),
        ("an input", given(vec![input("a", 1)])),
        ("two inputs", given(vec![input("a", 1), input("b", 1)])),
        ("kernel", of(|program| program.kernel.push('x'))),
        ("parameter", of(|program| drop(program.params.insert("x".to_owned(), "1".to_owned())))),
    ]
}
