//! Clocks as frequencies, and logs whose clocks differ.

use serde_json::Value;

use crate::room::Room;

#[test]
fn a_frequency_is_a_key_wherever_a_period_is() {
    let room = Room::new();
    room.write("fast.toml", "base = \"tiny\"\n[clock]\nghz = 2\n");
    room.write("slow.toml", "base = \"tiny\"\n[clock]\nghz = 0\n");
    let run = |machine: &[&str]| -> Value {
        let sizes = ["--set", "ranks=2", "--set", "m=8", "--set", "n=8", "--set", "k=32"];
        let said = room.run(&[&["run", "gemm", "--json", "-"], &sizes[..], machine].concat());
        serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}{}", said.out, said.err))
    };
    let (plain, fast) = (run(&["--machine", "tiny"]), run(&["--machine", "fast.toml"]));
    let fs = |of: &Value| of["makespan_fs"].as_u64().unwrap();
    assert_eq!((fs(&fast) * 2, &fast["makespan_cycles"]), (fs(&plain), &plain["makespan_cycles"]));
    let set = run(&["--machine", "tiny", "--machine-set", "clock.ghz=2"]);
    assert_eq!(set["digests"]["timing"], fast["digests"]["timing"]);

    let bad = room.run(&["run", "gemm", "--machine", "slow.toml"]);
    assert!(bad.code == 2 && bad.err.contains("`0` is no frequency in GHz"), "{}", bad.err);
    assert!(bad.err.contains("slow.toml"), "{}", bad.err);
    room.gemm(&["--log", "a.log"]);
    let said = room.run(&["whatif", "a.log", "--set", "clock.ghz=2"]);
    assert!(said.code == 0 && said.out.contains("50.0 % less time"), "{}{}", said.out, said.err);
}

#[test]
fn cycles_of_two_clocks_are_not_compared_silently() {
    let room = Room::new();
    room.gemm(&["--log", "a.log"]);
    room.gemm(&["--log", "b.log", "--machine-set", "clock.ghz=2"]);
    room.gemm(&["--log", "c.log", "--machine-set", "pe.issue_cycles=3"]);
    for (b, differ) in [("b.log", true), ("c.log", false)] {
        let said = room.run(&["diff", "a.log", b]);
        assert_eq!(said.out.contains("\nwarning    the clocks differ"), differ, "{}", said.out);
        let json: Value = serde_json::from_str(&room.run(&["diff", "a.log", b, "--json"]).out).unwrap();
        assert_eq!(json["clocks_differ"], differ);
        let markdown = room.run(&["diff", "a.log", b, "--markdown"]).out;
        assert_eq!(markdown.contains("**Warning** the clocks differ"), differ, "{markdown}");
    }
}
