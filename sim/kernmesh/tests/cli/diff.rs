//! `kernmesh diff` on real kernels: one edit each, and what the diff makes of it.

use serde_json::{Value, json};

use crate::edits::{Case, Edit, cases};
use crate::room::Room;

/// Kernels with a dozen to some hundred ops.
const KERNELS: [&[&str]; 3] = [
    &["gemm", "--set", "ranks=2", "--set", "m=8", "--set", "n=8", "--set", "k=256"],
    &["mesh_mlo", "--set", "ranks=3", "--set", "kv_len=64"],
    &["mesh_kv", "--set", "ranks=2", "--set", "q_len=16", "--set", "kv_len=32"],
];

/// Runs the kernel as it is (`a.log`) and edited (`b.log`).
fn run_both(room: &Room, kernel: &[&str], edit: &Edit) {
    assert_eq!(room.run(&[&["record"], kernel, &["-o", "a.json"]].concat()).code, 0);
    let machine = "base = \"tiny\"\nname = \"tiny\"\n[grid]\ncube = [2, 2]\n";
    room.write("a.toml", machine);
    let run = |program: &str, machine: &str, log: &str, more: &[&str]| {
        let args = ["run", "--program", program, "--machine", machine, "--log", log];
        let said = room.run(&[&args, more].concat());
        assert!(said.code < 2 && !said.out.is_empty(), "{kernel:?}: {}", said.err);
    };
    run("a.json", "a.toml", "a.log", &[]);
    match edit {
        Edit::Program(change) => {
            let mut program = room.json("a.json");
            change(&mut program);
            room.write("b.json", program.to_string());
            run("b.json", "a.toml", "b.log", &[]);
        }
        Edit::Machine(keys) => {
            room.write("b.toml", format!("{machine}{keys}"));
            run("a.json", "b.toml", "b.log", &[]);
        }
        Edit::Option(more) => run("a.json", "a.toml", "b.log", more),
    }
}

fn diff(room: &Room, logs: [&str; 2], more: &[&str]) -> (i32, Value) {
    let said = room.run(&[&["diff"], &logs[..], &["--json", "-"], more].concat());
    let document = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}", said.err));
    (said.code, document)
}

/// Both splits of the makespan add up to its change.
fn splits_add_up(document: &Value, place: &str) {
    let makespan = &document["makespan"];
    let categories = makespan["by_category"].as_object().unwrap().values();
    let sources = makespan["by_source"].as_array().unwrap().iter().map(|it| &it["delta_fs"]);
    let sum = |spans: &mut dyn Iterator<Item = &Value>| spans.map(|it| it.as_i64().unwrap()).sum::<i64>();
    for split in [sum(&mut categories.into_iter()), sum(&mut sources.into_iter())] {
        assert_eq!(json!(split), makespan["delta"], "{place}");
    }
}

#[test]
fn every_edit_is_told_for_what_it_is() {
    for kernel in KERNELS {
        let room = Room::new();
        for Case { name, edit, verdict, cause, at } in cases() {
            let place = format!("{name} of {}", kernel[0]);
            run_both(&room, kernel, &edit);
            let (code, found) = diff(&room, ["a.log", "b.log"], &[]);
            assert_eq!(found["verdict"], json!(verdict), "{place}: {found}");
            assert_eq!(code, i32::from(verdict != "same"), "{place}");
            splits_add_up(&found, &place);
            let first = &found["causes"][0];
            let what = first["what"].as_str().unwrap_or_default();
            assert!(
                what.contains(cause) && cause.is_empty() == first.is_null(),
                "{place}: {}",
                found["causes"]
            );
            if let Some((rank, index)) = at {
                assert_eq!(
                    (&first["rank"], &first["index"]),
                    (&json!(rank), &json!(index)),
                    "{place}: {first}"
                );
            }
            let ops = &found["ops"];
            let own = ["only_a", "only_b", "moved", "changed"].map(|kind| ops[kind].as_u64().unwrap());
            let expected = u64::from(verdict == "structure");
            assert_eq!(own.iter().sum::<u64>(), expected, "{place}: {ops}");
            // Taken out instead of put in, moved back instead of moved.
            let (_, back) = diff(&room, ["b.log", "a.log"], &[]);
            assert_eq!(back["verdict"], json!(verdict), "{place}");
            if name.ends_with("inserted") {
                let what = back["causes"][0]["what"].as_str().unwrap();
                assert!(what.starts_with("only a has this op"), "{place}: {what}");
            }
            assert_eq!(
                (&back["ops"]["only_a"], &back["ops"]["only_b"]),
                (&ops["only_b"], &ops["only_a"]),
                "{place}"
            );
            let delta = found["makespan"]["delta"].as_i64().unwrap();
            assert_eq!(back["makespan"]["delta"], json!(-delta), "{place}");
        }
    }
}

