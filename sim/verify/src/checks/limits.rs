//! Limits on the work of a program, so that no phase can be made to run for ever or count beyond its types.

use diagnostic::Fault;
use machine::{Cycles, Machine, SimTime};
use program::{ComputeOp, Op, Program, Rank, TimeOp, UnitKind};

use crate::checks::ops;
use crate::checks::refusal::Reasons;

/// Multiplications or elements of one op.
const MOST_OP_WORK: u64 = 1 << 40;
/// Byte runs of one op's operands: a transposed tile has one an element.
const MOST_OP_RUNS: u64 = 1 << 24;
/// Packets of one message or move: each is an event at every hop.
const MOST_PACKETS: u64 = 1 << 20;
/// Byte runs of all ops together.
const MOST_RUNS: u64 = 1 << 30;

pub(super) fn check(program: &Program, machine: &Machine, reasons: &mut Reasons<'_>) {
    let mut all_runs = 0u64;
    for (rank, index, op) in ops(program) {
        let runs = runs(program, rank, op);
        all_runs = all_runs.saturating_add(runs);
        if runs > MOST_OP_RUNS {
            reasons.op(rank, index, Fault::Pieces { pieces: runs, most: MOST_OP_RUNS });
        }
        let elements = elements(program, rank, op);
        if elements > MOST_OP_WORK {
            reasons.op(rank, index, Fault::Operations { operations: elements, most: MOST_OP_WORK });
        }
        let packets = packets(program, rank, op, machine);
        if packets > MOST_PACKETS {
            reasons.op(rank, index, Fault::Packets { packets, most: MOST_PACKETS });
        }
        if let Op::Time(TimeOp::Busy { cycles, .. }) = op
            && too_long(Cycles(*cycles), machine)
        {
            reasons.op(rank, index, Fault::BusyTooLong { cycles: *cycles });
        }
    }
    if all_runs > MOST_RUNS {
        reasons.program(Fault::AllPieces { pieces: all_runs, most: MOST_RUNS });
    }
}

fn runs(program: &Program, rank: Rank, op: &Op) -> u64 {
    let views = &program.rank(rank).views;
    op.views().map(|view| views[view.index()].n_rows()).fold(0, u64::saturating_add)
}

/// Into how many packets what the op moves is cut, if it crosses the mesh.
fn packets(program: &Program, rank: Rank, op: &Op, machine: &Machine) -> u64 {
    match op.unit() {
        UnitKind::Sequencer | UnitKind::Gemm | UnitKind::Math => 0,
        UnitKind::Send | UnitKind::Recv | UnitKind::Dma => {
            let views = &program.rank(rank).views;
            let bytes = op.access().reads().map(|view| views[view.index()].bytes()).max().unwrap_or(0);
            bytes.div_ceil(machine.spec().noc.packet_bytes.0)
        }
    }
}

fn elements(program: &Program, rank: Rank, op: &Op) -> u64 {
    let views = &program.rank(rank).views;
    if let Op::Compute(ComputeOp::Dot { a, c, .. }) = op {
        let depth = views[a.index()].shape.last().copied().unwrap_or(1);
        return views[c.index()].elements().saturating_mul(u64::from(depth));
    }
    op.views().map(|view| views[view.index()].elements()).max().unwrap_or(0)
}

/// Compared without multiplying, which could overflow.
fn too_long(cycles: Cycles, machine: &Machine) -> bool {
    let period = machine.spec().clock.pe_fs.period.fs().max(1);
    cycles.0 > SimTime::MAX.fs() / period
}
