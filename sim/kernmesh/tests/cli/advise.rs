//! Advice: what it promises is what a run with the change takes, to the cycle.

use serde_json::Value;

use crate::room::{GEMM, Room};

/// Ten machines and kernels, and programs that a run changes by its own options.
const PAIRS: [&str; 14] = [
    "gemm --set m=8",
    "gemm --machine tiny --set m=40 --set slots=2",
    "gemm --machine wse2 --set ranks=8 --set m=32 --set n=32 --set k=32",
    "mesh_kv --machine wormhole --set kv_len=256",
    "mesh_kv --machine blackhole --set kv_len=256 --set causal=true",
    "mesh_mlo --machine softhier32 --set kv_len=512 --set slots=4",
    "mesh_mlo --machine tiny --set ranks=4 --set kv_len=256 --set heads=8 --set kv_heads=2",
    "mesh_flat --machine softhier32 --set ranks=16 --set heads=2 --set kv_heads=2",
    "mesh_flat --set heads=2 --set kv_heads=2",
    "llama70b_decode_single",
    "traffic --set k=4 --set window=2000 --set load=0.4 --set virtual_channels=2",
    "ring_model --set slots=4",
    "gemm --sync explicit --auto-sync --machine tiny",
    "gemm --machine tiny --machine-set gemm.dataflow=os --machine-set link.pe.bytes_per_cycle=4",
];

/// Promises that are tried of every pair: the best.
const TRIED: usize = 3;

fn json(room: &Room, args: &[&str]) -> Value {
    let said = room.run(&[args, &["--json", "-"]].concat());
    assert_eq!((said.code, &said.err[..]), (0, ""), "{args:?}: {}", said.out);
    serde_json::from_str(&said.out).expect("JSON")
}

fn words(value: &Value) -> Vec<&str> {
    value.as_array().expect("a list").iter().map(|word| word.as_str().expect("text")).collect()
}

/// Runs the best changes, and demands their cycles; how many there were.
fn hold(room: &Room, subject: &[&str]) -> usize {
    let cycles = |value: &Value| value["makespan_cycles"].as_u64().expect("a number");
    let advice = json(room, &[&["advise"], subject].concat());
    let run = |words: &[&str]| json(room, &[&["run", "--time-only"], words].concat());
    assert_eq!(cycles(&run(subject)), cycles(&advice), "{subject:?} without a change");
    let gains = advice["gains"].as_array().expect("a list");
    for gain in gains.iter().take(TRIED) {
        let command = words(&gain["run"]);
        assert_eq!(cycles(&run(&command)), cycles(gain), "{subject:?}: {command:?}");
        assert!(cycles(gain) <= cycles(&advice), "{subject:?}: {command:?}");
    }
    gains.len().min(TRIED)
}

#[test]
fn a_run_with_the_change_takes_the_cycles_that_are_promised() {
    let room = Room::new();
    let tried: usize = PAIRS.iter().map(|pair| hold(&room, &pair.split(' ').collect::<Vec<_>>())).sum();
    assert!(tried >= 3 * (PAIRS.len() - 2), "{tried} promises of {} pairs", PAIRS.len());
}

/// A recorded program keeps its parameters; its machine may change.
#[test]
fn a_recorded_program_is_timed_on_changed_machines_alone() {
    let room = Room::new();
    assert_eq!(room.run(&["record", "gemm", "--set", "m=8", "-o", "p.json"]).code, 0);
    let subject = ["--program", "p.json", "--machine", "tiny"];
    assert_eq!(hold(&room, &subject), TRIED);
    let advice = json(&room, &[&["advise"], &subject[..]].concat());
    assert_eq!(
        advice["fixed"],
        "a recorded program has no parameters to change: name the kernel to try them"
    );
    let lists = ["gains", "without_gain", "refused"].map(|list| advice[list].as_array().expect("a list"));
    assert!(lists.iter().flat_map(|list| list.iter()).all(|it| it["set"] == serde_json::json!({})));
    let said = room.run(&[&["advise"], &subject[..]].concat());
    assert!(said.out.contains("\nfixed      a recorded program has no parameters"), "{}", said.out);
}

/// What is set already is replaced, and not set twice.
#[test]
fn a_change_replaces_what_is_set() {
    let room = Room::new();
    let subject = [&GEMM[..], &["--set", "slots=2", "--machine-set", "gemm.dataflow=is"]].concat();
    let advice = json(&room, &[&["advise"], &subject[..]].concat());
    let all = ["gains", "without_gain"].map(|list| advice[list].as_array().expect("a list").clone()).concat();
    let with = |word: &str| all.iter().any(|it| words(&it["run"]).contains(&word));
    for word in ["slots=4", "slots=1", "gemm.dataflow=os", "gemm.dataflow=ws"] {
        assert!(with(word), "{word}: {advice:#}");
    }
    for it in &all {
        let run = words(&it["run"]);
        let keys: Vec<&str> =
            run.iter().filter_map(|word| word.split_once('=')).map(|(key, _)| key).collect();
        let mut once = keys.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(keys.len(), once.len(), "{run:?}");
    }
}

