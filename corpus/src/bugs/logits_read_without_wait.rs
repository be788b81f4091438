//! The host reads the logits of a command buffer that it has committed but not waited for.
//!
//! The runtime of the reused mask: nothing synchronised before the CPU's read. Memory is shared, so the read needs no
//! copy and meets no error; it gives the logits, or the zeros that a fresh buffer holds.

use machine::QueueModel;
use program::tl::Recording;

use crate::sketch::{F32, Plain, SHAPE, Sketch, devices};
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
    let mut recording = Recording::new("bugs", 1);
    let (x, y) = (recording.input("x", SHAPE, F32), recording.output("y", SHAPE, F32));
    let (x, y) = (recording.input_share(x, 0, [0, 0], SHAPE), recording.output_share(y, 0, [0, 0], SHAPE));
    let logits = recording.scratch("logits", 0, SHAPE, F32);
    let program = recording.record(|tl| {
        let tile = tl.load(tl.tensor(x));
        let sum = tl.add(tile, 1.0);
        tl.store(sum, tl.tensor(logits));
        let committed = tl.commit();
        if form.is_repaired() {
            tl.wait(&[committed]);
        }
        tl.host_copy(tl.tensor(logits), tl.tensor(y));
    });
    let reference = Plain::rounded("y", F32, |inputs| inputs["x"].clone() + 1.0);
    let program = program.expect("a bug is well formed");
    Sketch { program, machine: devices(QueueModel::Overlap, true), reference: Some(reference) }
}
