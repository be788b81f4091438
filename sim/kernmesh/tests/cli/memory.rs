//! Memories: what they hold, and what does not fit.

use kernmesh::program::DType::F32;
use kernmesh::program::Program;
use kernmesh::program::tl::Recording;
use serde_json::Value;

use crate::room::{Room, Said};

const LAYERS: u32 = 3;
const SIDE: u32 = 32;

/// A fused optimiser: `new_w = w − g` for each layer, and then another look at `w`. The broken one keeps a copy of all
/// weights first, and works from that.
fn optimiser(keeps: bool) -> Program {
    let mut recording = Recording::new("optimiser", 1);
    let shape = [SIDE, SIDE];
    let mut input = |name: String| {
        let host = recording.input(&name, shape, F32);
        recording.input_share(host, 0, [0, 0], shape)
    };
    let weights: Vec<_> = (0..LAYERS).map(|layer| input(format!("w{layer}"))).collect();
    let steps: Vec<_> = (0..LAYERS).map(|layer| input(format!("g{layer}"))).collect();
    let kept: Vec<_> =
        (0..LAYERS).map(|layer| recording.scratch(&format!("kept{layer}"), 0, shape, F32)).collect();
    let mut output = |name: String| {
        let host = recording.output(&name, shape, F32);
        recording.output_share(host, 0, [0, 0], shape)
    };
    let updated: Vec<_> = (0..LAYERS).map(|layer| output(format!("new_w{layer}"))).collect();
    let kernel = |tl: &mut kernmesh::program::tl::Tl| {
        if keeps {
            tl.span("keep weights", |tl| {
                for (&w, &kept) in weights.iter().zip(&kept) {
                    let tile = tl.load(tl.tensor(w));
                    tl.store(tile, tl.tensor(kept));
                }
            });
        }
        for layer in 0..LAYERS as usize {
            tl.span(&format!("layer {layer}"), |tl| {
                let w = tl.load(tl.tensor(if keeps { kept[layer] } else { weights[layer] }));
                let g = tl.load(tl.tensor(steps[layer]));
                let new = tl.span("update", |tl| tl.sub(w, g));
                tl.store(new, tl.tensor(updated[layer]));
                tl.load(tl.tensor(weights[layer]));
            });
        }
    };
    recording.record(kernel).expect("a kernel without mistakes")
}

fn ran(keeps: bool, more: &[&str]) -> (Room, Said) {
    let room = Room::new();
    room.write("p.json", optimiser(keeps).to_json());
    let said = room.run(&[&["run", "--program", "p.json", "--log", "run.log"], more].concat());
    (room, said)
}

#[test]
fn a_second_copy_of_the_weights_is_named_and_its_repair_is_silent() {
    let (room, said) = ran(true, &["--json", "result.json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let err = said.err.replace("\n     ", "");
    assert!(err.contains("HBM holds bytes twice: 4 KiB of `w0`: in `w0` and in `kept0` (store at"), "{err}");
    assert!(err.contains("; and 2 more; `kernmesh memory LOG` shows when"), "{err}");
    let result = room.json("result.json");
    assert_eq!(result["passed"], true, "a copy is told, and is no finding");
    let twice = result["twice"].as_array().expect("a list");
    let holders: Vec<String> = twice.iter().map(|it| it["holders"].to_string()).collect();
    assert_eq!(holders, ["[\"w0\",\"kept0\"]", "[\"w1\",\"kept1\"]", "[\"w2\",\"kept2\"]"]);
    assert!(twice.iter().all(|it| it["bytes"] == 4096 && it["by"][1]["span"] == "keep weights"));

    let (room, said) = ran(false, &["--json", "result.json"]);
    assert!(said.code == 0 && !said.err.contains("twice"), "{}", said.err);
    assert_eq!(room.json("result.json")["twice"], Value::Array(Vec::new()));
}

#[test]
fn the_fullest_moment_of_each_memory_is_shown_with_its_holders() {
    let (room, _) = ran(true, &[]);
    let said = room.run(&["memory", "run.log"]);
    assert_eq!((said.code, &said.err[..]), (0, ""));
    for fragment in [
        "HBM        rank 0: at most 36 KiB live, from cycle ",
        "48 KiB taken of 4 GiB",
        "│ 36 KiB\n",
        "4 KiB  `w0`     input    cycles 0 to ",
        "span `keep weights`",
        "TCM        rank 0: at most ",
        "twice      4 KiB of `w0`: in `w0` and in `kept0` (store at memory.rs:",
    ] {
        assert!(said.out.contains(fragment), "{fragment}: {}", said.out);
    }
    let long = said.out.lines().filter(|line| line.chars().count() > 100).collect::<Vec<_>>();
    assert!(long.is_empty(), "{long:?}");

    let document: Value =
        serde_json::from_str(&room.run(&["memory", "run.log", "--rank", "0", "--json", "-"]).out)
            .expect("JSON");
    let memories = document["memories"].as_array().expect("a list");
    let hbm = memories.iter().find(|it| it["space"] == "hbm").expect("HBM");
    let levels = hbm["levels"].as_array().expect("a list");
    let most = levels.iter().map(|level| level[1].as_u64().expect("bytes")).max();
    assert_eq!(most, hbm["most_bytes"].as_u64());
    assert_eq!(hbm["lives"].as_array().map(Vec::len), Some(12));
    let held: u64 = hbm["holders"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["bytes"].as_u64().expect("bytes"))
        .sum();
    assert_eq!((Some(held), &hbm["more_holders"]), (most, &Value::from(0)));
}

#[test]
fn what_does_not_fit_is_named_with_its_span_and_holders() {
    let (room, _) = ran(true, &[]);
    for (machine, fragments) in [
        (
            "[hbm]\nbytes_per_pe = 36864\n",
            &[
                "the program needs 49152 bytes, machine `small` has 36864",
                "held by `w0` (memory.rs:",
                "what does not fit is first used in span `layer 0`",
            ][..],
        ),
        (
            "[pe]\ntcm_bytes = 8192\n",
            &[
                "the program needs 12288 bytes",
                "most is needed in span `layer 0/update`",
                "held by b3 (memory.rs:",
            ],
        ),
    ] {
        room.write("small.toml", format!("base = \"tiny\"\nname = \"small\"\n{machine}"));
        let said = room.run(&["run", "--program", "p.json", "--machine", "small.toml"]);
        let err = said.err.replace("\n    ", " ");
        assert_eq!(said.code, 2, "{err}");
        assert!(fragments.iter().all(|fragment| err.contains(fragment)), "{err}");
    }
    let said = room.run(&["run", "--program", "p.json", "--memory", "70000"]);
    assert!(said.code == 2 && said.err.contains(" in span `layer 2/update` at "), "{}", said.err);
}

#[test]
fn a_rank_that_the_run_has_not_is_refused() {
    let (room, _) = ran(false, &[]);
    let said = room.run(&["memory", "run.log", "--rank", "1"]);
    assert_eq!((said.code, &said.out[..]), (2, ""));
    assert!(
        said.err.contains("the run has no rank 1") && said.err.contains("its ranks are 0 to 0"),
        "{}",
        said.err
    );
}
