//! Four command queues on one GPU, and nothing orders what one makes and another reads.
//!
//! tinygrad ran LLaMA sharded over METAL, METAL:1, METAL:2 and METAL:3, and the model repeated one letter for ever.
//! Copies between the devices were ordered by events; what was computed was not.

use machine::QueueModel;

use crate::sketch::{Sketch, devices};
use crate::transfer::{ONE, ONE_MORE, transfer};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "queue_without_events",
    story: Story::UnorderedQueues,
    mistake: "a device reads what another one's queue copies, and no event orders the two",
    repair: "the consumer's buffer begins with a wait for the producer's event",
    expected: &["race_raw"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = transfer(
        |tl, shared| {
            shared.copy(tl);
            if form.is_repaired() {
                tl.event_signal(shared.done, ONE);
            }
        },
        |tl, shared| {
            if form.is_repaired() {
                tl.event_wait(shared.done, ONE);
            }
            shared.compute(tl);
        },
    );
    Sketch { program, machine: devices(QueueModel::Overlap, true), reference: Some(ONE_MORE) }
}
