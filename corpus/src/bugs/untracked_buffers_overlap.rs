//! Two command buffers of one queue, the second reads what the first writes, and the memory is untracked.
//!
//! Metal orders conflicting passes of a queue for resources that it tracks. Those from a heap, and everything on an
//! `MTL4CommandQueue`, are untracked by default: there buffers overlap, and candle and MLX carry barriers of their
//! own. The runtime of the reused mask took the order of commits for an order of passes.

use machine::QueueModel;
use program::tl::Recording;

use crate::sketch::{F32, Plain, SHAPE, Sketch, devices};
use crate::transfer::ONE;
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "untracked_buffers_overlap",
    story: Story::ReusedMask,
    mistake: "the next buffer of the queue is taken to start after the last one has ended",
    repair: "signal behind the producer's passes, and wait at the head of the next buffer",
    expected: &["race_raw"],
    build,
}];

fn build(form: Form) -> Sketch {
    let mut recording = Recording::new("bugs", 1);
    let (x, y) = (recording.input("x", SHAPE, F32), recording.output("y", SHAPE, F32));
    let (x, y) = (recording.input_share(x, 0, [0, 0], SHAPE), recording.output_share(y, 0, [0, 0], SHAPE));
    let hidden = recording.scratch("hidden", 0, SHAPE, F32);
    let done = recording.event();
    let program = recording.record(|tl| {
        let tile = tl.load(tl.tensor(x));
        tl.store(tile, tl.tensor(hidden));
        if form.is_repaired() {
            tl.event_signal(done, ONE);
        }
        tl.commit();
        if form.is_repaired() {
            tl.event_wait(done, ONE);
        }
        let tile = tl.load(tl.tensor(hidden));
        let sum = tl.add(tile, 1.0);
        tl.store(sum, tl.tensor(y));
        tl.commit();
    });
    let reference = Plain::rounded("y", F32, |inputs| inputs["x"].clone() + 1.0);
    let program = program.expect("a bug is well formed");
    Sketch { program, machine: devices(QueueModel::Overlap, false), reference: Some(reference) }
}
