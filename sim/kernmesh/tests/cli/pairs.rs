//! An op log and the checksums beside it: of one run, or refused.

use kernmesh::oplog::{Checksums, Digest};

use crate::room::{GEMM, Room};

/// Logs of a small gemm by their names, each of another run, and what the second and later ones have else than the first.
const RUNS: [(&str, &[&str], &str); 6] = [
    ("own.log", &[], ""),
    ("seed.log", &["--seed", "1"], "seed, inputs or parameters"),
    ("given.log", &["--tensors", "in.safetensors"], "seed, inputs or parameters"),
    ("other.log", &["--tensors", "other.safetensors"], "seed, inputs or parameters"),
    ("slow.jsonl", &["--sync", "explicit"], "times"),
    ("wide.jsonl", &["--set", "dtype=f32"], "ops"),
];

/// A room with the logs of all runs.
fn room() -> Room {
    let room = Room::new();
    room.tensors("in.safetensors", &[("a", &[8, 256]), ("b", &[256, 8])]);
    room.tensors_from("other.safetensors", 1, &[("a", &[8, 256])], &[("b", &[256, 8])]);
    for (log, more, _) in RUNS {
        let said = room.gemm(&[more, &["--log", log]].concat());
        assert!(said.code < 2, "{log}: {}", said.err);
    }
    room
}

/// `pair.log`: one run's log beside another's checksums.
fn pair(room: &Room, log: &str, sums: &str) {
    std::fs::copy(room.path(log), room.path("pair.log")).unwrap();
    std::fs::copy(room.path(&format!("{sums}.replay")), room.path("pair.log.replay")).unwrap();
}

#[test]
fn checksums_of_another_run_are_refused_by_all_who_read_them() {
    let room = room();
    let golden = [&["run"], &GEMM[..], &["--golden", "pair.log"]].concat();
    let readers = [
        &["diff", "pair.log", "own.log"][..],
        &["diff", "own.log", "pair.log", "--json", "x.json"],
        &["report", "pair.log", "-o", "x.html"],
        &["report", "own.log", "--against", "pair.log", "-o", "x.html"],
        &golden,
    ];
    for (other, _, what) in &RUNS[1..] {
        for (log, sums) in [("own.log", *other), (other, "own.log")] {
            pair(&room, log, sums);
            let before = room.contents();
            let is_given = ["given.log", "other.log"].contains(&log);
            let tensors = if is_given { " --tensors FILE" } else { "" };
            for args in readers {
                let said = room.run(args);
                assert_eq!((said.code, &said.out[..]), (2, ""), "{log}, {sums}: {args:?}");
                for part in [
                    format!("error: the checksums are of another run, with other {what} ("),
                    "\n  --> pair.log.replay\n".to_owned(),
                    format!("\n  help: make them again with `kernmesh replay pair.log{tensors}`\n"),
                ] {
                    assert!(said.err.replace("\n    ", " ").contains(&part), "{log}, {sums}: {}", said.err);
                }
                assert_eq!(room.contents(), before, "{args:?}");
            }
        }
    }
}

#[test]
fn a_log_is_read_for_ops_and_times_whatever_lies_beside_it() {
    let room = room();
    pair(&room, "own.log", "seed.log");
    for args in [
        &["diff", "own.log", "pair.log", "--without-values"][..],
        &["whatif", "pair.log", "--set", "pe.issue_cycles=2"],
        &["export", "pair.log", "--csv", "-"],
        &["check", "pair.log", "--plan"],
    ] {
        let said = room.run(args);
        assert_eq!(said.code, 0, "{args:?}: {}", said.err);
    }
}

#[test]
fn a_replay_makes_the_checksums_of_a_pair_again() {
    let room = room();
    for (log, more) in [("own.log", &[][..]), ("given.log", &["--tensors", "in.safetensors"])] {
        pair(&room, log, "seed.log");
        let said = room.run(&[&["replay", "pair.log"], more].concat());
        assert_eq!((said.code, &said.err[..]), (0, ""), "{log}");
        assert_eq!(room.read("pair.log.replay"), room.read(&format!("{log}.replay")), "{log}");
        assert_eq!(room.run(&["diff", log, "pair.log"]).code, 0, "{log}");
    }
}

#[test]
fn checksums_that_cannot_be_read_are_never_the_same() {
    let room = room();
    let whole = room.read("own.log.replay");
    let of_format = |format: u8| [&whole[..8], &[format], &whole[9..]].concat();
    for (bytes, problem) in [
        (of_format(3), "the checksums are in format 3, and only format 4 is read"),
        (of_format(5), "the checksums are in format 5, and only format 4 is read"),
        (whole[..whole.len() - 1].to_vec(), "damaged at byte"),
        (Vec::new(), "not the checksums of a replay"),
    ] {
        pair(&room, "own.log", "own.log");
        room.write("pair.log.replay", bytes);
        let said = room.run(&["diff", "own.log", "pair.log"]);
        assert_eq!((said.code, &said.out[..]), (2, ""), "{problem}");
        assert!(said.err.contains(problem), "{problem}: {}", said.err);
        assert!(said.err.contains("make them again with `kernmesh replay pair.log`"), "{}", said.err);
        assert_eq!(room.run(&["replay", "pair.log"]).code, 0, "{problem}");
        assert_eq!(room.read("pair.log.replay"), whole, "{problem}");
    }
}

#[test]
fn equal_runs_have_equal_checksums() {
    let room = Room::new();
    let mut all = Vec::new();
    for (log, more) in [
        ("a.log", &["--threads", "1"][..]),
        ("b.jsonl", &["--threads", "2"]),
        ("c.log", &["--simd", "narrow"]),
    ] {
        assert_eq!(room.gemm(&[more, &["--log", log]].concat()).code, 0);
        all.push(room.read(&format!("{log}.replay")));
    }
    all.dedup();
    assert_eq!(all.len(), 1);
}

#[test]
fn other_values_of_the_same_run_are_warned_of() {
    let room = Room::new();
    assert_eq!(room.gemm(&["--log", "run.log"]).code, 0);
    let whole = room.read("run.log.replay");
    let mut sums = Checksums::decode(&whole).unwrap();
    sums.replay.data = Digest([7; 32]);
    room.write("run.log.replay", sums.encode());
    let said = room.run(&["replay", "run.log"]);
    assert_eq!(said.code, 0);
    assert!(said.err.starts_with("warning: the values differ from those of the last replay"), "{}", said.err);
    assert_eq!(room.read("run.log.replay"), whole);
}
