//! Whole replays of op logs made by hand.

mod execution;
pub mod hand;
mod ledger;
mod memory;
mod races;
mod wrapped_slot;
