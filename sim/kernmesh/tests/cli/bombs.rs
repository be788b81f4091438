//! Small files that ask for much: they are refused before anything is taken.

use serde_json::{Value, json};

use crate::room::Room;

/// A program of one rank, of no ops but these.
fn program(inputs: Value, outputs: Value, ranks: Value) -> String {
    json!({
        "format": 1, "kernel": "bomb", "params": {}, "rank_axis": "pe", "inputs": inputs, "outputs": outputs,
        "tensors": [], "rings": [], "ranks": [ranks], "files": [],
    })
    .to_string()
}

fn host(shape: &[u32]) -> Value {
    json!([{"name": "x", "shape": shape, "dtype": "f32"}])
}

fn no_ops() -> Value {
    json!({"buffers": [], "views": [], "ops": []})
}

/// The sum of one element that is repeated.
fn repeated(n: u32) -> Value {
    let view = |buffer: u32, n: u32, stride: u32| json!({"base": {"buffer": buffer}, "offset": 0, "shape": [n], "strides": [stride], "dtype": "f32"});
    json!({
        "buffers": [{"bytes": 4}, {"bytes": 4}],
        "views": [view(0, n, 0), view(1, 1, 1), view(0, 1, 1)],
        "ops": [
            {"fill": {"value": 1.0, "to": 2}},
            {"reduce": {"f": "sum", "axis": 0, "x": 0, "to": 1, "acc": "f32", "wrap": false}},
        ],
    })
}

/// Copies every other byte.
fn strided(n: u32) -> Value {
    let view = |buffer: u32| json!({"base": {"buffer": buffer}, "offset": 0, "shape": [n], "strides": [2], "dtype": "u8"});
    json!({
        "buffers": [{"bytes": 2 * n}, {"bytes": 2 * n}],
        "views": [view(0), view(1)],
        "ops": [{"fill": {"value": 1.0, "to": 0}}, {"unary": {"f": "neg", "x": 0, "to": 1}}],
    })
}

#[test]
fn a_program_that_asks_for_too_much_is_refused() {
    let most = u32::MAX;
    for (what, program, memory, place) in [
        ("input", program(host(&[most; 4]), json!([]), no_ops()), "1TiB", "input `x`"),
        (
            "input",
            program(host(&[1_000_000, 1_000_000]), json!([]), no_ops()),
            "1TiB",
            "input `x`, 1000000×1000000 f32",
        ),
        ("output", program(json!([]), host(&[most; 4]), no_ops()), "1TiB", "output `x`"),
        ("broadcast", program(json!([]), json!([]), repeated(1 << 31)), "16MiB", "rank 0, op 1 (sum)"),
        ("pieces", program(json!([]), json!([]), strided(1 << 20)), "64MiB", "the pieces of operands"),
    ] {
        let room = Room::new();
        room.write("bomb.json", program);
        let args = ["run", "--program", "bomb.json", "--memory", memory, "--json", "r.json"];
        let said = room.run(&args);
        assert_eq!((said.code, &*said.out), (2, ""), "{what}: {}", said.err);
        assert!(said.err.contains(place) && said.err.contains("--memory"), "{what}: {}", said.err);
        assert_eq!(room.names(), ["bomb.json"], "{what}");
    }
}

#[test]
fn work_has_a_limit_of_its_own() {
    let room = Room::new();
    room.write("long.json", program(json!([]), json!([]), repeated(1 << 20)));
    for (work, code) in [("1048576", 2), ("1048577", 0)] {
        let said = room.run(&["run", "--program", "long.json", "--work", work]);
        assert_eq!(said.code == 2, code == 2, "{work}: {}", said.err);
        assert_eq!(said.err.contains("raise the limit with --work N"), code == 2, "{}", said.err);
    }
}

