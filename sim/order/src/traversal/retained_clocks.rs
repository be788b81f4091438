//! Vector clocks of op completions, reference-counted by the waits for them that remain.

use program::{Class, Op, OpIndex, Rank, SyncOp};

use crate::{Clock, EdgeKind, EventGraph};

/// Ops whose end knows more than their rank's sequencer does when it hears of it.
pub struct RetainedClocks {
    /// By op: how often it will be asked for.
    uses: Vec<u32>,
    clocks: Vec<Option<Clock>>,
}

impl RetainedClocks {
    pub fn of(graph: &EventGraph<'_>) -> RetainedClocks {
        let n_ops = graph.n_ops();
        let mut retained = RetainedClocks { uses: vec![0; n_ops], clocks: vec![None; n_ops] };
        for (rank, program) in graph.program.ranks.iter().enumerate() {
            for (index, op) in program.ops.iter().enumerate() {
                retained.count(graph, Rank(rank as u32), OpIndex(index as u32), op);
            }
        }
        retained
    }

    /// What is asked for of the causes of an op. [`EventGraph::causes_of`] names these too, and all ranks before each
    /// rank's barrier: going through them once more for this takes time quadratic in the ranks.
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
        let named = if let Op::Sync(SyncOp::Wait { on: named } | SyncOp::Release { after: named, .. }) = op {
            Some(&**named)
        } else {
            op.signals_after()
        };
        if let Some(named) = named {
            named.iter().for_each(|&named| add(Some(graph.global(rank, named)), EdgeKind::Wait));
        }
        for &held in graph.dependencies.of(graph.global(rank, index) as usize) {
            add(Some(graph.global(rank, held)), EdgeKind::Hold);
        }
    }

    /// Whether a later wait needs the clock of this op's end.
    fn is_wanted(&self, op: u32) -> bool {
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
    /// The clock of an op's end, for one wait of this kind.
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
