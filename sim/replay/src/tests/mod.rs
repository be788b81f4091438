//! Whole replays of op logs made by hand.

mod ends;
mod execution;
pub mod hand;
mod host_inputs;
mod memory;
mod orders;
mod races;
mod wrapped_slot;
