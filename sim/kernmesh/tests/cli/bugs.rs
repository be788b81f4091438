//! The bug corpus as people and scripts see it.

use serde_json::{Value, json};

use crate::room::Room;

#[test]
fn every_bug_is_listed_with_what_was_found() {
    let said = Room::new().run(&["bugs"]);
    assert_eq!((said.code, &said.err[..]), (0, ""), "{}", said.out);
    let lines: Vec<&str> = said.out.lines().collect();
    let of = lines.iter().position(|line| line.contains("missing_receive_wait")).expect("its line");
    let words: Vec<&str> = lines[of].split_whitespace().collect();
    assert_eq!(words, ["ok", "missing_receive_wait", "(Pallas):", "race_raw"]);
    assert_eq!(lines[of + 1], "        a message is read without waiting for its receive");
    assert!(lines.iter().all(|line| line.chars().count() <= 100), "{}", said.out);
}

#[test]
fn one_bug_is_told_with_its_findings() {
    let room = Room::new();
    for (name, headline, help) in [
        (
            "missing_receive_wait",
            ["finding[race_raw]: rank 0, op ", "(add) may read slot 0 of ring2 before rank 1, op "],
            "(recv_async, missing_receive_wait.rs:",
        ),
        (
            "queue_without_events",
            ["finding[race_raw]: rank 1, op ", "(load) may read `x on METAL:1` before rank 0, op "],
            "(store, queue_without_events.rs:",
        ),
    ] {
        let said = room.run(&["bugs", name]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(said.out.starts_with(&format!("{name} (")), "{}", said.out);
        let told = said.out.replace("\n    ", " ");
        let [who, what] = headline;
        for part in
            [who, what, help, "\n  missing: end of ", "\n  in this run: ", "\nrepaired: ", "\nclean\n"]
        {
            assert!(told.contains(part), "{part}: {}", said.out);
        }
        assert!(said.out.lines().all(|line| line.chars().count() <= 100), "{}", said.out);
    }
    assert_eq!(room.run(&["bugs", "missing_recieve_wait"]).code, 2);
}

#[test]
fn a_code_has_a_page() {
    let room = Room::new();
    let said = room.run(&["explain", "--code", "race_war"]);
    assert_eq!((said.code, &said.err[..]), (0, ""), "{}", said.err);
    assert!(said.out.starts_with("race_war: ") && said.out.contains("\n## Repair\n"), "{}", said.out);
    let said = room.run(&["explain", "--code", "race_wra"]);
    assert_eq!((said.code, &said.out[..]), (2, ""), "{}", said.out);
    let told = said.err.replace("\n    ", " ");
    assert!(told.contains("unknown code `race_wra`: did you mean `race_war`?"), "{}", said.err);
    assert!(told.contains("uninitialised_read, "), "all are listed: {}", said.err);
    assert_eq!(room.run(&["explain", "gemm", "--code", "race_war"]).code, 2);
}

#[test]
fn scripts_get_each_pair() {
    let said = Room::new().run(&["bugs", "queue_without_events", "--json"]);
    let all: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(all[0]["name"], json!("queue_without_events"));
    assert_eq!(all[0]["broken"], json!({"expected": ["race_raw"], "found": ["race_raw"], "ok": true}));
    assert_eq!(all[0]["repaired"]["ok"], json!(true));
}
