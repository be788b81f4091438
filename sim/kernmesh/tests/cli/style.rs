//! Options for what is shown: the verdict alone, every finding, colour.

use crate::room::{GEMM, Room, said};

/// Three ranks without waits: more findings than fit a screen.
const RACY: [&str; 8] = ["run", "mesh_mlo", "--set", "ranks=3", "--set", "kv_len=64", "--sync", "explicit"];

#[test]
fn quiet_leaves_the_verdict() {
    let room = Room::new();
    assert_eq!(room.gemm(&["--log", "a.log", "--golden", "g.log", "--bless"]).code, 0);
    assert_eq!(room.gemm(&["--log", "b.log", "--seed", "1"]).code, 0);
    let gemm = [&["run"], &GEMM[..]].concat();
    let cases: [(&[&str], i32, &str); 8] = [
        (&gemm, 0, "PASS       max_abs"),
        (&RACY, 1, "FAIL       27 findings; as intended: max_abs"),
        (&["replay", "a.log"], 0, "PASS       max_abs"),
        (&["diff", "a.log", "a.log"], 0, "SAME       ops, times and values"),
        (&["diff", "a.log", "b.log"], 1, "DIFFERENT  the same ops at the same times, with other values"),
        (&["check", "a.log", "--backend", "cpu"], 0, "PASS       cpu on"),
        (&["whatif", "a.log", "--set", "pe.issue_cycles=9"], 0, "change     "),
        (&["bugs", "mask_reused_without_wait"], 0, "mask_reused_without_wait (C): ok"),
    ];
    for (args, code, begins) in cases {
        let said = room.run(&[args, &["--quiet"]].concat());
        assert_eq!((said.code, &said.err[..]), (code, ""), "{args:?}: {}", said.out);
        assert!(said.out.starts_with(begins) && said.out.lines().count() <= 2, "{args:?}: {}", said.out);
        // It may stand before the command, too.
        let mut before = room.command([&["-q"], args].concat());
        assert_eq!(crate::room::said(before.output().unwrap()).out, said.out);
    }
    let held = room.gemm(&["--golden", "g.log", "--seed", "1", "-q"]);
    let lines: Vec<&str> = held.out.lines().collect();
    assert!(held.code == 1 && lines.len() <= 4, "{}", held.out);
    assert!(lines[0].starts_with("PASS") && held.out.contains("\nDIFFERENT  "), "{}", held.out);
    let refused = room.run(&["run", "gemm", "--set", "ranks=200", "-q"]);
    assert!(
        refused.code == 2 && refused.out.is_empty() && refused.err.contains("do not fit"),
        "{}",
        refused.err
    );
}

#[test]
fn all_shows_what_few_leave_out() {
    let room = Room::new();
    let few = room.run(&RACY).out;
    assert!(few.ends_with("\n… and 26 more findings: --all shows them\n"), "{few}");
    let all = room.run(&[&RACY[..], &["--all"]].concat()).out;
    assert_eq!(all.matches("\nfinding[").count(), 27, "{all}");
    assert!(!all.contains("more findings"), "{all}");
}

#[test]
fn colour_is_as_it_is_asked_for() {
    let room = Room::new();
    let gemm = [&["run"], &GEMM[..]].concat();
    for (colour, no_colour, is_painted) in
        [("auto", None, false), ("always", None, true), ("always", Some("1"), true), ("never", None, false)]
    {
        let mut command = room.command([&gemm[..], &["--color", colour]].concat());
        no_colour.map(|value| command.env("NO_COLOR", value));
        let said = said(command.output().unwrap());
        assert_eq!(said.out.contains('\x1b'), is_painted, "{colour}: {}", said.out);
    }
    let refused = room.run(&["run", "gemm", "--color", "always", "--set", "ranks=200"]);
    assert!(refused.err.contains('\x1b'), "{}", refused.err);
    let usage = room.run(&["run", "gemm", "--color=always", "--nothing"]);
    assert!(usage.code == 2 && usage.err.contains('\x1b'), "{}", usage.err);
    let unknown = room.run(&["run", "gemm", "--color", "pink"]);
    assert!(unknown.code == 2 && unknown.err.contains("always"), "{}", unknown.err);
}