/// The same programs in a size that fits, and logs of theirs.
#[test]
fn a_program_that_fits_runs_and_its_log_is_held_to_the_limit() {
    for (what, ranks) in [("broadcast", repeated(1 << 16)), ("pieces", strided(1 << 14))] {
        let room = Room::new();
        room.write("fits.json", program(json!([]), json!([]), ranks));
        let run = ["run", "--program", "fits.json", "--memory", "64MiB", "--log", "fits.log"];
        let said = room.run(&run);
        assert!(said.code < 2, "{what}: {}", said.err);
        let said = room.run(&["replay", "fits.log", "--memory", "64MiB"]);
        assert!(said.code < 2, "{what}: {}", said.err);
        let said = room.run(&["replay", "fits.log", "--memory", "1KiB"]);
        assert_eq!(said.code, 2, "{what}: {}", said.err);
        assert!(said.err.contains("the limit is 1 KiB"), "{what}: {}", said.err);
    }
}

#[test]
fn a_log_in_place_of_a_program_is_named() {
    let room = Room::new();
    room.write("fits.json", program(json!([]), json!([]), repeated(8)));
    for log in ["a.log", "a.jsonl"] {
        room.run(&["run", "--program", "fits.json", "--log", log]);
        let said = room.run(&["run", "--program", log]);
        assert_eq!(said.code, 2, "{}", said.err);
        assert!(said.err.contains("this is an op log, and no program"), "{}", said.err);
        assert!(said.err.contains(&format!("use `kernmesh replay {log}`")), "{}", said.err);
    }
}

/// A program that the verifier refuses is no subject of edits that follow its numbers.
#[test]
fn what_does_not_exist_is_refused_by_explain_too() {
    let room = Room::new();
    let view = |buffer: u32, dtype: &str| json!({"base": {"buffer": buffer}, "offset": 0, "shape": [4], "strides": [1], "dtype": dtype});
    let ranks = |bytes: u64, buffer: u32, op: Value| json!({"buffers": [{"bytes": bytes}], "views": [view(buffer, "f16")], "ops": [op]});
    let fill = |to: u32| json!({"fill": {"value": 1.0, "to": to}});
    for (what, of_rank) in [
        ("a view", ranks(8, 0, fill(9))),
        ("a buffer", ranks(8, 9, fill(0))),
        ("a buffer of all bytes", ranks(u64::MAX, 0, fill(0))),
        ("the last barrier", ranks(8, 0, json!({"barrier": {"number": u32::MAX}}))),
    ] {
        room.write("named.json", program(json!([]), json!([]), of_rank));
        let said = room.run(&["explain", "--program", "named.json", "--machine", "tiny"]);
        assert!([1, 2].contains(&said.code), "{what}: {} {}", said.code, said.err);
    }
}

/// Limits of the system, which the estimate does not know of: below the first nothing starts, above the last the run fits.
#[cfg(target_os = "linux")]
#[test]
fn memory_that_the_system_does_not_give_is_an_error() {
    let (mut refused, mut passed) = (0, 0);
    for mib in [40, 48, 56, 64, 72, 80, 96, 128, 192, 1024] {
        let room = Room::new();
        let limited = format!("ulimit -v {}; exec \"$@\"", mib << 10);
        let mut run = std::process::Command::new("sh");
        run.args([
            "-c",
            &limited,
            "sh",
            env!("CARGO_BIN_EXE_kernmesh"),
            "run",
            "ring_model",
            "--log",
            "a.oplog",
        ]);
        run.args(["--set", "ranks=64", "--set", "steps=60", "--memory", "1T"]).current_dir(room.path(""));
        let said = run.output().unwrap();
        let err = String::from_utf8_lossy(&said.stderr);
        match said.status.code() {
            Some(0) => passed += 1,
            Some(2) => {
                assert!(err.contains("memory") || err.contains("threads"), "{mib} MiB: {err}");
                assert_eq!(room.names(), Vec::<String>::new(), "{mib} MiB");
                refused += 1;
            }
            // The loader itself has too little.
            Some(127) => {}
            other => panic!("{mib} MiB: {other:?}: {err}"),
        }
    }
    assert!(refused > 0 && passed > 0, "{refused} refused, {passed} passed");
}
