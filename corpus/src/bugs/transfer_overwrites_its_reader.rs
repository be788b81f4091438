//! The producer copies the next tensor to a buffer that the consumer may still read.
//!
//! An event from producer to consumer, as in tinygrad's `_transfer`, is half a protocol: it announces the copy. In a
//! ring of devices the same buffer is filled again and again, and a write after a read needs an edge as well.

use std::num::NonZeroU32;

use machine::QueueModel;
use program::tl::Recording;

use crate::sketch::{F32, Plain, SHAPE, Sketch, devices};
use crate::transfer::ONE;
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "transfer_overwrites_its_reader",
    story: Story::UnorderedQueues,
    mistake: "the producer copies the next tensor to a buffer that may still be read",
    repair: "the producer's second buffer begins with a wait for the consumer's event",
    expected: &["race_war"],
    build,
}];

/// Tensors that pass through one buffer.
const N: u32 = 2;

fn build(form: Form) -> Sketch {
    let mut recording = Recording::new("bugs", 2);
    let whole = [N, SHAPE[0], SHAPE[1]];
    let (x, y) = (recording.input("x", whole, F32), recording.output("y", whole, F32));
    let (x, y) = (recording.input_share(x, 0, [0; 3], whole), recording.output_share(y, 1, [0; 3], whole));
    let copied = recording.scratch("x on METAL:1", 1, SHAPE, F32);
    let (made, used) = (recording.event(), recording.event());
    let program = recording.record(|tl| {
        for i in 0..N {
            let value = ONE.saturating_add(i);
            if tl.rank() == 0 {
                if let Some(last) = NonZeroU32::new(i).filter(|_| form.is_repaired()) {
                    tl.event_wait(used, last);
                }
                let tile = tl.load(tl.tensor(x).slice(0, i, 1).reshape(SHAPE));
                tl.store(tile, tl.tensor(copied));
                tl.event_signal(made, value);
            } else {
                tl.event_wait(made, value);
                let tile = tl.load(tl.tensor(copied));
                let sum = tl.add(tile, 1.0);
                tl.store(sum, tl.tensor(y).slice(0, i, 1).reshape(SHAPE));
                tl.event_signal(used, value);
            }
            tl.commit();
        }
    });
    let reference = Plain::rounded("y", F32, |inputs| inputs["x"].clone() + 1.0);
    let program = program.expect("a bug is well formed");
    Sketch { program, machine: devices(QueueModel::Overlap, true), reference: Some(reference) }
}
