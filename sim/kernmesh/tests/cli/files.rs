//! Logs, tensors and programs that travel through files.

use serde_json::{Value, json};

use crate::room::{GEMM, Room};

/// The same result up to the seconds it took.
fn without_wall(mut result: Value) -> Value {
    result.as_object_mut().unwrap().remove("wall_s").expect("every result has it");
    result
}

#[test]
fn a_replay_gives_what_the_run_gave() {
    let room = Room::new();
    for log in ["run.jsonl", "run.log"] {
        let beside = format!("{log}.replay");
        let run = room.gemm_json(&["--log", log, "--out", "c.safetensors", "--seed", "5"]);
        let (sums, out) = (room.read(&beside), room.read("c.safetensors"));
        std::fs::remove_file(room.path(&beside)).unwrap();
        let replay = ["replay", log, "--out", "again.safetensors", "--threads", "2", "--json", "r.json"];
        let said = room.run(&replay);
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(said.out.starts_with("PASS "), "{}", said.out);
        assert_eq!(without_wall(room.json("r.json")), without_wall(run), "{log}");
        assert_eq!(room.read("again.safetensors"), out, "{log}");
        assert_eq!(room.read(&beside), sums, "{log}");
    }
    assert!(room.read("run.jsonl").starts_with(b"{\"kernmesh\":"));
    assert!(!room.read("run.log").starts_with(b"{"));
}

#[test]
fn only_the_identity_rule_leaves_checksums() {
    let room = Room::new();
    room.gemm(&["--log", "run.log"]);
    assert_eq!(room.names(), ["run.log", "run.log.replay"]);
    // The checksums of the log before would be those of another run.
    assert_eq!(room.gemm(&["--log", "run.log", "--read-rule", "shape"]).code, 0);
    assert_eq!(room.names(), ["run.log"]);
    assert_eq!(room.run(&["replay", "run.log", "--read-rule", "hardware"]).code, 0);
    assert_eq!(room.names(), ["run.log"]);
    assert_eq!(room.run(&["replay", "run.log"]).code, 0);
    assert_eq!(room.names(), ["run.log", "run.log.replay"]);
}

#[test]
fn diff_tells_logs_apart() {
    let room = Room::new();
    room.gemm(&["--log", "a.log"]);
    room.gemm(&["--log", "a.jsonl"]);
    room.gemm(&["--log", "seed.log", "--seed", "1"]);
    room.write("slow.toml", "base = \"tiny\"\nname = \"tiny\"\n[pe]\nissue_cycles = 2\n");
    let slow = [&["run", "gemm", "--machine", "slow.toml"], &GEMM[3..], &["--log", "slow.log"]].concat();
    assert_eq!(room.run(&slow).code, 0);
    room.run(&["run", "gemm", "--machine", "tiny", "--set", "ranks=1", "--set", "m=8", "--log", "other.log"]);
    for (b, code, verdict, fragment) in [
        ("a.jsonl", 0, "same", "SAME"),
        ("seed.log", 1, "data", "other values"),
        ("slow.log", 1, "timing", "pe.issue_cycles: 1 → 2"),
        ("other.log", 1, "structure", "the ops differ"),
    ] {
        let said = room.run(&["diff", "a.log", b]);
        assert_eq!(said.code, code, "{b}: {}{}", said.out, said.err);
        assert!(said.out.contains(fragment), "{b}: {}", said.out);
        let said = room.run(&["diff", "a.log", b, "--json", "-"]);
        let document: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!((said.code, &document["verdict"]), (code, &json!(verdict)), "{b}");
    }
    std::fs::remove_file(room.path("a.log.replay")).unwrap();
    let said = room.run(&["diff", "a.log", "a.jsonl"]);
    assert!(said.code == 2 && said.out.contains("values were not compared"), "{}", said.out);
    let said = room.run(&["diff", "a.log", "a.jsonl", "--without-values"]);
    assert!(said.code == 0 && said.out.contains("values left out"), "{}", said.out);
}

