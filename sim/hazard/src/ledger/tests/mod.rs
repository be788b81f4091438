//! Programs recorded with `tl`, and logs of them in which everything happens at once: the ledger looks at no time.

mod cases;
mod elements;
mod oracle;
mod random;
mod steps;

use machine::{Machine, SimTime};
use oplog::{Entries, Finding, OpLog, RunId, UnitId};
use order::Dataflow;
use program::program::SlotPlace;
use program::tl::{Recording, Tl, Topology};
use program::{Program, UnitKind};

/// A program of `n_ranks` ranks in a ring.
fn record(n_ranks: u32, kernel: impl FnMut(&mut Tl)) -> Program {
    let mut recording = Recording::new("ledger", n_ranks);
    recording.links(Topology::Ring, 4, 1024, SlotPlace::Tcm);
    recording.record(kernel).expect("a program that can be recorded")
}

fn found(program: Program) -> Vec<Finding> {
    let log = log(program);
    super::check(&log, &Dataflow::of(&log.program))
}

fn log(program: Program) -> OpLog {
    let machine = Machine::preset("sip").expect("a preset");
    let verified = verify::verify(program, &machine).expect("a program that can run");
    let ops = verified.program.ranks.iter().flat_map(|rank| &rank.ops);
    let unit: Vec<UnitId> = ops.map(|op| first(op.unit())).collect();
    let at_once = vec![SimTime::ZERO; unit.len()];
    let [issue, start, done] = [at_once.clone(), at_once.clone(), at_once];
    OpLog {
        id: RunId::default(),
        program: verified.program,
        machine,
        placement: verified.placement,
        layout: verified.layout,
        entries: Entries { unit, issue, start, done },
        messages: Vec::new(),
        stalls: Vec::new(),
    }
}

fn first(kind: UnitKind) -> UnitId {
    match kind {
        UnitKind::Sequencer => UnitId::SEQUENCER,
        UnitKind::Gemm => UnitId::GEMM,
        UnitKind::Math => UnitId::MATH,
        UnitKind::Send => UnitId::SEND,
        UnitKind::Recv => UnitId::RECV,
        UnitKind::Dma => UnitId::dma(0),
    }
}
