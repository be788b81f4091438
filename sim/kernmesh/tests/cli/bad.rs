//! Bad input: exit code 2, one clear message, and nothing written.

use serde_json::json;

use crate::room::{GEMM, Room, said};

/// A room with files of every kind that can be wrong.
fn room() -> Room {
    let room = Room::new();
    std::fs::create_dir(room.path("folder")).unwrap();
    room.write("unknown.toml", "base = \"tiny\"\n[pe]\ntcm_byte = 7\n");
    room.write("small.toml", "base = \"tiny\"\n[pe]\ntcm_bytes = 1024\n");
    room.write("binary.toml", b"\xff\xfe");
    room.write("noise", b"\x00\x01\x02 this is nothing at all");
    room.write("noise.json", "{\"format\": 1, \"kernel\": 7}");
    room.write("future.json", "{\"format\": 99}");
    room.tensors("a.safetensors", &[("a", &[8, 256])]);
    room.tensors("flat.safetensors", &[("a", &[8]), ("b", &[256, 8])]);
    room.tensors("torn.safetensors", &[("a", &[8, 256]), ("b", &[128, 8])]);
    room.tensors("wide.safetensors", &[("a", &[8, 256]), ("b", &[256, 4])]);
    room.tensors("expects.safetensors", &[("a", &[8, 256]), ("b", &[256, 8]), ("expected", &[8])]);
    let whole = room.read("expects.safetensors");
    room.write("cut.safetensors", &whole[..whole.len() - 3]);
    for log in ["run.jsonl", "run.log"] {
        assert_eq!(room.gemm(&["--log", log]).code, 0);
    }
    let log = room.read("run.jsonl");
    room.write("cut.jsonl", &log[..log.len() - 9]);
    let mut log = room.read("run.log");
    let middle = log.len() / 2;
    log[middle] ^= 1;
    room.write("flipped.log", log);
    room
}

fn check(room: &Room, args: &[&str], fragment: &str) {
    let before = room.contents();
    let said = room.run(args);
    assert_eq!(said.code, 2, "{args:?}: {}{}", said.out, said.err);
    assert!(said.err.starts_with("error: "), "{args:?}: {}", said.err);
    assert!(said.err.contains(fragment), "{args:?} does not say {fragment:?}: {}", said.err);
    assert!(!said.err.contains("panicked"), "{args:?}: {}", said.err);
    assert_eq!(room.contents(), before, "{args:?} left something");
}

