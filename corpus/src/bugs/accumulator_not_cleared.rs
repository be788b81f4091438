//! A product is added to an accumulator that nothing has written.
//!
//! Scratch memory of a Pallas kernel holds whatever was there. On the first launch that is often 0,
//! and the kernel looks right. Interpret mode can fill it with NaN for this reason, as NKI's
//! simulator does. Planted as the read of a tile that was never written.

use machine::Sync;
use program::DType;

use crate::sketch::{F32, Sketch, alone};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "accumulator_not_cleared",
    story: Story::Other("Pallas"),
    mistake: "a product is added to an accumulator that nothing has written",
    repair: "fill it with zeros first",
    expected: &["uninitialised_read"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = alone([4, 8], ([4, 4], DType::Bf16), |tl, own| {
        let x = tl.load(own.x);
        let sum = tl.tile([4, 4], F32);
        if form.is_repaired() {
            tl.to(sum).fill(0.0);
        }
        tl.dot_acc(sum, x, x.trans());
        let y = tl.cast(sum, DType::Bf16);
        tl.store(y, own.y);
    });
    let right = |inputs: &kernels::Inputs| {
        let x = inputs["x"].view().into_dimensionality::<ndarray::Ix2>().expect("two axes");
        x.dot(&x.t()).into_dyn()
    };
    Sketch::tiny(program, Sync::Interlocked, right).rounded_to(DType::Bf16)
}
