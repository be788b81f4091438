//! Waits of the ops in a wait-for graph.

use diagnostic::deadlock::{Hint, Next, Standing, WaitsFor};
use diagnostic::{OpRef, Waiting};
use program::program::Rank;
use program::{Op, OpIndex, QueueOp, Stage, SyncOp};

use super::ends::At;
use super::graph::{Chain, Graph, Node};
use crate::progress::Need;

impl Graph<'_> {
    /// An op that waits; where several would free it, the one that leads to `next` is named.
    pub fn waiting(&self, at: At, next: Option<At>) -> Waiting {
        let on = self.edge(at, next);
        Waiting { op: self.op_ref(at), waits_for: self.waits_for(at, on), on }
    }

    /// Advice without a search.
    pub fn hint(&self, chain: &Chain) -> Hint {
        let need = chain.links.first().and_then(|at| self.nodes.get(at)).map(|node| node.need);
        match need {
            Some(Need::Message(_)) => Hint::Send,
            Some(Need::Credit(_) | Need::Queue) => Hint::Release,
            Some(Need::Op(_)) | None => Hint::Wait,
            Some(Need::Semaphore(..)) => Hint::Signal,
            Some(Need::Event(..)) => Hint::EventSignal,
            Some(Need::Barrier(_)) => Hint::Barrier,
        }
    }

    fn waits_for(&self, (rank, op): At, on: Option<At>) -> WaitsFor {
        let Some(node) = self.nodes.get(&(rank, op)) else { return WaitsFor::Unit };
        let standing = || on.map(|on| self.standing(on));
        match node.need {
            Need::Op(other) => self.other((rank, op), other),
            Need::Message(message) => WaitsFor::Message(message, standing()),
            Need::Credit(message) => WaitsFor::Credit(message, standing()),
            Need::Queue => {
                let head = on.map(|on| self.op_ref(on));
                WaitsFor::Queue { room: self.stop.at[rank.index()] == op, head }
            }
            Need::Semaphore(semaphore, value) => {
                let (value, now) = self.told((rank, op), value, self.given(rank, semaphore));
                WaitsFor::Semaphore { semaphore, value, now, next: next(standing(), node) }
            }
            Need::Event(event, value) => {
                let none = !self.ends.events.contains_key(&event);
                let next = match standing() {
                    Some(signal) => Next::By(signal),
                    None if none => Next::None,
                    None => Next::TooSmall,
                };
                WaitsFor::Event { event, value, now: self.value(event), next }
            }
            Need::Barrier(number) => {
                let mut ranks = (0..self.program.n_ranks()).map(Rank);
                let lacks = ranks.find(|&rank| !self.ends.barriers.contains_key(&(rank, number)));
                WaitsFor::Barrier { number, lacks, on: standing() }
            }
        }
    }

    /// What a wait asks for and finds, in its own words: one for a semaphore that does more than grow has a count.
    fn told(&self, (rank, op): At, count: u32, signalled: u64) -> (u32, u64) {
        if let Op::Sync(SyncOp::WaitUntil { value, .. }) = *self.program.op(rank, op) {
            let lacking = u64::from(count).saturating_sub(signalled);
            (value, u64::from(value).saturating_sub(lacking))
        } else {
            (count, signalled)
        }
    }

    /// An op of the same rank that `at` waits for, and why, where a queue or the bytes of a pass say so.
    fn other(&self, (rank, op): At, other: OpIndex) -> WaitsFor {
        let standing = self.standing((rank, other));
        match (self.program.op(rank, op).stage(), self.program.op(rank, other)) {
            (Stage::Host, _) => WaitsFor::Op(standing),
            (Stage::Pass | Stage::Event | Stage::Commit, Op::Queue(QueueOp::Commit {})) => {
                WaitsFor::BufferBefore(standing)
            }
            (Stage::Pass, _) if self.is_encoded((rank, op)) => WaitsFor::Bytes(standing),
            (Stage::Pass | Stage::Event | Stage::Commit, _) => WaitsFor::Op(standing),
        }
    }

    /// An op, and what it stands behind.
    fn standing(&self, at: At) -> Standing {
        let commit = self.commit_to_come(at).filter(|&commit| commit != at.1);
        let stands = self.stands_at(at);
        let behind = (commit.is_some() || stands != at).then_some(stands.1);
        Standing { op: self.op_ref(at), commit, behind }
    }

    fn op_ref(&self, (rank, op): At) -> OpRef {
        OpRef::of(self.program, rank, op)
    }
}

/// The next signal to a semaphore.
fn next(signal: Option<Standing>, node: &Node) -> Next {
    match signal {
        Some(signal) => Next::By(signal),
        None if node.on.is_empty() => Next::None,
        None => Next::TooSmall,
    }
}
