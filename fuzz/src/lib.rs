//! Targets: each takes any bytes, and must neither panic nor take long.

mod path;
mod reseal;

use kernmesh::TensorFile;
use kernmesh::machine::Machine;
use kernmesh::oplog::{Checksums, Whole, check};
use kernmesh::program::Program;

/// A reader of bytes that a stranger may have sent.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
    /// Makes a damaged file look whole, so that what comes after its seal is reached.
    pub seal: fn(Vec<u8>) -> Vec<u8>,
}

pub const TARGETS: [Target; 7] = [
    Target { name: "program", run: program, seal: |data| data },
    Target { name: "machine", run: machine, seal: |data| data },
    Target { name: "safetensors", run: safetensors, seal: |data| data },
    Target { name: "sealed", run: log, seal: reseal::sections },
    Target { name: "jsonl", run: log, seal: reseal::lines },
    Target { name: "replay", run: replay, seal: reseal::sections },
    Target { name: "path", run: path::run, seal: |data| data },
];

pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}

fn program(data: &[u8]) {
    let Some(Ok(program)) = std::str::from_utf8(data).ok().map(Program::from_json) else { return };
    // Of a constant that no dtype holds the digits may change once.
    let written = Program::from_json(&program.to_json()).expect("what is written is a program");
    assert_eq!(Program::from_json(&written.to_json()).as_ref(), Ok(&written), "what is written reads back");
}

fn machine(data: &[u8]) {
    let Some(Ok(machine)) = std::str::from_utf8(data).ok().map(|text| Machine::from_toml(text, "m")) else {
        return;
    };
    assert!(Machine::new(machine.spec().clone()).is_ok(), "a machine is one again");
}

fn safetensors(data: &[u8]) {
    let Ok(file) = TensorFile::new("t".to_owned(), data.to_vec()) else { return };
    file.shapes();
    let program = Program::from_json(include_str!("../corpus/path/small.json")).expect("a program");
    let _ = (file.inputs(&program), file.expected(&program));
}

/// Without the digests of its header, which every change would break.
fn log(data: &[u8]) {
    let Ok(whole) = Whole::of(data) else { return };
    if !path::is_small(whole.program()) {
        return;
    }
    let log = whole.log().clone();
    let _ = whole.decoded();
    if check(&log).is_ok() {
        path::replay(&log);
    }
}

fn replay(data: &[u8]) {
    if let Ok(sums) = Checksums::decode(data) {
        assert_eq!(sums.encode(), data, "a content has one encoding");
    }
}
