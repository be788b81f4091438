//! The whole path of a program: parse, verify, time, replay, check.

use std::sync::LazyLock;

use kernmesh::machine::Machine;
use kernmesh::oplog::{Digests, Encoding, OpLog, RunId, decode, encode};
use kernmesh::order::{Dataflow, Dependencies};
use kernmesh::program::Program;
use kernmesh::program::program::HostTensor;
use kernmesh::{hazard, replay as phase2, timing, verify};

static MACHINE: LazyLock<Machine> = LazyLock::new(|| Machine::preset("tiny").expect("a preset"));

/// Most elements and pieces of all operands: a run of one input stays below a second.
const MOST: u64 = 1 << 18;
const MOST_OPS: usize = 400;

pub fn run(data: &[u8]) {
    let Some(Ok(program)) = std::str::from_utf8(data).ok().map(Program::from_json) else { return };
    if !is_small(&program) {
        return;
    }
    let Ok(verified) = verify::verify(program, &MACHINE) else { return };
    let Ok(log) = timing::run(&verified, RunId::seeded(1)) else { return };
    replay(&log);
    let digests = Digests::of(&log);
    for encoding in [Encoding::Sealed, Encoding::JsonLines] {
        let again = decode(&encode(&log, &digests, encoding)).map(|decoded| decoded.log);
        assert_eq!(again.as_ref(), Ok(&log), "{encoding:?}: a log reads back");
    }
}

pub fn replay(log: &OpLog) {
    let flow = Dataflow::of(&log.program);
    let dependencies = Dependencies::find(&log.program, &log.layout, &log.machine);
    hazard::check(log, &flow, &dependencies, hazard::Options::default());
    let inputs = phase2::inputs::seeded(&log.program, log.id.seed);
    let options = phase2::Options { memory: 64 << 20, ..phase2::Options::default() };
    let _ = phase2::run_watched(log, &flow, &inputs, options, &|_, _| {});
}

/// Whether a run of it takes little: what is large is refused, or takes its time.
pub fn is_small(program: &Program) -> bool {
    let host = program.inputs.iter().chain(&program.outputs);
    let host = host.map(HostTensor::elements);
    let of_rank = program.ranks.iter().flat_map(|rank| {
        let views = rank.ops.iter().flat_map(|op| op.views()).filter_map(|id| rank.views.get(id.index()));
        views.map(|view| view.elements().saturating_add(view.n_rows()))
    });
    program.n_ops() <= MOST_OPS
        && program.ranks.len() <= 64
        && host.chain(of_rank).fold(0, u64::saturating_add) <= MOST
}
