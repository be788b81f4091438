//! Ties: the order of events of one time (ADR 0061).
//!
//! At one time, what the ranks do comes first, by rank and op. Of the packets and requests that then want a port, a link
//! or a memory, the one whose op comes first by rank and index goes first. The order follows from what the events are,
//! and not from when they were scheduled. An event that another of the same time brings about takes its place among those
//! that have not fired.

use machine::Random;

use crate::event::OpId;

/// Place of an event among those of its time: the lowest fires first. Events of one turn fire as scheduled; they belong to
/// one op or one rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn(u64);

/// Of requests, which come after everything else of their time.
const REQUEST: u64 = 1 << 63;

impl Turn {
    /// What an op does.
    pub fn of(op: OpId) -> Turn {
        Turn(u64::from(op.rank) << 32 | u64::from(op.index))
    }
    /// What reaches a rank from outside: before its own ops.
    pub fn into(rank: u32) -> Turn {
        Turn::of(OpId { rank, index: 0 })
    }
    /// The next step of a sequencer: after its rank's ops, so that it sees what they did.
    pub fn next(rank: u32) -> Turn {
        Turn::of(OpId { rank, index: u32::MAX })
    }
}

/// Order of requests at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ties {
    /// By rank and op.
    #[default]
    Canonical,
    /// Drawn from a seed, once an op: another arbiter.
    Drawn(u64),
}

impl Ties {
    /// The turn of a packet or request of an op.
    pub fn request(self, op: OpId) -> Turn {
        let Turn(canonical) = Turn::of(op);
        match self {
            Ties::Canonical => Turn(REQUEST | canonical),
            Ties::Drawn(seed) => {
                Turn(REQUEST | Random::seeded(seed ^ Random::seeded(canonical).bits()).bits())
            }
        }
    }
}
