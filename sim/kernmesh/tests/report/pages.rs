//! Runs, and their pages on disk.

use std::fs;
use std::path::PathBuf;

use kernmesh::machine::{Machine, Sync};
use kernmesh::{Options, Simulation, Timed, kernels, page, simulate};
use tempfile::TempDir;

pub struct Room {
    folder: TempDir,
}

impl Room {
    pub fn new() -> Room {
        Room { folder: tempfile::tempdir().expect("a folder") }
    }
    pub fn put(&self, name: &str, page: &str) -> PathBuf {
        let path = self.folder.path().join(name).with_extension("html");
        fs::write(&path, page).expect("a file can be written");
        path
    }
    pub fn page_of(&self, name: &str, run: &Simulation) -> PathBuf {
        self.put(name, &page(&run.timed, &run.computed))
    }
}

/// A kernel with parameters, as on the command line, and the machine's own way to order ops or `explicit`.
pub fn run(words: &str, sync: Sync) -> Simulation {
    let recorded = record(words);
    let machine = recorded.machine.clone().map_or_else(|| Machine::preset("sip"), Machine::new);
    let machine = machine.and_then(|machine| machine.with_sync(sync)).expect("a machine");
    simulate(recorded, &machine, &Options::default()).expect("it runs")
}

/// A kernel on a preset of which some keys are changed; on its own machine where it has one.
pub fn run_on(words: &str, preset: &str, keys: &[(&str, &str)]) -> Simulation {
    let recorded = record(words);
    let machine = recorded.machine.clone().map_or_else(|| Machine::preset(preset), Machine::new);
    let keys = keys.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let machine = machine.and_then(|machine| machine.changed(&keys)).expect("a machine");
    simulate(recorded, &machine, &Options::default()).expect("it runs")
}

pub fn record(words: &str) -> kernels::Recorded {
    kernels::record_words(words).expect("it records")
}

/// The page of a program that nobody gives tensors to.
pub fn page_of_times(timed: &Timed) -> String {
    kernmesh::page_of_log(timed, None).expect("a page")
}
