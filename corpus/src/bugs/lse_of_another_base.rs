//! Two partial results of attention are merged, and one comes with its log-sum-exp to the base 2.
//!
//! FlashAttention returns the natural logarithm of the sum, FlashInfer the one to the base 2, which saves a
//! multiplication beside `exp2`. Both are a tensor of f32 by the name of LSE. A merge that takes one for the other gives
//! weights that look like weights, and a result that looks like a mean of values.

use std::f64::consts::LOG2_E;

use machine::Sync;
use ndarray::{ArrayD, Axis};
use program::tl::{Tile, Tl};

use crate::sketch::{Sketch, alone};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "lse_of_another_base",
    story: Story::Other("FlashInfer"),
    mistake: "a log-sum-exp to the base 2 is merged with a natural one",
    repair: "it is multiplied by ln 2 first",
    expected: &["wrong_result"],
    build,
}];

/// Keys of a block. Scores of both blocks are the first columns of x, their values the others.
const KEYS: u32 = 8;
const ROWS: u32 = 4;

fn build(form: Form) -> Sketch {
    let program = alone([ROWS, 4 * KEYS], ([ROWS, 1], crate::sketch::F32), |tl, own| {
        let x = tl.load(own.x);
        let columns = |at: u32| x.slice(1, at * KEYS, KEYS);
        let (o0, lse0) = block(tl, columns(0), columns(2));
        let (o1, natural) = block(tl, columns(1), columns(3));
        let mut lse1 = tl.mul(natural, LOG2_E as f32);
        if form.is_repaired() {
            lse1 = tl.mul(lse1, 1.0 / LOG2_E as f32);
        }
        let largest = tl.maximum(lse0, lse1);
        let [w0, w1] = [lse0, lse1].map(|lse| {
            let below = tl.sub(lse, largest);
            tl.exp(below)
        });
        let (weighed0, weighed1) = (tl.mul(o0, w0), tl.mul(o1, w1));
        let (o, w) = (tl.add(weighed0, weighed1), tl.add(w0, w1));
        let y = tl.div(o, w);
        tl.store(y, own.y);
    });
    Sketch::tiny(program, Sync::Interlocked, right)
}

/// Softmax over one block: the mean of its values, and the natural log-sum-exp of its scores.
fn block(tl: &mut Tl, scores: Tile, values: Tile) -> (Tile, Tile) {
    let m = tl.max(scores, 1);
    let below = tl.sub(scores, m);
    let p = tl.exp(below);
    let l = tl.sum(p, 1);
    let weighed = tl.mul(p, values);
    let sum = tl.sum(weighed, 1);
    let (o, log) = (tl.div(sum, l), tl.log(l));
    (o, tl.add(log, m))
}

fn right(inputs: &kernels::Inputs) -> ArrayD<f64> {
    let (scores, values) = inputs["x"].view().split_at(Axis(1), 2 * KEYS as usize);
    let p = scores.mapv(f64::exp);
    let sums = (&p * &values).sum_axis(Axis(1)) / p.sum_axis(Axis(1));
    sums.insert_axis(Axis(1))
}
