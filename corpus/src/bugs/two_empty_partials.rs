//! Two partials that saw no key are merged.
//!
//! Both maxima are -inf, and exp(-inf - -inf) is NaN, where the weight of an empty partial should be 0. FlashInfer
//! #4051 reports exactly this, as do PyTorch #134650 for flex decoding and cubecl #1070. The row need not be special:
//! padding, or a window that does not reach the shard, is enough.

use machine::Sync;
use ndarray::{Axis, Slice};
use program::DType;
use program::op::CompareFn;
use program::tl::{Tile, Tl};

use crate::sketch::{Sketch, alone};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "two_empty_partials",
    story: Story::Other("FlashInfer #4051"),
    mistake: "two partials that saw no key are merged, and both maxima are -inf",
    repair: "a maximum of -inf is replaced by 0 before it is subtracted",
    expected: &["wrong_result"],
    build,
}];

/// What is subtracted before exp: 0 when there is no maximum.
fn reference(tl: &mut Tl, m: Tile) -> Tile {
    let seen = tl.compare(CompareFn::Gt, m, f32::NEG_INFINITY);
    tl.where_(seen, m, 0.0)
}

fn build(form: Form) -> Sketch {
    let program = alone([4, 8], ([4, 1], DType::Bf16), |tl, own| {
        let x = tl.load(own.x);
        let masked = tl.full([2, 8], DType::F32, f32::NEG_INFINITY);
        tl.copy(masked, x.slice(0, 2, 2));
        let partials = [0, 4].map(|start| {
            let scores = x.slice(1, start, 4);
            let m = tl.max(scores, 1);
            let from = reference(tl, m);
            let shifted = tl.sub(scores, from);
            let p = tl.exp(shifted);
            (m, tl.sum(p, 1))
        });
        let m = tl.maximum(partials[0].0, partials[1].0);
        let from = if form.is_repaired() { reference(tl, m) } else { m };
        let weighted = partials.map(|(m, l)| {
            let shifted = tl.sub(m, from);
            let weight = tl.exp(shifted);
            tl.mul(l, weight)
        });
        let y = tl.tile([4, 1], DType::Bf16);
        tl.to(y).add(weighted[0], weighted[1]);
        tl.store(y, own.y);
    });
    let right = |inputs: &kernels::Inputs| {
        let mut x = inputs["x"].clone();
        x.slice_axis_mut(Axis(0), Slice::from(2..)).fill(f64::NEG_INFINITY);
        let sum_of_exp = |row: ndarray::ArrayViewD<'_, f64>| {
            let m = row.fold(f64::NEG_INFINITY, |m, &x| m.max(x));
            if m.is_finite() { row.fold(0.0, |sum, &x| sum + libm::exp(x - m)) } else { 0.0 }
        };
        let l: Vec<f64> = x.outer_iter().map(sum_of_exp).collect();
        ndarray::ArrayD::from_shape_vec(vec![4, 1], l).expect("a number a row")
    };
    Sketch::tiny(program, Sync::Interlocked, right).rounded_to(DType::Bf16)
}