#[test]
fn bad_arguments_are_refused() {
    let room = room();
    for (args, fragment) in [
        (&["run"][..], "KERNEL"),
        (&["run", ""], "no kernel is called ``"),
        (&["run", "gem"], "did you mean `gemm`?"),
        (&["run", "mine.json"], "a recorded program is given as --program mine.json"),
        (&["run", "gemm", "ranks=4"], "write '--set ranks=4' for a parameter of a kernel"),
        (&["run", "gemm", "--set", "ranks"], "write key=value"),
        (&["run", "gemm", "--machine", "metal4", "--auto-sync"], "it inserts nothing on `metal4`"),
        (&["run", "gemm", "--set", "ranks="], "no value"),
        (&["run", "gemm", "--set", "=4"], "the key before `=` is empty"),
        (&["run", "gemm", "--set", "rank=4"], "did you mean `ranks`?"),
        (&["run", "gemm", "--set", "ranks=0"], "`ranks` is `0`"),
        (&["run", "gemm", "--set", "ranks=99999999999999999999"], "`ranks` is `99999999999999999999`"),
        (&["run", "gemm", "--set", "ranks=two"], "`ranks` is `two`"),
        (&["run", "gemm", "--set", "m=1", "--set", "m=2"], "`m` is set twice"),
        (&["run", "gemm", "--set", "dtype=fp16"], "did you mean `f16`?"),
        (&["run", "gemm", "--set", "ranks=8", "--machine", "tiny"], "8 ranks do not fit machine `tiny`"),
        (&["run", "gemm", "--threads", "0"], "from 1 to 1024"),
        (&["run", "gemm", "--threads", "many"], "from 1 to 1024"),
        (&["run", "gemm", "--seed", "-1"], "--seed"),
        (&["run", "gemm", "--seed", "18446744073709551616"], "--seed"),
        (&["run", "gemm", "--read-rule", "luck"], "identity, hardware, shape or end"),
        (&["run", "gemm", "--order", "soon"], "use log, earliest, latest or seed:N"),
        (&["run", "gemm", "--order", "seed:x"], "write a whole number below 2^64"),
        (&["run", "ring_model", "--order", "latest"], "computes no tensors"),
        (&["run", "gemm", "--simd", "sse"], "narrow, avx2 or avx512"),
        (&["run", "gemm", "--program", "noise.json"], "cannot be used with"),
        (&["run", "gemm", "--machine", "tini"], "did you mean `tiny`?"),
        (&["run", "gemm", "--machine", ""], "a value is required"),
        (&["run", "ring_model", "--machine", "tiny"], "has its own machine"),
        (&["run", "ring_model", "--out", "o.safetensors"], "computes no tensors"),
        (&["run", "ring_model", "--set", "slots=2"], "slot_count"),
        (&["record", "gemm"], "--output"),
        (&["record", "gemm", "--set", "ranks=0", "-o", "p.json"], "`ranks` is `0`"),
        (&["machines", "nothing"], "no machine is called `nothing`"),
        (&["replay"], "LOG"),
        (&["diff", "run.log"], "LOG_B"),
        (&["rum"], "'run'"),
    ] {
        check(&room, args, fragment);
    }
}

#[test]
fn bad_files_are_refused() {
    let room = room();
    for (args, fragment) in [
        (&["run", "gemm", "--machine", "missing.toml"][..], "cannot read the machine file"),
        (&["run", "gemm", "--machine", "folder/"], "no machine is called `folder/`"),
        (&["run", "gemm", "--machine", "unknown.toml"], "did you mean `tcm_bytes`?"),
        (&["run", "gemm", "--machine", "binary.toml"], "is not text"),
        (&["run", "gemm", "--machine", "/dev/zero"], "device"),
        (&["run", "--program", "missing.json"], "cannot read the program"),
        (&["run", "--program", "folder"], "the program is a directory"),
        (&["run", "--program", "noise"], "--> noise:1:1\n"),
        (&["run", "--program", "noise.json"], "--> noise.json:1:25\n"),
        (&["run", "--program", "future.json"], "format 99"),
        (&["replay", "missing.log"], "cannot read the op log"),
        (&["replay", "noise"], "not an op log"),
        (&["replay", "cut.jsonl"], "damaged"),
        (&["replay", "flipped.log"], "damaged"),
        (&["replay", "run.log.replay"], "not an op log"),
        (&["diff", "run.log", "cut.jsonl"], "damaged"),
        (&["diff", "missing", "run.log"], "cannot read the op log"),
    ] {
        check(&room, args, fragment);
    }
}

#[test]
fn bad_tensors_are_refused() {
    let room = room();
    for (file, fragment) in [
        ("missing.safetensors", "cannot read the file of tensors"),
        ("noise", "not a complete safetensors file"),
        ("cut.safetensors", "not a complete safetensors file"),
        ("a.safetensors", "`b` is missing"),
        ("flat.safetensors", "input `a` has shape [8]"),
        ("torn.safetensors", "`k`"),
        ("wide.safetensors", "`n` = 8"),
        ("expects.safetensors", "`expected` has shape [8]"),
    ] {
        check(&room, &[&["run"], &GEMM[..], &["--tensors", file]].concat(), fragment);
    }
    let header = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#;
    room.write(
        "twice.safetensors",
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 8]].concat(),
    );
    check(
        &room,
        &[&["run"], &GEMM[..], &["--tensors", "twice.safetensors"]].concat(),
        "`a` is in the header twice",
    );
    check(&room, &["replay", "run.log", "--tensors", "wide.safetensors"], "tensor `b` has shape [256, 4]");
    check(&room, &["replay", "run.log", "--tensors", "a.safetensors"], "no tensor `b`");
}

