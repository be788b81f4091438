//! The first signal has value 0, and the wait for it stands in a command buffer of its own.
//!
//! tinygrad's `_transfer` as it was written (pull request 5308, 2024): `timeline_value` starts at 0, is signalled
//! and waited for, and only then counted up. An event holds 0 from the start, so the first transfer out of each
//! device is not ordered at all. And the wait goes into an empty command buffer, which by Apple's words gates
//! nothing but itself. Upstream made the host wait for each transfer (11622) and named no cause.

use machine::QueueModel;

use super::transfer::from_0;
use super::{Bug, Story};

pub const BUG: Bug = Bug {
    name: "event_from_0_in_its_own_buffer",
    story: Story::B,
    mistake: "the event is counted from 0, and the wait has a command buffer to itself",
    repair: "count from 1, and wait at the head of the consumer's buffer",
    told: include_str!("event_from_0_in_its_own_buffer.rs"),
    expected: &["race_raw", "vacuous_wait", "wait_gates_nothing"],
    draw: |form| from_0(form, QueueModel::Overlap),
};
