//! Work behind a sequencer: sends that wait for slots, and releases, signals and receives that take effect later.

use program::op::Growth;
use program::{Op, Rank, SyncOp};

use super::rank_state::Pending;
use super::{Start, Traversal, Visitor};
use crate::lanes::sequencer;
use crate::{EdgeKind, Event, Phase};

impl Traversal<'_> {
    /// Starts and ends the sends of a rank, in order, while they have their credits.
    pub(super) fn sends(&mut self, rank: usize, visitor: &mut impl Visitor) -> bool {
        let mut moved = false;
        while let Some(send) = self.ranks[rank].sends.front() {
            let start = Event { op: send.op, phase: Phase::Start };
            let index = send.index;
            if !self.gather(start, rank, index) {
                break;
            }
            let send = self.ranks[rank].sends.pop_front().expect("it was there");
            self.send(rank, send, visitor);
            moved = true;
        }
        moved
    }

    fn send(&mut self, rank: usize, send: Pending, visitor: &mut impl Visitor) {
        let graph = self.graph;
        let (rank_id, Pending { op, index, mut clock }) = (Rank(rank as u32), send);
        if self.edges.has(EdgeKind::Queue) {
            clock.join(&self.ranks[rank].sent);
        }
        self.learn_gathered(&mut clock);
        let what = graph.program.op(rank_id, index);
        let touch = self.lanes.touch(graph, rank_id, op).expect("it is in no command buffer");
        let has_arrived = |message| self.has_arrived(message, (rank_id, index), &clock);
        let start = Start { op, rank: rank_id, index, what, clock: &clock, touch, has_arrived: &has_arrived };
        visitor.start(&start);
        for &message in what.sends() {
            let before = graph.program.rings[message.ring.index()].before_in_slot(message);
            if let Some(before) = before
                && !has_arrived(before)
            {
                visitor.overtakes(&start, message, before);
            }
        }
        clock.raise(sequencer(rank_id), index.0 + 1);
        for phase in [Phase::Start, Phase::End, Phase::Arrive] {
            self.happen(Event { op, phase });
        }
        // What a message tells of its own send is added where it is received.
        self.retained.put(op, clock.clone());
        clock.raise_to_end(touch);
        self.ranks[rank].sent = clock;
    }

    /// Lets releases, signals and receives that were issued take effect.
    pub(super) fn effects(&mut self, rank: usize, visitor: &mut impl Visitor) -> bool {
        let mut moved = false;
        if self.ranks[rank].effects.is_empty() {
            return false;
        }
        let mut waiting = std::mem::take(&mut self.ranks[rank].effects);
        waiting.retain(|effect| {
            let end = Event { op: effect.op, phase: Phase::End };
            self.happen(Event { op: effect.op, phase: Phase::Start });
            let may = self.gather(end, rank, effect.index);
            if may {
                self.effect(rank, effect, visitor);
                moved = true;
            }
            !may
        });
        self.ranks[rank].effects.append(&mut waiting);
        moved
    }

    fn effect(&mut self, rank: usize, effect: &Pending, visitor: &mut impl Visitor) {
        let graph = self.graph;
        let (rank_id, end) = (Rank(rank as u32), Event { op: effect.op, phase: Phase::End });
        let mut clock = effect.clock.clone();
        self.learn_gathered(&mut clock);
        clock.raise(sequencer(rank_id), effect.index.0 + 1);
        self.happen(end);
        let what = graph.program.op(rank_id, effect.index);
        if let Op::Sync(SyncOp::Release { .. }) = what {
            let Pending { op, index, .. } = *effect;
            let touch = self.lanes.touch(graph, rank_id, op).expect("it is in no command buffer");
            let has_arrived = |message| self.has_arrived(message, (rank_id, index), &clock);
            let start =
                Start { op, rank: rank_id, index, what, clock: &clock, touch, has_arrived: &has_arrived };
            visitor.released(&start);
        }
        self.raise_arrival(what, (rank_id, effect.index), &mut clock);
        if let Some(Growth { to, semaphore, amount }) = what.growth() {
            self.semaphores.signalled((to, semaphore), amount, &clock);
        }
        self.retained.put(effect.op, clock);
    }
}
