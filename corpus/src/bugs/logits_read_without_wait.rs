//! The host reads the logits of a command buffer that it has committed but not waited for.
//!
//! The runtime of the reused mask: nothing synchronised before the CPU's read. Memory is shared, so the read needs no
//! copy and meets no error; it gives the logits, or the zeros that a fresh buffer holds.

use program::tl::Recording;

use crate::sketch::{Sketch, plus_one};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "logits_read_without_wait",
    story: Story::ReusedMask,
    mistake: "the host reads what a committed buffer may not have made yet",
    repair: "wait until the buffer has completed",
    expected: &["race_raw"],
    build,
}];

fn build(form: Form) -> Sketch {
    plus_one(Recording::new("bugs", 1), ["logits"], true, |tl, own, [logits]| {
        let tile = tl.load(own.x);
        let sum = tl.add(tile, 1.0);
        tl.store(sum, logits);
        let committed = tl.commit();
        if form.is_repaired() {
            tl.wait(&[committed]);
        }
        tl.host_copy(logits, own.y);
    })
}
