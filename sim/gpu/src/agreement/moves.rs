use program::op::Constant;
use program::{ComputeOp, DType, MoveOp, Op, ViewId};

use super::trial::{Lies, Trial};
use super::values::{COMPUTED, all, special};

pub(super) fn trials() -> Vec<Trial> {
    vec![copies(), fills(), iotas(), grids()]
}

/// Every bit, NaNs too, from anywhere to anywhere.
fn copies() -> Trial {
    let mut trial = Trial::new("copies");
    let lies = [
        Lies::Packed,
        Lies::Apart { every: 2, after: 1 },
        Lies::Apart { every: 3, after: 3 },
        Lies::Transposed,
    ];
    let op = Op::Move(MoveOp::Copy { from: ViewId(0), to: ViewId(1) });
    for dtype in DType::ALL {
        for shape in [&[] as &[u32], &[7], &[3, 5], &[2, 1, 9], &[2, 3, 4, 5], &[0, 4]] {
            for from in lies.into_iter().chain((!shape.is_empty()).then_some(Lies::Repeated)) {
                let x = trial.read(shape, from, dtype, &all(dtype)[..]);
                for to in lies {
                    let to = trial.write(shape, to, dtype);
                    trial.pass(op.clone(), &[x, to]);
                }
            }
        }
    }
    trial
}

fn fills() -> Trial {
    let mut trial = Trial::new("fills");
    for value in special(DType::F32) {
        for dtype in COMPUTED {
            let to = trial.write(&[3, 3], Lies::Apart { every: 2, after: 1 }, dtype);
            trial.pass(Op::Compute(ComputeOp::Fill { value: Constant::Float(value), to: ViewId(0) }), &[to]);
        }
    }
    trial
}

fn iotas() -> Trial {
    let mut trial = Trial::new("iotas");
    for dtype in COMPUTED {
        for (start, step) in [(0, 1), (-3, 7), (i32::MAX - 2, 1), (5, i32::MIN), (2040, 1), (0x0100_0000, -3)]
        {
            for axis in 0..3 {
                let to = trial.write(&[3, 4, 11], Lies::Packed, dtype);
                trial.pass(Op::Compute(ComputeOp::Iota { axis, start, step, to: ViewId(0) }), &[to]);
            }
        }
    }
    trial
}

/// More workgroups than one dimension of a grid has.
fn grids() -> Trial {
    let mut trial = Trial::new("grids");
    let to = trial.write(&[3, 1 << 21], Lies::Packed, DType::U8);
    trial.pass(Op::Compute(ComputeOp::Iota { axis: 1, start: 0, step: 1, to: ViewId(0) }), &[to]);
    trial
}