/// Only the problem as it is: no other shapes, dtypes or masks.
#[test]
fn no_change_computes_something_else() {
    let room = Room::new();
    for (subject, keys) in [
        ("gemm --machine tiny", &["m=", "n=", "k=", "dtype="][..]),
        ("mesh_kv --set ranks=4 --set kv_len=64", &["heads=", "head_dim=", "kv_len=", "causal=", "dtype="]),
        (
            "traffic --set k=4 --set window=200",
            &["load=", "pattern=", "window=", "model=", "k=", "traffic_seed="],
        ),
        ("ring_model", &["ranks=", "steps="]),
    ] {
        let advice = json(&room, &[vec!["advise"], subject.split(' ').collect()].concat());
        for list in ["gains", "without_gain", "refused"] {
            for it in advice[list].as_array().expect("a list") {
                let set = it["set"].as_object().expect("an object");
                let is_other = |key: &&&str| set.contains_key(key.trim_end_matches('='));
                assert_eq!(keys.iter().find(is_other), None, "{subject}: {it}");
            }
        }
    }
}

/// Twice the slots need memory that the machine has not.
#[test]
fn a_change_without_room_is_refused_with_its_reason() {
    let room = Room::new();
    let said = room.run(&["advise", "gemm", "--machine", "tiny", "--machine-set", "pe.tcm_bytes=393216"]);
    assert_eq!((said.code, &said.err[..]), (0, ""), "{}", said.out);
    let refused = said.out.replace("\n           ", " ");
    let (_, reason) = refused.split_once("slots=16: capacity: ").unwrap_or_else(|| panic!("{}", said.out));
    assert!(reason.contains("the program needs") && reason.contains("has 393216"), "{}", said.out);
}

/// Without its waits the kernel is faster, and wrong.
#[test]
fn a_change_that_takes_order_away_is_refused() {
    let room = Room::new();
    let subject = "gemm --machine tiny --sync explicit --set waits=hand";
    let advice = json(&room, &[vec!["advise"], subject.split(' ').collect()].concat());
    assert_eq!(advice["unordered"], false);
    let refused = advice["refused"].as_array().expect("a list");
    let waits = refused.iter().find(|it| it["set"]["waits"] == "none").expect("it is refused");
    assert_eq!(waits["reason"], "it leaves conflicting accesses unordered: the result depends on timing");
    let racy = room.run(&["advise", "gemm", "--machine", "tiny", "--sync", "explicit"]);
    assert_eq!((racy.code, &racy.err[..]), (0, ""));
    assert!(
        racy.out.contains("\norder      accesses are left unordered, or read what nothing wrote"),
        "{}",
        racy.out
    );
}

#[test]
fn what_cannot_be_advised_is_refused() {
    let room = Room::new();
    room.write("bad.json", "{}");
    for (args, code, fragment) in [
        ("advise", 2, "there is nothing to run"),
        ("advise gem", 2, "did you mean `gemm`?"),
        ("advise gemm --set slot=2", 2, "did you mean `slots`?"),
        ("advise gemm --machine tinny", 2, "did you mean `tiny`?"),
        ("advise gemm --machine-set gemm.dataflw=os", 2, "did you mean `dataflow`?"),
        ("advise gemm --machine-set pe.dma_channels", 2, "write key=value"),
        ("advise gemm --machine-set a=1 --machine-set a=2", 2, "`a` is set twice"),
        ("advise --program bad.json", 2, "bad.json"),
        ("advise --program none.json", 2, "none.json"),
        ("advise gemm --program bad.json", 2, "cannot be used with"),
        ("advise gemm --machine tiny --set slots=512", 2, "finding[capacity]"),
        ("advise gemm --machine metal4", 2, "command queues and no rings"),
        ("advise traffic --machine tiny", 2, "has its own machine"),
        ("check a.log --machine-set pe.dma_channels=1", 2, "--machine-set"),
    ] {
        let said = room.run(&args.split(' ').collect::<Vec<_>>());
        assert_eq!((said.code, &said.out[..]), (code, ""), "{args}: {}", said.err);
        assert!(said.err.contains(fragment), "{args}: {}", said.err);
    }
}

#[test]
fn the_text_ranks_gains_and_names_a_command() {
    let room = Room::new();
    let said = room.run(&["advise", "gemm", "--set", "m=8"]);
    assert_eq!((said.code, &said.err[..]), (0, ""), "{}", said.out);
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines[0], "run        gemm on sip, 4 ranks");
    assert_eq!(lines[2], "gain       40.5 %  3 104 cycles  --machine-set gemm.dataflow=os (now ws)");
    let command = "try        kernmesh run gemm --set m=8 --machine-set gemm.dataflow=os";
    assert!(lines.contains(&command), "{}", said.out);
    assert!(lines.iter().any(|line| line.starts_with("no gain ")), "{}", said.out);
    assert!(lines.iter().all(|line| line.chars().count() <= 100), "{}", said.out);
}

/// A machine key of a run is that of its log.
#[test]
fn a_run_takes_keys_of_the_machine() {
    let room = Room::new();
    assert_eq!(room.gemm(&["--machine-set", "gemm.dataflow=os", "--log", "a.jsonl"]).code, 0);
    room.write("os.toml", "base = \"tiny\"\nname = \"tiny\"\n[gemm]\ndataflow = \"os\"\n");
    let by_file: Vec<&str> = GEMM.iter().map(|&word| if word == "tiny" { "os.toml" } else { word }).collect();
    assert_eq!(room.run(&[&["run"], &by_file[..], &["--log", "b.jsonl"]].concat()).code, 0);
    assert_eq!(room.read("a.jsonl"), room.read("b.jsonl"));
}
