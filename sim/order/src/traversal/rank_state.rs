//! State of one rank in the traversal: its sequencer, pending sends and effects, and command buffers.

use std::collections::VecDeque;

use program::{OpIndex, RankProgram};

use super::buffers::Buffers;
use crate::Clock;

pub struct RankState {
    /// The op its sequencer is at.
    pub next: u32,
    /// What the sequencer knows.
    pub clock: Clock,
    /// What the end of the last send knows.
    pub sent: Clock,
    /// Sends that were issued and have not started, in order.
    pub sends: VecDeque<Pending>,
    /// Releases, signals and receives that were issued and have not taken effect.
    pub effects: Vec<Pending>,
    pub buffers: Buffers,
}

/// An op that was issued, and what its issue knew.
pub struct Pending {
    pub op: u32,
    pub index: OpIndex,
    pub clock: Clock,
}

impl RankState {
    pub fn new(nothing: &Clock, rank: &RankProgram, queued: bool) -> RankState {
        RankState {
            next: 0,
            clock: nothing.clone(),
            sent: nothing.clone(),
            sends: VecDeque::new(),
            effects: Vec::new(),
            buffers: if queued { Buffers::of(rank) } else { Buffers::default() },
        }
    }
}
