//! Markdown and JUnit XML of every command that judges: clean, with findings, and refused.

use crate::room::{GEMM, Room};

/// Runs a command with both forms, and gives exit code, Markdown and XML.
fn reviewed(room: &Room, args: &[&str]) -> (i32, String, String) {
    let said = room.run(&[args, &["--markdown", "r.md", "--junit", "r.xml"]].concat());
    let text = |name| String::from_utf8(room.read(name)).unwrap();
    let (markdown, junit) = (text("r.md"), text("r.xml"));
    std::fs::remove_file(room.path("r.md")).unwrap();
    std::fs::remove_file(room.path("r.xml")).unwrap();
    assert!(junit.starts_with("<?xml ") && junit.ends_with("</testsuites>\n"), "{junit}");
    assert_eq!(markdown.matches("<details>").count(), markdown.matches("</details>").count());
    (said.code, markdown, junit)
}

#[test]
fn every_command_that_judges_has_every_form() {
    let room = Room::new();
    room.gemm(&["--log", "a.log", "--golden", "g.log", "--bless"]);
    room.gemm(&["--log", "b.log", "--seed", "1"]);
    room.write("bad.log", "no log");
    let gemm = [&["run"], &GEMM[..]].concat();
    let racy =
        ["run", "mesh_mlo", "--set", "ranks=3", "--set", "kv_len=64", "--sync", "explicit", "--time-only"];
    let held = [&gemm[..], &["--golden", "g.log"]].concat();
    let changed = [&gemm[..], &["--golden", "g.log", "--seed", "1"]].concat();
    /// Arguments, exit code, the head of the Markdown, and a piece of the XML.
    type Reviewed<'a> = (&'a [&'a str], i32, &'a str, &'a str);
    let cases: [Reviewed<'_>; 13] = [
        (&gemm, 0, "### ✅ kernmesh run: PASS", "tests=\"2\" failures=\"0\" errors=\"0\""),
        (&racy, 1, "### ❌ kernmesh run: FAIL", "classname=\"kernmesh.run\" name=\"race_raw of b"),
        (&held, 0, "### ✅ kernmesh run: PASS", "<testcase classname=\"kernmesh.golden\" name=\"data\"/>"),
        (
            &changed,
            1,
            "### ❌ kernmesh run: PASS, and DIFFERENT from the golden",
            "name=\"data\">\n      <failure",
        ),
        (
            &["run", "gemm", "--set", "ranks=200"],
            2,
            "### ❌ kernmesh run: REFUSED",
            "<error message=\"200 ranks",
        ),
        (&["run", "gem"], 2, "### ❌ kernmesh run: REFUSED", "did you mean `gemm`?"),
        (&["replay", "a.log"], 0, "### ✅ kernmesh replay: PASS", "name=\"values of c\"/>"),
        (&["replay", "bad.log"], 2, "### ❌ kernmesh replay: REFUSED", "<error "),
        (&["check", "a.log", "--backend", "cpu"], 0, "### ✅ kernmesh check: PASS", "name=\"op by op\"/>"),
        (&["check", "bad.log", "--backend", "cpu"], 2, "### ❌ kernmesh check: REFUSED", "<error "),
        (&["diff", "a.log", "a.log"], 0, "### ✅ kernmesh diff: SAME", "tests=\"3\" failures=\"0\""),
        (&["diff", "a.log", "b.log"], 1, "### ❌ kernmesh diff: DIFFERENT", "failures=\"1\""),
        (&["diff", "a.log", "bad.log"], 2, "### ❌ kernmesh diff: REFUSED", "errors=\"1\""),
    ];
    for (args, code, head, piece) in cases {
        let (said, markdown, junit) = reviewed(&room, args);
        assert_eq!(said, code, "{args:?}: {markdown}");
        assert_eq!(markdown.lines().next(), Some(head), "{args:?}");
        assert!(junit.contains(piece), "{args:?}: {junit}");
    }
}

#[test]
fn a_refusal_is_a_case_for_each_reason() {
    let room = Room::new();
    let stuck = ["run", "ring_model", "--set", "slots=2"];
    let (code, markdown, junit) = reviewed(&room, &stuck);
    assert_eq!(code, 2);
    assert!(
        markdown.contains("| what | why |\n") && markdown.contains("Full output of kernmesh"),
        "{markdown}"
    );
    assert!(junit.contains("errors=\"1\"") && junit.contains("name=\"slot_count of ring0"), "{junit}");
}

/// What is read is never written over, and what stopped a command earlier leaves no file.
#[test]
fn a_review_takes_the_place_of_no_input() {
    let room = Room::new();
    room.gemm(&["--log", "a.log"]);
    let before = room.read("a.log");
    for option in ["--markdown", "--junit"] {
        for args in [&["replay", "a.log"][..], &["diff", "a.log", "a.log"], &["check", "a.log"]] {
            let said = room.run(&[args, &[option, "a.log"]].concat());
            assert!(said.code == 2 && said.err.contains("are the same file"), "{args:?}: {}", said.err);
        }
    }
    assert_eq!(room.read("a.log"), before);
    let both = room.gemm(&["--json", "-", "--markdown", "-"]);
    assert!(both.code == 2 && both.err.contains("cannot share the standard output"), "{}", both.err);
    let printed = room.gemm(&["--markdown", "-"]);
    assert!(printed.code == 0 && printed.out.starts_with("### ✅ kernmesh run: PASS\n"), "{}", printed.out);
}
