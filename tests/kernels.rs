//! Every kernel at every shape of mesh: right by the verdict rule and without a finding. None needs more than one
//! slot: with too few to forward from, ranks copy messages out first.

use diagnostic::Code;
use kernels::{Use, cases, sweep};

use crate::harness::{Case, record};

const RANKS: [u32; 8] = [1, 2, 3, 4, 5, 7, 8, 16];
const SLOTS: [u32; 4] = [1, 2, 3, 8];

#[test]
fn every_kernel_is_right_on_every_mesh() {
    let all = sweep(Use::Sweep, &RANKS, &SLOTS);
    let a_thread = all.len().div_ceil(4);
    std::thread::scope(|scope| {
        for some in all.chunks(a_thread) {
            scope.spawn(move || some.iter().for_each(|words| _ = Case::of(words).passes()));
        }
    });
}

#[test]
fn shards_may_be_empty_and_groups_of_any_size() {
    cases(&[Use::Edge]).for_each(|words| _ = Case::of(words).passes());
}

#[test]
fn the_tiny_machine_runs_every_kernel() {
    cases(&[Use::Tiny]).for_each(|words| _ = Case::of(words).on("tiny").passes());
}

/// A run of a clean log does not look for it (ADR 0060).
#[test]
fn what_is_clean_shows_nothing_in_a_run() {
    cases(&[Use::Edge]).chain(cases(&[Use::Tiny])).for_each(|words| {
        let log = &Case::of(words).passes().timed.log;
        let inputs = replay::inputs::seeded(&log.program, log.id.seed);
        let replayed = replay::run(log, &inputs, replay::Options::default()).expect("values");
        assert_eq!(replayed.findings(), [], "{words}");
    });
}

/// The naive computation of every kernel, in every dtype, is exact enough to measure by.
#[test]
fn naive_computations_measure() {
    cases(&[Use::Run, Use::Edge, Use::Tiny, Use::Backend]).for_each(|words| {
        let Some(verdict) = Case::of(words).run().ok().and_then(|run| run.computed.verdict) else { return };
        for judgement in verdict.judgements {
            assert!(!judgement.rule.contains("does not count"), "{words}: {judgement:?}");
        }
    });
}

/// With one tile a rank, both decode panels do exactly two GEMMs a rank.
#[test]
fn the_panels_pass_at_validation_scale() {
    for (panel, gemms) in [
        ("llama70b_decode_single", Some(16)),
        ("llama70b_decode_multi", Some(8)),
        ("llama70b_prefill_single", None),
        ("llama70b_prefill_multi", None),
    ] {
        let run = Case::of(&format!("{panel} scale=validation")).passes();
        let ops = run.timed.log.program.ranks.iter().flat_map(|rank| &rank.ops);
        let dots = ops.filter(|op| op.kind() == "dot").count();
        if let Some(gemms) = gemms {
            assert_eq!(dots, gemms, "{panel}");
        }
    }
}

/// The makespans that the SimPy program prints for the same ranks, steps and slots.
#[test]
fn ring_model_takes_the_cycles_of_the_simpy_program() {
    for (ranks, steps, slots, cycles) in [
        (8, 7, 8, 1998),
        (8, 7, 4, 1998),
        (64, 63, 8, 16561),
        (64, 63, 4, 16561),
        (512, 511, 8, 133_041),
        (8, 1, 2, 431),
        (8, 1, 3, 431),
        (64, 1, 2, 441),
        (512, 1, 3, 441),
        (2, 1, 8, 431),
        (3, 5, 8, 1479),
        (5, 9, 4, 2517),
    ] {
        let run =
            Case::of(&format!("ring_model ranks={ranks} steps={steps} slots={slots}")).run().expect("a run");
        let makespan = run.timed.log.makespan().fs();
        assert_eq!(makespan, cycles * 1_000_000, "{ranks} ranks, {steps} steps, {slots} slots");
        assert_eq!((run.computed.verdict, run.computed.data), (None, None), "it computes nothing");
    }
}

/// With fewer than four slots every rank of the model waits for room that only its own release would make.
#[test]
fn ring_model_with_too_few_slots_is_refused_with_the_smallest_that_works() {
    for slots in [1, 2, 3] {
        let recorded = record(&format!("ring_model ranks=8 slots={slots}"));
        let machine = machine::Machine::new(recorded.machine.expect("its own")).expect("a machine");
        let refusal = verify::verify(recorded.program, &machine).expect_err("too few slots");
        assert_eq!(refusal.reasons[0].code, Code::SlotCount);
        let text = refusal.to_string();
        assert!(text.contains("slots") && text.contains('4'), "{text}");
    }
}

/// Fast or slow, attention is right on every machine whose ranks send messages.
#[test]
fn every_preset_runs_a_kernel() {
    for name in machine::preset_names() {
        let preset = machine::Machine::preset(name).expect("a preset");
        let is_roomy = preset.mesh().n_pes() >= 8 && preset.spec().pe.tcm_bytes.0 >= 1 << 20;
        let eight = is_roomy.then_some("llama70b_decode_single scale=validation");
        if preset.queue().is_none() {
            let small = "ranks=4 kv_len=32 heads=2 kv_heads=1 head_dim=16 slots=4";
            let small = ["mesh_mlo", "mesh_kv"].map(|kernel| format!("{kernel} {small}"));
            for words in small.iter().map(String::as_str).chain(eight) {
                println!("{words} on {name}");
                Case::of(words).on(name).passes();
            }
        }
    }
}
