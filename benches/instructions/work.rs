//! Counted work: each of [`WORKS`] on each of [`SUBJECTS`].

use std::hint::black_box;

use hazard::Hazards;
use kernels::Recorded;
use machine::Machine;
use oplog::{Damage, Decoded, Digests, Encoding, OpLog, RunId};
use order::{Dataflow, Dependencies};
use program::Program;
use replay::{HostValues, ReplayError, Replayed, SimdLevel};
use timing::TimingError;
use verify::{Refusal, Verified};

/// A kernel with its parameters: about three thousand ops each, on 8 ranks.
pub const SUBJECTS: [(&str, &[(&str, &str)]); 3] = [
    ("ring_model", &[("ranks", "8"), ("steps", "40")]),
    ("mesh_mlo", &[HEADS, KV_HEADS, ("kv_block", "16"), ("head_dim", "16"), ("kv_len", "1024")]),
    ("mesh_kv", &[HEADS, KV_HEADS, ("kv_block", "16"), ("head_dim", "64"), ("kv_len", "128")]),
];
const HEADS: (&str, &str) = ("heads", "16");
const KV_HEADS: (&str, &str) = ("kv_heads", "2");

/// The functions of this file that are counted.
pub const WORKS: [&str; 7] =
    ["verifying", "phase_1", "data_flow", "hazards", "phase_2", "sealing", "reading"];

/// Does every work of every subject once.
pub fn all() {
    for (kernel, params) in SUBJECTS {
        let (program, machine) = recorded(kernel, params);
        let verified = verifying(program, &machine).expect("a program that can run");
        let log = phase_1(&verified).expect("a run that ends");
        let flow = data_flow(&log.program);
        let found = hazards(&log, &flow, &verified.dependencies);
        assert!(found.findings.is_empty(), "a false alarm: {:#?}", found.findings);
        let inputs = replay::inputs::seeded(&log.program, 1);
        black_box(phase_2(&log, &flow, &inputs).expect("values"));
        let digests = Digests::with(&log, &flow);
        let sealed = sealing(&log, &digests);
        black_box(reading(&sealed).expect("whole"));
    }
}

fn recorded(kernel: &str, params: &[(&str, &str)]) -> (Program, Machine) {
    let given = params.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
    let kernel = kernels::find(kernel).expect("a kernel");
    let Recorded { program, machine, .. } = kernel.record(&given).expect("a program");
    let sip = Machine::preset("sip").expect("a preset");
    (program, machine.map_or(sip, |own| Machine::new(own).expect("a machine")))
}

#[inline(never)]
fn verifying(program: Program, machine: &Machine) -> Result<Verified, Refusal> {
    verify::verify(program, machine)
}

#[inline(never)]
fn phase_1(verified: &Verified) -> Result<OpLog, TimingError> {
    timing::run(verified, RunId::seeded(1))
}

#[inline(never)]
fn data_flow(program: &Program) -> Dataflow {
    Dataflow::of(program)
}

#[inline(never)]
fn hazards(log: &OpLog, flow: &Dataflow, dependencies: &Dependencies) -> Hazards {
    hazard::check(log, flow, dependencies, hazard::Options::default())
}

/// One thread, and the instructions that Valgrind knows.
#[inline(never)]
fn phase_2(log: &OpLog, flow: &Dataflow, inputs: &HostValues) -> Result<Replayed, ReplayError> {
    let options = replay::Options { simd: SimdLevel::Avx2, threads: 1, ..replay::Options::default() };
    replay::run_watched(log, flow, inputs, options, &|_, _| {})
}

#[inline(never)]
fn sealing(log: &OpLog, digests: &Digests) -> Vec<u8> {
    oplog::encode(log, digests, Encoding::Sealed)
}

#[inline(never)]
fn reading(sealed: &[u8]) -> Result<Decoded, Damage> {
    oplog::decode(sealed)
}
