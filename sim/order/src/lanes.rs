//! Lanes of a vector clock. Things that end in order share a lane, so that a count says which have ended: the ops of a
//! queue, messages that arrive in one slot, and passes of command buffers of which each knows the one before it to have
//! ended. A queue whose ops touch nothing that is watched has none: no one asks whether they have ended.

use std::collections::BTreeSet;

use program::{Message, Op, OpIndex, Rank, RankProgram, RecvOp, RingId, SyncOp};

use crate::queue::SEQUENCER;
use crate::{Clock, EventGraph, InLane};

/// An op that touched some bytes, and its place in the queues of all PEs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    pub op: u32,
    pub queue: u32,
    pub number: u32,
}

impl InLane for Touch {
    fn lane(&self) -> usize {
        self.queue as usize
    }
}

/// Says whether anybody asks what an op of this rank touches: see [`crate::traversal::Traversal::new`].
pub type Watched<'a> = &'a dyn Fn(&RankProgram, &Op) -> bool;

/// The lanes of a program: those of every rank's sequencer, then of queues, then of slots.
pub struct Lanes {
    /// By rank and queue; `NONE` of one that is not watched.
    queues: Vec<u32>,
    n_queues: u32,
    /// By ring: the lane of its first slot. Only of rings with receives that a signal or a release waits for: of
    /// all others an op knows what its sequencer has waited for.
    arrivals: Vec<Option<u32>>,
    n_slots: Vec<u32>,
    n_lanes: u32,
    /// Numbered from `n_lanes` on, as they are needed.
    buffers: Vec<BufferLane>,
    /// By op, with command queues: its buffer's lane, and its number there.
    placed: Vec<Option<(u32, u32)>>,
}

struct BufferLane {
    rank: Rank,
    next: u32,
    /// The count that tells of all passes so far.
    passes: u32,
    is_taken: bool,
}

impl Lanes {
    pub fn of(graph: &EventGraph<'_>, watched: Watched<'_>) -> Lanes {
        let program = graph.program;
        let (queues, mut n_lanes) = of_queues(graph, watched);
        let mut arrivals = vec![None; program.rings.len()];
        let n_slots: Vec<u32> = program.rings.iter().map(|ring| ring.n_slots).collect();
        for ring in told_arrivals(graph) {
            arrivals[ring.index()] = Some(n_lanes);
            n_lanes += n_slots[ring.index()];
        }
        let placed = vec![None; if graph.is_queued() { graph.n_ops() } else { 0 }];
        Lanes { queues, n_queues: graph.n_queues(), arrivals, n_slots, n_lanes, buffers: Vec::new(), placed }
    }

    /// Number of lanes without those of command buffers.
    pub fn count(&self) -> usize {
        self.n_lanes as usize
    }

    /// The place of an op; none of one in a command buffer that has not come to its first pass. The lane is `NONE` where
    /// nothing that the queue's ops touch is watched.
    pub fn touch(&self, graph: &EventGraph<'_>, rank: Rank, op: u32) -> Option<Touch> {
        if graph.is_encoded(graph.class(op)) {
            return self.placed[op as usize].map(|(queue, number)| Touch { op, queue, number });
        }
        let (queue, number) = graph.place_in_queue(op);
        Some(Touch { op, queue: self.queues[(rank.0 * self.n_queues + queue) as usize], number })
    }

    /// A lane for a buffer whose first pass knows this much. It may follow buffers whose passes it knows to have
    /// ended; the end of their commits is never needed.
    pub fn take(&mut self, rank: Rank, clock: &Clock) -> u32 {
        let first = self.n_lanes;
        let ended = |(lane, found): &(u32, &mut BufferLane)| {
            found.rank == rank && !found.is_taken && clock.get(*lane) >= found.passes
        };
        if let Some((lane, found)) = (first..).zip(&mut self.buffers).find(ended) {
            found.is_taken = true;
            return lane;
        }
        self.buffers.push(BufferLane { rank, next: 0, passes: 0, is_taken: true });
        first + self.buffers.len() as u32 - 1
    }

