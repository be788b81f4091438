//! Every kernel at every shape of mesh: right by the verdict rule and without a finding. None needs more than one
//! slot: with too few to forward from, ranks copy messages out first.

use program::RefusalKind;

use crate::harness::{Case, record, sweep};

const RANKS: [u32; 8] = [1, 2, 3, 4, 5, 7, 8, 16];
const SLOTS: [u32; 4] = [1, 2, 3, 8];

#[test]
fn every_kernel_is_right_on_every_mesh() {
    let all = sweep(&RANKS, &SLOTS);
    let a_thread = all.len().div_ceil(4);
    std::thread::scope(|scope| {
        for some in all.chunks(a_thread) {
            scope.spawn(move || some.iter().for_each(|words| _ = Case::of(words).passes()));
        }
    });
}

#[test]
fn shards_may_be_empty_and_groups_of_any_size() {
    for words in [
        "mesh_mlo ranks=8 kv_len=1 heads=2 kv_heads=2 head_dim=8",
        "mesh_mlo ranks=8 kv_len=3 heads=12 kv_heads=1 head_dim=8 q_len=3",
        "mesh_mlo ranks=5 kv_len=4 heads=6 kv_heads=3 head_dim=8 topology=ring dtype=bf16",
        "mesh_kv ranks=8 kv_len=2 q_len=3 heads=2 kv_heads=1 head_dim=8",
        "mesh_kv ranks=7 kv_len=40 q_len=5 heads=2 kv_heads=2 head_dim=8 causal=true topology=ring",
        "mesh_kv ranks=4 kv_len=5 q_len=20 heads=2 kv_heads=2 head_dim=8 causal=true",
        "mesh_kv ranks=4 kv_len=9 q_len=9 heads=2 kv_heads=2 head_dim=8 dtype=bf16",
        "gemm ranks=8 m=3 n=2 k=5",
        "mesh_flat ranks=8 kv_len=2 q_len=3 heads=2 kv_heads=1 head_dim=8",
        "mesh_flat ranks=9 kv_len=40 q_len=5 heads=2 kv_heads=2 head_dim=8 slice=3 wire_dtype=f16",
        "mesh_flat ranks=64 kv_len=70 q_len=66 heads=2 kv_heads=1 head_dim=8 side=4 slice=5",
        "mesh_mlo ranks=64 kv_len=100 heads=2 kv_heads=1 head_dim=8",
        "mesh_kv ranks=64 kv_len=70 q_len=66 heads=1 kv_heads=1 head_dim=8",
        "mesh_mlo ranks=16 rank_axis=cube kv_len=50 heads=2 kv_heads=1 head_dim=8 topology=ring",
        "mesh_kv ranks=4 rank_axis=cube kv_len=50 q_len=8 heads=2 kv_heads=1 head_dim=8 dtype=f32",
        "mesh_mlo ranks=4 kv_len=60 heads=2 kv_heads=1 head_dim=8 dtype=f32 wire_dtype=f16",
    ] {
        Case::of(words).passes();
    }
}

#[test]
fn the_tiny_machine_runs_every_kernel_at_its_default_heads() {
    for words in [
        "mesh_mlo ranks=4 kv_len=64",
        "mesh_kv ranks=4 kv_len=64 q_len=16",
        "mesh_flat kv_len=64",
        "gemm ranks=4",
    ] {
        Case::of(words).on("tiny").passes();
    }
}

/// Story A: with one tile a rank, both decode panels do exactly two GEMMs a rank.
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
        assert_eq!(refusal.reasons[0].kind, RefusalKind::SlotCount);
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
