//! The HTML report as a file. What is in it, `tests/report.rs` sees in a browser.

use crate::room::Room;

const PAGE: &str = "<!doctype html>";

#[test]
fn a_log_becomes_a_page_and_stays() {
    let room = Room::new();
    assert_eq!(room.gemm(&["--log", "run.log"]).code, 0);
    let log = room.read("run.log");
    let said = room.run(&["report", "run.log", "-o", "run.html"]);
    assert_eq!((said.code, &said.out[..], &said.err[..]), (0, "", ""));
    let page = String::from_utf8(room.read("run.html")).expect("text");
    assert!(page.starts_with(PAGE), "{}", &page[..80]);
    assert_eq!(room.run(&["report", "run.log", "-o", "-"]).out, page, "on standard output, too");
    assert_eq!(room.read("run.log"), log);
    // What is there is replaced, as with every output.
    room.write("run.html", "old");
    assert_eq!(room.run(&["report", "run.log", "-o", "run.html"]).code, 0);
    assert_eq!(room.read("run.html"), page.as_bytes());
    assert_eq!(room.names(), ["run.html", "run.log", "run.log.replay"]);
}

/// The verdict of a log's page is that of its last replay; a run's own page has its findings, too.
#[test]
fn a_run_writes_its_page() {
    let room = Room::new();
    let run = ["--sync", "explicit", "--log", "run.log", "--report", "run.html"];
    assert_eq!(room.gemm(&run).code, 1);
    let text = |name: &str| String::from_utf8(room.read(name)).expect("text");
    assert!(text("run.html").starts_with(PAGE) && text("run.html").contains("\"value_differed\":true"));
    assert_eq!(room.run(&["report", "run.log", "-o", "log.html"]).code, 0);
    assert!(text("log.html").contains("\"kind\":\"race_raw\""), "races need no values");
    assert!(!text("log.html").contains("\"value_differed\":true"));
    let verdict = |name| text(name).split("\"verdict\":").nth(1).map(|rest| rest[..200].to_owned());
    assert_eq!(verdict("log.html"), verdict("run.html"));
}

/// Both runs are in the page; a log against itself is as good as any other.
#[test]
fn a_page_of_two_logs() {
    let room = Room::new();
    assert_eq!(room.gemm(&["--log", "a.log"]).code, 0);
    assert_eq!(room.gemm(&["--log", "b.log", "--sync", "explicit"]).code, 1);
    for (other, verdict) in [("b.log", "timing"), ("a.log", "same")] {
        let said = room.run(&["report", "a.log", "--against", other, "-o", "two.html"]);
        assert_eq!((said.code, &said.out[..], &said.err[..]), (0, "", ""), "{other}");
        let page = String::from_utf8(room.read("two.html")).expect("text");
        let diff = format!("\"diff\":{{\"verdict\":\"{verdict}\"");
        assert!(page.starts_with(PAGE) && page.contains(&diff), "{other}");
        assert_eq!(page.matches("\"makespan_fs\":").count(), 2, "{other}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let room = Room::new();
    assert_eq!(room.gemm(&["--log", "a.log"]).code, 0);
    assert_eq!(room.gemm(&["--log", "b.log"]).code, 0);
    room.write("cut.log", &room.read("b.log")[..100]);
    let before = room.contents();
    for (other, output, problem) in [
        ("cut.log", "two.html", "damaged"),
        ("none.log", "two.html", "none.log"),
        ("b.log", "b.log", "--against and -o are the same file"),
        ("b.log", "b.log.replay", "the checksums of --against and -o are the same file"),
    ] {
        let said = room.run(&["report", "a.log", "--against", other, "-o", output]);
        assert_eq!((said.code, &said.out[..]), (2, ""), "{other}");
        assert!(said.err.contains(problem), "{other}: {}", said.err);
        assert_eq!(room.contents(), before, "{other}");
    }
}

#[test]
fn what_cannot_be_read_or_written_is_refused() {
    let room = Room::new();
    assert_eq!(room.gemm(&["--log", "run.log"]).code, 0);
    room.write("cut.log", &room.read("run.log")[..100]);
    let before = room.contents();
    for (args, problem) in [
        (["report", "run.log", "-o", "run.log"], "LOG and -o are the same file"),
        (["report", "run.log", "-o", "run.log.replay"], "the checksums of LOG and -o are the same file"),
        (["report", "run.log", "-o", "no/run.html"], "does not exist"),
        (["report", "cut.log", "-o", "cut.html"], "damaged"),
        (["report", "none.log", "-o", "none.html"], "none.log"),
    ] {
        let said = room.run(&args);
        assert_eq!((said.code, &said.out[..]), (2, ""), "{args:?}");
        assert!(said.err.contains(problem), "{args:?}: {}", said.err);
        assert_eq!(room.contents(), before, "{args:?}");
    }
    let said = room.gemm(&["--log", "x.log", "--report", "x.log"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("--log and --report are the same file"), "{}", said.err);
}
