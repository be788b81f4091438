//! The time that the provenance of a wrong output takes, against Phase 2 of the same run: replay, oracle and naive
//! computation. `cargo bench -p benches --bench provenance`.
#![expect(clippy::disallowed_types, reason = "a bench measures")]

use std::cell::RefCell;
use std::time::{Duration, Instant};

use kernels::{Recorded, record_words};
use kernmesh::{Judge, Judged, Progress, Step, Tensors, compute_watched};
use machine::Machine;
use program::{Base, MoveOp, Op, Program};

/// Runs of each kernel, of which the best counts.
const RUNS: usize = 5;
const KERNELS: [&str; 3] = [
    "mesh_mlo ranks=16 kv_len=16384",
    "mesh_kv ranks=16 heads=8 kv_heads=8 head_dim=64 kv_len=4096 q_len=256 topology=ring",
    "gemm ranks=16 m=512 n=512 k=512",
];

fn main() {
    println!(
        "{:<90} {:>9} {:>10} {:>6} {:>5}",
        "kernel, of which rank 1 loads wrong blocks", "Phase 2", "provenance", "ratio", "goal"
    );
    for words in KERNELS {
        let mut recorded = record_words(words).expect("parameters that work");
        misplace(&mut recorded.program);
        let (mut phase2, mut provenance) = (Duration::MAX, Duration::MAX);
        for _ in 0..RUNS {
            let run = times(&recorded);
            (phase2, provenance) = (phase2.min(run.0), provenance.min(run.1));
        }
        let ratio = provenance.as_secs_f64() / phase2.as_secs_f64();
        let verdict = if ratio <= 2.0 { "met" } else { "MISSED" };
        let [phase2, provenance] = [phase2, provenance].map(|time| 1e3 * time.as_secs_f64());
        println!("{words:<90} {phase2:>6.1} ms {provenance:>7.1} ms {ratio:>6.2} {:>5} {verdict}", 2);
    }
}

/// Every load of rank 1 that begins within an input begins at its first byte.
fn misplace(program: &mut Program) {
    let rank = &mut program.ranks[1];
    for op in &rank.ops {
        let Op::Move(MoveOp::Load { from, .. }) = op else { continue };
        let view = &mut rank.views[from.index()];
        if let Base::Tensor(_) = view.base {
            view.offset = 0;
        }
    }
}

/// Phase 2 with its references, and the provenance.
fn times(recorded: &Recorded) -> (Duration, Duration) {
    let machine = Machine::preset("sip").expect("a preset");
    let timed = kernmesh::time(recorded.program.clone(), &machine, 0).expect("a run that ends");
    let judged = Judged { reference: recorded.reference.as_ref(), judge: Judge::All };
    let steps: RefCell<Vec<(Step, Instant)>> = RefCell::default();
    let watch = |progress: Progress| steps.borrow_mut().push((progress.step, Instant::now()));
    let options = replay::Options::default();
    let computed = compute_watched(&timed, judged, &Tensors::default(), options, &watch).expect("a run");
    let verdict = computed.verdict.expect("a verdict");
    assert!(verdict.provenance.is_some(), "the run does not fail");
    let steps = steps.into_inner();
    let of = |counted: &[Step]| -> Duration {
        let ends = steps.windows(2).filter(|pair| counted.contains(&pair[0].0));
        ends.map(|pair| pair[1].1 - pair[0].1).sum()
    };
    (
        of(&[Step::Resolving, Step::Computing, Step::Oracle, Step::Naive, Step::Judging]),
        of(&[Step::Explaining]),
    )
}
