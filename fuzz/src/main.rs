//! Runs a target on mutations of its corpus for some seconds: `kernmesh-fuzz TARGET SECONDS [SEED]`. Without coverage,
//! and the same inputs in the same order for a seed.

mod mutate;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kernmesh::machine::Random;
use kernmesh_fuzz::{TARGETS, Target, target};

/// An input that takes longer is a fault.
const LONGEST: Duration = Duration::from_secs(20);

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let names = TARGETS.map(|target| target.name).join(", ");
    let usage = || -> ! {
        eprintln!("kernmesh-fuzz TARGET SECONDS [SEED], or TARGET FILE; the targets are {names}");
        std::process::exit(2);
    };
    let [name, given, rest @ ..] = &args[..] else { usage() };
    let Some(target) = target(name) else { usage() };
    let Ok(seconds) = given.parse() else {
        let data = fs::read(given).unwrap_or_else(|_| usage());
        return (target.run)(&data);
    };
    let seed = rest.first().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let corpus = corpus(target.name);
    let runs = fuzz(&target, &corpus, Duration::from_secs(seconds), seed);
    println!("{name}: {runs} inputs in {seconds} s from {} files, seed {seed}: no fault", corpus.len());
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a file of the corpus")).collect()
}

fn fuzz(target: &Target, corpus: &[Vec<u8>], time: Duration, seed: u64) -> u64 {
    let (began, runs) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let current = Arc::new(Mutex::new(Vec::new()));
    watch(target.name, Arc::clone(&runs), Arc::clone(&current));
    let mut random = Random::seeded(seed);
    let mut pick = move |n: usize| (random.bits() % n as u64) as usize;
    let mut stream = Random::seeded(!seed);
    for file in corpus {
        current.lock().expect("the watch does not panic").clone_from(file);
        (target.run)(file);
        runs.fetch_add(1, Ordering::Relaxed);
    }
    while began.elapsed() < time {
        let (input, other) = (&corpus[pick(corpus.len())], &corpus[pick(corpus.len())]);
        let data = (target.seal)(mutate::mutated(&mut stream, input, other));
        current.lock().expect("the watch does not panic").clone_from(&data);
        if std::panic::catch_unwind(|| (target.run)(&data)).is_err() {
            fault(target.name, &data, "a panic");
        }
        runs.fetch_add(1, Ordering::Relaxed);
    }
    runs.load(Ordering::Relaxed)
}

/// Ends the process when one input takes too long.
fn watch(name: &'static str, runs: Arc<AtomicU64>, current: Arc<Mutex<Vec<u8>>>) {
    std::thread::spawn(move || {
        let mut last = 0;
        loop {
            std::thread::sleep(LONGEST);
            let now = runs.load(Ordering::Relaxed);
            if now == last {
                fault(name, &current.lock().expect("a target holds no lock"), "no end");
            }
            last = now;
        }
    });
}

fn fault(name: &str, data: &[u8], what: &str) -> ! {
    let path = Path::new("out").join(format!("fault-{name}"));
    let _ = fs::create_dir_all("out");
    let kept = fs::write(&path, data)
        .map_or("the input could not be kept".to_owned(), |()| path.display().to_string());
    eprintln!("{name}: {what}: {kept}");
    std::process::exit(1);
}
