//! The host waits for a pass whose command buffer it has not committed.
//!
//! The runtime that reused its mask gave right logits, zeros, or a hang; this is one way to a hang. Encoded passes
//! run once they are committed, so a wait before the commit never ends. candle's `ensure_completed` therefore commits
//! a buffer that is still open, and then waits.

use program::tl::Recording;

use crate::sketch::{Sketch, plus_one};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "waited_before_commit",
    story: Story::ReusedMask,
    mistake: "the host waits before it commits",
    repair: "commit, and then wait",
    expected: &["deadlock"],
    build,
}];

fn build(form: Form) -> Sketch {
    plus_one(Recording::new("bugs", 1), ["logits"], true, |tl, own, [logits]| {
        let tile = tl.load(own.x);
        let sum = tl.add(tile, 1.0);
        let stored = tl.store(sum, logits);
        if form.is_repaired() {
            tl.commit();
            tl.wait(&[stored]);
        } else {
            tl.wait(&[stored]);
            tl.commit();
        }
        tl.host_copy(logits, own.y);
    })
}
