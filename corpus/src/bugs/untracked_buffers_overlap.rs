//! Two command buffers of one queue, the second reads what the first writes, and the memory is untracked.
//!
//! Metal orders conflicting passes of a queue for resources that it tracks. Those from a heap, and everything on an
//! `MTL4CommandQueue`, are untracked by default: there buffers overlap, and candle and MLX carry barriers of their
//! own. The runtime of the reused mask took the order of commits for an order of passes.

use program::tl::Recording;

use crate::sketch::{Sketch, plus_one};
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
    let done = recording.event();
    plus_one(recording, ["hidden"], false, |tl, own, [hidden]| {
        let tile = tl.load(own.x);
        tl.store(tile, hidden);
        if form.is_repaired() {
            tl.event_signal(done, ONE);
        }
        tl.commit();
        if form.is_repaired() {
            tl.event_wait(done, ONE);
        }
        let tile = tl.load(hidden);
        let sum = tl.add(tile, 1.0);
        tl.store(sum, own.y);
        tl.commit();
    })
}
