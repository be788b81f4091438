//! Limits on the work of a program, so that no phase can be made to run for ever or count beyond its types.

use machine::{Cycles, Machine, SimTime};

use crate::op::Op;
use crate::program::{Program, Rank};
use crate::verify::ops;
use crate::verify::refusal::{Breach, Reasons, RefusalKind};

/// Multiplications or elements of one op.
const MOST_OP_WORK: u64 = 1 << 40;
/// Byte runs of one op's operands: a transposed tile has one an element.
const MOST_OP_RUNS: u64 = 1 << 24;
/// Byte runs of all ops together.
const MOST_RUNS: u64 = 1 << 30;

pub(super) fn check(program: &Program, machine: &Machine, reasons: &mut Reasons<'_>) {
    let mut all_runs = 0u64;
    for (rank, index, op) in ops(program) {
        let runs = runs(program, rank, op);
        all_runs = all_runs.saturating_add(runs);
        let mut wrong = |message: String| {
            let repair = "use smaller tiles, or packed ones";
            reasons.op(rank, index, Breach::new(RefusalKind::Malformed, message, repair));
        };
        if runs > MOST_OP_RUNS {
            wrong(format!("its operands lie in {runs} separate pieces, more than {MOST_OP_RUNS}"));
        }
        let elements = elements(program, rank, op);
        if elements > MOST_OP_WORK {
            wrong(format!("it does {elements} operations, more than {MOST_OP_WORK}"));
        }
        if let Op::Busy { cycles, .. } = op
            && too_long(Cycles(*cycles), machine)
        {
            wrong(format!("{cycles} cycles are more than 2^53 fs"));
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

fn elements(program: &Program, rank: Rank, op: &Op) -> u64 {
    let views = &program.rank(rank).views;
    if let Op::Dot { a, c, .. } = op {
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
