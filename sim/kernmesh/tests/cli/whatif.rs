//! The program of a log on a machine with other numbers.

use serde_json::Value;

use crate::room::Room;

fn logged() -> Room {
    let room = Room::new();
    assert_eq!(room.gemm(&["--log", "run.log"]).code, 0);
    room
}

#[test]
fn a_slower_gemm_unit_takes_longer_and_the_log_stays() {
    let room = logged();
    let before = room.contents();
    let said = room.run(&["whatif", "run.log", "--set", "clock.pe_fs=4000000"]);
    assert_eq!((said.code, &said.err[..]), (0, ""), "{}", said.out);
    for label in ["before ", "after ", "  bounds ", "  critical ", "change "] {
        assert!(said.out.lines().any(|line| line.starts_with(label)), "{label}: {}", said.out);
    }
    assert!(said.out.ends_with("% more time\n"), "{}", said.out);
    assert_eq!(room.contents(), before);
}

#[test]
fn json_has_both_results() {
    let said = logged().run(&["whatif", "run.log", "--set", "noc.packet_bytes=256", "--json", "-"]);
    let document: Value = serde_json::from_str(&said.out).expect("JSON");
    for when in ["before", "after"] {
        let makespan = document[when]["makespan_fs"].as_u64().expect("a number");
        let by_category = document[when]["critical_path"]["by_category"].as_object().expect("an object");
        assert_eq!(by_category.values().map(|fs| fs.as_u64().expect("a number")).sum::<u64>(), makespan);
        for bound in ["compute_fs", "memory_fs", "link_fs", "latency_fs"] {
            assert!(document[when]["bounds"][bound].as_u64().expect("a number") <= makespan, "{bound}");
        }
    }
}

#[test]
fn keys_that_do_not_fit_are_refused() {
    let room = logged();
    for (set, fragment) in [
        ("link.cub.bytes_per_cycle=64", "did you mean `cube`?"),
        ("link.cube=64", "has keys of its own"),
        ("pe.dma_channels=0", "dma_channels"),
        ("base=sip", "a base changes nothing"),
        ("gemm.model=rate", "the key `macs_per_cycle` is missing"),
        ("pe.tcm_bytes=64", "finding[capacity]"),
    ] {
        let said = room.run(&["whatif", "run.log", "--set", set]);
        assert_eq!((said.code, &said.out[..]), (2, ""), "{set}: {}", said.err);
        assert!(said.err.contains(fragment), "{set}: {}", said.err);
    }
}

#[test]
fn a_key_of_twenty_thousand_parts_is_refused() {
    let set = format!("{}=1", ["a"; 20_000].join("."));
    let said = logged().run(&["whatif", "run.log", "--set", &set]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("at most 8 parts") && said.err.len() < 400, "{}", said.err);
}

#[test]
fn a_model_is_changed_as_a_file_changes_it() {
    let set = ["--set", "gemm.model=rate", "--set", "gemm.macs_per_cycle=512"];
    let said = logged().run(&[&["whatif", "run.log"][..], &set].concat());
    assert_eq!((said.code, &said.err[..]), (0, ""), "{}", said.out);
}

/// Interlocks order what the program does not.
#[test]
fn a_change_that_takes_order_away_is_a_finding() {
    let room = logged();
    let said = room.run(&["whatif", "run.log", "--set", "sync=explicit"]);
    assert_eq!((said.code, &said.err[..]), (1, ""), "{}", said.out);
    assert!(said.out.starts_with("FAIL ") && said.out.contains("finding[race_"), "{}", said.out);
    let said = room.run(&["whatif", "run.log", "--set", "sync=explicit", "--json", "-"]);
    let document: Value = serde_json::from_str(&said.out).expect("JSON");
    assert!(document["findings"].as_array().is_some_and(|findings| !findings.is_empty()), "{}", said.out);
}
