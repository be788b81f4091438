//! Whole replays of op logs made by hand.

mod ends;
mod execution;
pub mod hand;
mod host_inputs;
mod memory;
mod orders;
mod races;
mod values_in;
mod wrapped_slot;
