//! Good runs: what they print, and what JSON says.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::room::{GEMM, Room, said};

#[test]
fn a_run_passes_and_says_why() {
    let said = Room::new().gemm(&[]);
    assert_eq!((said.code, &said.err[..]), (0, ""), "{}", said.out);
    let first = said.out.lines().next().unwrap();
    assert!(first.starts_with("PASS       max_abs") && first.contains("rel_l2"), "{first}");
    for label in ["rule ", "makespan ", "messages ", "ops ", "busy ", "memory ", "digests ", "wall "] {
        assert!(said.out.lines().any(|line| line.starts_with(label)), "{label}: {}", said.out);
    }
    assert!(said.out.lines().all(|line| line.chars().count() <= 100), "{}", said.out);
    assert!(!said.out.contains('\x1b'), "no colour without a terminal");
}

#[test]
fn json_has_the_keys_that_scripts_rely_on() {
    let result = Room::new().gemm_json(&["--seed", "3"]);
    assert_eq!((&result["kernel"], &result["machine"]), (&json!("gemm"), &json!("tiny")));
    assert_eq!(
        (&result["params"]["m"], &result["ranks"], &result["seed"]),
        (&json!("8"), &json!(2), &json!(3))
    );
    let by_kind = result["ops"]["by_kind"].as_object().unwrap();
    let sum: u64 = by_kind.values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(result["ops"]["total"], json!(sum));
    assert_eq!(result["findings"], json!([]));
    for key in ["messages", "makespan_fs", "makespan_cycles", "peak_tcm_bytes", "peak_live_bytes"] {
        assert!(result[key].as_u64().unwrap() > 0, "{key}");
    }
    for digest in ["structure", "timing", "data"] {
        assert_eq!(result["digests"][digest].as_str().unwrap().len(), 64, "{digest}");
    }
    assert_eq!(result["verdict"]["pass"], json!(true));
    for key in ["max_abs", "rel_l2", "max_ulp"] {
        assert!(result["verdict"][key].is_f64(), "{key}");
    }
    assert!(result["verdict"]["rule"].is_string());
    assert_eq!(result["expected"], Value::Null);
    assert!(result["units"]["rank0.gemm"]["busy_fs"].as_u64().unwrap() > 0);
    assert!(result["units"]["rank0.gemm"]["stalled_fs"].is_object());
    let steps: Vec<&str> = result["wall_s"].as_object().unwrap().keys().map(String::as_str).collect();
    for step in [
        "start", "record", "verify", "plan", "phase1", "dataflow", "digests", "times", "inputs", "phase2",
        "hazards", "oracle", "naive", "judge", "write",
    ] {
        assert!(steps.contains(&step) && result["wall_s"][step].is_f64(), "{step} of {steps:?}");
    }
}

/// Times, digests and findings of a run, without its tensors.
#[test]
fn a_run_can_stop_after_its_times() {
    let room = Room::new();
    let (whole, times) = (room.gemm_json(&[]), room.gemm_json(&["--time-only"]));
    for key in ["makespan_fs", "bounds", "critical_path", "units", "findings", "unordered", "passed"] {
        assert_eq!(times[key], whole[key], "{key}");
    }
    assert_eq!(times["digests"]["timing"], whole["digests"]["timing"]);
    assert_eq!((&times["digests"]["data"], &times["verdict"]), (&Value::Null, &Value::Null));
    assert!(times["wall_s"]["hazards"].is_f64() && times["wall_s"]["phase2"].is_null());
    let said = room.gemm(&["--time-only"]);
    assert!(said.out.starts_with("DONE       timing only: no values"), "{}", said.out);
    assert_eq!(room.gemm(&["--time-only", "--out", "x.safetensors"]).code, 2);
}

