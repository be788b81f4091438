//! A row that saw no key has +inf as its log-sum-exp, and outweighs all others.
//!
//! flash-attention #978: the kernel returned +inf for empty rows, which is harmless until blocks are merged by it. In
//! o_a - sigmoid(lse_b - lse_a) (o_a - o_b), as ring attention merges them, the empty block b then takes all the
//! weight.

use machine::Sync;

use crate::sketch::{F32, Sketch, alone};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "empty_row_weighs_all",
    story: Story::Other("flash-attention #978"),
    mistake: "the log-sum-exp of a row that saw no key is +inf",
    repair: "it is -inf: the logarithm of nothing",
    expected: &["wrong_result"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = alone([4, 8], ([4, 8], F32), |tl, own| {
        let o_a = tl.load(own.x);
        let lse_a = tl.full([4, 1], F32, 2.0);
        // Block b saw no key.
        let o_b = tl.full([4, 8], F32, 0.0);
        let lse_b = tl.full([4, 1], F32, if form.is_repaired() { f32::NEG_INFINITY } else { f32::INFINITY });
        let difference = tl.sub(lse_a, lse_b);
        let e = tl.exp(difference);
        let one_more = tl.add(e, 1.0);
        let sigmoid = tl.reciprocal(one_more);
        let apart = tl.sub(o_a, o_b);
        let moved = tl.mul(apart, sigmoid);
        let y = tl.sub(o_a, moved);
        tl.store(y, own.y);
    });
    Sketch::tiny(program, Sync::Interlocked, |inputs| inputs["x"].clone())
}
