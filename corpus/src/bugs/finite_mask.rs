//! Masked scores get a large negative number, and the scores that count are lower still.
//!
//! lattice #361 masked with -1e4: once the real scores are below that, the masked keys win and the
//! softmax is theirs. FlashInfer #4401 and #4452 met its sibling, -5e4, as a finite sum for rows
//! that saw nothing.

use machine::Sync;
use ndarray::Axis;
use program::DType;

use crate::sketch::{F32, Sketch, alone};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "finite_mask",
    story: Story::Other("lattice #361"),
    mistake: "masked scores are -10000, and the others are lower",
    repair: "mask with -inf",
    expected: &["wrong_result"],
    build,
}];

/// Columns 4 and up are masked.
const SEEN: u32 = 4;

fn build(form: Form) -> Sketch {
    let mask = if form.is_repaired() { f32::NEG_INFINITY } else { -1e4 };
    let program = alone([4, 8], ([4, 1], DType::Bf16), |tl, own| {
        let v = tl.load(own.x);
        let scores = tl.full([4, 8], F32, mask);
        tl.to(scores.slice(1, 0, SEEN)).sub(v.slice(1, 0, SEEN), 12000.0);
        let m = tl.max(scores, 1);
        let shifted = tl.sub(scores, m);
        let p = tl.exp(shifted);
        let l = tl.sum(p, 1);
        let weighted = tl.mul(p, v);
        let o = tl.sum(weighted, 1);
        let y = tl.tile([4, 1], DType::Bf16);
        tl.to(y).div(o, l);
        tl.store(y, own.y);
    });
    let right = |inputs: &kernels::Inputs| {
        let v = inputs["x"].slice_axis(Axis(1), (..SEEN as usize).into()).to_owned();
        let p = v.mapv(libm::exp);
        let (o, l) = ((&p * &v).sum_axis(Axis(1)), p.sum_axis(Axis(1)));
        (o / l).insert_axis(Axis(1))
    };
    Sketch::tiny(program, Sync::Interlocked, right).rounded_to(DType::Bf16)
}
