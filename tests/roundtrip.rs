//! Round trips: files read back equal, and mean the same: programs as JSON, logs in both encodings.

use kernmesh::time;
use machine::{Machine, SimTime, preset_names};
use oplog::{Digests, Encoding, OpLog, decode, encode};
use program::Program;
use replay::{Options, ReadRule};

use crate::harness::{Case, fits, record, runs};
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

const FLITS: &str = r#"
base = "sip"
[noc.flits]
bytes = 256
virtual_channels = 4
buffer_flits = 8
rounds_per_cycle = 1
"#;

/// The check of a log refuses what comes before what it waits for: no log of the engine has that.
#[test]
fn logs_of_every_machine_keep_the_order_of_their_program() {
    let machines = preset_names().into_iter().chain(["flits"]);
    for (name, words) in machines.flat_map(|name| runs().map(move |words| (name, words))) {
        let machine = match name {
            "flits" => Machine::from_toml(FLITS, "flits.toml").expect("a machine"),
            name if fits(words, name) => Machine::preset(name).expect("a preset"),
            _ => continue,
        };
        // What a machine cannot run is refused, and has no log.
        if let Ok(timed) = time(record(words).program, &machine, 1) {
            let told = oplog::check(&timed.log).err();
            assert_eq!(told, None, "{words} on {name}");
        }
    }
}

/// A log in which an op comes before what it reads is written: no replay of it says that nothing depends on timing.
#[test]
fn a_log_out_of_order_is_refused() {
    let mut log = Case::of("gemm m=16 n=16 k=16 ranks=2").run().expect("a run").timed.log;
    let dot = log.ops().position(|(rank, op)| log.program.op(rank, op).kind() == "dot").expect("a product");
    let early = SimTime::from_fs(3_000_000);
    (log.entries.issue[dot], log.entries.start[dot]) = (early, early);
    log.stalls.retain(|stall| stall.op as usize != dot);
    let read = decode(&encode(&log, &Digests::of(&log), Encoding::Sealed));
    let told = read.expect_err("the log of no run").to_string();
    assert!(told.contains("(dot): it is issued at 3000000 fs, and waits for op"), "{told}");
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
