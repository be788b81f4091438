//! Whole replays of op logs made by hand.

mod execution;
mod hand;
mod ledger;
mod memory;
mod wrapped_slot;
