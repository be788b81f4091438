//! `kernmesh validate` and `kernmesh probe`, as people and scripts see them.

use serde_json::Value;

use crate::room::Room;

#[test]
fn every_held_row_is_as_it_must_be() {
    let said = Room::new().run(&["validate"]);
    assert_eq!((said.code, &said.err[..]), (0, ""), "{}", said.out);
    for part in [
        "\nSCALE-Sim v2",
        "GEMM 16×128×128, ws 32×32 ",
        "\nshown  credit loop",
        "not modelled",
        "\nok     all_gather, line of 4, 1 GiB ",
        "\nok     Wormhole DRAM writes, 48 tiles, placed, noc1 ",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    // `PASS  N of N held rows …`
    let last = said.out.lines().find_map(|line| line.strip_prefix("PASS")).expect("a verdict");
    let words: Vec<&str> = last.split_whitespace().collect();
    let held = |at: usize| words[at].parse::<usize>().expect("a count");
    assert!(words[1] == "of" && held(0) == held(2) && held(0) >= 160, "{last}");
    assert!(said.out.lines().all(|line| line.chars().count() <= 100), "{}", said.out);
}

#[test]
fn scripts_get_rows() {
    let said = Room::new().run(&["validate", "--machine", "tiny", "--json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let rows: Vec<Value> = serde_json::from_str(&said.out).expect("JSON");
    for row in &rows {
        for key in
            ["what", "unit", "reference", "ours", "difference", "held", "within", "pass", "source", "note"]
        {
            assert!(row.get(key).is_some(), "{key}: {row}");
        }
        assert_eq!(row["pass"].is_null(), row["held"] == false, "{row}");
    }
    let row = rows.iter().find(|row| row["what"] == "GEMM 64×64×64, os 16×16").expect("a row");
    assert_eq!((row["reference"].as_f64(), row["ours"].as_f64()), (Some(1503.0), Some(1503.0)), "{row}");
    assert!(rows.iter().any(|row| row["ours"].is_null() && row["reference"].is_string()));
}

/// A wide machine, and one that no row can be measured on.
#[test]
fn machines_are_files_too_and_must_have_rings() {
    let room = Room::new();
    room.write("wide.toml", "base = \"sip\"\n[grid]\nsip = [2, 1]\n[link.sip]\nbytes_per_cycle = 3\n");
    for command in ["validate", "probe"] {
        let said = room.run(&[command, "--machine", "wide.toml"]);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        assert!(said.out.contains("the next SIP"), "{}", said.out);
        assert!(said.out.lines().all(|line| line.chars().count() <= 100), "{}", said.out);
        let said = room.run(&[command, "--machine", "metal4"]);
        assert_eq!(said.code, 2, "{}", said.out);
        assert!(said.err.contains("the virtual devices of `metal4` send no messages"), "{}", said.err);
    }
}

#[test]
fn a_probe_times_paths_and_names_what_holds_them() {
    let room = Room::new();
    let said = room.run(&["probe"]);
    assert_eq!((said.code, &said.err[..]), (0, ""), "{}", said.out);
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = said.out.lines().map(words).collect();
    for line in [
        "load from itself 0 220 17.8 123.7 196.7 204.8 64 KiB HBM",
        "send to a neighbour 1 29 68.3 121.4 127.6 128 4 KiB PE link, port",
        "credit from a neighbour 16 cycles",
        "one more hop over a cube link 8 cycles",
    ] {
        assert!(lines.iter().any(|said| said == line), "{line}: {}", said.out);
    }
    let probe: Value =
        serde_json::from_str(&room.run(&["probe", "--machine", "tiny", "--json"]).out).expect("JSON");
    let path = &probe["paths"][0];
    assert_eq!((&path["op"], &path["to"]), (&Value::from("load"), &Value::from("itself")));
    assert_eq!(
        (&path["bottleneck"][0], path["sizes"].as_array().map(Vec::len)),
        (&Value::from("hbm"), Some(14))
    );
}