/// The seed of the run draws the sample, and a replay of its log judges the same rows.
#[test]
fn a_run_is_judged_by_the_rows_that_are_asked_for() {
    let room = Room::new();
    for (judge, first, sample) in [
        ("all", "PASS       max_abs", Value::Null),
        ("sample", "PASS       max_abs", Value::Null),
        ("sample:3", "PASS       in a sample: max_abs", json!({"rows": 3, "of": 8, "seed": 5})),
        ("none", "DONE       the values were not judged: --judge none", Value::Null),
    ] {
        let result = room.gemm_json(&["--seed", "5", "--judge", judge, "--log", "run.log"]);
        assert_eq!((&result["passed"], &result["verdict"]["sample"]), (&json!(true), &sample), "{judge}");
        assert_eq!(result["verdict"].is_null(), judge == "none", "{judge}");
        assert_eq!(result["not_judged"].is_null(), judge != "none", "{judge}");
        assert!(result["digests"]["data"].is_string(), "{judge}");
        for said in [
            room.gemm(&["--seed", "5", "--judge", judge]),
            room.run(&["replay", "run.log", "--judge", judge]),
        ] {
            assert_eq!(said.code, 0, "{}", said.err);
            assert!(said.out.starts_with(first), "{judge}: {}", said.out);
            let line = "judged     3 of 8 rows, drawn with seed 5: a wrong value in another row is not seen";
            assert_eq!(said.out.lines().any(|it| it == line), judge == "sample:3", "{}", said.out);
        }
    }
    for refused in [
        &["--judge", "sample:0"][..],
        &["--judge", "some"],
        &["--judge", "all", "--time-only"],
        &["--judge", "none", "--golden", "golden.log", "--bless"],
    ] {
        assert_eq!(room.gemm(refused).code, 2, "{refused:?}");
    }
    let said = room.run(&["run", "ring_model", "--set", "ranks=3", "--judge", "all"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("leave --judge out"), "{}", said.err);
}

#[test]
fn every_moment_of_a_unit_is_accounted_for() {
    let result = Room::new().gemm_json(&[]);
    for (name, unit) in result["units"].as_object().unwrap() {
        let stalled = unit["stalled_fs"].as_object().unwrap().values().map(|fs| fs.as_u64().unwrap());
        let whole = stalled.sum::<u64>() + unit["busy_fs"].as_u64().unwrap();
        assert_eq!(json!(whole), result["makespan_fs"], "{name}");
    }
}

#[test]
fn threads_and_instructions_do_not_change_the_result() {
    let room = Room::new();
    let of = |more: &[&str]| room.gemm_json(more)["digests"].clone();
    let one = of(&["--threads", "1"]);
    assert_eq!(one, of(&["--threads", "3"]));
    assert_eq!(one, of(&["--simd", "narrow"]));
    assert_eq!(one, of(&["--read-rule", "hardware"]));
    let other = of(&["--seed", "1"]);
    assert_eq!((&one["structure"], &one["timing"]), (&other["structure"], &other["timing"]));
    assert_ne!(one["data"], other["data"]);
}

#[test]
fn ties_show_their_range_and_change_nothing() {
    let room = Room::new();
    let kernel = "run mesh_mlo --machine softhier32 --set ranks=4 --set heads=4 --set kv_heads=2 --set head_dim=16 \
                  --set kv_len=29 --set kv_block=3 --json -";
    let run = |more: &[&str]| {
        let words: Vec<&str> = kernel.split_whitespace().chain(more.iter().copied()).collect();
        serde_json::from_str::<Value>(&room.run(&words).out).expect("JSON")
    };
    let (plain, tied) = (run(&[]), run(&["--ties", "seed:3"]));
    assert_eq!((&plain["ties"], &tied["digests"]), (&Value::Null, &plain["digests"]));
    let ties = &tied["ties"];
    assert_eq!((&ties["seed"], &ties["orders"]), (&3.into(), &16.into()));
    let [least, own, most] =
        [&ties["least_fs"], &tied["makespan_fs"], &ties["most_fs"]].map(|fs| fs.as_u64().expect("a time"));
    assert!(least <= own && own <= most && least < most, "{ties}");
    let said = room.gemm(&["--ties", "seed:3"]).out;
    assert!(said.contains("ties ") && said.contains("in 16 other orders of requests at one time"), "{said}");
    assert!(room.gemm(&["--ties", "3"]).err.contains("write seed:N"));
}

#[test]
fn another_order_is_compared_with_what_is_meant() {
    let room = Room::new();
    assert_eq!(room.gemm_json(&[])["order"], Value::Null);
    for order in ["log", "earliest", "latest", "seed:3"] {
        let result = room.gemm_json(&["--order", order]);
        let data = &result["digests"]["data"];
        let expected = json!({
            "name": order, "equal": true, "unordered": false, "data": data, "first_difference": null
        });
        assert_eq!(result["order"], expected);
    }
    let said = room.gemm(&["--order", "latest", "--log", "run.log"]).out;
    let line = "order      latest: as intended in every bit; the result does not depend on timing\n";
    assert!(said.contains(line), "{said}");
    let again = room.run(&["replay", "run.log", "--order", "latest"]).out;
    assert!(again.contains(line), "{again}");
}

#[test]
fn a_timing_model_has_no_values() {
    let room = Room::new();
    let run = |args: &[&str]| {
        let said = room.run(&[&["run", "--json", "-"], args].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        serde_json::from_str::<Value>(&said.out).unwrap()
    };
    let result = run(&["ring_model", "--set", "ranks=3"]);
    assert_eq!((&result["verdict"], &result["digests"]["data"]), (&Value::Null, &Value::Null));
    assert!(result["makespan_cycles"].as_u64().unwrap() > 0);

    // Its program brings its machine along, and no other.
    assert_eq!(room.run(&["record", "ring_model", "--set", "ranks=3", "-o", "p.json"]).code, 0);
    assert_eq!(run(&["--program", "p.json"])["digests"], result["digests"]);
    assert_eq!(room.run(&["run", "--program", "p.json", "--machine", "tiny"]).code, 2);
}

#[test]
fn kernels_and_machines_are_listed() {
    let room = Room::new();
    let said = room.run(&["list", "--json"]);
    let kernels: Value = serde_json::from_str(&said.out).unwrap();
    let gemm = kernels.as_array().unwrap().iter().find(|kernel| kernel["name"] == "gemm").unwrap();
    assert!(gemm["purpose"].is_string());
    assert!(
        gemm["params"].as_array().unwrap().iter().any(|p| p["name"] == "ranks" && p["default"].is_string())
    );
    let machines: Value = serde_json::from_str(&room.run(&["machines", "--json"]).out).unwrap();
    assert!(machines.as_array().unwrap().iter().any(|machine| machine["name"] == "sip"));
    let spec: Value = serde_json::from_str(&room.run(&["machines", "tiny", "--json"]).out).unwrap();
    assert_eq!(spec["grid"]["pe"], json!([2, 2]));
    for args in [&["list"][..], &["machines"], &["machines", "sip"], &["--version"], &["run", "--help"]] {
        let said = room.run(args);
        assert!(said.code == 0 && !said.out.is_empty() && said.err.is_empty(), "{args:?}: {}", said.err);
    }
    let text = room.run(&["list"]).out;
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for kernel in kernels.as_array().unwrap() {
        let parts =
            kernel["params"].as_array().unwrap().iter().flat_map(|p| [&p["name"], &p["default"], &p["doc"]]);
        for said in parts.chain([&kernel["name"], &kernel["purpose"]]) {
            assert!(words.contains(said.as_str().unwrap()), "{said} is not listed");
        }
    }
}

#[test]
fn a_printed_machine_is_a_machine_file() {
    let room = Room::new();
    room.write("mine.toml", room.run(&["machines", "tiny"]).out);
    let run = [&["run", "gemm", "--machine", "mine.toml"], &GEMM[3..], &["--json", "-"]].concat();
    let mine: Value = serde_json::from_str(&room.run(&run).out).unwrap();
    assert_eq!(mine["digests"], room.gemm_json(&[])["digests"]);
}

#[test]
fn readers_that_leave_early_are_no_error() {
    let room = Room::new();
    let mut child = room.command(["list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let said = said(child.wait_with_output().unwrap());
    assert_eq!((said.code, &said.err[..]), (0, ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let said = said(Room::new().command(["list"]).stdout(full).output().unwrap());
    assert_eq!(said.code, 2);
    assert!(said.err.contains("cannot write to the standard output"), "{}", said.err);
}

/// What a run says on a terminal; `script` makes one.
#[cfg(target_os = "linux")]
fn on_a_terminal(variables: &[(&str, &str)]) -> String {
    let binary = env!("CARGO_BIN_EXE_kernmesh");
    let run = format!("{binary} run {}", GEMM.join(" "));
    let mut script = std::process::Command::new("script");
    script.args(["-q", "-e", "-c", &run, "/dev/null"]).stdin(Stdio::null());
    script.env_remove("NO_COLOR").env("TERM", "xterm").envs(variables.iter().copied());
    let said = said(script.output().expect("util-linux is there"));
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    said.out
}

#[cfg(target_os = "linux")]
#[test]
fn colour_is_for_terminals_and_for_those_who_want_it() {
    let painted = "\x1b[1;32mPASS\x1b[0m";
    assert!(on_a_terminal(&[]).contains(painted));
    assert!(on_a_terminal(&[("NO_COLOR", "")]).contains(painted), "an empty value does not count");
    for plain in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let text = on_a_terminal(&[plain]);
        assert!(text.contains("PASS") && !text.contains("\x1b[1;32m"), "{plain:?}: {text}");
    }
}

/// Good or bad, in a checkout, where lines of source are shown with findings.
#[test]
fn a_run_fits_a_screen() {
    let racy = ["mesh_mlo", "--set", "ranks=3", "--set", "kv_len=64", "--sync", "explicit"];
    let large = ["llama70b_decode_single"];
    for (args, code) in [(&racy[..], 1), (&large[..], 0)] {
        let mut command = Room::new().command([&["run"], args].concat());
        let said = said(command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).output().unwrap());
        assert_eq!(said.code, code, "{}", said.err);
        assert!(said.out.lines().count() <= 24, "{} lines: {}", said.out.lines().count(), said.out);
        assert!(said.out.lines().all(|line| line.chars().count() <= 100), "{}", said.out);
    }
}
