use program::op::ReduceFn;
use program::{ComputeOp, DType, Op, Sign, ViewId};

use super::trial::{Lies, Trial};
use super::values::{COMPUTED, moderate, special};

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = vec![reductions(), scans(), special_dots(), rounded_dots(), dot_layouts(), batches()];
    trials.extend(COMPUTED.map(dots));
    trials
}

/// The dtypes that sums accumulate in: truth values are none.
fn sums() -> impl Iterator<Item = DType> {
    COMPUTED.into_iter().filter(|acc| *acc != DType::Bool)
}

fn reduce(f: ReduceFn, axis: u8, acc: DType) -> Op {
    Op::Compute(ComputeOp::Reduce { f, axis, x: ViewId(0), to: ViewId(1), acc, wrap: true })
}

fn reductions() -> Trial {
    let mut trial = Trial::new("reductions");
    for dtype in COMPUTED {
        for codes in [special(dtype), moderate(dtype, 97, 5)] {
            for (shape, lies) in [
                (&[31][..], Lies::Packed),
                (&[5, 13][..], Lies::Apart { every: 3, after: 1 }),
                (&[3, 4, 6][..], Lies::Transposed),
                (&[2, 3, 2, 9][..], Lies::Repeated),
                (&[2, 0, 3][..], Lies::Packed),
            ] {
                let x = trial.read(shape, lies, dtype, &codes);
                for axis in 0..shape.len() {
                    let kept = x.shape.with(axis, 1);
                    // Floats do not accumulate in integers.
                    for acc in sums().filter(|acc| acc.is_float() || !dtype.is_float()) {
                        let to =
                            trial.write(&kept, Lies::Packed, if acc.is_float() { DType::F32 } else { acc });
                        trial.pass(reduce(ReduceFn::Sum, axis as u8, acc), &[x, to]);
                        trial.pass(reduce(ReduceFn::Prod, axis as u8, acc), &[x, to]);
                    }
                    for to in COMPUTED {
                        let takes = |f: &ReduceFn| {
                            !f.accumulates()
                                && f.gives().is_none_or(|it| it == to || it.is_truth() && to.is_truth())
                        };
                        for f in ReduceFn::ALL.into_iter().filter(takes) {
                            let to = trial.write(&kept, Lies::Apart { every: 2, after: 1 }, to);
                            trial.pass(reduce(f, axis as u8, DType::F32), &[x, to]);
                        }
                    }
                }
            }
        }
    }
    trial
}

fn scans() -> Trial {
    let mut trial = Trial::new("scans");
    for dtype in COMPUTED {
        for (shape, lies) in [
            (&[31][..], Lies::Packed),
            (&[5, 13][..], Lies::Apart { every: 3, after: 1 }),
            (&[3, 4, 6][..], Lies::Transposed),
        ] {
            let x = trial.read(shape, lies, dtype, &moderate(dtype, 97, 5));
            for axis in 0..shape.len() {
                for f in ReduceFn::ALL.into_iter().filter(|f| f.of_two().is_some()) {
                    let acc = if dtype.is_float() { DType::F16 } else { Sign::of([dtype]).dtype() };
                    let to = trial.write(shape, Lies::Apart { every: 2, after: 1 }, dtype);
                    let op =
                        ComputeOp::Scan { f, axis: axis as u8, x: ViewId(0), to: ViewId(1), acc, wrap: true };
                    trial.pass(Op::Compute(op), &[x, to]);
                }
            }
        }
    }
    trial
}

fn dot(accumulate: bool, acc: DType) -> Op {
    Op::Compute(ComputeOp::Dot { a: ViewId(0), b: ViewId(1), c: ViewId(2), accumulate, acc })
}

