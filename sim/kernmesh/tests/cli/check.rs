//! `kernmesh check` as people and scripts see it, on the backend that every computer has.

use serde_json::Value;

use crate::room::{GEMM, Room};

fn check(room: &Room, more: &[&str]) -> crate::room::Said {
    room.run(&[&["check"], &GEMM[..], &["--backend", "cpu"], more].concat())
}

#[test]
fn a_check_says_what_came_of_plan_ops_and_outputs() {
    let room = Room::new();
    let said = check(&room, &["--faults"]);
    assert_eq!((said.code, &said.err[..]), (0, ""), "{}", said.out);
    for line in [
        "PASS       cpu on CPU",
        "plan       safe in both queue models: 2 devices, ",
        "op by op   ",
        "end to end right by max_abs ",
        "faults     dropped_correction does not apply, skipped_shard rejected by end_to_end,",
    ] {
        assert!(said.out.lines().any(|said| said.starts_with(line)), "{line}: {}", said.out);
    }
    assert!(said.out.lines().all(|line| line.chars().count() <= 100), "{}", said.out);
}

#[test]
fn a_script_reads_every_number() {
    let room = Room::new();
    let said = check(&room, &["--faults", "--json", "-"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let json: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(json["backend"], "cpu");
    let passes = json["plan"]["passes"].as_u64().expect("a count");
    assert_eq!(json["per_op"]["checked"], passes);
    assert_eq!((&json["per_op"]["failed"], &json["per_op"]["worst_ulp"]), (&0.into(), &0.into()));
    assert!(json["per_op"]["by_kind"]["dot"]["checked"].as_u64() > Some(0), "{json}");
    assert_eq!((&json["plan"]["devices"], &json["plan"]["findings"]), (&2.into(), &Value::Array(Vec::new())));
    assert!(json["plan"]["waits"].as_u64() > Some(0), "{json}");
    assert_eq!(json["end_to_end"]["pass"], true);
    for key in ["max_ulp", "differing_share", "max_abs"] {
        assert_eq!(json["end_to_end"][key], 0.0, "{key}");
    }
    assert!(
        json["faults_rejected"].as_array().is_some_and(|all| all.contains(&"value_0_event".into())),
        "{json}"
    );
}

#[test]
fn a_plan_is_printed_and_a_log_is_checked_like_its_kernel() {
    let room = Room::new();
    assert_eq!(room.gemm(&["--log", "run.jsonl"]).code, 0);
    let of_log = room.run(&["check", "run.jsonl", "--backend", "cpu", "--plan"]);
    let of_kernel = check(&room, &["--plan"]);
    assert_eq!((of_log.code, &of_log.out), (0, &of_kernel.out), "{}", of_log.err);
    for part in [
        "\ndev0 = 1\n  copy ",
        "\ndev1 = 2 waits for dev1 = 1, dev0 = 1\n",
        "\nthe host reads t1 c after dev0 = ",
    ] {
        assert!(of_log.out.contains(part), "{part}: {}", of_log.out);
    }
    let one = check(&room, &["--plan", "--devices", "1"]);
    assert!(one.out.starts_with("plan       safe in both queue models: 1 device"), "{}", one.out);
}

#[test]
fn what_is_not_safe_has_no_plan() {
    let said = check(&Room::new(), &["--sync", "explicit"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.out.starts_with("FAIL       the run itself is not safe"), "{}", said.out);
    assert!(said.out.contains("finding[race_"), "{}", said.out);
    let json = check(&Room::new(), &["--sync", "explicit", "--json", "-"]);
    let json: Value = serde_json::from_str(&json.out).expect("JSON");
    assert!(
        json["plan"]["findings"][0]["kind"].as_str().is_some_and(|kind| kind.starts_with("race_")),
        "{json}"
    );
}

#[test]
fn a_plan_is_data_for_scripts() {
    let room = Room::new();
    assert_eq!(check(&room, &["--plan", "--json", "plan.json"]).code, 0);
    let json = room.json("plan.json");
    assert_eq!(json["plan"]["findings"], Value::Array(Vec::new()));
    let buffers = json["commands"]["command_buffers"].as_array().expect("a list");
    assert_eq!(json["plan"]["command_buffers"], buffers.len());
    assert!(buffers.iter().all(|buffer| buffer["signals"].as_u64() > Some(0)), "{json}");
}

#[test]
fn what_cannot_be_checked_is_refused_with_what_to_do() {
    let room = Room::new();
    for (args, part) in [
        (&["--devices", "3"][..], "3 devices for 2 ranks: ask for 1 to 2"),
        (&["--devices", "0"], "0 devices for 2 ranks: ask for 1 to 2"),
        (&["--validate"], "cpu has no validation of its own"),
        (&["--plan", "--faults"], "cannot be used with"),
        (&["--json", "x", "--report", "x"], "--json and --report are the same file"),
    ] {
        let said = check(&room, args);
        assert_eq!(said.code, 2, "{args:?}: {}", said.out);
        assert!(said.err.contains(part), "{args:?}: {}", said.err);
    }
    for (args, part) in [
        (&["check", "ring_model", "--backend", "cpu"][..], "timing only"),
        (
            &["check", "gemm", "--backend", "cuda"],
            "there is no backend `cuda`: use one of cpu, vulkan, metal",
        ),
        (&["check", "missing.jsonl", "--backend", "cpu"], "missing.jsonl"),
        (&["check", "--backend", "cpu"], "there is nothing to run"),
        (&["check", "--backend", "cpu", "--report", "r", "--set", "m=3"], "--set does not apply to a report"),
        (&["check", "--backend", "cpu", "--report", "r", "--devices", "3"], "--devices does not apply to"),
        (&["check", "missing.jsonl", "--machine", "tiny"], "--machine does not apply to an op log"),
    ] {
        let said = room.run(args);
        assert_eq!(said.code, 2, "{args:?}: {}", said.out);
        assert!(said.err.contains(part), "{args:?}: {}", said.err);
    }
    assert_eq!(room.names(), [""; 0]);
}

#[cfg(not(target_os = "macos"))]
#[test]
fn a_backend_that_is_not_here_is_an_error_that_names_those_that_are() {
    let said = Room::new().run(&["check", "gemm", "--machine", "tiny", "--backend", "metal"]);
    assert_eq!(said.code, 2, "{}", said.out);
    for part in ["error: there is no Metal here", "--> --backend metal", "help: this computer has cpu"] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
}
