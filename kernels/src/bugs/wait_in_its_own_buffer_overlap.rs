//! A wait stands in a command buffer of its own, and the buffer it was meant for starts without it.
//!
//! The form of tinygrad, llama.cpp and cubecl-metal on the queue that Apple documents: buffers of a queue start in
//! order, and may overlap. wgpu found it (pull request 9483) and, as MLX does, waits in the consumer's buffer;
//! llama.cpp has mended two bugs in the same place (19402, 22260).

use machine::QueueModel;

use super::sketch::{Sketch, devices};
use super::transfer::{ONE, ONE_MORE, transfer};
use super::{Bug, Form, Story};

pub const BUG: Bug = Bug {
    name: "wait_in_its_own_buffer_overlap",
    story: Story::B,
    mistake: "the wait is committed alone, before the buffer that it should hold back",
    repair: "wait at the head of the consumer's buffer",
    told: include_str!("wait_in_its_own_buffer_overlap.rs"),
    expected: &["race_raw", "wait_gates_nothing"],
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
    Sketch { program, machine: devices(QueueModel::Overlap, true), reference: Some(ONE_MORE) }
}
