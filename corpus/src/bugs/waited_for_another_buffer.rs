//! The host waits for a command buffer before it reads, and it is not the one that writes what it reads.
//!
//! candle (pull request 3595, 2026): a readback encoded its copy and waited for "the last buffer in flight". Where
//! another thread had taken that list in between, the wait was over while the copy had not begun, and the reader
//! got stale memory. The repair commits and waits for that very buffer.

use machine::QueueModel;
use program::tl::Recording;

use crate::sketch::{F32, Plain, SHAPE, Sketch, devices};
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
    let mut recording = Recording::new("bugs", 1);
    let (x, y) = (recording.input("x", SHAPE, F32), recording.output("y", SHAPE, F32));
    let (x, y) = (recording.input_share(x, 0, [0, 0], SHAPE), recording.output_share(y, 0, [0, 0], SHAPE));
    let [logits, readback] = ["logits", "readback"].map(|name| recording.scratch(name, 0, SHAPE, F32));
    let program = recording.record(|tl| {
        let tile = tl.load(tl.tensor(x));
        let sum = tl.add(tile, 1.0);
        tl.store(sum, tl.tensor(logits));
        let computed = tl.commit();
        let tile = tl.load(tl.tensor(logits));
        tl.store(tile, tl.tensor(readback));
        let copied = tl.commit();
        tl.wait(&[if form.is_repaired() { copied } else { computed }]);
        tl.host_copy(tl.tensor(readback), tl.tensor(y));
    });
    let reference = Plain::rounded("y", F32, |inputs| inputs["x"].clone() + 1.0);
    let program = program.expect("a bug is well formed");
    Sketch { program, machine: devices(QueueModel::Overlap, true), reference: Some(reference) }
}
