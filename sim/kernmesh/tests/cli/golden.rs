//! `--golden`: held to an op log, by meaning, and accepted with one option.

use serde_json::json;

use crate::room::Room;

#[test]
fn a_run_is_held_to_its_golden() {
    for (golden, replay) in [("g.jsonl", "g.jsonl.replay"), ("g.log", "g.log.replay")] {
        let room = Room::new();
        let said = room.gemm(&["--golden", golden]);
        assert_eq!((said.code, &said.out[..]), (2, ""));
        assert!(said.err.contains("there is no golden yet") && said.err.contains("--bless"), "{}", said.err);
        assert_eq!(room.names(), [""; 0]);

        let said = room.gemm(&["--golden", golden, "--bless"]);
        assert!(said.code == 0 && said.out.contains("blessed: this run is the golden now"), "{}", said.out);
        assert_eq!(room.names(), [golden, replay]);
        let before = room.contents();

        let said = room.gemm(&["--golden", golden]);
        assert!(said.code == 0 && said.out.contains(&format!("\ngolden {golden}\nSAME ")), "{}", said.out);
        let said = room.gemm(&["--golden", golden, "--seed", "1"]);
        assert_eq!(said.code, 1);
        assert!(
            said.out.contains("\nDIFFERENT  the same ops at the same times, with other values\n"),
            "{}",
            said.out
        );
        assert!(said.out.contains("run this again with --bless"), "{}", said.out);
        assert_eq!(room.contents(), before, "CI compares and never writes");

        let said = room.gemm(&["--golden", golden, "--seed", "1", "--bless"]);
        assert!(
            said.code == 0 && said.out.contains("DIFFERENT") && said.out.contains("blessed"),
            "{}",
            said.out
        );
        assert_eq!(room.gemm(&["--golden", golden, "--seed", "1"]).code, 0);
        assert_eq!(room.names(), [golden, replay]);
    }
}

#[test]
fn json_has_the_difference_to_the_golden() {
    let room = Room::new();
    assert_eq!(room.gemm_json(&[])["golden"], json!(null));
    let blessed = room.gemm_json(&["--golden", "g.log", "--bless"]);
    assert_eq!(blessed["golden"], json!({"file": "g.log", "blessed": true, "difference": null}));
    let held = room.gemm_json(&["--golden", "g.log", "--seed", "2"]);
    assert_eq!(held["golden"]["difference"]["verdict"], json!("data"));
    assert!(held["golden"]["difference"]["values_at"]["elements"]["a"].is_string(), "{}", held["golden"]);
    assert_eq!(held["passed"], json!(true), "the run itself is right");
}

#[test]
fn what_cannot_be_held_is_refused() {
    let room = Room::new();
    room.gemm(&["--golden", "g.log", "--bless"]);
    room.write("bad.log", "no log");
    for (args, problem) in [
        (&["--golden", "g.log", "--read-rule", "hardware"][..], "--read-rule"),
        (&["--bless"], "--golden"),
        (&["--within", "2%"], "--golden"),
        (&["--golden", "bad.log"], "bad.log"),
        (&["--golden", "g.log", "--log", "g.log"], "are the same file"),
        (&["--golden", "g.log", "--bless", "--log", "g.log"], "are the same file"),
        (&["--golden", "missing/g.log", "--bless"], "does not exist"),
    ] {
        let said = room.gemm(args);
        assert!(said.code == 2 && said.err.contains(problem), "{args:?}: {}", said.err);
    }
    // A golden without checksums says nothing of values.
    std::fs::remove_file(room.path("g.log.replay")).unwrap();
    let said = room.gemm(&["--golden", "g.log"]);
    assert!(said.code == 2 && said.out.contains("UNDECIDED"), "{}", said.out);
    assert_eq!(room.gemm(&["--golden", "g.log", "--without-values"]).code, 0);
    assert_eq!(room.gemm(&["--golden", "bad.log", "--bless"]).code, 0, "a damaged golden can be replaced");
}

#[test]
fn a_run_that_is_wrong_is_no_golden() {
    let room = Room::new();
    let racy = ["run", "mesh_mlo", "--set", "ranks=3", "--set", "kv_len=64", "--sync", "explicit"];
    let said = room.run(&[&racy[..], &["--golden", "g.log", "--bless"]].concat());
    assert!(said.code == 1 && said.out.contains("a wrong run cannot be a golden"), "{}", said.out);
    assert_eq!(room.names(), [""; 0]);
}

#[test]
fn a_model_of_time_alone_has_a_golden_too() {
    let room = Room::new();
    let run = |more: &[&str]| {
        room.run(&[&["run", "ring_model", "--set", "ranks=3", "--golden", "r.log"], more].concat())
    };
    // Checksums that lie there are of another run.
    room.write("r.log.replay", "old");
    assert_eq!(run(&["--bless"]).code, 0);
    assert_eq!(room.names(), ["r.log"]);
    let said = run(&[]);
    assert!(said.code == 0 && said.out.contains("no values to compare"), "{}", said.out);
}
