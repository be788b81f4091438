//! Programs and machines that people write as files: what is wrong is named in the words of the file, and so are
//! repairs.

use program::DType::F16;
use program::Program;
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Topology};
use serde_json::{Value, json};

use crate::room::Room;

/// A gemm's program, one value a line.
fn pretty(room: &Room) -> String {
    assert_eq!(room.run(&["record", "gemm", "--set", "ranks=2", "-o", "p.json"]).code, 0);
    serde_json::to_string_pretty(&room.json("p.json")).unwrap()
}

/// What a run says of a file that it refuses.
fn refused(room: &Room, option: &str, file: &str, text: &str) -> String {
    room.write(file, text);
    let kernel: &[&str] = if option == "--program" { &[] } else { &["gemm"] };
    let said = room.run(&[&["run"], kernel, &[option, file]].concat());
    assert_eq!((said.code, &said.out[..]), (2, ""), "{}", said.err);
    assert!(said.err.lines().all(|line| line.chars().count() <= 100), "{}", said.err);
    said.err
}

#[test]
fn what_no_program_has_is_named_by_rank_op_and_line() {
    let room = Room::new();
    let good = pretty(&room);
    for (right, wrong, says) in [
        (
            "\"accumulate\"",
            "\"accumulat\"",
            ["(dot): unknown key `accumulat`: did you mean `accumulate`?", "| \"accumulat\": "],
        ),
        ("\"dot\"", "\"dott\"", [": unknown op `dott`: did you mean `dot`?", "| \"dott\": {"]),
        (
            "\"accumulate\": false",
            "\"accumulate\": 32",
            ["(dot), `accumulate`: integer `32`, expected true or false", "| \"accumulate\": 32"],
        ),
        ("\"files\"", "\"fils\"", ["error: unknown key `fils`: did you mean `files`?", "| \"fils\": "]),
    ] {
        let text = good.replacen(right, wrong, 1);
        let said = refused(&room, "--program", "q.json", &text);
        let line = 1 + text.lines().position(|line| line.contains(wrong)).expect("the line that is wrong");
        assert!(said.contains(&format!("\n  --> q.json:{line}:")), "{said}");
        assert!(said.replace("\n    ", " ").contains(says[0]), "{}: {said}", says[0]);
        assert!(said.contains(says[1]) && said.contains(" ^\n"), "{said}");
        assert!(said.ends_with("  help: sim/program/PROGRAM.md describes the format\n"), "{said}");
    }
    // All on one line: a part of it is shown.
    let said = refused(
        &room,
        "--program",
        "q.json",
        &String::from_utf8(room.read("p.json")).unwrap().replacen("\"dot\"", "\"dott\"", 1),
    );
    assert!(said.contains("error: rank 0, op ") && said.contains("{\"dott\":{"), "{said}");
}

#[test]
fn what_no_machine_has_is_shown_with_its_line() {
    let said = refused(&Room::new(), "--machine", "m.toml", "base = \"tiny\"\n[pe]\n  tcm_byte = 7\n");
    assert_eq!(
        said,
        "error: unknown key `tcm_byte`: did you mean `tcm_bytes`?\n\
         \x20 --> m.toml:3:3\n\
         \x20   3 | tcm_byte = 7\n\
         \x20     | ^\n"
    );
}

/// The steps that repair the first finding.
fn first_edit(result: &Value) -> Vec<Value> {
    result["findings"][0]["edit"].as_array().unwrap_or_else(|| panic!("{result}")).clone()
}

