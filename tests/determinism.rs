//! The same program on the same machine gives the same log and the same bits, whatever computes them.

use oplog::{Digest, Digests};
use replay::SimdLevel;

use crate::harness::{Case, computing};

fn names(words: &str, threads: usize, simd: SimdLevel) -> (Digests, Option<Digest>, u64) {
    let case = Case::of(words).with(|options| {
        options.replay.threads = threads;
        options.replay.simd = simd;
    });
    let run = case.passes();
    (run.timed.digests, run.computed.data, run.computed.peak_live_bytes)
}

#[test]
fn digests_do_not_depend_on_threads_or_instruction_set() {
    for words in computing() {
        let plain = names(words, 1, SimdLevel::Narrow);
        for threads in [1, 2, 3] {
            // A level that this computer lacks falls back to the best it has.
            for simd in [SimdLevel::Narrow, SimdLevel::Avx2, SimdLevel::Avx512] {
                assert_eq!(names(words, threads, simd), plain, "{words}, {threads} threads, {simd:?}");
            }
        }
    }
}

/// The canary: the comparison above can fail.
#[test]
fn another_seed_gives_another_data_digest_and_nothing_else_changes() {
    for words in computing() {
        let [zero, one] = [0, 1].map(|seed| Case::of(words).with(|options| options.seed = seed).passes());
        assert_eq!(zero.timed.digests.structure, one.timed.digests.structure, "{words}");
        assert_ne!(zero.computed.data, one.computed.data, "{words}");
    }
}

#[test]
fn structure_does_not_depend_on_the_machine_but_timing_does() {
    let words = "mesh_mlo ranks=4 heads=4 kv_heads=2 head_dim=16 kv_len=40";
    let [sip, tiny] = ["sip", "tiny"].map(|machine| Case::of(words).on(machine).passes().timed.digests);
    assert_eq!(sip.structure, tiny.structure);
    assert_ne!(sip.timing, tiny.timing);
}
