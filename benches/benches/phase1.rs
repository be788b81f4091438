//! Phase 1 with its in-memory log, against SimPy on the same model: ns per logical op, and the ratio.
//!
//! A logical op is a receive, a send, a GEMM or a math op; waits and releases are work but are not counted, since
//! the SimPy program has none. The peer runs in `python3` (or what the variable PYTHON names) with the package
//! `simpy`; both take the best of several runs, one after the other, on this machine.
#![expect(clippy::disallowed_types, reason = "a bench measures")]

use std::time::Instant;

use kernels::Recorded;
use machine::{Machine, SimTime};
use oplog::RunId;
use program::{Op, RecvOp, SendOp};
use timing::TimingError;
use verify::Verified;

/// Ranks, our repeats, the peer's repeats.
const SIZES: [(u32, usize, usize); 3] = [(8, 2000, 20), (64, 60, 3), (512, 5, 1)];

fn main() {
    println!(
        "{:>6} {:>10} {:>12} {:>12} {:>12} {:>8}  goal 50, better 100",
        "ranks", "ops", "makespan", "ns/op", "SimPy ns/op", "ratio"
    );
    for (ranks, repeats, peer_repeats) in SIZES {
        let verified = ring(ranks);
        let ops =
            verified.program.ranks.iter().flat_map(|rank| &rank.ops).filter(|op| is_logical(op)).count();
        let before = measure(&verified, ops, repeats);
        let unlogged = measure_with(ops, repeats, || timing::makespan(&verified, timing::Ties::Canonical));
        let peer = simpy(ranks, peer_repeats);
        let (ours, makespan) = measure(&verified, ops, repeats).min(before);
        match peer {
            Some((peer_ops, peer_makespan, peer)) => {
                assert_eq!((peer_ops, peer_makespan), (ops, makespan), "the peer does other work");
                println!(
                    "{ranks:>6} {ops:>10} {makespan:>12} {ours:>12} {peer:>12.0} {:>8.0}",
                    peer / ours as f64
                );
            }
            None => println!("{ranks:>6} {ops:>10} {makespan:>12} {ours:>12} {:>12} {:>8}", "not there", "-"),
        }
        let (without, same) = unlogged;
        assert_eq!(same, makespan, "a run without a log is another run");
        let share = (ours as f64 / without as f64 - 1.0) * 100.0;
        println!("       without a log {without} ns/op: recording costs {share:.0} %, goal 20 %");
    }
}

fn ring(ranks: u32) -> Verified {
    let given = [("ranks".to_owned(), ranks.to_string())].into();
    let kernel = kernels::find("ring_model").expect("a kernel");
    let Recorded { program, machine, .. } = kernel.record(&given).expect("a program");
    let machine = Machine::new(machine.expect("ring_model has its own machine")).expect("a machine");
    verify::verify(program, &machine).expect("a program that can run")
}

fn is_logical(op: &Op) -> bool {
    matches!(
        op,
        Op::Recv(RecvOp::Recv { .. }) | Op::Send(SendOp::Send { .. } | SendOp::Forward { .. }) | Op::Time(_)
    )
}

/// Best ns per logical op, rounded, and the makespan in cycles.
fn measure(verified: &Verified, ops: usize, repeats: usize) -> (u64, i64) {
    measure_with(ops, repeats, || timing::run(verified, RunId::default()).map(|log| log.makespan()))
}

fn measure_with(ops: usize, repeats: usize, run: impl Fn() -> Result<SimTime, TimingError>) -> (u64, i64) {
    let mut best = (u64::MAX, 0);
    for _ in 0..repeats {
        let began = Instant::now();
        let makespan = run().expect("a run that ends");
        let ns = began.elapsed().as_nanos() / ops as u128;
        best = best.min((ns as u64, (makespan.fs() / 1_000_000) as i64));
    }
    best
}

/// Logical ops, makespan and ns per op of the peer; `None` when Python or SimPy is missing.
fn simpy(ranks: u32, repeats: usize) -> Option<(usize, i64, f64)> {
    let arguments = [ranks.to_string(), (ranks - 1).to_string(), "8".to_owned(), repeats.to_string()];
    let line = benches::peer("ring_simpy.py", &arguments)?;
    Some((line["ops"].as_u64()? as usize, line["makespan"].as_i64()?, line["ns_per_op"].as_f64()?))
}