#[test]
fn repairs_are_also_edits_of_the_file() {
    let room = Room::new();
    pretty(&room);
    let args = ["run", "--program", "p.json", "--machine", "tiny", "--sync", "explicit"];
    let said = room.run(&args);
    assert_eq!(said.code, 1, "{}", said.err);
    let told = said.out.replace("\n    ", " ");
    assert!(told.contains("\n  edit: in ranks[0].ops, before op "), "{}", said.out);
    assert!(told.contains(", insert `{\"wait\":{\"on\":["), "{}", said.out);
    assert!(said.out.lines().all(|line| line.chars().count() <= 100), "{}", said.out);
    let said = room.run(&[&args[..], &["--json", "-"]].concat());
    let result: Value = serde_json::from_str(&said.out).unwrap();
    let edit = first_edit(&result);
    assert_eq!(
        (&edit[0]["insert"]["rank"], edit[0]["insert"]["op"]["wait"]["on"].is_array()),
        (&json!(0), true)
    );
    // A verdict alone is of what the program means.
    assert_eq!((&result["passed"], &result["verdict"]["pass"]), (&json!(false), &json!(true)));
    let of_kernel = room.run(&["run", "gemm", "--set", "ranks=2", "--machine", "tiny", "--sync", "explicit"]);
    assert!(of_kernel.code == 1 && !of_kernel.out.contains("edit:"), "{}", of_kernel.out);
}

/// A program whose rank 0 waits for two signals, of which rank 1 gives one.
fn too_few_signals() -> Program {
    let mut recording = Recording::new("few", 2);
    recording.links(Topology::Line, 1, 64, SlotPlace::Tcm);
    let record = recording.record(|tl| {
        let semaphore = tl.semaphore();
        if tl.rank() == 0 {
            tl.wait_ge(semaphore, 2);
        } else {
            tl.signal(semaphore, 0, 1, &[]);
        }
    });
    record.expect("a kernel without mistakes")
}

#[test]
fn a_semaphore_is_named_with_its_rank_and_the_edit_says_what_the_words_say() {
    let room = Room::new();
    let mut program = too_few_signals();
    program.ranks.iter_mut().for_each(|rank| rank.sources.clear());
    let said = refused(&room, "--program", "p.json", &program.to_json());
    let told = said.replace("\n        ", " ");
    assert!(said.contains("\n  where: sem0 of rank 0\n"), "{said}");
    assert!(
        told.contains("raise the amount of rank 1, op 0 (signal) for sem0 of rank 0 by 1, to 2"),
        "{said}"
    );
    room.run(&["run", "--program", "p.json", "--json", "r.json"]);
    let result = room.json("r.json");
    assert_eq!(result["deadlock"]["edits"], json!([{ "raise": { "rank": 1, "op": 0, "by": 1 } }]));
    let op = json!({ "signal": { "semaphore": 0, "to": 0, "amount": 2, "after": [] } });
    assert_eq!(result["deadlock"]["edit"], json!([{ "change": { "rank": 1, "index": 0, "op": op } }]));
}

#[test]
fn a_deadlock_shows_the_lines_of_its_author() {
    let room = Room::new();
    let mut recording = Recording::new("stuck", 2);
    recording.links(Topology::Line, 1, 64, SlotPlace::Tcm);
    let mut program = recording
        .record(|tl| {
            let other = if tl.rank() == 0 { Direction::Right } else { Direction::Left };
            let got = tl.recv(other, [8], F16);
            let x = tl.full([8], F16, 1.0);
            tl.send(other, x);
            tl.release(got);
        })
        .expect("a kernel without mistakes");
    program.files = vec!["kernel.py".to_owned()];
    for source in program.ranks.iter_mut().flat_map(|rank| &mut rank.sources) {
        (source.file, source.line, source.column) = (0, 2, 7);
    }
    room.write("kernel.py", "def k(tl):\n  x = tl.recv(other)\n");
    let said = refused(&room, "--program", "p.json", &program.to_json());
    assert!(
        said.contains(
            "  1. rank 0, op 0 (recv) at kernel.py:2:7\n\
             \x20   2 | x = tl.recv(other)\n\
             \x20     |     ^ waits for message ring1#0, sent by rank 1, op 2 (send, kernel.py:2), behind op 0\n"
        ),
        "{said}"
    );
}
