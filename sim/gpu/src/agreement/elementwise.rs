use program::op::{BinaryFn, CompareFn, Constant, UnaryFn};
use program::{ComputeOp, DType, Op, Operand, ScaledFormat, View, ViewId};

use super::trial::{Lies, Trial};
use super::values::{COMPUTED, Random, all, special};

const V: [ViewId; 4] = [ViewId(0), ViewId(1), ViewId(2), ViewId(3)];
const X: Operand = Operand::View(V[0]);
const Y: Operand = Operand::View(V[1]);

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = vec![casts(), many_bits()];
    trials.extend(COMPUTED.map(unary));
    trials.extend(COMPUTED.map(binary));
    trials.extend([powers(), fused(), compare(), choice(), constants(), layouts(), blocks()]);
    trials
}

/// Every code of every dtype to every dtype.
fn casts() -> Trial {
    let mut trial = Trial::new("casts");
    for from in COMPUTED {
        let x = trial.line(from, &all(from));
        for to in COMPUTED {
            UnaryFn::CASTS.into_iter().for_each(|cast| apply(&mut trial, cast, x, to));
        }
    }
    trial
}

fn apply(trial: &mut Trial, f: UnaryFn, x: View, dtype: DType) {
    let to = trial.write(&x.shape, Lies::Packed, dtype);
    trial.pass(Op::Compute(ComputeOp::Unary { f, x: V[0], to: V[1] }), &[x, to]);
}

fn unary(from: DType) -> Trial {
    let mut trial = Trial::new(&format!("unary of {from}"));
    let every = trial.line(from, &all(from));
    let x = trial.line(from, &special(from));
    // Casts have a trial of their own.
    let takes = |f: &UnaryFn| !(UnaryFn::CASTS.contains(f) || f.is_of_integers_alone() && from.is_float());
    for f in UnaryFn::ALL.into_iter().filter(takes) {
        apply(&mut trial, f, every, DType::F32);
        for to in COMPUTED {
            apply(&mut trial, f, x, to);
        }
    }
    trial
}

/// f32 arithmetic on any bits, on numbers of like size and on such whose result is subnormal or overflows.
fn many_bits() -> Trial {
    const N: usize = 30_000;
    let mut trial = Trial::new("many bits");
    let mut random = Random::seeded(11);
    let any = (random.many(N), random.many(N));
    let near: (Vec<u32>, Vec<u32>) =
        random.many(N).into_iter().map(|x| (x, x ^ (random.next() >> 7))).unzip();
    let small = |code: &u32| (code & 0x80ff_ffff) | ((code >> 8) & 0x1f) << 23;
    let tiny = (any.0.iter().map(small).collect(), near.1.iter().map(small).collect());
    // Products and quotients around the smallest normal number, and around the largest.
    let half = |code: &u32| (code & 0x807f_ffff) | (50 + (code >> 7) % 30) << 23;
    let halves = (any.1.iter().map(half).collect(), near.0.iter().map(half).collect());
    let large = |code: &u32| (code & 0x807f_ffff) | (180 + (code >> 7) % 70) << 23;
    let quotients = (any.0.iter().map(half).collect(), any.1.iter().map(large).collect());
    for (x, y) in [any, near, tiny, halves, quotients] {
        let (x, y) = (trial.line(DType::F32, &x), trial.line(DType::F32, &y));
        for f in BinaryFn::ALL.into_iter().filter(|f| !f.is_of_integers_alone() && *f != BinaryFn::Pow) {
            let to = trial.write(&x.shape, Lies::Packed, DType::F32);
            trial.pass(Op::Compute(ComputeOp::Binary { f, x: X, y: Y, to: V[2] }), &[x, y, to]);
        }
    }
    // |x| below 128, where exp neither is 0 nor overflows, and other functions curve.
    let within: Vec<u32> = random
        .many(N)
        .into_iter()
        .map(|x| (0x3a00_0000 + (x & 0x7fff_ffff) % 0x0900_0000) | (x & 0x8000_0000))
        .collect();
    let x = trial.line(DType::F32, &within);
    for f in UnaryFn::ALL.into_iter().filter(|f| !f.is_of_integers_alone() && !UnaryFn::CASTS.contains(f)) {
        apply(&mut trial, f, x, DType::F32);
    }
    // Ends of the range of sines, where the polynomials turn.
    let angles: Vec<u32> = random.many(N).into_iter().map(|x| 0x3800_0000 + x % 0x4780_0000).collect();
    let x = trial.line(DType::F32, &angles);
    [UnaryFn::Sin, UnaryFn::Cos].into_iter().for_each(|f| apply(&mut trial, f, x, DType::F32));
    trial
}

