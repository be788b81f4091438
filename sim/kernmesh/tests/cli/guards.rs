//! Outputs that would destroy an input, or each other.

use crate::room::{GEMM, Room};

/// A command, the files that it reads, and the options that name a file to write.
type Case = (&'static str, &'static [&'static str], &'static [&'static str]);

const CASES: [Case; 8] = [
    (
        "run --program p.json --machine m.toml --tensors in.safetensors --golden a.log",
        &["p.json", "m.toml", "in.safetensors", "a.log", "a.log.replay"],
        &["--out", "--log", "--report", "--json"],
    ),
    (
        "explain --program p.json --machine m.toml --tensors in.safetensors",
        &["p.json", "m.toml", "in.safetensors"],
        &["--json"],
    ),
    (
        "replay a.log --tensors in.safetensors",
        &["a.log", "a.log.replay", "in.safetensors"],
        &["--out", "--json"],
    ),
    ("replay a.log --read-rule hardware", &["a.log", "a.log.replay"], &["--out", "--json"]),
    (
        "diff a.log b.log --tensors in.safetensors",
        &["a.log", "a.log.replay", "b.log", "b.log.replay", "in.safetensors"],
        &["--json", "--markdown", "--junit"],
    ),
    ("report a.log --against b.log", &["a.log", "a.log.replay", "b.log", "b.log.replay"], &["--output"]),
    ("export a.log", &["a.log", "a.log.replay"], &["--perfetto", "--parquet", "--csv"]),
    ("check a.log", &["a.log", "a.log.replay"], &["--report", "--json"]),
];

/// `b.log` has no checksums: nothing else may be written there either.
fn room() -> Room {
    let room = Room::new();
    room.tensors("in.safetensors", &[("a", &[8, 256]), ("b", &[256, 8])]);
    let record = [&["record", "gemm"], &GEMM[3..], &["-o", "p.json"]].concat();
    assert_eq!(room.run(&record).code, 0);
    room.write("m.toml", room.run(&["machines", "tiny"]).out);
    for log in ["a.log", "b.log"] {
        assert_eq!(room.gemm(&["--log", log]).code, 0);
    }
    std::fs::remove_file(room.path("b.log.replay")).unwrap();
    std::fs::create_dir(room.path("sub")).unwrap();
    room
}

fn check(room: &Room, command: &str, outputs: &[&str]) {
    let before = room.contents();
    let args: Vec<&str> = command.split(' ').chain(outputs.iter().copied()).collect();
    let said = room.run(&args);
    assert_eq!((said.code, &said.out[..]), (2, ""), "{args:?}: {}", said.err);
    assert!(said.err.contains("are the same file"), "{args:?}: {}", said.err);
    assert_eq!(room.contents(), before, "{args:?}");
}

#[test]
fn no_output_is_an_input() {
    let room = room();
    for (command, inputs, options) in CASES {
        for option in options {
            for input in inputs {
                check(&room, command, &[option, input]);
            }
        }
    }
    check(&room, "whatif a.log --set pe.issue_cycles=2", &["--json", "a.log.replay"]);
}

#[test]
fn no_two_outputs_are_one_file() {
    let room = room();
    for (command, _, options) in CASES {
        for (at, first) in options.iter().enumerate() {
            for second in &options[at + 1..] {
                check(&room, command, &[first, "sub/../x", second, "x"]);
            }
        }
    }
    for (log, other) in [("x", "x.replay"), ("a.log", "a.log.replay")] {
        check(&room, "run gemm", &["--log", log, "--json", other]);
    }
}

#[test]
fn a_file_is_known_by_all_its_names() {
    let room = room();
    let mut names = vec!["./a.log", "sub/../a.log", "./a.log.replay"];
    #[cfg(unix)]
    for (link, to) in [("link.log", "a.log"), ("far.log", "sub/../link.log"), ("sums", "a.log.replay")] {
        std::os::unix::fs::symlink(to, room.path(link)).unwrap();
        names.push(link);
    }
    for name in names {
        check(&room, "diff a.log b.log", &["--junit", name]);
        check(&room, "report ./a.log", &["-o", name]);
    }
    #[cfg(unix)]
    for name in ["a.log", "a.log.replay", "link.log.replay"] {
        check(&room, "export link.log", &["--csv", name]);
        check(&room, "run gemm --golden link.log", &["--log", name]);
    }
}

#[test]
fn a_preset_is_no_file() {
    let room = room();
    assert_eq!(room.gemm(&["--json", "tiny"]).code, 0);
    assert_eq!(room.gemm(&["--json", "tiny"]).code, 0);
}