/// Parameters of a kernel, on the command line.
#[test]
fn parameters_are_told_for_what_they_change() {
    let room = Room::new();
    let model = ["ring_model", "--set", "ranks=4", "--set", "steps=40"];
    let kv = ["mesh_kv", "--machine", "tiny", "--set", "ranks=3", "--set", "kv_len=96"];
    let mlo = ["mesh_mlo", "--machine", "tiny", "--set", "ranks=3", "--set", "kv_len=64"];
    let gemm =
        ["gemm", "--machine", "tiny", "--set", "ranks=2", "--set", "n=8", "--set", "k=256", "--set", "m=8"];
    /// Kernel, what is set, verdict, first cause, and a setting that differs.
    type Changed<'a> = (&'a [&'a str], &'a [&'a str], &'a str, &'a str, &'a str);
    let cases: [Changed<'_>; 5] = [
        (&kv, &["--set", "slots=3"], "timing", "waits (credit)", "n_slots of 4 rings"),
        (&mlo, &["--set", "kv_len=128"], "structure", "its views differ: ", "kv_len"),
        (&model, &["--set", "steps=30"], "structure", "only a has this op", "steps"),
        (&gemm, &["--set", "dtype=f32"], "structure", "its views differ: ", "dtype"),
        (&gemm, &["--set", "m=16"], "structure", "its views differ: ", "m"),
    ];
    for (kernel, edit, verdict, cause, key) in cases {
        // A parameter is set once: the last is the one that is edited.
        let edited: Vec<&str> =
            match kernel.iter().position(|it| it.split('=').next() == edit[1].split('=').next()) {
                Some(at) => {
                    kernel.iter().enumerate().map(|(i, it)| if i == at { edit[1] } else { *it }).collect()
                }
                None => [kernel, edit].concat(),
            };
        for (args, log) in [(kernel.to_vec(), "a.log"), (edited, "b.log")] {
            let said = room.run(&[&["run"], &args[..], &["--log", log]].concat());
            assert_eq!(said.code, 0, "{args:?}: {}", said.err);
        }
        let (code, found) = diff(&room, ["a.log", "b.log"], &[]);
        assert_eq!((code, &found["verdict"]), (1, &json!(verdict)), "{edit:?}: {found}");
        let what = found["causes"][0]["what"].as_str().unwrap();
        assert!(what.contains(cause), "{edit:?}: {what}");
        let lists = ["params", "around"].map(|list| found[list].as_array().unwrap().clone()).concat();
        assert!(lists.iter().any(|it| it["key"].as_str().unwrap().starts_with(key)), "{edit:?}: {lists:?}");
        splits_add_up(&found, edit[1]);
    }
}

/// Two runs of equal programs whose inputs differ in one value.
#[test]
fn one_value_that_changed_is_shown() {
    let room = Room::new();
    let shapes: [(&str, &[usize]); 1] = [("b", &[256, 8])];
    room.tensors_from("a.safetensors", 0, &[("a", &[8, 256])], &shapes);
    room.tensors_from("b.safetensors", 1, &[("a", &[8, 256])], &shapes);
    for name in ["a", "b"] {
        let (tensors, log) = (format!("{name}.safetensors"), format!("{name}.log"));
        assert_eq!(room.gemm(&["--tensors", &tensors, "--log", &log]).code, 0);
    }
    let (code, found) = diff(&room, ["a.log", "b.log"], &[]);
    assert_eq!((code, &found["verdict"], &found["values"]), (1, &json!("data"), &json!("different")));
    assert_eq!(found["first"]["data"]["op"], json!("load"), "{found}");
    // The logs do not hold the tensors, so the checksums have to do.
    assert_eq!(found["values_at"]["elements"], Value::Null);
    assert!(found["values_at"]["missing"].as_str().unwrap().contains("--tensors"), "{found}");
    assert_ne!(found["values_at"]["checksum_a"], found["values_at"]["checksum_b"]);

    // Seeded inputs are at hand.
    room.gemm(&["--log", "0.log"]);
    room.gemm(&["--log", "1.log", "--seed", "1"]);
    let (_, found) = diff(&room, ["0.log", "1.log"], &[]);
    let elements = &found["values_at"]["elements"];
    assert!(elements["differing"].as_u64().unwrap() > 0 && elements["a"] != elements["b"], "{found}");
    assert!(elements["a"].as_str().unwrap().parse::<f32>().unwrap().is_finite(), "{found}");
}

#[test]
fn times_within_a_tolerance_are_the_same() {
    let room = Room::new();
    run_both(&room, KERNELS[0], &Edit::Machine("[hbm]\nlatency_cycles = 51\n"));
    let (code, found) = diff(&room, ["a.log", "b.log"], &[]);
    assert_eq!((code, &found["verdict"]), (1, &json!("timing")));
    let (a, delta) = (found["makespan"]["a"].as_u64().unwrap(), found["makespan"]["delta"].as_u64().unwrap());
    assert!(delta > 0 && delta * 100 < 10 * a, "{found}");
    for (near, code) in
        [(["--within", "10%"], 0), (["--within", "0.0001%"], 1), (["--within-fs", "100000000"], 0)]
    {
        assert_eq!(diff(&room, ["a.log", "b.log"], &near).0, code, "{near:?}");
    }
    let said = room.run(&["diff", "a.log", "b.log", "--within", "10%"]);
    assert!(said.out.starts_with("SAME       the same ops at times within "), "{}", said.out);
    assert!(said.out.contains("\nmakespan   "), "{}", said.out);
    for bad in ["101%", "many", "-1"] {
        assert_eq!(room.run(&["diff", "a.log", "b.log", &format!("--within={bad}")]).code, 2, "{bad}");
    }
}

#[test]
fn a_diff_is_written_in_every_form() {
    let room = Room::new();
    run_both(&room, KERNELS[1], &Edit::Machine("[link.pe]\nbytes_per_cycle = 4\n"));
    let forms = ["--json", "d.json", "--markdown", "d.md", "--junit", "d.xml"];
    let said = room.run(&[&["diff", "a.log", "b.log"], &forms[..]].concat());
    assert_eq!((said.code, &said.err[..]), (1, ""));
    assert!(
        said.out.starts_with("DIFFERENT  the same ops at other times; the same values\n"),
        "{}",
        said.out
    );
    assert!(
        said.out.lines().all(|line| line.chars().count() <= 100) && !said.out.contains('\x1b'),
        "{}",
        said.out
    );
    assert!(said.out.lines().count() <= 24, "{}", said.out);
    let document = room.json("d.json");
    for key in ["structure", "timing", "data"] {
        assert!(document["first"].get(key).is_some(), "{key}");
    }
    let cause = &document["causes"][0];
    for key in ["op", "source", "what", "shift_fs"] {
        assert!(!cause[key].is_null(), "{key}: {cause}");
    }
    let [markdown, junit] = ["d.md", "d.xml"].map(|name| String::from_utf8(room.read(name)).unwrap());
    assert!(
        markdown.starts_with("### ❌ kernmesh diff: DIFFERENT\n")
            && markdown.contains("link.pe.bytes\\_per\\_cycle")
    );
    assert!(
        junit.starts_with(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"3\" failures=\"1\""
        )
    );
    for (form, begin) in [("--json", "{"), ("--markdown", "### "), ("--junit", "<?xml ")] {
        let alone = room.run(&["diff", "a.log", "b.log", form]);
        assert!(alone.code == 1 && alone.out.starts_with(begin), "{form}: {}", alone.out);
    }
    let twice = room.run(&["diff", "a.log", "b.log", "--json", "-", "--junit", "-"]);
    assert!(twice.code == 2 && twice.err.contains("cannot share the standard output"), "{}", twice.err);
}

#[test]
fn files_that_are_no_logs_are_refused() {
    let room = Room::new();
    room.gemm(&["--log", "a.log"]);
    room.write("b.log", "not a log");
    room.write("empty.log", "");
    let mut cut = room.read("a.log");
    cut.truncate(cut.len() / 2);
    room.write("cut.log", cut);
    for (b, problem) in [("missing.log", "cannot read"), ("b.log", ""), ("empty.log", ""), ("cut.log", "")] {
        let said = room.run(&["diff", "a.log", b]);
        assert_eq!((said.code, &said.out[..]), (2, ""), "{b}");
        assert!(said.err.starts_with("error: ") && said.err.contains(problem), "{b}: {}", said.err);
        assert!(said.err.contains(b), "{b}: {}", said.err);
    }
    let said = room.run(&["diff", "a.log", "a.log", "--json", "a.log"]);
    assert!(said.code == 2 && said.err.contains("are the same file"), "{}", said.err);
}
