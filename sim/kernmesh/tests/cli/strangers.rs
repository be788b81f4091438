//! Names that want to be more than names, and files of ordinary tools.

use serde_json::{Value, json};

use crate::room::{GEMM, Room};

/// What moves a cursor, ends a line, turns text round, or is computed by a spreadsheet.
const HOSTILE: [&str; 6] = [
    "\x1b[31mRED\x1b]0;pwned\x07",
    "x on tiny\nPASS       max_abs 0",
    "a\0b\u{7f}\u{9b}31m\u{85}c\r\t",
    "\u{202e}gnp.\u{2066}\u{2069}\u{2028}",
    "=cmd|' /C calc'!A0",
    "@SUM(A1),\"+-\"",
];

/// A program of one rank, in which everything that has a name has this one, and which adds a constant.
fn named(name: &str, constant: f64) -> Value {
    let view = |base: Value| json!({"base": base, "offset": 0, "shape": [4], "strides": [1], "dtype": "f32"});
    let share = |role: &str| {
        let name = format!("{role}{name}");
        json!({"name": name, "home": 0, "shape": [4], "dtype": "f32", "role": {role: {"of": 0, "start": [0]}}})
    };
    let host = |role: &str| json!([{"name": format!("{role}{name}"), "shape": [4], "dtype": "f32"}]);
    json!({
        "format": 1, "kernel": name, "params": {name: name}, "rank_axis": "pe",
        "inputs": host("input"), "outputs": host("output"),
        "tensors": [share("input"), share("output")], "rings": [], "files": [name],
        "ranks": [{
            "buffers": [{"bytes": 16}],
            "views": [view(json!({"tensor": 0})), view(json!({"buffer": 0})), view(json!({"tensor": 1}))],
            "ops": [
                {"load": {"from": 0, "to": 1}},
                {"binary": {"f": "add", "x": {"view": 1}, "y": {"constant": constant}, "to": 1}},
                {"store": {"from": 1, "to": 2}},
            ],
            "sources": (1..4).map(|line| json!({"file": 0, "line": line, "column": 1})).collect::<Vec<_>>(),
            "spans": [{"name": name, "first": 0, "end": 3}],
        }],
    })
}

/// No letter that is not seen itself, but ends of lines.
fn check(what: &str, text: &str) {
    let hidden = text.replace("\r\n", "\n").chars().find(|&c| c != '\n' && kernmesh::machine::is_hidden(c));
    assert_eq!(hidden, None, "{what}: {text:?}");
    let forged = text.lines().find(|line| line.starts_with("PASS       max_abs 0"));
    assert_eq!(forged, None, "{what}: {text}");
}

/// The cells of CSV, without their quotes.
fn cells(csv: &str) -> Vec<String> {
    let (mut cells, mut is_quoted) = (vec![String::new()], false);
    for letter in csv.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            ',' | '\n' if !is_quoted => cells.push(String::new()),
            _ => cells.last_mut().expect("never empty").push(letter),
        }
    }
    cells
}

#[test]
fn hostile_names_are_spelled_out_in_every_format() {
    for name in HOSTILE {
        let room = Room::new();
        let run = |file: &str, log: &str, constant: f64, machine: &[&str]| {
            room.write(file, named(name, constant).to_string());
            room.run(&[&["run", "--program", file, "--log", log], machine].concat())
        };
        let quoted = json!(name).to_string().replace('\u{7f}', "\\u007f");
        room.write("m.toml", format!("base = \"tiny\"\nname = {quoted}\nsync = \"explicit\"\n"));
        let a = run("a.json", "a.log", 1.0, &["--machine", "tiny", "--report", "a.html"]);
        let b = run("b.json", "b.log", 2.0, &["--machine", "m.toml"]);
        assert_eq!((a.code, b.code), (0, 1), "{name:?}: {}{}", a.err, b.err);
        let refused = run("c.json", "c.log", 1.0, &["--machine", "tiny", "--tensors", "a.json"]);
        assert_eq!(refused.code, 2, "{name:?}");
        for (what, said) in [("run", a), ("a racing run", b), ("refusal", refused)] {
            check(what, &said.out);
            check(what, &said.err);
        }
        for args in [
            &["diff", "a.log", "b.log"][..],
            &["diff", "a.log", "b.log", "--markdown", "-"],
            &["diff", "a.log", "b.log", "--junit", "-"],
            &["diff", "a.log", "b.log", "--json", "-"],
            &["export", "a.log", "--csv", "-"],
            &["explain", "--program", "b.json", "--machine", "m.toml"],
            &["replay", "b.log"],
            &["check", "b.log", "--plan"],
            &["run", name],
            &["machines", name],
            &["run", "gemm", "--set", &format!("{name}=1")],
            &["whatif", "a.log", "--set", &format!("{name}=1")],
            &[name],
        ] {
            // No argument holds a NUL.
            if args.iter().any(|arg| arg.contains('\0')) {
                continue;
            }
            let said = room.run(args);
            check(&format!("{args:?}"), &said.out);
            check(&format!("{args:?}"), &said.err);
        }
        let csv = room.run(&["export", "a.log", "--csv", "-"]).out;
        assert!(!cells(&csv).iter().any(|cell| cell.starts_with(['=', '+', '@'])), "{csv}");
        let page = String::from_utf8(room.read("a.html")).expect("text");
        let model = page.split("application/json").nth(1).expect("a page has its model as JSON");
        let json =
            model.split_once('>').and_then(|(_, rest)| rest.split_once("</script>")).expect("an element").0;
        check("the model of the page", json);
        assert!(!json.contains("\\u001b") || json.contains("\\\\u001b"), "{name:?}");
    }
}

