//! What compute ops cost, in PE cycles.

use machine::spec::{Collectives, Dataflow, MathSpec};
use machine::{Bytes, Cycles, GemmSpec, MachineSpec};

use crate::op::{BinaryFn, BusyUnit, Reduction, UnaryFn};
use crate::{Op, RankProgram, View, ViewId};

/// Cycles of a GEMM of a [m, k] by b [k, n]. The systolic forms are those that SCALE-Sim v2 and v3 print,
/// including their last `− 1`; fills and drains are counted for every fold, so small tiles are expensive.
pub fn gemm(spec: &GemmSpec, m: u64, n: u64, k: u64) -> Cycles {
    match *spec {
        GemmSpec::Systolic { rows, cols, dataflow } => {
            let (r, c) = (u64::from(rows), u64::from(cols));
            let (folds, each) = match dataflow {
                Dataflow::Os => (m.div_ceil(r) * n.div_ceil(c), r + c + k - 2),
                Dataflow::Ws => (k.div_ceil(r) * n.div_ceil(c), 2 * r + c + m - 2),
                Dataflow::Is => (k.div_ceil(r) * m.div_ceil(c), 2 * r + c + n - 2),
            };
            Cycles(u64::saturating_mul(folds, each) - 1)
        }
        GemmSpec::Rate { macs_per_cycle } => macs_per_cycle.cycles_covering(Bytes(m * n * k)),
    }
}

/// Function classes of the math unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Simple,
    Divide,
    Exp,
    Reduce,
}

/// Cycles of an op of the math unit over this many elements.
fn math(spec: &MathSpec, class: Class, elements: u64) -> Cycles {
    let each = match class {
        Class::Simple => spec.simple_cycles,
        Class::Divide => spec.divide_cycles,
        Class::Exp => spec.exp_cycles,
        Class::Reduce => spec.reduce_cycles,
    };
    let rounds = elements.div_ceil(u64::from(spec.lanes));
    // A time beyond all bounds is refused when it is reached.
    Cycles(rounds.saturating_mul(each.0).saturating_add(spec.start_cycles.0))
}

/// Cycles that an op occupies the GEMM or math unit; `None` for an op that runs elsewhere.
pub fn compute(spec: &MachineSpec, rank: &RankProgram, op: &Op) -> Option<Cycles> {
    let view = |id: ViewId| -> &View { &rank.views[id.index()] };
    let on_math = |class, id| Some(math(&spec.math, class, view(id).elements()));
    match *op {
        Op::Busy { cycles, unit: BusyUnit::Gemm | BusyUnit::Math } => Some(Cycles(cycles)),
        Op::Dot { a, b, .. } => {
            let ([m, k], [_, n]) = (two(view(a)), two(view(b)));
            Some(gemm(&spec.gemm, m, n, k))
        }
        Op::Unary { f, to, .. } => match f {
            UnaryFn::Cast | UnaryFn::Neg | UnaryFn::Abs => on_math(Class::Simple, to),
            UnaryFn::Exp => on_math(Class::Exp, to),
            UnaryFn::Reciprocal | UnaryFn::Sqrt => on_math(Class::Divide, to),
        },
        Op::Binary { f, to, .. } => match f {
            BinaryFn::Div => on_math(Class::Divide, to),
            BinaryFn::Add | BinaryFn::Sub | BinaryFn::Mul | BinaryFn::Maximum | BinaryFn::Minimum => {
                on_math(Class::Simple, to)
            }
        },
        Op::Compare { to, .. } | Op::Where { to, .. } | Op::Fill { to, .. } | Op::Iota { to, .. } => {
            on_math(Class::Simple, to)
        }
        Op::Reduce { x, .. } => on_math(Class::Reduce, x),
        Op::RecvReduce(ref reduction) => Some(fold(spec, reduction, view(reduction.x).elements())),
        Op::Load { .. }
        | Op::Store { .. }
        | Op::Copy { .. }
        | Op::Send { .. }
        | Op::Forward { .. }
        | Op::Multicast { .. }
        | Op::Recv { .. }
        | Op::RecvAsync { .. }
        | Op::RecvCopy { .. }
        | Op::Release { .. }
        | Op::Wait { .. }
        | Op::Barrier { .. }
        | Op::Signal { .. }
        | Op::WaitGe { .. }
        | Op::Contribute { .. }
        | Op::Expect { .. }
        | Op::Commit {}
        | Op::EventSignal { .. }
        | Op::EventWait { .. }
        | Op::HostCopy { .. } => None,
    }
}