/// Each special value with each other one.
fn grid(trial: &mut Trial, x: DType, y: DType, for_division: bool) -> [View; 2] {
    let mut right = special(y);
    // A division of integers by 0 is refused.
    right.retain(|&code| code != 0 || !for_division || x.is_float() || y.is_float());
    let left = special(x);
    let x = trial.read(&[left.len() as u32, 1], Lies::Packed, x, &left);
    [x, trial.line(y, &right)]
}

fn grid_result(trial: &mut Trial, [x, y]: [View; 2], dtype: DType) -> View {
    trial.write(&[x.shape[0], y.shape[0]], Lies::Packed, dtype)
}

fn binary(left: DType) -> Trial {
    let mut trial = Trial::new(&format!("binary on {left}"));
    for right in COMPUTED {
        let of_floats = left.is_float() || right.is_float();
        let takes = |f: &BinaryFn| *f != BinaryFn::Pow && !(f.is_of_integers_alone() && of_floats);
        for f in BinaryFn::ALL.into_iter().filter(takes) {
            let divides = f == BinaryFn::Div || f == BinaryFn::Rem;
            let operands @ [x, y] = grid(&mut trial, left, right, divides);
            for to in COMPUTED {
                let to = grid_result(&mut trial, operands, to);
                trial.pass(Op::Compute(ComputeOp::Binary { f, x: X, y: Y, to: V[2] }), &[x, y, to]);
            }
        }
    }
    trial
}

/// Each special value with others, and numbers whose product rounds.
fn fused() -> Trial {
    let mut trial = Trial::new("fma");
    let op = |z| Op::Compute(ComputeOp::Fma { x: X, y: Y, z, to: V[3] });
    for (x, y, z) in [
        (DType::F32, DType::F32, DType::F32),
        (DType::F16, DType::F32, DType::Bf16),
        (DType::I32, DType::U8, DType::I32),
        (DType::I32, DType::F16, DType::F32),
        (DType::I8, DType::Bool, DType::I16),
        (DType::U32, DType::U16, DType::U32),
    ] {
        let operands @ [left, right] = grid(&mut trial, x, y, false);
        let codes = special(z);
        let term = trial.read(&[1, right.shape[0]], Lies::Packed, z, &codes);
        for to in COMPUTED {
            let to = grid_result(&mut trial, operands, to);
            trial.pass(op(Operand::View(V[2])), &[left, right, term, to]);
        }
        let to = grid_result(&mut trial, operands, DType::F32);
        let one = Operand::Constant(Constant::of(-3.0));
        trial.pass(Op::Compute(ComputeOp::Fma { x: X, y: Y, z: one, to: V[2] }), &[left, right, to]);
    }
    let mut random = Random::seeded(23);
    let half = |code: u32| (code & 0x807f_ffff) | (110 + (code >> 7) % 30) << 23;
    let [x, y, z] = [(); 3].map(|()| random.many(20_000).into_iter().map(half).collect::<Vec<u32>>());
    let [x, y, z] = [x, y, z].map(|codes| trial.line(DType::F32, &codes));
    let to = trial.write(&x.shape, Lies::Packed, DType::F32);
    trial.pass(op(Operand::View(V[2])), &[x, y, z, to]);
    trial
}

/// Every value to powers of both signs; of integers to those from 0 on.
fn powers() -> Trial {
    let mut trial = Trial::new("powers");
    for dtype in COMPUTED {
        let x = trial.line(dtype, &special(dtype));
        let exponents = [0, 1, 2, 3, 5, 8, 31, 1024, -1, -2, -3, -17, -1024];
        for exponent in exponents.into_iter().filter(|&exponent| exponent >= 0 || dtype.is_float()) {
            let y = Operand::Constant(Constant::of(exponent as f32));
            let to = trial.write(&x.shape, Lies::Packed, if dtype.is_float() { DType::F32 } else { dtype });
            trial.pass(Op::Compute(ComputeOp::Binary { f: BinaryFn::Pow, x: X, y, to: V[1] }), &[x, to]);
        }
    }
    trial
}

fn compare() -> Trial {
    let mut trial = Trial::new("compare");
    for left in COMPUTED {
        for right in COMPUTED {
            let operands @ [x, y] = grid(&mut trial, left, right, false);
            for (f, truth) in CompareFn::ALL.into_iter().zip([DType::U8, DType::Bool].into_iter().cycle()) {
                let to = grid_result(&mut trial, operands, truth);
                trial.pass(Op::Compute(ComputeOp::Compare { f, x: X, y: Y, to: V[2] }), &[x, y, to]);
            }
        }
    }
    trial
}

fn choice() -> Trial {
    let mut trial = Trial::new("where");
    let op = Op::Compute(ComputeOp::Where {
        mask: V[0],
        x: Operand::View(V[1]),
        y: Operand::View(V[2]),
        to: V[3],
    });
    for mask in COMPUTED {
        for (x, y) in [
            (DType::I32, DType::U8),
            (DType::F32, DType::F16),
            (DType::F8e4m3, DType::I32),
            (DType::U32, DType::U16),
            (DType::I8, DType::I16),
        ] {
            for to in COMPUTED {
                let masks = special(mask);
                let mask = trial.read(&[masks.len() as u32, 1], Lies::Packed, mask, &masks);
                let (x, y) = (trial.line(x, &special(x)[..20]), trial.line(y, &special(y)[..20]));
                let to = grid_result(&mut trial, [mask, x], to);
                trial.pass(op.clone(), &[mask, x, y, to]);
            }
        }
    }
    trial
}

