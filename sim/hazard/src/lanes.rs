//! What a clock counts. Things that end in order share a lane, so that a count says which have ended: the ops of a
//! queue, and messages that arrive in one slot.

use std::collections::BTreeSet;

use oplog::EventGraph;
use program::{Message, Op, Program, Rank, RingId};

use crate::cells::Touch;

/// The lanes of a program: those of every PE's queues, then those of slots.
pub struct Lanes {
    /// By ring: the lane of its first slot. Only of rings with receives that a signal or a release names: of all
    /// others an op knows what its sequencer has waited for.
    arrivals: Vec<Option<u32>>,
    n_slots: Vec<u32>,
    n_lanes: u32,
}

impl Lanes {
    pub fn of(graph: &EventGraph<'_>) -> Lanes {
        let program = graph.program;
        let mut n_lanes = program.ranks.len() as u32 * graph.n_queues();
        let mut arrivals = vec![None; program.rings.len()];
        let n_slots: Vec<u32> = program.rings.iter().map(|ring| ring.n_slots).collect();
        for ring in told_arrivals(program) {
            arrivals[ring.index()] = Some(n_lanes);
            n_lanes += n_slots[ring.index()];
        }
        Lanes { arrivals, n_slots, n_lanes }
    }

    pub fn count(&self) -> usize {
        self.n_lanes as usize
    }
    pub fn touch(&self, graph: &EventGraph<'_>, rank: Rank, op: u32) -> Touch {
        let (queue, number) = graph.place_in_queue(op);
        Touch { op, queue: sequencer(graph, rank) + queue, number }
    }

    /// Where the arrival of a message is counted, and the count that tells of it. A message comes to a slot after
    /// the one before it there was given back: who reads that one still is told of for another reason.
    pub fn arrival(&self, message: Message) -> Option<(u32, u32)> {
        let n_slots = self.n_slots[message.ring.index()];
        let first = self.arrivals[message.ring.index()]?;
        Some((first + message.number % n_slots, message.number / n_slots + 1))
    }
}

/// The lane of what a rank has issued.
pub fn sequencer(graph: &EventGraph<'_>, rank: Rank) -> u32 {
    rank.0 * graph.n_queues()
}

/// The rings of asynchronous receives whose ends tell others.
fn told_arrivals(program: &Program) -> BTreeSet<RingId> {
    let mut rings = BTreeSet::new();
    for rank in &program.ranks {
        for op in &rank.ops {
            let (Op::Signal { after, .. } | Op::Release { after, .. }) = op else { continue };
            for named in after {
                if let Op::RecvAsync { message, .. } = rank.ops[named.index()] {
                    rings.insert(message.ring);
                }
            }
        }
    }
    rings
}
