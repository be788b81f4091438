//! The soak: random programs for as long as one likes, on every core.
//!
//! `soak [--seconds N | --programs N] [--seed N] [--threads N] [--orders N] [--removals N] [--out FOLDER]`: of each
//! program so many legal orders are drawn, and so many waits, credits or releases left out in turn. What fails is shrunk
//! and written as Program JSON beside what failed. Ends with code 1 when something did.

#![expect(clippy::disallowed_types, reason = "it ends when its time is over; no result depends on it")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kernmesh_soak::{Case, Census, Depth, Failure, Target, examine, generate, machines, shrink};

const DEPTH: Depth = Depth { seeds: 3, removals: 2, one_in_threads: 16 };

struct Asked {
    seconds: u64,
    programs: u64,
    seed: u64,
    threads: usize,
    depth: Depth,
    out: PathBuf,
}

fn asked() -> Result<Asked, String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut asked = Asked {
        seconds: u64::MAX,
        programs: u64::MAX,
        seed: 0,
        threads,
        depth: DEPTH,
        out: "out/soak".into(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or(format!("{word} has no value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{word} is {value}: give a whole number"));
        match word.as_str() {
            "--seconds" => asked.seconds = number()?,
            "--programs" => asked.programs = number()?,
            "--seed" => asked.seed = number()?,
            "--threads" => asked.threads = number()?.max(1) as usize,
            "--orders" => asked.depth.seeds = number()?,
            "--removals" => asked.depth.removals = number()?,
            "--out" => asked.out = value.into(),
            _ => {
                return Err(format!(
                    "{word} is no option: use --seconds, --programs, --seed, --threads, --orders, --removals or --out"
                ));
            }
        }
    }
    if asked.seconds == u64::MAX && asked.programs == u64::MAX {
        asked.seconds = 60;
    }
    Ok(asked)
}

fn main() -> ExitCode {
    let asked = match asked() {
        Ok(asked) => asked,
        Err(problem) => {
            eprintln!("error: {problem}");
            return ExitCode::from(2);
        }
    };
    println!("seed {} on {} threads", asked.seed, asked.threads);
    // A panic is a failure of its program, and is told with it.
    std::panic::set_hook(Box::new(|_| {}));
    let (census, failures) = soak(&asked);
    println!("{census}");
    println!("{failures} failures");
    ExitCode::from(u8::from(failures > 0))
}

fn soak(asked: &Asked) -> (Census, u64) {
    let (next, failures, start) = (AtomicU64::new(0), AtomicU64::new(0), Instant::now());
    let end = Duration::from_secs(asked.seconds);
    let targets = machines();
    let work = |says: bool| {
        let (mut census, mut told) = (Census::default(), Duration::ZERO);
        while start.elapsed() < end {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            if nth >= asked.programs {
                break;
            }
            match one(asked.seed.wrapping_add(nth), &targets, asked) {
                Some(seen) => census.add(&seen),
                None => _ = failures.fetch_add(1, Ordering::Relaxed),
            }
            if says && start.elapsed() >= told + Duration::from_secs(10) {
                told = start.elapsed();
                let rate = nth as f64 / told.as_secs_f64();
                println!("{:.0} s, {rate:.0} programs a second; of one thread: {census}", told.as_secs_f64());
            }
        }
        census
    };
    let mut census = Census::default();
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..asked.threads).map(|_| scope.spawn(|| work(false))).collect();
        census.add(&work(true));
        for other in others {
            census.add(&other.join().expect("a thread that catches panics"));
        }
    });
    (census, failures.into_inner())
}

/// The counts of one program; `None` when it failed, once it is told and written.
fn one(seed: u64, targets: &[Target], asked: &Asked) -> Option<Census> {
    let generated = std::panic::catch_unwind(|| generate(seed, targets));
    let Ok(case) = generated else {
        println!("seed {seed}: the generator panics");
        return None;
    };
    match examine(&case, targets, asked.depth) {
        Ok((_, census)) => Some(census),
        Err(failure) => {
            println!("seed {seed} on {}: {}: {}", targets[case.target].name, failure.property, failure.what);
            write(&shrink(&case, &failure, targets, asked.depth), targets, asked);
            None
        }
    }
}

/// Program JSON, its machine, and what fails.
fn write(case: &Case, targets: &[Target], asked: &Asked) {
    let Err(Failure { property, what }) = examine(case, targets, asked.depth) else { return };
    let (target, folder) = (&targets[case.target], asked.out.join(format!("seed_{}", case.seed)));
    println!("  {} ops in {}: {what}", case.program.n_ops(), folder.display());
    let text = format!("seed {} on {}\n{property}\n{what}\n", case.seed, target.name);
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(folder.join("program.json"), case.program.to_json()))
        .and_then(|()| std::fs::write(folder.join("machine.toml"), target.machine.to_toml()))
        .and_then(|()| std::fs::write(folder.join("failure.txt"), text));
    if let Err(error) = written {
        println!("  it is not written: {error}");
    }
}
