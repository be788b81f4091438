//! What the ends of some ops know, kept until the last op that waits for them has learnt it.

use order::{EdgeKind, EventGraph};
use program::{Class, Op, OpIndex, Rank, SyncOp};

use crate::clock::Clock;

/// Ops whose end knows more than their rank's sequencer does when it hears of it.
pub struct Stored {
    /// By op: how often it will be asked for.
    uses: Vec<u32>,
    clocks: Vec<Option<Clock>>,
}

impl Stored {
    pub fn of(graph: &EventGraph<'_>) -> Stored {
        let n_ops = graph.n_ops();
        let mut stored = Stored { uses: vec![0; n_ops], clocks: vec![None; n_ops] };
        for (rank, program) in graph.program.ranks.iter().enumerate() {
            for (index, op) in program.ops.iter().enumerate() {
                stored.count(graph, Rank(rank as u32), OpIndex(index as u32), op);
            }
        }
        stored
    }

    fn count(&mut self, graph: &EventGraph<'_>, rank: Rank, index: OpIndex, op: &Op) {
        let mut add = |named: Option<u32>, kind| {
            if let Some(named) = named
                && is_asked(graph, named, kind)
            {
                self.uses[named as usize] += 1;
            }
        };
        op.receives().iter().for_each(|&message| add(graph.sender(message), EdgeKind::Message));
        op.sends().iter().for_each(|&message| add(graph.credit_of(message), EdgeKind::Credit));
        if let Op::Sync(
            SyncOp::Wait { on: named }
            | SyncOp::Signal { after: named, .. }
            | SyncOp::Release { after: named, .. },
        ) = op
        {
            named.iter().for_each(|&named| add(Some(graph.global(rank, named)), EdgeKind::Wait));
        }
        for &held in graph.holds.of(graph.global(rank, index) as usize) {
            add(Some(graph.global(rank, held)), EdgeKind::Hold);
        }
    }

    /// Whether anybody will ask what the end of this op knows.
    pub fn is_wanted(&self, op: u32) -> bool {
        self.uses[op as usize] > 0
    }
    pub fn put(&mut self, op: u32, clock: Clock) {
        if self.is_wanted(op) {
            self.clocks[op as usize] = Some(clock);
        }
    }
    /// As `take`, when the last that asks is still to come.
    pub fn peek(&self, graph: &EventGraph<'_>, op: u32, kind: EdgeKind) -> Option<Clock> {
        if is_asked(graph, op, kind) { self.clocks[op as usize].clone() } else { None }
    }
    /// What the end of an op knows, for one that waits for it in this way.
    pub fn take(&mut self, graph: &EventGraph<'_>, op: u32, kind: EdgeKind) -> Option<Clock> {
        if !is_asked(graph, op, kind) {
            return None;
        }
        self.uses[op as usize] -= 1;
        if self.is_wanted(op) { self.clocks[op as usize].clone() } else { self.clocks[op as usize].take() }
    }
}

fn is_asked(graph: &EventGraph<'_>, op: u32, kind: EdgeKind) -> bool {
    let class = graph.class(op);
    match kind {
        EdgeKind::Wait | EdgeKind::Hold => {
            matches!(
                class,
                Class::Send | Class::RecvAsync | Class::Release | Class::Signal | Class::Pass | Class::Commit
            )
        }
        EdgeKind::Message => class == Class::Send,
        EdgeKind::Credit => matches!(class, Class::Release | Class::RecvCopy),
        EdgeKind::Program
        | EdgeKind::Queue
        | EdgeKind::Barrier
        | EdgeKind::Semaphore
        | EdgeKind::Commit
        | EdgeKind::Shared => false,
    }
}
