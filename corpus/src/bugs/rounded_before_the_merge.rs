//! The outputs of blocks are rounded to bf16, and merged after that.
//!
//! ring-flash-attention lists it among its known limitations: each block's kernel returns bf16, and
//! the merge in f32 cannot get back what is lost, so the result is worse than that of one kernel.
//! It shows where blocks cancel: here two of about +100 and -100, whose roundings are as large as
//! their mean. Where they do not, the error is within the usual bound.

use machine::Sync;
use ndarray::Axis;
use program::DType;

use crate::sketch::{F32, Sketch, alone};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "rounded_before_the_merge",
    story: Story::Other("ring-flash-attention"),
    mistake: "the outputs of blocks are rounded to bf16 before they are merged",
    repair: "merge in f32, and round once",
    expected: &["wrong_result"],
    build,
}];

fn build(form: Form) -> Sketch {
    let returned = if form.is_repaired() { F32 } else { DType::Bf16 };
    let program = alone([4, 16], ([4, 8], DType::Bf16), |tl, own| {
        let x = tl.load(own.x);
        let blocks = [(0, 100.0), (8, -100.0)].map(|(start, shift)| {
            let o = tl.tile([4, 8], returned);
            tl.to(o).add(x.slice(1, start, 8), shift);
            tl.cast(o, F32)
        });
        let sum = tl.add(blocks[0], blocks[1]);
        let y = tl.tile([4, 8], DType::Bf16);
        tl.to(y).mul(sum, 0.5);
        tl.store(y, own.y);
    });
    let right = |inputs: &kernels::Inputs| {
        let (a, b) = inputs["x"].view().split_at(Axis(1), 8);
        (a.to_owned() + b) / 2.0
    };
    Sketch::tiny(program, Sync::Interlocked, right).rounded_to(DType::Bf16)
}
