//! A wait stands in a command buffer of its own, before the buffer that it should hold back.
//!
//! tinygrad, llama.cpp (`ggml_metal_event_wait`) and cubecl-metal wait so. Apple promises only that a wait pauses the
//! later passes of *its own* buffer. wgpu found it (pull request 9483) and, as MLX does, waits in the consumer's
//! buffer; llama.cpp has repaired two bugs in the same place (19402, 22260).
//!
//! `wait_in_its_own_buffer_overlap`: buffers of a queue start in order and may overlap, as Apple documents, so the
//! consumer starts without the wait. `wait_in_its_own_buffer_serial`: the queue happens to run one buffer after
//! another. The result is right, and the wait is reported all the same: the program relies on what no document
//! promises.

use machine::QueueModel;

use crate::sketch::{Sketch, devices};
use crate::transfer::{ONE, ONE_MORE, transfer};
use crate::{Bug, Form, Story};

const MISTAKE: &str = "the wait is committed alone, before the buffer that it should hold back";
const REPAIR: &str = "wait at the head of the consumer's buffer";

pub static BUGS: &[Bug] = &[
    Bug {
        name: "wait_in_its_own_buffer_serial",
        story: Story::UnorderedQueues,
        mistake: MISTAKE,
        repair: REPAIR,
        expected: &["wait_gates_nothing"],
        build: |form| build(form, QueueModel::Serial),
    },
    Bug {
        name: "wait_in_its_own_buffer_overlap",
        story: Story::UnorderedQueues,
        mistake: MISTAKE,
        repair: REPAIR,
        expected: &["race_raw", "wait_gates_nothing"],
        build: |form| build(form, QueueModel::Overlap),
    },
];

fn build(form: Form, model: QueueModel) -> Sketch {
    let program = transfer(
        |tl, shared| {
            shared.copy(tl);
            tl.event_signal(shared.done, ONE);
        },
        |tl, shared| {
            tl.event_wait(shared.done, ONE);
            if !form.is_repaired() {
                tl.commit();
            }
            shared.compute(tl);
        },
    );
    Sketch { program, machine: devices(model, true), reference: Some(ONE_MORE) }
}
