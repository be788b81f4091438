//! Round trips: files read back equal, and mean the same: programs as JSON, logs in both encodings.

use oplog::{Digests, Encoding, OpLog, decode, encode};
use program::Program;
use replay::{Options, ReadRule};

use crate::harness::{Case, record, runs};
use crate::random;

pub fn check(log: &OpLog, name: &str) {
    let digests = Digests::of(log);
    for encoding in [Encoding::JsonLines, Encoding::Sealed] {
        let bytes = encode(log, &digests, encoding);
        let read = decode(&bytes).unwrap_or_else(|damage| panic!("{name}, {encoding:?}: {damage}"));
        let is_same = read.log == *log && read.digests == digests;
        assert!(is_same, "{name}, {encoding:?}: reads back another log");
    }
}

#[test]
fn logs_and_programs_of_kernels_read_back_equal() {
    for words in runs() {
        let program = record(words).program;
        assert_eq!(Program::from_json(&program.to_json()).as_ref(), Ok(&program), "{words}");
        check(&Case::of(words).run().expect("a run").timed.log, words);
    }
}

/// A correct program has no finding, and memory holds what it means: the hardware rule computes the same bits.
#[test]
fn random_programs_read_back_and_compute_the_same_under_every_rule() {
    for seed in 1000..1060 {
        println!("seed {seed}");
        let program = random::program(seed);
        assert_eq!(Program::from_json(&program.to_json()).as_ref(), Ok(&program), "seed {seed}");
        for log in random::runs(seed) {
            let name = format!("seed {seed} on {}", log.machine.spec().name);
            check(&log, &name);
            let inputs = replay::inputs::seeded(&log.program, seed);
            let by =
                |rule| replay::run(&log, &inputs, Options { rule, ..Options::default() }).expect("values");
            let meant = by(ReadRule::Identity);
            assert_eq!(meant.findings(), [], "{name}");
            assert_eq!(by(ReadRule::Hardware).outputs, meant.outputs, "{name}");
        }
    }
}
