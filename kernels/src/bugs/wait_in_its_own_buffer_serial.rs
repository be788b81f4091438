//! A wait stands in a command buffer of its own, on queues that happen to run one buffer after another.
//!
//! tinygrad, llama.cpp (`ggml_metal_event_wait`) and cubecl-metal wait so. Where a queue runs its buffers one after
//! another this works; Apple promises only that a wait pauses the later passes of *its own* buffer. Nothing goes
//! wrong here, and the wait is named all the same: the program relies on what nobody promises.

use machine::QueueModel;

use super::sketch::{Sketch, devices};
use super::transfer::{ONE, ONE_MORE, transfer};
use super::{Bug, Form, Story};

pub const BUG: Bug = Bug {
    name: "wait_in_its_own_buffer_serial",
    story: Story::B,
    mistake: "the wait is committed alone, before the buffer that it should hold back",
    repair: "wait at the head of the consumer's buffer",
    told: include_str!("wait_in_its_own_buffer_serial.rs"),
    expected: &["wait_gates_nothing"],
    draw,
};

fn draw(form: Form) -> Sketch {
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
    Sketch { program, machine: devices(QueueModel::Serial, true), reference: Some(ONE_MORE) }
}
