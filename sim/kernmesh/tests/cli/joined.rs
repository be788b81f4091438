//! Logs of several processes in one trace.

use serde_json::Value;

use crate::readers::read_by;
use crate::room::Room;

/// Two logs of today's job, of which the second is in JSON lines, one of yesterday's, and one of none.
fn logged() -> Room {
    let room = Room::new();
    for (log, more) in [
        ("a.log", &["--job", "today", "--seed", "1"][..]),
        ("b.jsonl", &["--job", "today", "--seed", "2"]),
        ("old.log", &["--job", "yesterday", "--seed", "1"]),
        ("none.log", &[]),
    ] {
        let said = room.gemm(&[&["--log", log], more].concat());
        assert_eq!(said.code, 0, "{}", said.err);
    }
    room
}

fn decoded(room: &Room, trace: &str) -> Value {
    serde_json::from_str(&read_by("perfetto_trace.py", room, &[trace])).expect("JSON")
}

#[test]
fn logs_of_one_job_are_one_trace() {
    let room = logged();
    let said = room.run(&["export", "a.log", "b.jsonl", "--perfetto", "all.pftrace"]);
    assert_eq!((said.code, &said.err[..]), (0, ""));
    assert!(said.out.contains("all.pftrace: 2 logs, "), "{}", said.out);
    for (log, trace) in [("a.log", "a.pftrace"), ("b.jsonl", "b.pftrace")] {
        assert_eq!(room.run(&["export", log, "--perfetto", trace]).code, 0);
    }
    let [all, a, b] = ["all.pftrace", "a.pftrace", "b.pftrace"].map(|trace| decoded(&room, trace));
    let slices = |trace: &Value| trace["slices"].as_array().expect("a list").len();
    assert_eq!(slices(&all), slices(&a) + slices(&b));
    // Each arrow is of one run: it has two ends, and its number is no other's.
    let flows = |trace: &Value| trace["flows"].as_object().expect("an object").len();
    assert_eq!(flows(&all), flows(&a) + flows(&b));
    let ends = all["flows"].as_object().expect("an object").values();
    assert!(ends.clone().count() > 0 && ends.clone().all(|ends| ends.as_array().map(Vec::len) == Some(2)));
}

#[test]
fn logs_of_another_job_are_named_and_can_be_left_out() {
    let room = logged();
    for (logs, fragments) in [
        (
            &["a.log", "old.log"][..],
            &["not of one job", "a.log: job `today`, old.log: job `yesterday`", "--job today"][..],
        ),
        (&["none.log", "a.log"], &["none.log: no job, a.log: job `today`", "--job today"]),
        (&["none.log", "none.log"], &["not of one job", "`kernmesh run --job NAME --log FILE`"]),
        (&["a.log", "a.log"], &["the log is given twice"]),
        (&["a.log", "./a.log"], &["the log is given twice"]),
        (&["a.log", "--job", "tomorrow"], &["no log is of job `tomorrow`", "a.log: job `today`"]),
        (&["a.log", "b.jsonl", "--csv", "t.csv"], &["a table is of one log"]),
    ] {
        let said = room.run(&[&["export"], logs, &["--perfetto", "all.pftrace"]].concat());
        assert_eq!((said.code, &said.out[..]), (2, ""), "{logs:?}");
        let err = said.err.replace("\n    ", " ");
        assert!(fragments.iter().all(|fragment| err.contains(fragment)), "{err}");
        assert!(!room.names().contains(&"all.pftrace".to_owned()));
    }
    let all =
        ["export", "a.log", "b.jsonl", "old.log", "none.log", "--job", "today", "--perfetto", "all.pftrace"];
    let said = room.run(&all);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(
        said.err,
        "note: old.log is left out: it is of job `yesterday`\nnote: none.log is left out: it is of no job\n"
    );
}

#[test]
fn equal_runs_under_two_names_are_told_and_a_job_changes_no_run() {
    let room = logged();
    room.write("copy.log", room.read("a.log"));
    let said = room.run(&["export", "a.log", "copy.log", "--perfetto", "all.pftrace"]);
    assert_eq!((said.code, &said.err[..]), (0, "note: a.log and copy.log are logs of equal runs\n"));
    // The checksums of one are those of the other: a job is no part of the run.
    assert_eq!(room.read("a.log.replay"), room.read("old.log.replay"));
    let said = room.run(&["diff", "a.log", "old.log"]);
    assert_eq!(said.code, 0, "{}", said.out);
}
