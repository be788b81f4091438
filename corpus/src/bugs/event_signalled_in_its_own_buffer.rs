//! The event is signalled from a command buffer of its own, behind the one that makes what it announces.
//!
//! llama.cpp's Metal backend recorded the event of an asynchronous copy in a separate command buffer (pull request
//! 19402, 2026). Buffers of a queue start in order and may overlap, so the signal says that the copy was
//! committed, not that it is done.

use machine::QueueModel;

use crate::sketch::{Sketch, devices};
use crate::transfer::{ONE, ONE_MORE, transfer};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "event_signalled_in_its_own_buffer",
    story: Story::UnorderedQueues,
    mistake: "the signal is committed on its own, after the buffer with the copy",
    repair: "signal in the copy's buffer, after its last pass",
    expected: &["race_raw"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = transfer(
        |tl, shared| {
            shared.copy(tl);
            if !form.is_repaired() {
                tl.commit();
            }
            tl.event_signal(shared.done, ONE);
        },
        |tl, shared| {
            tl.event_wait(shared.done, ONE);
            shared.compute(tl);
        },
    );
    Sketch { program, machine: devices(QueueModel::Overlap, true), reference: Some(ONE_MORE) }
}
