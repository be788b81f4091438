//! The wire type is changed on one side only.
//!
//! The sender casts to bf16, for its range; the receiver still lays an f16 view over the slot. Both have the same
//! size, so only the values differ. Planted: same slot, other shape or dtype.

use machine::Sync;
use program::DType;
use program::tl::Direction;

use crate::sketch::{F32, SHAPE, Sketch, by_rank, in_a_ring};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "stale_view",
    story: Story::Other("planted"),
    mistake: "a message is sent as bf16 and read as the f16 it used to be",
    repair: "receive what is sent, and convert",
    expected: &["mismatch"],
    build,
}];

fn build(form: Form) -> Sketch {
    let received = if form.is_repaired() { DType::Bf16 } else { DType::F16 };
    let program = in_a_ring(2, 2, |tl, own| {
        let x = tl.load(own.x);
        let wire = tl.cast(x, DType::Bf16);
        tl.send(Direction::Right, wire);
        let got = tl.recv(Direction::Left, SHAPE, received);
        let y = tl.cast(got, F32);
        tl.release(got);
        tl.store(y, own.y);
    });
    let right = |inputs: &_| {
        let rounded = |x: &f64| f64::from(kernels::round_to(*x as f32, DType::Bf16));
        by_rank(inputs, |x| [x[1].map(rounded), x[0].map(rounded)])
    };
    Sketch::tiny(program, Sync::Interlocked, right)
}
