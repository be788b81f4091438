//! Whole commands: the wait between Enter and verdict, the steps that it is made of, and the most memory it took.
//! `make bench`, or `cargo bench -p benches --bench commands` with `-- NAME` for one row. Each command runs three times;
//! the fastest run counts. A missed goal is printed; nothing fails. Times and memory are looked at once a millisecond.
#![expect(clippy::disallowed_types, reason = "a bench measures")]

mod weights;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Runs of a command.
const RUNS: usize = 3;
/// Most of the wall time that no step accounts for: 5 %, and what it takes to start a process.
const UNTOLD: f64 = 0.05;
const START: Duration = Duration::from_millis(10);

/// A row: its name and its command.
type Row = (&'static str, Vec<String>);

fn rows(folder: &Path) -> Vec<Row> {
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    let weights = folder.join("weights.json");
    std::fs::write(&weights, weights::program().to_json()).expect("a folder that can be written");
    vec![
        (
            "mesh_kv",
            words(
                "run mesh_kv --set ranks=64 --set kv_len=16384 --set head_dim=64 --set heads=8 --set kv_heads=8",
            ),
        ),
        ("gemm", words("run gemm --set m=2048 --set n=2048 --set k=2048 --set ranks=16")),
        ("mesh_mlo", words("run mesh_mlo --set ranks=64 --set kv_len=131072")),
        (
            "ring attention",
            words(
                "run mesh_kv --set ranks=8 --set heads=1 --set kv_heads=1 --set head_dim=64 --set kv_len=4096 \
                 --set q_len=128 --set kv_block=64 --set topology=ring --set dtype=f32",
            ),
        ),
        ("ring_model", words("run ring_model --set ranks=512 --set steps=400")),
        ("weights", words(&format!("run --program {} --time-only", weights.display()))),
        ("start", words("--version")),
    ]
}

/// What one run of a command took.
struct Run {
    wall: Duration,
    peak_bytes: u64,
    /// Steps in seconds, by name.
    steps: Vec<(String, f64)>,
}

fn main() {
    let only = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = benches::kernmesh();
    for (name, words) in rows(folder.path()) {
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        let runs = (0..RUNS).map(|_| run(&program, &words, folder.path()));
        let fastest = runs.min_by_key(|run| run.wall).expect("it runs at least once");
        print(name, &words, &fastest);
    }
}

fn run(program: &Path, words: &[String], folder: &Path) -> Run {
    let json = folder.join("result.json");
    let is_run = words[0] == "run";
    let mut command = Command::new(program);
    command.args(words).stdout(Stdio::null()).stderr(Stdio::null());
    if is_run {
        command.arg("--json").arg(&json);
    }
    let start = Instant::now();
    let mut child = command.spawn().expect("it starts");
    let mut peak_bytes = 0;
    let status = loop {
        peak_bytes = peak_bytes.max(peak(child.id()).unwrap_or(0));
        match child.try_wait().expect("a child of ours") {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    let wall = start.elapsed();
    if !status.success() {
        eprintln!("kernmesh {}: {status}; alone it says why", words.join(" "));
        std::process::exit(1);
    }
    let steps = if is_run { steps(&json) } else { Vec::new() };
    Run { wall, peak_bytes, steps }
}

/// Most memory that a process has had so far, where the system says so.
fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? << 10)
}

fn steps(json: &Path) -> Vec<(String, f64)> {
    let text = std::fs::read_to_string(json).expect("the run has written it");
    let result: Value = serde_json::from_str(&text).expect("JSON");
    let steps = result["wall_s"].as_object().expect("`wall_s` of every step");
    steps.iter().map(|(name, seconds)| (name.clone(), seconds.as_f64().expect("seconds"))).collect()
}

fn print(name: &str, words: &[String], run: &Run) {
    let wall = run.wall.as_secs_f64();
    println!("{name}: {:.0} ms, {} MiB\n  kernmesh {}", wall * 1e3, run.peak_bytes >> 20, words.join(" "));
    if run.steps.is_empty() {
        return println!();
    }
    let long = run.steps.iter().filter(|(_, seconds)| *seconds >= wall / 100.0);
    let long: Vec<String> = long.map(|(name, seconds)| format!("{name} {:.0}", seconds * 1e3)).collect();
    println!("  ms: {}", long.join(", "));
    let told: f64 = run.steps.iter().map(|(_, seconds)| seconds).sum();
    let untold = wall - told;
    let verdict = if untold <= wall * UNTOLD + START.as_secs_f64() { "met" } else { "MISSED" };
    println!("  steps together {:.1} % of the wall time; goal 95 % {verdict}\n", told / wall * 100.0);
}
