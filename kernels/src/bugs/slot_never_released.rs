//! One slot of two is never given back.
//!
//! The harmless-looking form of the leak that drained the credits in tt-metal #54650: the kernel
//! ends, the result is right, and the ring is one slot smaller for whoever comes next.
//! `credits_leaked` takes every slot, and `credits_drained` sends once more.

use super::kept::kept;
use super::{Bug, Story};

pub const BUG: Bug = Bug {
    name: "slot_never_released",
    story: Story::Other("tt-metal #54650"),
    mistake: "a message is received, and its slot is never given back",
    repair: "release after the last use",
    told: include_str!("slot_never_released.rs"),
    expected: &["slot_leak"],
    draw: kept::<1>,
};
