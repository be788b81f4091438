//! Every kernel is recorded and verified over the sizes where kernels break: one rank, two, odd numbers, fewer
//! tokens than ranks, few slots. What a kernel computes is tested where both phases are at hand.

use diagnostic::Code;
use machine::Machine;
use program::{ComputeOp, Op, RecvOp, SendOp};
use verify::verify;

use super::*;

const RANKS: [u32; 9] = [1, 2, 3, 4, 5, 7, 8, 9, 16];

fn record(kernel: &str, given: &str) -> Recorded {
    record_words(&format!("{kernel} {given}")).unwrap_or_else(|e| panic!("{kernel} {given}: {e}"))
}

fn check(machine: &Machine, words: &str) {
    if let Err(refusal) = verify(record(words, "").program, machine) {
        panic!("{words}: {refusal}");
    }
}

#[test]
fn every_kernel_fits_any_ranks_topology_and_slots() {
    let sip = Machine::preset("sip").unwrap();
    sweep(Use::Fit, &RANKS, &[1, 2, 3, 4, 8]).iter().for_each(|words| check(&sip, words));
}

#[test]
fn every_kernel_runs_on_tiny() {
    let tiny = Machine::preset("tiny").unwrap();
    let words = cases(&[Use::Tiny]).map(str::to_owned);
    varied(words, "dtype", &["f16", "f32", "f8e4m3"]).iter().for_each(|words| check(&tiny, words));
}

#[test]
fn every_kernel_runs_on_sip_with_its_defaults() {
    let sip = Machine::preset("sip").unwrap();
    for kernel in Catalogue::BUILT_IN.iter() {
        let has_own_machine = record(kernel.name, "").machine.is_some();
        if !has_own_machine {
            let words = varied([kernel.name.to_owned()], "scale", &["validation", "full"]);
            words.iter().for_each(|words| check(&sip, words));
        }
    }
}

#[test]
fn decode_panels_do_two_gemms_a_rank() {
    for (kernel, ranks) in [("llama70b_decode_single", 8), ("llama70b_decode_multi", 4)] {
        let program = record(kernel, "").program;
        let dots = program
            .ranks
            .iter()
            .flat_map(|rank| &rank.ops)
            .filter(|op| matches!(op, Op::Compute(ComputeOp::Dot { .. })));
        assert_eq!((program.n_ranks(), dots.count()), (ranks, 2 * ranks as usize), "{kernel}");
    }
}

/// 8 ranks in a line: each end receives 3 messages a step for 7 steps, and no rank receives more.
#[test]
fn decode_panel_receives_three_messages_for_every_other_rank() {
    for (given, each) in [("", 21), ("packed=true", 7), ("topology=ring", 21), ("slots=2", 21)] {
        for rank in &record("llama70b_decode_single", given).program.ranks {
            let received = |op: &&Op| matches!(op, Op::Recv(RecvOp::Recv { .. } | RecvOp::RecvCopy { .. }));
            assert_eq!(rank.ops.iter().filter(received).count(), each, "{given}");
        }
    }
}

/// With 8 slots, slot 0 then holds m of the first step, o of the third and l of the sixth.
#[test]
fn decode_panel_sends_m_l_and_o_in_turn() {
    let program = record("llama70b_decode_single", "").program;
    for (rank, op) in program.ranks.iter().flat_map(|rank| rank.ops.iter().map(move |op| (rank, op))) {
        if let Op::Recv(RecvOp::Recv { message, view } | RecvOp::RecvCopy { message, view, .. }) = op {
            let shape = [[16, 1], [16, 1], [16, 64]][message.number as usize % 3];
            assert_eq!(rank.views[view.index()].shape[..], shape, "{message}");
        }
    }
}

#[test]
fn messages_are_forwarded_from_their_slots_when_there_are_enough() {
    for (kernel, given, forwards) in [
        ("mesh_mlo", "slots=3", false),
        ("mesh_mlo", "slots=4", true),
        ("mesh_mlo", "slots=1 packed=true", false),
        ("mesh_mlo", "slots=2 packed=true", true),
        ("mesh_kv", "slots=2", false),
        ("mesh_kv", "slots=3", true),
        ("gemm", "slots=1", false),
        ("gemm", "slots=2", true),
    ] {
        let program = record(kernel, given).program;
        let mut ops = program.ranks.iter().flat_map(|rank| &rank.ops);
        assert_eq!(
            ops.any(|op| matches!(op, Op::Send(SendOp::Forward { .. }))),
            forwards,
            "{kernel} {given}"
        );
    }
}

/// A causal tile goes only towards ranks with later queries; without `causal` every tile goes everywhere.
#[test]
fn causal_prefill_sends_only_what_is_seen() {
    let shape = "ranks=4 heads=1 kv_heads=1 head_dim=4 q_len=4 kv_len=4 packed=true";
    for (given, sends, masks) in
        [("causal=false", 12, 0), ("causal=true", 6, 0), ("causal=true q_len=8", 6, 2)]
    {
        let given = format!("{shape} {given}").replace("q_len=4 ", if masks > 0 { "" } else { "q_len=4 " });
        let program = record("mesh_kv", &given).program;
        let count = |wanted: fn(&Op) -> bool| {
            program.ranks.iter().flat_map(|rank| &rank.ops).filter(|&op| wanted(op)).count()
        };
        assert_eq!(
            count(|op| matches!(op, Op::Send(SendOp::Send { .. } | SendOp::Forward { .. }))),
            sends,
            "{given}"
        );
        assert_eq!(count(|op| matches!(op, Op::Compute(ComputeOp::Iota { .. }))), 2 * masks, "{given}");
    }
}

