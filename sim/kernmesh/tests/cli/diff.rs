//! `kernmesh diff` on real kernels: one edit each, and what the diff makes of it.

use serde_json::{Value, json};

use crate::room::Room;

/// Kernels with a dozen to some hundred ops.
const KERNELS: [&[&str]; 3] = [
    &["gemm", "--set", "ranks=2", "--set", "m=8", "--set", "n=8", "--set", "k=256"],
    &["mesh_mlo", "--set", "ranks=3", "--set", "kv_len=64"],
    &["mesh_kv", "--set", "ranks=2", "--set", "q_len=16", "--set", "kv_len=32"],
];

/// What is changed between two runs of a kernel.
enum Edit {
    /// Of the program as JSON.
    Program(fn(&mut Value)),
    /// Of the machine file, whose base is `tiny`.
    Machine(&'static str),
    /// An option more.
    Option(&'static [&'static str]),
}

struct Case {
    name: &'static str,
    edit: Edit,
    verdict: &'static str,
    /// The first cause: how its `what` begins, or what it contains.
    cause: &'static str,
    /// The rank and index of its op, where the edit has one.
    at: Option<(u32, u32)>,
}

/// Where an op is put in: after some ops of rank 1.
const AT: usize = 3;

fn cases() -> Vec<Case> {
    let case = |name, edit, verdict, cause, at| Case { name, edit, verdict, cause, at };
    let at = Some((1, AT as u32));
    vec![
        case("op inserted", Edit::Program(insert_fill), "structure", "only b has this op", at),
        case("wait inserted", Edit::Program(insert_wait), "structure", "only b", at),
        case("op reordered", Edit::Program(reorder), "structure", "it is elsewhere among the others", None),
        case("link slowed", Edit::Machine("[link.pe]\nbytes_per_cycle = 4\n"), "timing", "longer", None),
        case(
            "HBM slowed",
            Edit::Machine("[hbm]\nlatency_cycles = 90\n"),
            "timing",
            "takes 40 ns longer",
            None,
        ),
        case("clock", Edit::Machine("[clock]\npe_fs = 2000000\n"), "timing", "longer", None),
        case("math slower", Edit::Machine("[math]\nstart_cycles = 9\n"), "timing", "takes", None),
        case("issue", Edit::Machine("[pe]\nissue_cycles = 2\n"), "timing", "later", None),
        case("seed", Edit::Option(&["--seed", "7"]), "data", "its value differs", None),
        case("constant", Edit::Program(constant), "structure", "its constants differ", None),
        case("ranks moved", Edit::Program(move_ranks), "timing", "longer", None),
        case("span renamed", Edit::Program(rename), "same", "", None),
        case("lines moved", Edit::Program(move_lines), "same", "", None),
    ]
}

fn ops(program: &mut Value, rank: usize) -> &mut Vec<Value> {
    program["ranks"][rank]["ops"].as_array_mut().unwrap()
}

/// An op that fills a buffer of its own.
fn fill(program: &mut Value) -> Value {
    let rank = &mut program["ranks"][1];
    let push = |list: &mut Value, item| {
        let list = list.as_array_mut().unwrap();
        list.push(item);
        list.len() - 1
    };
    let buffer = push(&mut rank["buffers"], json!({"bytes": 256}));
    let view = json!({
        "base": {"buffer": buffer}, "offset": 0, "shape": [8, 8], "strides": [8, 1], "dtype": "f32"
    });
    let to = push(&mut rank["views"], view);
    json!({"fill": {"value": 3.0, "to": to}})
}

fn insert_fill(program: &mut Value) {
    let op = fill(program);
    insert(program, op);
}

fn insert_wait(program: &mut Value) {
    insert(program, json!({"wait": {"on": []}}));
}

/// Puts an op into rank 1; what names ops by their place names the same ones.
fn insert(program: &mut Value, op: Value) {
    let rank = &mut program["ranks"][1];
    for other in rank["ops"].as_array_mut().unwrap() {
        for body in other.as_object_mut().unwrap().values_mut() {
            for key in ["on", "after"] {
                let Some(list) = body.get_mut(key).and_then(Value::as_array_mut) else { continue };
                for index in list.iter_mut().filter(|index| index.as_u64().unwrap() >= AT as u64) {
                    *index = json!(index.as_u64().unwrap() + 1);
                }
            }
        }
    }
    rank["ops"].as_array_mut().unwrap().insert(AT, op);
    let sources = rank["sources"].as_array_mut().unwrap();
    let source = sources[0].clone();
    sources.insert(AT, source);
    for span in rank["spans"].as_array_mut().into_iter().flatten() {
        for key in ["first", "end"] {
            let place = span[key].as_u64().unwrap();
            span[key] = json!(place + u64::from(place > AT as u64));
        }
    }
}

/// Exchanges the first two loads of rank 0 that follow each other.
fn reorder(program: &mut Value) {
    let ops = ops(program, 0);
    let at = ops.windows(2).position(|two| two.iter().all(|op| op.get("load").is_some()));
    let at = at.expect("every kernel loads two tiles");
    ops.swap(at, at + 1);
}

fn constant(program: &mut Value) {
    for rank in 0..2 {
        for op in ops(program, rank) {
            if let Some(fill) = op.get_mut("fill") {
                fill["value"] = json!(0.5);
                return;
            }
            if let Some(y) = op.pointer_mut("/binary/y/constant") {
                *y = json!(0.25);
                return;
            }
            if let Some(acc) = op.pointer_mut("/dot/accumulate") {
                *acc = json!(acc == &json!(false));
                return;
            }
        }
    }
    panic!("no op has a constant");
}

fn rename(program: &mut Value) {
    for rank in program["ranks"].as_array_mut().unwrap() {
        let n = rank["ops"].as_array().unwrap().len();
        rank["spans"] = json!([{"name": "renamed", "first": 0, "end": n}]);
    }
}

/// From neighbours in a cube to the first PE of each cube.
fn move_ranks(program: &mut Value) {
    program["rank_axis"] = json!("cube");
}

fn move_lines(program: &mut Value) {
    for rank in program["ranks"].as_array_mut().unwrap() {
        for source in rank["sources"].as_array_mut().unwrap() {
            source["line"] = json!(source["line"].as_u64().unwrap() + 100);
        }
    }
}

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
    let cases: [(&[&str], &[&str], &str, &str, &str); 5] = [
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
