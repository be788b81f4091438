//! No slot is given back, and one more message waits for one for ever.
//!
//! tt-metal #19201: flash-decode attention hung in `cb_reserve_back`, the call in which a producer
//! waits for room that its consumer should make. More slots only move the message at which it
//! hangs.

use super::kept::kept;
use super::{Bug, Story};

pub const BUG: Bug = Bug {
    name: "credits_drained",
    story: Story::Other("tt-metal #19201"),
    mistake: "no slot is ever given back, and one more message needs one",
    repair: "release after the last use",
    told: include_str!("credits_drained.rs"),
    expected: &["slot_count"],
    draw: kept::<3>,
};
