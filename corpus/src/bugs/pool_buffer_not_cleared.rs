//! A KV cache from a buffer pool is read beyond the rows that have been written.
//!
//! The runtime of the reused mask: `makeBuffer` gives zeros, but a pool gives what its last user left. The unused
//! rows of the cache are masked to a weight of 0, which hides everything but a NaN: 0 · NaN is NaN.

use machine::QueueModel;
use program::tl::Recording;

use crate::sketch::{F32, Plain, SHAPE, Sketch, devices};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "pool_buffer_not_cleared",
    story: Story::ReusedMask,
    mistake: "a sum over all rows of the cache reads rows that no step has written yet",
    repair: "clear a buffer when it comes from the pool",
    expected: &["uninitialised_read"],
    build,
}];

const ROW: [u32; 2] = [1, SHAPE[1]];

fn build(form: Form) -> Sketch {
    let mut recording = Recording::new("bugs", 1);
    let (x, y) = (recording.input("x", ROW, F32), recording.output("y", ROW, F32));
    let (x, y) = (recording.input_share(x, 0, [0, 0], ROW), recording.output_share(y, 0, [0, 0], ROW));
    let cache = recording.scratch("kv cache", 0, SHAPE, F32);
    let program = recording.record(|tl| {
        if form.is_repaired() {
            let zeros = tl.full(SHAPE, F32, 0.0);
            tl.store(zeros, tl.tensor(cache));
        }
        let new = tl.load(tl.tensor(x));
        tl.store(new, tl.tensor(cache).slice(0, 0, 1));
        let all = tl.load(tl.tensor(cache));
        let row = tl.iota([SHAPE[0], 1], 0, 0, 1);
        let is_used = tl.compare(program::op::CompareFn::Lt, row, 1.0);
        let weight = tl.cast(is_used, F32);
        let weighted = tl.mul(all, weight);
        let sum = tl.sum(weighted, 0);
        tl.store(sum, tl.tensor(y));
        tl.commit();
    });
    let reference = Plain::rounded("y", F32, |inputs| inputs["x"].clone());
    let program = program.expect("a bug is well formed");
    Sketch { program, machine: devices(QueueModel::Overlap, true), reference: Some(reference) }
}
