//! The host waits for a pass whose command buffer it has not committed.
//!
//! The runtime that reused its mask gave right logits, zeros, or a hang; this is one way to a hang. Encoded passes
//! run once they are committed, so a wait before the commit never ends. candle's `ensure_completed` therefore commits
//! a buffer that is still open, and then waits.

use machine::QueueModel;
use program::tl::Recording;

use crate::sketch::{F32, Plain, SHAPE, Sketch, devices};
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
    let mut recording = Recording::new("bugs", 1);
    let (x, y) = (recording.input("x", SHAPE, F32), recording.output("y", SHAPE, F32));
    let (x, y) = (recording.input_share(x, 0, [0, 0], SHAPE), recording.output_share(y, 0, [0, 0], SHAPE));
    let logits = recording.scratch("logits", 0, SHAPE, F32);
    let program = recording.record(|tl| {
        let tile = tl.load(tl.tensor(x));
        let sum = tl.add(tile, 1.0);
        let stored = tl.store(sum, tl.tensor(logits));
        if form.is_repaired() {
            tl.commit();
            tl.wait(&[stored]);
        } else {
            tl.wait(&[stored]);
            tl.commit();
        }
        tl.host_copy(tl.tensor(logits), tl.tensor(y));
    });
    let reference = Plain::rounded("y", F32, |inputs| inputs["x"].clone() + 1.0);
    let program = program.expect("a bug is well formed");
    Sketch { program, machine: devices(QueueModel::Overlap, true), reference: Some(reference) }
}