/// Constants on either side: whole ones beside integers are integers.
fn constants() -> Trial {
    let mut trial = Trial::new("constants");
    let values =
        [0.0, -0.0, 3.0, -2.5, 255.0, 2_147_483_648.0, -2_147_483_648.0, f32::INFINITY, f32::NAN, 1e-40];
    let values = values
        .map(Constant::of)
        .into_iter()
        .chain([Constant::Unsigned(u32::MAX), Constant::Integer(16_777_217)]);
    let values: Vec<Constant> = values.collect();
    for dtype in COMPUTED {
        let mut codes = special(dtype);
        codes.retain(|&code| code != 0);
        let x = trial.line(dtype, &codes);
        for value in values.iter().map(|value| Operand::Constant(*value)) {
            for f in [BinaryFn::Sub, BinaryFn::Mul, BinaryFn::Maximum, BinaryFn::Maxnum] {
                let to = trial.write(&x.shape, Lies::Packed, dtype);
                trial.pass(Op::Compute(ComputeOp::Binary { f, x: X, y: value, to: V[1] }), &[x, to]);
                let to = trial.write(&x.shape, Lies::Packed, dtype);
                trial.pass(Op::Compute(ComputeOp::Binary { f, x: value, y: X, to: V[1] }), &[x, to]);
            }
            let to = trial.write(&x.shape, Lies::Packed, DType::U8);
            trial.pass(
                Op::Compute(ComputeOp::Compare { f: CompareFn::Lt, x: value, y: X, to: V[1] }),
                &[x, to],
            );
            let to = trial.write(&x.shape, Lies::Packed, dtype);
            trial.pass(Op::Compute(ComputeOp::Where { mask: V[0], x: X, y: value, to: V[1] }), &[x, to]);
        }
        let (one, two) = (Operand::Constant(Constant::of(1.5)), Operand::Constant(Constant::of(7.0)));
        let to = trial.write(&x.shape, Lies::Packed, dtype);
        trial.pass(Op::Compute(ComputeOp::Binary { f: BinaryFn::Add, x: one, y: two, to: V[0] }), &[to]);
    }
    trial
}

/// Every element with every scale, of every block-scaled format, from anywhere.
fn blocks() -> Trial {
    let mut trial = Trial::new("dequantize");
    let every: Vec<u32> = (0..256).collect();
    let floats: Vec<DType> = COMPUTED.into_iter().filter(|dtype| dtype.is_float()).collect();
    for format in ScaledFormat::ALL {
        for lies in [Lies::Packed, Lies::Transposed, Lies::Apart { every: 3, after: 1 }] {
            for to in &floats {
                let n = format.block() * 8;
                // Rows of the same elements, each with other scales.
                let x = trial.read(&[64, n / format.per_byte()], lies, format.elements(), &every);
                let by = trial.read(&[64, 8], lies, format.scales(), &every);
                let to = trial.write(&[64, n], Lies::Packed, *to);
                let op = ComputeOp::Dequantize { format, x: V[0], scales: V[1], to: V[2] };
                trial.pass(Op::Compute(op), &[x, by, to]);
            }
        }
    }
    trial
}

/// Operands and results anywhere: between other elements, transposed, repeated, not on a word.
fn layouts() -> Trial {
    let mut trial = Trial::new("layouts");
    let lies = [
        Lies::Packed,
        Lies::Apart { every: 2, after: 1 },
        Lies::Apart { every: 3, after: 3 },
        Lies::Transposed,
        Lies::Repeated,
    ];
    for dtype in COMPUTED {
        for (i, x_lies) in lies.into_iter().enumerate() {
            let y_lies = lies[(i + 1) % lies.len()];
            let x = trial.read(&[2, 3, 4, 5], x_lies, dtype, &special(dtype));
            let y = trial.read(&[3, 1, 5], y_lies, DType::F16, &special(DType::F16));
            for to_lies in &lies[..4] {
                let to = trial.write(&[2, 3, 4, 5], *to_lies, dtype);
                trial.pass(
                    Op::Compute(ComputeOp::Binary { f: BinaryFn::Add, x: Y, y: X, to: V[2] }),
                    &[x, y, to],
                );
                let to = trial.write(&[2, 3, 4, 5], *to_lies, dtype);
                trial.pass(Op::Compute(ComputeOp::Unary { f: UnaryFn::Neg, x: V[0], to: V[1] }), &[x, to]);
            }
        }
    }
    trial
}