#[test]
fn a_changed_constant_is_told_in_the_words_of_the_file() {
    let room = Room::new();
    for (file, log, constant) in [("a.json", "a.log", 1.0), ("b.json", "b.log", 2.5)] {
        room.write(file, named("k", constant).to_string());
        assert_eq!(room.run(&["run", "--program", file, "--machine", "tiny", "--log", log]).code, 0);
    }
    let said = room.run(&["diff", "a.log", "b.log"]).out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("its constants differ: y constant 1.0 in a, y constant 2.5 in b"), "{said}");
}

#[test]
fn files_of_windows_and_python_are_read_or_explained() {
    let room = Room::new();
    let program = named("k", 7.0).to_string();
    room.write("bom.json", format!("\u{feff}{program}"));
    room.write("MINE.TOML", "\u{feff}base = \"tiny\"\r\n[pe]\r\nissue_cycles = 2\r\n");
    let said = room.run(&["run", "--program", "bom.json", "--machine", "MINE.TOML"]);
    assert_eq!(said.code, 0, "{}", said.err);
    for (token, fragment) in [
        ("NaN", "JSON has no `NaN`, and only a constant may be it: there write \"nan\""),
        ("Infinity", "JSON has no `Infinity`, and only a constant may be it: there write \"inf\""),
        ("-Infinity", "JSON has no `-Infinity`, and only a constant may be it: there write \"-inf\""),
        ("True", "JSON has no `True`: write true"),
        ("16777217", "`y` is the constant 16777217, which f32 does not hold"),
        ("1e39", "1e39 does not fit an f32"),
        ("4294967297", "the integer 4294967297 is no i32, u32 or f32"),
    ] {
        room.write("p.json", program.replace("7.0", token));
        let said = room.run(&["run", "--program", "p.json", "--machine", "tiny"]);
        let text = said.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.code == 2 && text.contains(fragment), "{token}: {}", said.err);
    }
}

/// As `core.autocrlf` of Git leaves it.
#[test]
fn a_golden_with_line_ends_of_windows_is_the_same() {
    let room = Room::new();
    assert_eq!(room.gemm(&["--golden", "g.jsonl", "--bless"]).code, 0);
    let text = String::from_utf8(room.read("g.jsonl")).expect("text");
    room.write("g.jsonl", text.replace('\n', "\r\n"));
    let said = room.gemm(&["--golden", "g.jsonl"]);
    assert!(said.code == 0 && said.out.contains("SAME "), "{}{}", said.out, said.err);
}

#[test]
fn values_of_a_machine_file_are_refused_where_they_stand() {
    let room = Room::new();
    for (text, place, fragment) in [
        ("pe.dma_channels = 0", "m.toml:2:4", "`pe.dma_channels` is 0"),
        ("[grid]\npe = [5000, 5000]", "m.toml:3:1", "`grid.pe` is [5000, 5000]"),
        ("grid.pe = [4, 4, 4]", "m.toml:2:11", "an element too many"),
        ("pe.issue_cycles = -1", "m.toml:2:19", "expected an integer from 0 to"),
        ("hbm.burst_bytes = 7", "m.toml:2:5", "not a multiple of hbm.burst_bytes"),
    ] {
        room.write("m.toml", format!("base = \"sip\"\n{text}\n"));
        let said = room.run(&["run", "gemm", "--machine", "m.toml"]);
        let at = format!("--> {place}\n");
        assert!(
            said.code == 2 && said.err.contains(&at) && said.err.contains(fragment),
            "{text}: {}",
            said.err
        );
    }
}

/// `head` and `less` close early; a full disk is an error.
#[cfg(target_os = "linux")]
#[test]
fn help_that_cannot_be_written_is_an_error() {
    for args in [&["--help"][..], &["--version"], &["run", "--help"], &["list"], &["schema", "program"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("a device");
        let output = Room::new().command(args).stdout(full).output().expect("it runs");
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.starts_with("error: cannot write to the standard output: "), "{args:?}: {said}");
    }
}

#[test]
fn zero_needs_no_unit() {
    let room = Room::new();
    assert_eq!(room.run(&[&["run"], &GEMM[..], &["--log", "run.log"]].concat()).code, 0);
    let said = room.run(&["export", "run.log", "--csv", "-", "--from", "0", "--to", "1s"]);
    assert!(said.code == 0 && said.out.lines().count() > 1, "{}", said.err);
}