    /// Gives an op the next place in its buffer's lane.
    pub fn place(&mut self, op: u32, lane: u32, is_pass: bool) {
        let found = &mut self.buffers[(lane - self.n_lanes) as usize];
        self.placed[op as usize] = Some((lane, found.next));
        found.next += 1;
        if is_pass {
            found.passes = found.next;
        }
    }

    /// A buffer has no more ops.
    pub fn leave(&mut self, lane: u32) {
        self.buffers[(lane - self.n_lanes) as usize].is_taken = false;
    }

    /// Lane and count of the arrival of a message. A message enters a slot after the one before it there was
    /// released; a later read of that one is reported as a use after release.
    pub fn arrival(&self, message: Message) -> Option<(u32, u32)> {
        let n_slots = self.n_slots[message.ring.index()];
        let first = self.arrivals[message.ring.index()]?;
        Some((first + message.number % n_slots, message.number / n_slots + 1))
    }
}

/// No lane.
pub const NONE: u32 = u32::MAX;

/// The lane of what a rank has issued.
pub fn sequencer(rank: Rank) -> u32 {
    rank.0
}

/// The lanes of queues, and how many there are, sequencers counted. Command buffers have lanes of their own: see
/// [`Lanes::take`].
fn of_queues(graph: &EventGraph<'_>, watched: Watched<'_>) -> (Vec<u32>, u32) {
    let (ranks, n_queues) = (&graph.program.ranks, graph.n_queues() as usize);
    let mut lanes = vec![NONE; ranks.len() * n_queues];
    let mut n_lanes = ranks.len() as u32;
    for (of_rank, rank) in ranks.iter().zip((0..).map(Rank)) {
        let of_rank_lanes = &mut lanes[rank.index() * n_queues..][..n_queues];
        of_rank_lanes[SEQUENCER] = sequencer(rank);
        for (op, index) in of_rank.ops.iter().zip((0..).map(OpIndex)).filter(|_| !graph.is_queued()) {
            let (queue, _) = graph.place_in_queue(graph.global(rank, index));
            let lane = &mut of_rank_lanes[queue as usize];
            if *lane == NONE && watched(of_rank, op) {
                *lane = n_lanes;
                n_lanes += 1;
            }
        }
    }
    (lanes, n_lanes)
}

/// The rings of asynchronous receives whose ends tell others: a signal or a release names them, or an interlocked
/// release waits for them.
fn told_arrivals(graph: &EventGraph<'_>) -> BTreeSet<RingId> {
    let mut rings = BTreeSet::new();
    for (of_rank, rank) in graph.program.ranks.iter().zip((0..).map(Rank)) {
        for (op, index) in of_rank.ops.iter().zip((0..).map(OpIndex)) {
            let after = if let Some(after) = op.signals_after() {
                after
            } else if let Op::Sync(SyncOp::Release { .. }) = op {
                graph.dependencies.of(graph.global(rank, index) as usize)
            } else {
                continue;
            };
            for named in after {
                if let Op::Recv(RecvOp::RecvAsync { message, .. }) = of_rank.ops[named.index()] {
                    rings.insert(message.ring);
                }
            }
        }
    }
    rings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_follows_one_whose_passes_it_knows_to_have_ended() {
        let mut lanes = Lanes {
            queues: Vec::new(),
            n_queues: 1,
            arrivals: Vec::new(),
            n_slots: Vec::new(),
            n_lanes: 2,
            buffers: Vec::new(),
            placed: vec![None; 8],
        };
        let mut clock = Clock::new(2);
        let first = lanes.take(Rank(0), &clock);
        lanes.place(0, first, true);
        clock.raise(first, 1);
        assert_eq!(lanes.take(Rank(0), &clock), first + 1, "the first has more to do");
        lanes.place(1, first, false);
        lanes.leave(first);
        assert_eq!(lanes.take(Rank(0), &Clock::new(2)), first + 2, "nothing is known of the first");
        assert_eq!(lanes.take(Rank(1), &clock), first + 3, "lanes are of one queue");
        assert_eq!(lanes.take(Rank(0), &clock), first, "its pass has ended");
        lanes.place(2, first, true);
        assert_eq!(lanes.placed[2], Some((first, 2)));
    }
}
