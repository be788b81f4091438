use super::*;
use crate::sample;

fn checksums() -> Checksums {
    let verdict = Verdict {
        pass: true,
        max_abs: 0.001,
        rel_l2: 0.1,
        max_ulp: 1.5,
        naive_max_abs: 0.002,
        ulp: 0.0005,
        ulp_histogram: [1, 2, 3, 4, 5, 6, 7],
        rule: "a rule".to_owned(),
    };
    let digest = |n: u8| Digest([n; 32]);
    Checksums {
        replay: Replay {
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
fn checksums_belong_to_one_log() {
    let checksums = checksums();
    let own = checksums.replay.log;
    assert_eq!(checksums.belong_to(&own), Ok(()));
    for (other, which) in [
        (Digests { structure: Digest([9; 32]), ..own }, "structure"),
        (Digests { timing: Digest([9; 32]), ..own }, "timing"),
    ] {
        let error = checksums.belong_to(&other).expect_err(which).to_string();
        assert!(error.starts_with(&format!("the checksums belong to another log ({which} 0")), "{error}");
    }
}
