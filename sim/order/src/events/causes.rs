//! Causes of each event: the rules by which a machine orders two events of a program.
//!
//! Hazards, legal orders, lookahead and the critical path read them here. What holds a sequencer is [`Gate`], which the
//! run without a clock, inserted waits, the data flow and the latency bound share. The timing engine has both rules once
//! more, since it also says when; tests hold its logs to this graph.

use program::{Message, Op, OpIndex, QueueOp, Rank, RecvOp, SendOp, Stage, SyncOp, UnitKind};

use super::{Cause, EdgeKind, Event, EventGraph, Phase};
use crate::Gate;

impl EventGraph<'_> {
    /// Visits everything that must have happened before the event of this op can.
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
        if self.is_encoded(op.class()) {
            // The host only encodes it.
            return;
        }
        match Gate::of(op) {
            Gate::Open => {}
            Gate::Dependencies => self.held(global, rank, visit),
            Gate::Arrival(messages) => messages.iter().for_each(|&message| self.arrival(message, visit)),
            Gate::ArrivalAndDependencies(messages) => {
                self.held(global, rank, visit);
                messages.iter().for_each(|&message| self.arrival(message, visit));
            }
            Gate::Ops(on) => self.ends(rank, on, EdgeKind::Wait, visit),
            Gate::Barrier(number) => self.all_before_barrier(global, number, visit),
            Gate::Semaphore(semaphore, value) => visit(Cause::Semaphore { rank, semaphore, value }),
        }
    }

    fn before_start(&self, global: u32, op: &Op, visit: &mut impl FnMut(Cause)) {
        visit(at(global, Phase::Issue, EdgeKind::Program));
        if self.is_encoded(op.class()) {
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
        } else if let Some(after) = op.signals_after() {
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
        self.releaser(self.program.rings[message.ring.index()].slot_taken_from(message)?)
    }

    fn arrival(&self, message: Message, visit: &mut impl FnMut(Cause)) {
        if let Some(send) = self.sender(message) {
            visit(at(send, Phase::Arrive, EdgeKind::Message));
        }
    }
    fn held(&self, global: u32, rank: Rank, visit: &mut impl FnMut(Cause)) {
        self.ends(rank, self.dependencies.of(global as usize), EdgeKind::Hold, visit);
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
