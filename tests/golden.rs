//! Files that people review: see `traces/README.md`. `make bless` rewrites them.

use kernmesh::Summary;
use machine::Machine;
use oplog::{Encoding, encode};

use crate::harness::{Case, record};

pub fn check(name: &str, text: &str) {
    assert!(text.lines().count() <= 200, "{name} is too long to review");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../traces"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Every op of a small decode kernel: who ran what, when, and why it waited. Without source lines: an edit of the
/// kernel that changes no op changes no golden.
#[test]
fn op_log_of_a_small_mesh_mlo_on_tiny() {
    let mut program = record("mesh_mlo ranks=2 heads=2 kv_heads=1 head_dim=8 kv_len=8 slots=2").program;
    program.files.clear();
    program.ranks.iter_mut().for_each(|rank| rank.sources.clear());
    let timed =
        kernmesh::time(program, &Machine::preset("tiny").expect("a preset"), 0).expect("a run that ends");
    let text = encode(&timed.log, &timed.digests, Encoding::JsonLines);
    check("mesh_mlo_tiny.oplog", &String::from_utf8(text).expect("JSON lines are text"));
}

#[test]
fn summaries_of_the_llama_panels() {
    for panel in [
        "llama70b_decode_single",
        "llama70b_decode_multi",
        "llama70b_prefill_single",
        "llama70b_prefill_multi",
    ] {
        let run = Case::of(&format!("{panel} scale=validation")).passes();
        let log = &run.timed.log;
        let mut summary = Summary::of(&log.program, &log.machine, log.id.seed, "identity".to_owned());
        summary.add_times(&run.timed);
        summary.add_values(&run.computed);
        // The units of one rank are enough to review.
        summary.units.retain(|name, _| name.starts_with("rank0."));
        // Where the lines of the kernel stand is not part of the result.
        summary.critical_path.iter_mut().for_each(|path| path.by_source.clear());
        let mut json = serde_json::to_value(&summary).expect("JSON");
        // How long it took here is not part of the result.
        json.as_object_mut().expect("an object").remove("wall_s");
        // What memories hold has tests of its own: a list of every holder is too long here.
        json.as_object_mut().expect("an object").remove("memories");
        // What bound the run is a line of the text.
        json.as_object_mut().expect("an object").remove("limit");
        // Shares of peaks have a file of their own.
        json.as_object_mut().expect("an object").remove("peaks");
        // One output has one oracle: the keys beside the list are those of its only judgement. All values are finite.
        let verdict = json["verdict"].as_object_mut().expect("a verdict");
        ["judgements", "not_finite"].iter().for_each(|key| _ = verdict.remove(*key));
        let text = serde_json::to_string_pretty(&json).expect("JSON");
        check(&format!("{panel}.summary"), &text);
    }
}