#[test]
fn outputs_that_cannot_be_written_are_refused_before_the_run() {
    let room = room();
    for (more, fragment) in [
        (&["--out", "folder"][..], "is a directory"),
        (&["--log", "folder/"], "is a directory"),
        (&["--json", "missing/result.json"], "does not exist"),
        (&["--out", ""], "a value is required"),
        (&["--out", "-"], "standard output"),
        (&["--log", "-"], "standard output"),
        (&["--out", "/dev/null"], "not a regular file"),
        (&["--out", "same", "--log", "folder/../same"], "--out and --log are the same file"),
        (&["--log", "x", "--out", "x.replay"], "are the same file"),
        (&["--tensors", "a.safetensors", "--out", "a.safetensors"], "--tensors and --out are the same file"),
    ] {
        check(&room, &[&["run"], &GEMM[..], more].concat(), fragment);
    }
    check(&room, &["replay", "run.log", "--out", "run.log"], "LOG and --out are the same file");
    check(&room, &["diff", "run.log", "run.jsonl", "--json", "run.log"], "are the same file");
    check(&room, &["record", "gemm", "-o", "folder"], "is a directory");
}

#[test]
fn a_refused_program_says_so_in_json_too() {
    let room = room();
    let said = room.gemm(&["--machine", "small.toml"]);
    assert_eq!(said.code, 2, "clap refuses an option that is given twice: {}", said.err);
    let args = ["run", "gemm", "--machine", "small.toml", "--json"];
    check(&room, &args[..4], "the program is refused");
    check(&room, &args[..4], "finding[capacity]");
    let said = room.run(&[&args[..], &["-"]].concat());
    let document: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &document["findings"][0]["kind"]), (2, &"capacity".into()));
    assert_eq!(document["verdict"], serde_json::Value::Null);
    assert_eq!(room.run(&[&args[..], &["r.json"]].concat()).code, 2);
    assert_eq!(room.json("r.json")["findings"], document["findings"]);
}

#[test]
fn ranks_that_are_refused_alike_are_named_once() {
    let room = room();
    room.write("small.toml", "base = \"sip\"\n[pe]\ntcm_bytes = 1024\n");
    for kernel in ["mesh_kv", "mesh_mlo"] {
        let said = room.run(&["run", kernel, "--machine", "small.toml"]);
        assert_eq!(said.code, 2, "{}", said.out);
        assert!(said.err.starts_with("error: the program is refused for 2 reasons, 8 times in all\n"));
        for ranks in ["  on: ranks 0, 7 (2 ranks);", "  on: ranks 1–6 (6 ranks);"] {
            assert_eq!(said.err.matches(ranks).count(), 1, "{}", said.err);
        }
        assert!(said.err.lines().all(|line| line.chars().count() <= 100), "{}", said.err);
        let said = room.run(&["run", kernel, "--machine", "small.toml", "--json", "-"]);
        let document: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(document["findings"].as_array().unwrap().len(), 8, "JSON keeps all");
        let refusals = json!([
            { "ranks": [0, 7], "findings": [0, 7] },
            { "ranks": [1, 2, 3, 4, 5, 6], "findings": [1, 2, 3, 4, 5, 6] },
        ]);
        assert_eq!((&document["refusals"], &document["passed"]), (&refusals, &json!(false)));
    }
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_are_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let room = Room::new();
    let odd = OsStr::from_bytes(b"\xff\xfe");
    for args in [[OsStr::new("run"), odd], [OsStr::new("replay"), odd], [OsStr::new("machines"), odd]] {
        let said = said(room.command(args).output().unwrap());
        assert_eq!(said.code, 2, "{args:?}: {}", said.err);
        assert!(said.err.starts_with("error: ") && !said.err.contains("panicked"), "{args:?}: {}", said.err);
    }
}