/// The root's part of a reduction. The fabric brings one message, in which all is added; else every member's is
/// received, and added by the math unit, one after the other.
fn fold(spec: &MachineSpec, reduction: &Reduction, elements: u64) -> Cycles {
    let recv = spec.ipcq.recv_cycles.0;
    match spec.noc.collectives {
        Collectives::Fabric => Cycles(recv),
        Collectives::Software => {
            let each = math(&spec.math, Class::Simple, elements).0.saturating_add(recv);
            Cycles(each.saturating_mul(reduction.messages.len() as u64))
        }
    }
}

/// The extents of a matrix; the verifier has seen to it that there are two.
fn two(view: &View) -> [u64; 2] {
    [u64::from(view.shape[0]), u64::from(view.shape[1])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use machine::Rate;

    /// SCALE-Sim v2 @ 22f88b1 and, for the last five rows at 32×32, SCALE-Sim 3.0.0, as printed.
    #[test]
    fn systolic_gemm_takes_the_cycles_scale_sim_prints() {
        //  m,   n,   k,    os16,  os32,  ws16,  ws32, is16, is32
        for (m, n, k, expected) in [
            (128, 128, 128, [10111, 3039, 11135, 3551, 11135, 3551]),
            (16, 64, 64, [375, 251, 991, 439, 439, 315]),
            (16, 128, 128, [1263, 759, 3967, 1759, 1391, 887]),
            (64, 64, 64, [1503, 503, 1759, 631, 1759, 631]),
            (100, 70, 50, [2799, 1343, 2919, 1163, 3247, 1311]),
            (256, 256, 64, [24063, 8063, 19327, 5599, 19327, 5599]),
            (32, 32, 1024, [4215, 1085, 9983, 4031, 9983, 4031]),
        ] {
            let forms = [Dataflow::Os, Dataflow::Ws, Dataflow::Is];
            let ours: Vec<u64> = forms
                .iter()
                .flat_map(|&dataflow| {
                    [16, 32]
                        .map(|side| gemm(&GemmSpec::Systolic { rows: side, cols: side, dataflow }, m, n, k).0)
                })
                .collect();
            assert_eq!(ours, expected, "{m}×{n}×{k}");
        }
        for (m, n, k, [os, ws, is]) in [
            (16, 64, 64, [251, 439, 315]),
            (128, 128, 128, [3039, 3551, 3551]),
            (16, 128, 64, [503, 879, 443]),
            (64, 64, 512, [2295, 5055, 5055]),
            (100, 70, 300, [4343, 5819, 6559]),
        ] {
            let cycles = |dataflow| gemm(&GemmSpec::Systolic { rows: 32, cols: 32, dataflow }, m, n, k).0;
            assert_eq!(
                [cycles(Dataflow::Os), cycles(Dataflow::Ws), cycles(Dataflow::Is)],
                [os, ws, is],
                "{m}×{n}×{k}"
            );
        }
    }

    #[test]
    fn a_rate_gemm_rounds_up() {
        let spec = GemmSpec::Rate { macs_per_cycle: Rate::whole(1000) };
        assert_eq!(gemm(&spec, 10, 10, 10), Cycles(1));
        assert_eq!(gemm(&spec, 10, 10, 11), Cycles(2));
    }
}
