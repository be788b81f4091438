//! The happens-before checks: nanoseconds an op from 10^4 to 10^6 ops, and against Phase 1 on the same program in
//! the same run. `cargo bench -p benches --bench hazard`, with `-- mesh_kv` of one kernel. Every figure is the best of
//! several runs, which take turns. The dataflow, which names a log in any case, is given and shown apart.
#![expect(clippy::disallowed_types, reason = "a bench measures")]

use std::time::Instant;

use kernels::Recorded;
use machine::Machine;
use oplog::RunId;
use order::Dataflow;
use verify::Verified;

/// A kernel with its parameters, and the one that makes it longer with its values.
type Kernel = (&'static str, &'static [(&'static str, &'static str)], &'static str, [u32; 3]);

/// About 10^4, 10^5 and 10^6 ops on 8 ranks.
const KERNELS: [Kernel; 3] = [
    ("ring_model", &[("ranks", "8")], "steps", [120, 1_200, 12_000]),
    (
        "mesh_mlo",
        &[("ranks", "8"), ("kv_block", "16"), ("head_dim", "16")],
        "kv_len",
        [1_024, 10_240, 102_400],
    ),
    ("mesh_kv", &[("ranks", "8"), ("kv_block", "16"), ("head_dim", "16")], "kv_len", [128, 1_280, 12_800]),
];
/// Ops that the runs of one figure have together, and the fewest runs.
const OPS: usize = 1_000_000;
const REPEATS: usize = 5;
/// Most that a million ops may cost more each than ten thousand.
const GROWTH: f64 = 1.5;
/// Most that the checks may cost, in Phase 1's time.
const SHARE: f64 = 3.0;

fn main() {
    let columns = ["ops", "Phase 1", "dataflow", "hazard", "ratio", "goal"];
    println!("{:<12} {}", "kernel", columns.map(|name| format!("{name:>10}")).join(" "));
    let only = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let chosen = |kernel: &str| only.as_deref().is_none_or(|only| only == kernel);
    for (kernel, params, longer, values) in KERNELS.into_iter().filter(|(kernel, ..)| chosen(kernel)) {
        let costs = values.map(|value| {
            let value = value.to_string();
            measure(kernel, &[params, &[(longer, &value)]].concat())
        });
        let growth = costs[2] / costs[0];
        let verdict = if growth <= GROWTH { "met" } else { "MISSED" };
        println!("{kernel}: {growth:.2} × a small program's cost an op; goal {GROWTH} {verdict}\n");
    }
}

/// Prints one line; the nanoseconds that the checks take for an op.
fn measure(kernel: &str, params: &[(&str, &str)]) -> f64 {
    let verified = verified(kernel, params);
    let n = verified.program.n_ops();
    let [mut phase1, mut dataflow, mut checks] = [f64::INFINITY; 3];
    for _ in 0..REPEATS.max(OPS / n) {
        let log =
            timed(n, &mut phase1, || timing::run(&verified, RunId::seeded(1)).expect("a run that ends"));
        let flow = timed(n, &mut dataflow, || Dataflow::of(&log.program));
        let options = hazard::Options::default();
        let found = timed(n, &mut checks, || hazard::check(&log, &flow, &verified.holds, options));
        assert!(found.findings.is_empty(), "a false alarm: {:#?}", found.findings);
    }
    let ratio = checks / phase1;
    let verdict = if ratio <= SHARE { "met" } else { "MISSED" };
    let times = [phase1, dataflow, checks].map(|ns| format!("{ns:>7.1} ns")).join(" ");
    println!("{kernel:<12} {n:>10} {times} {ratio:>10.2} {SHARE:>10.1} {verdict}");
    checks
}

fn verified(kernel: &str, params: &[(&str, &str)]) -> Verified {
    let given = params.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
    let Recorded { program, machine, .. } =
        kernels::find(kernel).expect("a kernel").record(&given).expect("a program");
    let sip = Machine::preset("sip").expect("a preset");
    let machine = machine.map_or(sip, |own| Machine::new(own).expect("a machine"));
    verify::verify(program, &machine).expect("a program that can run")
}

/// Lowers `best` to the nanoseconds that `run` takes for an op.
fn timed<T>(ops: usize, best: &mut f64, run: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let made = run();
    *best = best.min(begin.elapsed().as_nanos() as f64 / ops as f64);
    made
}
