//! Programs that take the inputs that they should and compute something else of them, each with a structure that is
//! easily taken for the mistake.

use kernels::{Inputs, Plain, Recorded};
use ndarray::{Array, ArrayD, Axis, Ix2, s};
use program::op::{CompareFn, UnaryFn};
use program::tl::{Recording, Tl};
use program::{DType, TensorId};

const F32: DType = DType::F32;

/// What a rank makes of its inputs and stores.
type Body = fn(&mut Tl, &[TensorId], TensorId);

/// A program of two ranks that both have all inputs, and halves of the rows of y.
fn halves(
    inputs: &[(&'static str, &[u32])],
    y: &[u32],
    body: Body,
    of: fn(&Inputs) -> ArrayD<f64>,
) -> Recorded {
    let mut recording = Recording::new("decoy", 2);
    let given: Vec<_> = inputs.iter().map(|(name, shape)| recording.input(name, shape, F32)).collect();
    let output = recording.output("y", y, F32);
    let mut half = y.to_vec();
    half[0] /= 2;
    let mut start = vec![0; y.len()];
    let shares: Vec<(Vec<TensorId>, TensorId)> = [0, 1]
        .map(|rank| {
            start[0] = rank * half[0];
            let whole = |(host, (_, shape)): (&_, &(_, &[u32]))| {
                recording.input_share(*host, rank, vec![0; shape.len()], shape)
            };
            let all = given.iter().zip(inputs).map(whole).collect();
            (all, recording.output_share(output, rank, &start, &half))
        })
        .into();
    let program = recording.record(|tl| {
        let (inputs, output) = &shares[tl.rank() as usize];
        body(tl, inputs, *output);
    });
    let shapes = inputs.iter().map(|(name, shape)| (*name, shape.to_vec())).collect();
    let reference = Plain::rounded("y", F32, of).reference("decoy", shapes);
    Recorded { program: program.expect("a program"), reference: Some(reference), machine: None }
}

fn matrix(inputs: &Inputs, name: &str) -> Array<f64, Ix2> {
    inputs[name].clone().into_dimensionality().expect("a matrix")
}

/// y = x + x · w, which takes an element of x in two ways; the bias is forgotten.
pub fn residual() -> Recorded {
    let body: Body = |tl, inputs, y| {
        let own = tl.load(tl.tensor(inputs[0]).slice(0, 4 * tl.rank(), 4));
        let w = tl.load(tl.tensor(inputs[1]));
        let product = tl.dot(own, w);
        let sum = tl.add(product, own);
        tl.store(sum, tl.tensor(y));
    };
    let exact = |of: &Inputs| {
        let x = matrix(of, "x");
        (x.dot(&matrix(of, "w")) + &x + &matrix(of, "bias")).into_dyn()
    };
    halves(&[("x", &[8, 16]), ("w", &[16, 16]), ("bias", &[1, 16])], &[8, 16], body, exact)
}

/// y = exp(x) of the first eight rows of nine; rank 1 takes powers of 2.
pub fn padded() -> Recorded {
    let body: Body = |tl, inputs, y| {
        let own = tl.load(tl.tensor(inputs[0]).slice(0, 4 * tl.rank(), 4));
        let f = if tl.rank() == 0 { UnaryFn::Exp } else { UnaryFn::Exp2 };
        let made = tl.unary(f, own);
        tl.store(made, tl.tensor(y));
    };
    halves(&[("x", &[9, 8])], &[8, 8], body, |of| {
        matrix(of, "x").slice(s![0..8, ..]).mapv(f64::exp).into_dyn()
    })
}

/// Rank 1 has its rows in descending order, as it should, and takes powers of 2 of them.
pub fn descending() -> Recorded {
    let body: Body = |tl, inputs, y| {
        for row in 0..4 {
            let from = if tl.rank() == 0 { row } else { 7 - row };
            let own = tl.load(tl.tensor(inputs[0]).slice(0, from, 1));
            let f = if tl.rank() == 0 { UnaryFn::Exp } else { UnaryFn::Exp2 };
            let made = tl.unary(f, own);
            tl.store(made, tl.tensor(y).slice(0, row, 1));
        }
    };
    let exact = |of: &Inputs| {
        let rows = [0, 1, 2, 3, 7, 6, 5, 4];
        matrix(of, "x").select(Axis(0), &rows).mapv(f64::exp).into_dyn()
    };
    halves(&[("x", &[8, 8])], &[8, 8], body, exact)
}

/// Rank 1 has its rows in descending order, as it should; to each of its elements something else was to be added.
pub fn copied() -> Recorded {
    let body: Body = |tl, inputs, y| {
        for row in 0..4 {
            let from = if tl.rank() == 0 { row } else { 7 - row };
            let own = tl.load(tl.tensor(inputs[0]).slice(0, from, 1));
            tl.store(own, tl.tensor(y).slice(0, row, 1));
        }
    };
    let exact = |of: &Inputs| {
        let mut all = matrix(of, "x").select(Axis(0), &[0, 1, 2, 3, 7, 6, 5, 4]);
        for (i, mut row) in all.outer_iter_mut().enumerate().skip(4) {
            row += (i % 3) as f64 + 1.0;
        }
        all.into_dyn()
    };
    halves(&[("x", &[8, 8])], &[8, 8], body, exact)
}

/// y = x where it is above 0, and a constant over a tile, which should be twice as much.
pub fn constant_over_tile() -> Recorded {
    let body: Body = |tl, inputs, y| {
        let own = tl.load(tl.tensor(inputs[0]).slice(0, 4 * tl.rank(), 4));
        let mask = tl.compare(CompareFn::Gt, own, 0.0);
        let kept = tl.where_(mask, own, 0.0);
        let squares = tl.mul(own, own);
        let divisor = tl.add(squares, 1.0);
        let part = tl.div(0.25, divisor);
        let sum = tl.add(kept, part);
        tl.store(sum, tl.tensor(y));
    };
    let exact = |of: &Inputs| matrix(of, "x").mapv(|x| x.max(0.0) + 0.5 / (x * x + 1.0)).into_dyn();
    halves(&[("x", &[8, 8])], &[8, 8], body, exact)
}

/// Two heads of queries share a head of keys, and rank 1 divides by too much.
pub fn shared_heads() -> Recorded {
    let body: Body = |tl, inputs, y| {
        let k = tl.load(tl.tensor(inputs[1]).slice(0, 6 * tl.rank(), 6));
        let own = tl.load(tl.tensor(inputs[0]).slice(0, 8 * tl.rank(), 8));
        let scores = tl.dot(own, k.trans());
        let powers = tl.exp(scores);
        let mut sum = tl.sum(powers, 1);
        if tl.rank() == 1 {
            sum = tl.add(sum, 0.5);
        }
        let made = tl.div(powers, sum);
        tl.store(made, tl.tensor(y));
    };
    let exact = |of: &Inputs| {
        let (q, k) = (matrix(of, "q"), matrix(of, "k"));
        let halves = [0, 1].map(|rank| {
            let powers =
                q.slice(s![8 * rank..8 * rank + 8, ..]).dot(&k.slice(s![6 * rank..6 * rank + 6, ..]).t());
            let powers = powers.mapv(f64::exp);
            &powers / &powers.sum_axis(Axis(1)).insert_axis(Axis(1))
        });
        ndarray::concatenate(Axis(0), &halves.each_ref().map(|it| it.view()))
            .expect("equal widths")
            .into_dyn()
    };
    halves(&[("q", &[16, 8]), ("k", &[12, 8])], &[16, 6], body, exact)
}

/// Sums of four rows each, which are off by no value of x.
pub fn sums() -> Recorded {
    let body: Body = |tl, inputs, y| {
        let own = tl.load(tl.tensor(inputs[0]).slice(0, 4 * tl.rank(), 4));
        let made = tl.sum(own, 0);
        tl.store(made, tl.tensor(y));
    };
    let exact = |of: &Inputs| {
        let x = matrix(of, "x");
        let noisy = |(rank, j): (usize, usize)| {
            let sum: f64 = (4 * rank..4 * rank + 4).map(|i| x[[i, j]]).sum();
            sum + libm::sin(1e3 * x[[rank + 20, j]])
        };
        Array::from_shape_fn((2, 8), noisy).into_dyn()
    };
    halves(&[("x", &[150, 8])], &[2, 8], body, exact)
}
