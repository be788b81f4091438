//! Schedule of an all-gather on a line or ring: which rank receives whose chunk at which step, when every rank sends its
//! own both ways and forwards what it receives.
//!
//! On a line the chunk of rank i reaches rank j at step |i − j|. On a ring it goes ⌈(n−1)/2⌉ steps to the right
//! and ⌊(n−1)/2⌋ to the left, so that each rank is reached once.

use program::tl::{Direction, Topology};

#[derive(Clone, Copy, Debug)]
pub struct Chain {
    pub topology: Topology,
    pub ranks: u32,
}

/// A chunk that reaches a rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The rank whose chunk it is.
    pub origin: u32,
    /// Direction of travel; it comes from the opposite side.
    pub heading: Direction,
    /// 1 when the origin is the neighbour.
    pub step: u32,
}

impl Chain {
    /// Ranks that a chunk can visit in a direction.
    pub fn limit(self, origin: u32, heading: Direction) -> u32 {
        let others = self.ranks - 1;
        match (self.topology, heading) {
            (Topology::Line, Direction::Right) => others - origin,
            (Topology::Line, Direction::Left) => origin,
            (Topology::Ring, Direction::Right) => others.div_ceil(2),
            (Topology::Ring, Direction::Left) => others / 2,
        }
    }

    /// The rank that a chunk reaches after `step` steps, within its limit.
    pub fn rank_at(self, origin: u32, heading: Direction, step: u32) -> u32 {
        match heading {
            Direction::Right => (origin + step) % self.ranks,
            Direction::Left => (origin + self.ranks - step) % self.ranks,
        }
    }

    /// The rank whose chunk, going that way, reaches `rank` at `step`.
    pub fn origin(self, rank: u32, heading: Direction, step: u32) -> Option<u32> {
        let origin = self.rank_at(rank, heading.opposite(), step);
        // On a line, counting back past its end comes out at the other end, from where nothing arrives.
        let arrives = match (self.topology, heading) {
            (Topology::Ring, _) => true,
            (Topology::Line, Direction::Right) => origin < rank,
            (Topology::Line, Direction::Left) => origin > rank,
        };
        (arrives && step <= self.limit(origin, heading)).then_some(origin)
    }

    /// Chunks that reach `rank`, in the order in which it receives them: step by step, at each step first what goes right.
    pub fn arrivals(self, rank: u32) -> impl Iterator<Item = Arrival> {
        (1..self.ranks).flat_map(move |step| {
            let arrival = move |heading: Direction| {
                self.origin(rank, heading, step).map(|origin| Arrival { origin, heading, step })
            };
            Direction::BOTH.into_iter().filter_map(arrival)
        })
    }

    /// Reach of a chunk that only some ranks need: to the last of them. Ranks between forward it.
    pub fn reach(self, origin: u32, heading: Direction, needs: impl Fn(u32) -> bool) -> u32 {
        let mut steps = (1..=self.limit(origin, heading)).rev();
        steps.find(|&step| needs(self.rank_at(origin, heading, step))).unwrap_or(0)
    }
}

#[cfg(test)]
#[path = "chain_tests.rs"]
mod tests;