/// Every dtype with every other one, into every one.
fn dots(left: DType) -> Trial {
    let mut trial = Trial::new(&format!("dots of {left}"));
    for right in COMPUTED {
        for result in COMPUTED {
            for (k, accumulate) in [(17, false), (17, true), (0, true), (0, false), (1, true)] {
                let a = trial.read(&[5, k], Lies::Packed, left, &moderate(left, 85, 1));
                let b = trial.read(&[k, 7], Lies::Packed, right, &moderate(right, 119, 2));
                let c = trial.update(&[5, 7], Lies::Packed, result, &moderate(result, 35, 3));
                trial.pass(dot(accumulate, DType::F32), &[a, b, c]);
            }
        }
    }
    trial
}

/// Infinities, NaNs, and products that are exact only in an `fma`.
fn special_dots() -> Trial {
    let mut trial = Trial::new("dots of special values");
    for left in COMPUTED {
        for right in COMPUTED {
            let (x, y) = (special(left), special(right));
            let (m, n) = (x.len() as u32, y.len() as u32);
            let a = trial.read(&[m, 1], Lies::Packed, left, &x);
            let b = trial.read(&[1, n], Lies::Packed, right, &y);
            let c = trial.update(&[m, n], Lies::Packed, DType::F32, &special(DType::F32));
            trial.pass(dot(true, DType::F32), &[a, b, c]);
        }
    }
    trial
}

/// Sums that round to a narrow float after every step, and integer sums, which wrap.
fn rounded_dots() -> Trial {
    let mut trial = Trial::new("dots that accumulate in other dtypes");
    for acc in sums() {
        for result in COMPUTED {
            for operands in COMPUTED {
                if !acc.is_float() && (operands.is_float() || result.is_float()) {
                    continue;
                }
                let a = trial.read(&[3, 9], Lies::Packed, operands, &moderate(operands, 27, 4));
                let b = trial.read(&[9, 4], Lies::Packed, operands, &moderate(operands, 36, 5));
                let c = trial.update(&[3, 4], Lies::Packed, result, &moderate(result, 12, 6));
                trial.pass(dot(true, acc), &[a, b, c]);
            }
        }
    }
    trial
}

/// One product for each place along leading axes, of floats and of bytes.
fn batches() -> Trial {
    let mut trial = Trial::new("dots along leading axes");
    for (left, right, result, acc) in [
        (DType::F16, DType::F16, DType::F32, DType::F32),
        (DType::I8, DType::U8, DType::I32, DType::I32),
        (DType::F8e4m3, DType::Bf16, DType::F16, DType::Bf16),
    ] {
        for leading in [&[3][..], &[2, 3]] {
            let shape = |m, n| [leading, &[m, n]].concat();
            for lies in [Lies::Packed, Lies::Transposed, Lies::Apart { every: 2, after: 1 }, Lies::Repeated] {
                let a = trial.read(&shape(4, 7), lies, left, &moderate(left, 97, 10));
                let b = trial.read(&shape(7, 5), Lies::Packed, right, &moderate(right, 97, 11));
                let c = trial.update(&shape(4, 5), Lies::Packed, result, &moderate(result, 97, 12));
                trial.pass(dot(true, acc), &[a, b, c]);
            }
        }
    }
    trial
}

fn dot_layouts() -> Trial {
    let mut trial = Trial::new("dots of any layout");
    let lies = [
        Lies::Packed,
        Lies::Transposed,
        Lies::Apart { every: 3, after: 1 },
        Lies::Apart { every: 2, after: 3 },
    ];
    for dtype in [DType::F32, DType::F16, DType::F8e4m3] {
        for (i, left) in lies.into_iter().enumerate() {
            for right in lies {
                let a = trial.read(&[33, 65], left, dtype, &moderate(dtype, 977, 7));
                let b = trial.read(&[65, 20], right, dtype, &moderate(dtype, 977, 8));
                let c = trial.update(&[33, 20], lies[(i + 1) % 4], dtype, &moderate(dtype, 99, 9));
                trial.pass(dot(true, DType::F32), &[a, b, c]);
            }
        }
    }
    trial
}
