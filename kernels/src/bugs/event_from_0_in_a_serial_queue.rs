//! The first signal has value 0, on queues that run one command buffer after another.
//!
//! tinygrad's `_transfer` again. If a queue runs its buffers one after another, as some drivers do, a wait in a
//! buffer of its own does hold those behind it. That leaves the other mistake, and it is enough: an event starts
//! at 0, so a wait for 0 is over before it begins. llama.cpp and cubecl count up first and do not have it.

use machine::QueueModel;

use super::transfer::from_0;
use super::{Bug, Story};

pub const BUG: Bug = Bug {
    name: "event_from_0_in_a_serial_queue",
    story: Story::B,
    mistake: "the event is counted from 0: the first wait waits for nothing",
    repair: "count from 1, and wait at the head of the consumer's buffer",
    told: include_str!("event_from_0_in_a_serial_queue.rs"),
    expected: &["race_raw", "vacuous_wait", "wait_gates_nothing"],
    draw: |form| from_0(form, QueueModel::Serial),
};
