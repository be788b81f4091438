//! A sharded tensor loses the record of which device holds which part.
//!
//! tinygrad, beside the missing events: a tensor sharded over four devices went through a reduce, a multiply and a
//! reshape, and the result "lived" on all four devices, but had no parts. A reader gets memory that was allocated for
//! the result and never written.

use machine::QueueModel;
use program::TensorId;
use program::tl::Recording;

use crate::sketch::{F32, Plain, Sketch, devices};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "sharded_tensor_without_parts",
    story: Story::UnorderedQueues,
    mistake: "after a reshape, each device reads its part of a tensor that was never filled",
    repair: "the result keeps the parts of what it was made from",
    expected: &["uninitialised_read"],
    build,
}];

const DEVICES: u32 = 4;
const WIDTH: u32 = 8;
const PART: [u32; 3] = [1, 1, WIDTH];

fn build(form: Form) -> Sketch {
    let mut recording = Recording::new("bugs", DEVICES);
    let (x, y) =
        (recording.input("x", [DEVICES, 4, WIDTH], F32), recording.output("y", [DEVICES, 1, WIDTH], F32));
    let mut on_each = |f: &mut dyn FnMut(&mut Recording, u32) -> TensorId| -> Vec<TensorId> {
        (0..DEVICES).map(|device| f(&mut recording, device)).collect()
    };
    let xs =
        on_each(&mut |recording, device| recording.input_share(x, device, [device, 0, 0], [1, 4, WIDTH]));
    let ys = on_each(&mut |recording, device| recording.output_share(y, device, [device, 0, 0], PART));
    let reduced = on_each(&mut |recording, device| recording.scratch("reduced", device, PART, F32));
    let reshaped = on_each(&mut |recording, device| recording.scratch("reshaped", device, PART, F32));
    let program = recording.record(|tl| {
        let device = tl.rank() as usize;
        let tile = tl.load(tl.tensor(xs[device]));
        let largest = tl.max(tile, 1);
        let doubled = tl.mul(largest, 2.0);
        tl.store(doubled, tl.tensor(reduced[device]));
        let parts = if form.is_repaired() { &reduced } else { &reshaped };
        let part = tl.load(tl.tensor(parts[device]));
        tl.store(part, tl.tensor(ys[device]));
        tl.commit();
    });
    let reference = Plain::rounded("y", F32, |inputs| {
        let largest = inputs["x"].fold_axis(ndarray::Axis(1), f64::NEG_INFINITY, |&a, &b| a.max(b));
        largest.insert_axis(ndarray::Axis(1)) * 2.0
    });
    let program = program.expect("a bug is well formed");
    Sketch { program, machine: devices(QueueModel::Overlap, true), reference: Some(reference) }
}