#[test]
fn ring_model_finishes_only_with_enough_slots() {
    for (given, refused) in [
        ("slots=8", false),
        ("slots=4", false),
        ("slots=3", true),
        ("slots=2", true),
        ("slots=1", true),
        ("slots=2 steps=1", false),
        ("ranks=2 slots=8 steps=9", false),
    ] {
        let recorded = record("ring_model", given);
        let machine = Machine::new(recorded.machine.unwrap()).unwrap();
        match verify(recorded.program, &machine) {
            Ok(_) => assert!(!refused, "{given} must be refused"),
            Err(refusal) => {
                assert!(refused, "{given}: {refusal}");
                assert!(refusal.reasons.iter().all(|reason| reason.code == Code::SlotCount), "{refusal}");
                assert!(refusal.to_string().contains('4'), "{given}: {refusal}");
            }
        }
    }
}

#[test]
fn programs_carry_all_parameters_and_find_their_reference_again() {
    for kernel in Catalogue::BUILT_IN.iter() {
        let recorded = kernel.record(&Texts::new()).unwrap();
        let names: Vec<&String> = recorded.program.params.keys().collect();
        // `waits` is carried only when it is given.
        let taken = kernel.params.iter().map(|param| param.name);
        let mut wanted: Vec<&str> = taken.filter(|&name| name != "waits").collect();
        wanted.sort_unstable();
        assert_eq!(names, wanted, "{}", kernel.name);
        assert_eq!(recorded.program.kernel, kernel.name);
        assert_eq!(
            kernel.reference(&recorded.program.params).unwrap(),
            recorded.reference,
            "{}",
            kernel.name
        );
    }
}

#[test]
fn parameters_that_cannot_work_are_refused() {
    for (kernel, given, message) in [
        (
            "mesh_mlo",
            "heads=10 kv_heads=4",
            "kernel `mesh_mlo`: `heads` is `10`: a multiple of kv_heads = 4 works",
        ),
        ("mesh_mlo", "causal=true", "kernel `mesh_mlo` has no parameter `causal`: it takes ranks, heads,"),
        (
            "mesh_kv",
            "wire_dtype=f16",
            "kernel `mesh_kv` has no parameter `wire_dtype`: it takes ranks, heads,",
        ),
        ("gemm", "heads=1", "kernel `gemm` has no parameter `heads`: it takes ranks, m, n, k,"),
        ("mesh_mlo", "wire_dtype=f8e5m2", "kernel `mesh_mlo`: `wire_dtype` is `f8e5m2`: "),
        (
            "mesh_mlo",
            "ranks=1 kv_len=70000",
            "kernel `mesh_mlo`: `wire_dtype` is `f16`: a shard of 70000 keys can sum to more than 65504; bf16 or f32",
        ),
        ("mesh_kv", "kv_len=0", "kernel `mesh_kv`: `kv_len` is `0`: a whole number from 1 to"),
        (
            "mesh_mlo",
            "q_len=16000000",
            "kernel `mesh_mlo`: `q_len` is `16000000`: a rank holds 16000000 rows of",
        ),
        ("ring_model", "ranks=1", "kernel `ring_model`: `ranks` is `1`: a whole number from 2 to 4096 works"),
        (
            "llama70b_decode_single",
            "scale=fll",
            "kernel `llama70b_decode_single`: `scale` is `fll`: did you mean `full`?",
        ),
    ] {
        let error = record_words(&format!("{kernel} {given}")).expect_err(given).to_string();
        assert!(error.starts_with(message), "{given}: {error}");
    }
}

#[test]
fn an_unknown_kernel_is_answered_with_a_close_one() {
    for (name, hint) in
        [("mesh_ml", "did you mean `mesh_mlo`?"), ("conv2d", "there are gemm, mesh_mlo, mesh_kv,")]
    {
        let error = find(name).unwrap_err().to_string();
        assert!(error.starts_with(&format!("no kernel is called `{name}`: {hint}")), "{error}");
    }
}

#[test]
fn inputs_of_another_shape_are_refused() {
    let reference = record("gemm", "m=2 n=2 k=2").reference.unwrap();
    let square = |n: usize| ndarray::ArrayD::<f64>::zeros(vec![n, n]);
    let inputs = |b: usize| Inputs::from([("a".to_owned(), square(2)), ("b".to_owned(), square(b))]);
    assert!(reference.oracle(&inputs(2), &Rows::All).is_ok());
    for wrong in [reference.oracle(&inputs(3), &Rows::All), reference.naive(&inputs(3), &Rows::All)] {
        let message =
            "kernel `gemm`: input `b` has shape [3, 3], the program was recorded for [2, 2]: record it again";
        assert_eq!(wrong.unwrap_err().to_string(), message);
    }
}

/// Two products of a multiply-add each and two computations; a mask leaves out the keys that a query does not see.
#[test]
fn work_of_a_reference_is_counted_from_its_shapes() {
    for (kernel, given, rows, flops) in [
        ("gemm", "m=6 n=5 k=4 ranks=1", 6, 2 * 2 * 6 * 5 * 4),
        ("mesh_kv", "ranks=2 heads=4 kv_heads=2 head_dim=8 q_len=3 kv_len=5", 12, 2 * 4 * 4 * 8 * 15),
        (
            "mesh_kv",
            "ranks=2 heads=4 kv_heads=2 head_dim=8 q_len=3 kv_len=5 causal=true",
            12,
            2 * 4 * 4 * 8 * 12,
        ),
        (
            "mesh_kv",
            "ranks=2 heads=4 kv_heads=2 head_dim=8 q_len=5 kv_len=3 causal=true",
            20,
            2 * 4 * 4 * 8 * 6,
        ),
    ] {
        let reference = record(kernel, given).reference.unwrap();
        assert_eq!((reference.rows(), reference.flops()), (Some(rows), flops), "{kernel} {given}");
    }
}