#[test]
fn tensors_come_from_a_file_and_go_to_one() {
    let room = Room::new();
    room.tensors("in.safetensors", &[("a", &[6, 32]), ("b", &[32, 10])]);
    let run = ["run", "gemm", "--machine", "tiny", "--set", "ranks=2", "--set", "dtype=f32"];
    let said = room.run(&[&run[..], &["--tensors", "in.safetensors", "--out", "c.safetensors"]].concat());
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let bytes = room.read("c.safetensors");
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let c = file.tensor("c").unwrap();
    assert_eq!((file.names(), c.shape(), c.dtype()), (vec!["c"], &[6, 10][..], safetensors::Dtype::F32));
    let value = |i: usize| (i % 5) as f32 - 2.0;
    for (at, bytes) in c.data().as_chunks::<4>().0.iter().enumerate() {
        let exact: f32 = (0..32).map(|k| value(at / 10 * 32 + k) * value(k * 10 + at % 10)).sum();
        assert_eq!(f32::from_le_bytes(*bytes), exact, "element {at}");
    }
}

#[test]
fn a_log_whose_inputs_were_given_is_replayed_with_the_same() {
    let room = Room::new();
    room.tensors("in.safetensors", &[("a", &[8, 256]), ("b", &[256, 8])]);
    room.tensors_from("other.safetensors", 1, &[("a", &[8, 256])], &[("b", &[256, 8])]);
    for log in ["run.log", "run.jsonl"] {
        assert_eq!(room.gemm(&["--log", log, "--tensors", "in.safetensors"]).code, 0);
        let again = room.run(&["replay", log, "--tensors", "in.safetensors"]);
        assert_eq!((again.code, &again.err[..]), (0, ""));

        let before = room.contents();
        let without = room.run(&["replay", log]);
        assert_eq!(without.code, 2, "{}", without.out);
        let said = "error: the run was given `a`, `b`, and its log does not hold their values";
        assert!(without.err.starts_with(said) && without.err.contains("--seeded"), "{}", without.err);
        assert_eq!(room.contents(), before, "nothing was written");

        let other = room.run(&["replay", log, "--tensors", "other.safetensors"]);
        assert_eq!(other.code, 0, "{}", other.err);
        assert!(other.err.starts_with("warning: the run was given other values of `a`\n"), "{}", other.err);

        let seeded = room.run(&["replay", log, "--seeded"]);
        assert_eq!(seeded.code, 0, "{}", seeded.err);
        assert_eq!(room.contents(), before, "checksums are of the run's own inputs");
        let both = room.run(&["replay", log, "--seeded", "--tensors", "in.safetensors"]);
        assert!(both.code == 2 && both.err.contains("cannot be used with"), "{}", both.err);
    }
    let said = room.run(&["diff", "run.log", "run.jsonl"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
}

#[test]
fn a_replay_may_be_given_other_inputs_than_those_drawn() {
    let room = Room::new();
    room.tensors("in.safetensors", &[("a", &[8, 256]), ("b", &[256, 8])]);
    assert_eq!(room.gemm(&["--log", "run.log", "--seed", "5"]).code, 0);
    let said = room.run(&["replay", "run.log", "--tensors", "in.safetensors"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.starts_with("note: the run drew its inputs from seed 5; "), "{}", said.err);
    let before = room.contents();
    let said = room.run(&["replay", "run.log", "--seeded"]);
    assert_eq!((said.code, &said.err[..]), (0, ""));
    assert_eq!(room.contents(), before, "these are the inputs that the run drew");
    assert_eq!(room.gemm(&["--log", "given.log", "--tensors", "in.safetensors"]).code, 0);
    let said = room.run(&["diff", "run.log", "given.log"]);
    assert!(said.code == 1 && said.out.contains("input a: absent → "), "{}", said.out);
    let plain = room.run(&["replay", "run.log"]);
    assert_eq!((plain.code, &plain.err[..]), (0, ""));
}

#[test]
fn expected_judges_a_kernel_too() {
    let room = Room::new();
    room.tensors("in.safetensors", &[("a", &[8, 256]), ("b", &[256, 8]), ("expected", &[8, 8])]);
    let result = room.gemm_json(&["--tensors", "in.safetensors"]);
    let against = |n: usize| {
        let judgement = &result["verdict"]["judgements"][n];
        (&judgement["against"], &judgement["pass"])
    };
    assert_eq!(against(0), (&json!("reference"), &json!(true)));
    assert_eq!(against(1), (&json!("expected"), &json!(false)), "it is no product of these");
    assert_eq!(result["passed"], json!(false));
    assert!(result["expected"]["max_abs"].as_f64().unwrap() > 0.0, "{result}");
    assert!(result["expected"]["rel_l2"].as_f64().unwrap() > 0.0, "{result}");
}

#[test]
fn a_recorded_program_runs_as_its_kernel_does() {
    let room = Room::new();
    let record = [&["record", "gemm"], &GEMM[3..]].concat();
    assert_eq!(room.run(&[&record[..], &["-o", "p.json"]].concat()).code, 0);
    assert_eq!(room.run(&[&record[..], &["-o", "-"]].concat()).out.as_bytes(), room.read("p.json"));
    let run = |program: &str| {
        let said = room.run(&["run", "--program", program, "--machine", "tiny", "--json", "-"]);
        (said.code, serde_json::from_str::<Value>(&said.out).unwrap_or_else(|e| panic!("{e}: {}", said.err)))
    };
    let (code, result) = run("p.json");
    assert_eq!((code, without_wall(result)), (0, without_wall(room.gemm_json(&[]))));

    // Without a kernel to judge by, there is no verdict.
    let text = String::from_utf8(room.read("p.json")).unwrap();
    room.write("nameless.json", text.replace("\"kernel\":\"gemm\"", "\"kernel\":\"mine\""));
    let (code, result) = run("nameless.json");
    assert_eq!((code, &result["verdict"]), (0, &Value::Null));

    // A kernel that takes other tensors is no judge either.
    room.write("other.json", text.replace("\"k\":\"256\"", "\"k\":\"128\""));
    let (code, result) = run("other.json");
    assert_eq!((code, &result["verdict"]), (0, &Value::Null));

    // A program that forgets half of each sum is wrong, and says so.
    assert!(text.contains("\"accumulate\":true"));
    room.write("wrong.json", text.replace("\"accumulate\":true", "\"accumulate\":false"));
    let (code, result) = run("wrong.json");
    assert_eq!((code, &result["verdict"]["pass"]), (1, &json!(false)));
}

#[test]
fn a_run_replaces_files_whole_and_leaves_nothing_else() {
    let room = Room::new();
    room.write("r.json", "before");
    for _ in 0..2 {
        assert_eq!(room.gemm(&["--json", "r.json", "--out", "c.safetensors", "--log", "run.jsonl"]).code, 0);
        assert_eq!(room.names(), ["c.safetensors", "r.json", "run.jsonl", "run.jsonl.replay"]);
        assert_eq!(room.json("r.json")["verdict"]["pass"], json!(true));
    }
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_and_new_files_obey_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let room = Room::new();
    room.write("real.json", "before");
    std::os::unix::fs::symlink("real.json", room.path("link.json")).unwrap();
    assert_eq!(room.gemm(&["--json", "link.json", "--out", "c.safetensors"]).code, 0);
    assert!(std::fs::symlink_metadata(room.path("link.json")).unwrap().is_symlink());
    assert_eq!(room.json("real.json")["kernel"], json!("gemm"));
    let mode = |name: &str| std::fs::metadata(room.path(name)).unwrap().permissions().mode() & 0o777;
    room.write("ordinary", "");
    assert_eq!(mode("c.safetensors"), mode("ordinary"));
    std::fs::set_permissions(room.path("real.json"), std::fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink("new.html", room.path("later.html")).unwrap();
    assert_eq!(room.gemm(&["--json", "real.json", "--report", "later.html"]).code, 0);
    assert_eq!(mode("real.json"), 0o600, "what is replaced keeps its permissions");
    assert!(std::fs::symlink_metadata(room.path("later.html")).unwrap().is_symlink());
    assert_eq!(mode("new.html"), mode("ordinary"));
}
