//! Limits on the work of a program, so that no phase can be made to run for ever or count beyond its types.

use machine::{Cycles, Machine, SimTime};
use program::{Breach, ComputeOp, Op, Program, Rank, RefusalKind, TimeOp, UnitKind};

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
        let wrong = |reasons: &mut Reasons<'_>, message: String| {
            let repair = "use smaller tiles, or packed ones";
            reasons.op(rank, index, Breach::new(RefusalKind::Malformed, message, repair));
        };
        if runs > MOST_OP_RUNS {
            wrong(reasons, format!("its operands lie in {runs} separate pieces, more than {MOST_OP_RUNS}"));
        }
        let elements = elements(program, rank, op);
        if elements > MOST_OP_WORK {
            wrong(reasons, format!("it does {elements} operations, more than {MOST_OP_WORK}"));
        }
        let packets = packets(program, rank, op, machine);
        if packets > MOST_PACKETS {
            let message = format!("it moves {packets} packets, more than {MOST_PACKETS}");
            let repair = "a larger noc.packet_bytes, or smaller tiles";
            reasons.op(rank, index, Breach::new(RefusalKind::Malformed, message, repair));
        }
        if let Op::Time(TimeOp::Busy { cycles, .. }) = op
            && too_long(Cycles(*cycles), machine)
        {
            wrong(reasons, format!("{cycles} cycles are more than 2^53 fs"));
        }
    }
    if all_runs > MOST_RUNS {
        let message =
            format!("the operands of all ops lie in {all_runs} separate pieces, more than {MOST_RUNS}");
        reasons.program(Breach::new(RefusalKind::Malformed, message, "use packed tiles"));
    }
}

fn runs(program: &Program, rank: Rank, op: &Op) -> u64 {
    let views = &program.rank(rank).views;
    op.views().map(|view| views[view.index()].footprint_cost()).fold(0, u64::saturating_add)
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
        let depth = views[a.index()].shape.get(1).copied().unwrap_or(1);
        return views[c.index()].elements().saturating_mul(u64::from(depth));
    }
    op.views().map(|view| views[view.index()].elements()).max().unwrap_or(0)
}

/// Compared without multiplying, which could overflow.
fn too_long(cycles: Cycles, machine: &Machine) -> bool {
    let period = machine.spec().clock.pe_fs.period.fs().max(1);
    cycles.0 > SimTime::MAX.fs() / period
}
