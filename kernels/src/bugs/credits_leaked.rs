//! Every slot of the ring is kept, and just enough messages are sent that nobody notices.
//!
//! tt-metal #54650: the credits of a channel drained to 0, with "no error anywhere". What hangs in
//! the end is whoever sends next, and that is not who forgot to release.

use super::kept::kept;
use super::{Bug, Story};

pub const BUG: Bug = Bug {
    name: "credits_leaked",
    story: Story::Other("tt-metal #54650"),
    mistake: "no slot is ever given back, and there are just enough",
    repair: "release after the last use",
    told: include_str!("credits_leaked.rs"),
    expected: &["credit_leak"],
    draw: kept::<2>,
};
