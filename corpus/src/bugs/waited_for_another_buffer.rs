//! The host waits for a command buffer before it reads, and it is not the one that writes what it reads.
//!
//! candle (pull request 3595, 2026): a readback encoded its copy and waited for "the last buffer in flight". Where
//! another thread had taken that list in between, the wait was over while the copy had not begun, and the reader
//! got stale memory. The repair commits and waits for that very buffer.

use program::tl::Recording;

use crate::sketch::{Sketch, plus_one};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "waited_for_another_buffer",
    story: Story::ReusedMask,
    mistake: "the host waits for an earlier buffer than the one that copies its result",
    repair: "wait for the very buffer that makes what is read",
    expected: &["race_raw"],
    build,
}];

fn build(form: Form) -> Sketch {
    plus_one(Recording::new("bugs", 1), ["logits", "readback"], true, |tl, own, [logits, readback]| {
        let tile = tl.load(own.x);
        let sum = tl.add(tile, 1.0);
        tl.store(sum, logits);
        let computed = tl.commit();
        let tile = tl.load(logits);
        tl.store(tile, readback);
        let copied = tl.commit();
        tl.wait(&[if form.is_repaired() { copied } else { computed }]);
        tl.host_copy(readback, own.y);
    })
}
