//! Ring attention in f32 on eight ranks, 512 tiles of 64 keys: both phases and the whole process, at one thread and at
//! two, against JAX Pallas' TPU interpret mode on the same work. Ours take the best of several runs, which are whole
//! processes; the peer's is the median of calls after one that compiles. `cargo bench -p benches --bench ring_attention`.
#![expect(clippy::disallowed_types, reason = "a bench measures")]

use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;

const KERNEL: &str = "run mesh_kv --set ranks=8 --set heads=1 --set kv_heads=1 --set head_dim=64 --set kv_len=4096 \
                      --set q_len=128 --set kv_block=64 --set topology=ring --set dtype=f32 --json -";
const RUNS: usize = 15;
/// Keys of a device, keys of a tile, calls.
const PEER: [&str; 3] = ["512", "64", "5"];

/// Milliseconds of one thing.
struct Measured {
    name: String,
    ms: f64,
    /// How often the peer's time it should fit, without and with its race detector.
    goals: [f64; 2],
}

fn main() {
    let peers = [&[][..], &["races"]].map(|more| {
        let words: Vec<String> = PEER.iter().chain(more).map(|&word| word.to_owned()).collect();
        benches::peer("ring_pallas.py", &words).and_then(|line| line["median_ms"].as_f64())
    });
    let told = peers.map(|ms| ms.map_or("not there".to_owned(), |ms| format!("{ms:.0} ms")));
    println!("JAX Pallas, interpreted: {}; with its race detector: {}", told[0], told[1]);
    println!("{:<34} {:>8} {:>14} {:>14}", "", "ms", "times", "with races");
    for threads in [1, 2] {
        for Measured { name, ms, goals } in ours(threads) {
            let times = |peer: Option<f64>, goal: f64| match peer {
                Some(peer) => format!("{:.0} (goal {goal:.0})", peer / ms),
                None => "-".to_owned(),
            };
            println!(
                "{name:<34} {ms:>8.1} {:>14} {:>14}",
                times(peers[0], goals[0]),
                times(peers[1], goals[1])
            );
        }
    }
}

fn ours(threads: usize) -> [Measured; 2] {
    let runs: Vec<(f64, f64)> = (0..RUNS).map(|_| run(threads)).collect();
    let best = |of: fn(&(f64, f64)) -> f64| runs.iter().map(of).fold(f64::INFINITY, f64::min);
    let named = |what: &str| format!("{what}, {threads} thread{}", if threads == 1 { "" } else { "s" });
    [
        Measured { name: named("both phases with findings"), ms: best(|run| run.0), goals: [200.0, 350.0] },
        Measured { name: named("whole process"), ms: best(|run| run.1), goals: [40.0, 40.0] },
    ]
}

/// Milliseconds of the phases and the checks, and of the whole process.
fn run(threads: usize) -> (f64, f64) {
    let mut command = Command::new(benches::kernmesh());
    command.args(KERNEL.split_whitespace()).args(["--threads", &threads.to_string()]).stderr(Stdio::null());
    let start = Instant::now();
    let output = command.output().expect("it starts");
    let wall = start.elapsed().as_secs_f64() * 1e3;
    let result: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let step = |name: &str| result["wall_s"][name].as_f64().expect("seconds") * 1e3;
    (step("phase1") + step("hazards") + step("phase2"), wall)
}
