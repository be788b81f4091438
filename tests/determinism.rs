//! The same program on the same machine gives the same log and the same bits, whatever computes them.

use oplog::{Digest, Digests};
use replay::SimdLevel;

use crate::harness::{Case, computing, on_every_machine};

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

/// Waves of ops that are large enough to be shared ([`computing`] has small ones): values and their peak are those
/// of one thread.
#[test]
fn large_ops_are_the_same_on_any_number_of_threads() {
    for words in
        ["gemm m=256 n=256 k=256 ranks=4", "mesh_kv ranks=4 q_len=128 kv_len=512 kv_block=128 dtype=f32"]
    {
        let of = |threads| names(words, threads, SimdLevel::detect());
        let alone = of(1);
        for threads in 2..=4 {
            assert_eq!(of(threads), alone, "{words}, {threads} threads");
        }
    }
}

/// A sequencer that goes on in its own time writes the log of one that keeps to the time of the run. Of two machines of
/// each preset, the other has packets or flits, whichever the preset has not.
#[test]
fn a_sequencer_that_is_ahead_writes_the_log_of_one_in_step() {
    on_every_machine(|log, verified, name| {
        let in_step = timing::run_in_step(verified, log.id.clone()).expect("a run that ends");
        assert!(*log == in_step, "{name}");
    });
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
