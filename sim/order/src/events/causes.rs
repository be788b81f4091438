//! What each event needs. Every rule of the machine that orders two ops is here, once.

use program::program::Flow;
use program::{Message, Op, OpIndex, QueueOp, Rank, RecvOp, SendOp, Stage, SyncOp, UnitKind};

use super::{Cause, EdgeKind, Event, EventGraph, Phase};

impl EventGraph<'_> {
    /// Visits everything that must have happened before the event can.
    pub fn for_each_cause(&self, event: Event, mut visit: impl FnMut(Cause)) {
        let (rank, index) = self.op(event.op);
        self.causes_of(event, (rank, index), &mut visit);
    }

    /// As [`EventGraph::for_each_cause`], for an op whose rank and index are at hand.
    pub fn causes_of(&self, event: Event, (rank, index): (Rank, OpIndex), visit: &mut impl FnMut(Cause)) {
        let op = self.program.op(rank, index);
        match event.phase {
            Phase::Issue => self.before_issue(event.op, (rank, index), op, visit),
            Phase::Start => self.before_start(event.op, op, visit),
            Phase::End => self.before_end(event.op, rank, op, visit),
            Phase::Arrive => {
                // The first copy of a multicast may be there while the tile is still read for the others.
                let several = matches!(op, Op::Send(SendOp::Multicast { .. }));
                let after = if several { Phase::Start } else { Phase::End };
                visit(at(event.op, after, EdgeKind::Message));
            }
        }
    }

    fn before_issue(
        &self,
        global: u32,
        (rank, index): (Rank, OpIndex),
        op: &Op,
        visit: &mut impl FnMut(Cause),
    ) {
        if index.0 > 0 {
            visit(at(global - 1, Phase::Issue, EdgeKind::Program));
        }
        if self.tables.queued && op.stage() != Stage::Host {
            // The host only encodes it.
            return;
        }
        match op {
            Op::Recv(RecvOp::Recv { message, .. }) => self.arrival(*message, visit),
            Op::Recv(RecvOp::RecvCopy { .. } | RecvOp::RecvReduce { .. }) => {
                self.held(global, rank, visit);
                op.consumes().iter().for_each(|&message| self.arrival(message, visit));
            }
            Op::Sync(SyncOp::Wait { on }) => self.ends(rank, on, EdgeKind::Wait, visit),
            Op::Sync(SyncOp::Barrier { number }) => self.all_before_barrier(global, *number, visit),
            Op::Sync(SyncOp::WaitGe { semaphore, value }) => {
                visit(Cause::Semaphore { rank, semaphore: *semaphore, value: *value });
            }
            Op::Sync(SyncOp::Release { .. } | SyncOp::Signal { .. })
            | Op::Recv(RecvOp::RecvAsync { .. })
            | Op::Queue(_) => {}
            Op::Move(_) | Op::Compute(_) | Op::Send(_) | Op::Time(_) | Op::Note(_) => {
                self.held(global, rank, visit)
            }
        }
    }

    fn before_start(&self, global: u32, op: &Op, visit: &mut impl FnMut(Cause)) {
        visit(at(global, Phase::Issue, EdgeKind::Program));
        if self.tables.queued && op.stage() != Stage::Host {
            return self.before_walked(global, op, visit);
        }
        if op.unit() == UnitKind::Sequencer {
            return;
        }
        if let Some(before) = self.tables.predecessor(global) {
            visit(at(before, Phase::End, EdgeKind::Queue));
        }
        for release in op.sends().iter().filter_map(|&message| self.credit_of(message)) {
            visit(at(release, Phase::End, EdgeKind::Credit));
        }
    }

    /// A queue walks a committed buffer in order; a queue that tracks holds a pass back for those it conflicts with.
    fn before_walked(&self, global: u32, op: &Op, visit: &mut impl FnMut(Cause)) {
        if let Some(commit) = self.tables.commit_of(global) {
            visit(at(commit, Phase::Issue, EdgeKind::Commit));
        }
        if let Some(before) = self.tables.predecessor(global) {
            visit(at(before, Phase::End, EdgeKind::Queue));
        }
        if op.stage() == Stage::Pass {
            self.held(global, self.tables.rank[global as usize], visit);
        }
    }

    fn before_end(&self, global: u32, rank: Rank, op: &Op, visit: &mut impl FnMut(Cause)) {
        visit(at(global, Phase::Start, EdgeKind::Program));
        if let Op::Sync(SyncOp::Release { after, .. }) = op {
            self.ends(rank, after, EdgeKind::Wait, visit);
            self.held(global, rank, visit);
        } else if let Op::Sync(SyncOp::Signal { after, .. }) = op {
            self.ends(rank, after, EdgeKind::Wait, visit);
        } else if let Op::Recv(RecvOp::RecvAsync { message, .. }) = op {
            self.arrival(*message, visit);
        } else if let Op::Queue(QueueOp::EventWait { event, value }) = op {
            visit(Cause::Shared { event: *event, value: *value });
        }
    }

    /// The op whose end frees the slot that a message needs; `None` when the slot is free from the start, or the
    /// ring has no credits, or nothing ever frees it.
    pub fn credit_of(&self, message: Message) -> Option<u32> {
        let ring = &self.program.rings[message.ring.index()];
        match ring.flow {
            Flow::None => None,
            Flow::Credit => {
                let number = message.number.checked_sub(ring.n_slots)?;
                self.releaser(Message { number, ..message })
            }
        }
    }

    fn arrival(&self, message: Message, visit: &mut impl FnMut(Cause)) {
        if let Some(send) = self.sender(message) {
            visit(at(send, Phase::Arrive, EdgeKind::Message));
        }
    }
    fn held(&self, global: u32, rank: Rank, visit: &mut impl FnMut(Cause)) {
        self.ends(rank, self.holds.of(global as usize), EdgeKind::Hold, visit);
    }
    fn ends(&self, rank: Rank, ops: &[OpIndex], kind: EdgeKind, visit: &mut impl FnMut(Cause)) {
        for &op in ops {
            visit(at(self.global(rank, op), Phase::End, kind));
        }
    }
    /// Every rank has issued all that it has before its barrier.
    fn all_before_barrier(&self, global: u32, number: u32, visit: &mut impl FnMut(Cause)) {
        for &other in self.tables.barriers.get(&number).into_iter().flatten() {
            let first = self.tables.first_op.binary_search(&other).is_ok();
            if other != global && !first {
                visit(at(other - 1, Phase::Issue, EdgeKind::Barrier));
            }
        }
    }
}

fn at(op: u32, phase: Phase, kind: EdgeKind) -> Cause {
    Cause::Event(Event { op, phase }, kind)
}
