//! The rings between neighbours on a line or ring of ranks.

use crate::program::{Rank, Ring};
use crate::view::RingId;

/// Whether the last rank and the first are neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topology {
    Line,
    Ring,
}

/// A side of a rank: `Right` leads to rank + 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    Left,
    Right,
}

impl Direction {
    pub const BOTH: [Direction; 2] = [Direction::Right, Direction::Left];

    #[must_use]
    pub const fn opposite(self) -> Direction {
        match self {
            Direction::Left => Direction::Right,
            Direction::Right => Direction::Left,
        }
    }
    pub const fn name(self) -> &'static str {
        match self {
            Direction::Left => "left",
            Direction::Right => "right",
        }
    }
    /// What goes right uses queue 0, what goes left queue 1: on a ring of two ranks, both lead to the same
    /// neighbour and are still two rings.
    pub const fn queue(self) -> u32 {
        match self {
            Direction::Right => 0,
            Direction::Left => 1,
        }
    }
}

/// The neighbours of every rank and the rings to them.
#[derive(Clone, Debug)]
pub(super) struct Links {
    topology: Topology,
    n_ranks: u32,
    /// By rank, then queue: the ring that leaves the rank in that direction.
    outgoing: Vec<[Option<RingId>; 2]>,
}

impl Links {
    /// Declares the rings, each a copy of `like` with its own ends and queue, after those in `rings`.
    pub fn declare(topology: Topology, n_ranks: u32, like: &Ring, rings: &mut Vec<Ring>) -> Links {
        let mut links = Links { topology, n_ranks, outgoing: vec![[None; 2]; n_ranks as usize] };
        for rank in 0..n_ranks {
            for direction in Direction::BOTH {
                let Some(neighbour) = links.neighbour(rank, direction) else { continue };
                let queue = direction.queue();
                links.outgoing[rank as usize][queue as usize] = Some(RingId(rings.len() as u32));
                rings.push(Ring { producer: Rank(rank), consumer: Rank(neighbour), queue, ..like.clone() });
            }
        }
        links
    }

    pub fn neighbour(&self, rank: u32, direction: Direction) -> Option<u32> {
        let n = self.n_ranks;
        let closed = self.topology == Topology::Ring && n > 1;
        match direction {
            Direction::Right if rank + 1 < n => Some(rank + 1),
            Direction::Left if rank > 0 => Some(rank - 1),
            Direction::Right => closed.then_some(0),
            Direction::Left => closed.then(|| n - 1),
        }
    }
    /// The ring on which `rank` sends in a direction.
    pub fn to(&self, rank: u32, direction: Direction) -> Option<RingId> {
        self.outgoing[rank as usize][direction.queue() as usize]
    }
    /// The ring on which `rank` receives from a side: what its neighbour there sends the other way.
    pub fn from(&self, rank: u32, side: Direction) -> Option<RingId> {
        self.to(self.neighbour(rank, side)?, side.opposite())
    }
}
