//! The wait-for graph of a program that has stopped: who waits, for what, and which ops would free it.

use std::collections::BTreeMap;

use order::Dependencies;
use program::op::SemaphoreId;
use program::{
    CommandBuffer, EventId, Op, OpIndex, Program, Rank, RecvOp, Stage, SyncOp, UnitKind, buffer_of,
    command_buffers,
};

use super::cycle::shortest;
use super::ends::{At, Ends};
use crate::progress::{Need, Stop, Waits};

pub(super) struct Graph<'a> {
    pub program: &'a Program,
    dependencies: &'a Dependencies,
    pub stop: &'a Stop,
    pub ends: Ends,
    /// The number of the first op of each rank.
    first_op: Vec<usize>,
    /// By rank, those that the program commits.
    buffers: Vec<Vec<CommandBuffer>>,
    /// Every op that waits, and every op that those wait for.
    pub nodes: BTreeMap<At, Node>,
}

/// An op that waits.
pub(super) struct Node {
    pub need: Need,
    /// Ops that would free it, none of them done.
    pub on: Vec<At>,
    /// Something that it needs will never be done by anyone.
    pub hopeless: bool,
}

/// What is shown of a graph: each op waits for the next.
pub(super) struct Chain {
    pub links: Vec<At>,
    /// The last waits for the first. Otherwise no op will ever free the last one.
    pub closed: bool,
}

impl<'a> Graph<'a> {
    pub fn of(program: &'a Program, dependencies: &'a Dependencies, stop: &'a Stop) -> Graph<'a> {
        let first_op = program.first_ops();
        let buffers = program.ranks.iter().map(command_buffers).collect();
        let (ends, nodes) = (Ends::of(program), BTreeMap::new());
        let mut graph = Graph { program, dependencies, stop, ends, first_op, buffers, nodes };
        let mut open: Vec<(At, Need)> =
            stop.waits.iter().map(|waits| ((waits.rank, waits.op), waits.on)).collect();
        while let Some((at, need)) = open.pop() {
            if graph.nodes.contains_key(&at) {
                continue;
            }
            let node = graph.node(at, need);
            let next = node.on.iter().map(|&on| graph.stands_at(on));
            open.extend(next.filter_map(|at| graph.need(at).map(|need| (at, need))));
            graph.nodes.insert(at, node);
        }
        graph
    }

    /// The shortest cycle, or else the first op that no op will ever free.
    pub fn chain(&self) -> Chain {
        let places: BTreeMap<At, usize> = self.nodes.keys().enumerate().map(|(i, &at)| (at, i)).collect();
        // An op that can never be freed ends a chain, even if other ops could do a part of it.
        let edges = |node: &Node| {
            let on = node.on.iter().filter(|_| !node.hopeless);
            let next = on.filter_map(|&on| places.get(&self.stands_at(on)).copied());
            let mut next: Vec<usize> = next.collect();
            next.sort_unstable();
            next.dedup();
            next
        };
        let edges: Vec<Vec<usize>> = self.nodes.values().map(edges).collect();
        let keys: Vec<At> = self.nodes.keys().copied().collect();
        if let Some(cycle) = shortest(&edges) {
            return Chain { links: cycle.into_iter().map(|place| keys[place]).collect(), closed: true };
        }
        let end = self.nodes.iter().find(|(_, node)| node.hopeless).map(|(&at, _)| at);
        Chain { links: end.or(keys.first().copied()).into_iter().collect(), closed: false }
    }

    /// The op that would free `at` and leads to `next`, or the first that would; `None` when no op can.
    pub fn edge(&self, at: At, next: Option<At>) -> Option<At> {
        let node = self.nodes.get(&at).filter(|node| !node.hopeless)?;
        let leads = |on: &&At| next.is_none_or(|next| self.stands_at(**on) == next);
        node.on.iter().find(leads).copied()
    }

    /// Where the rank of an op, or the command buffer of it, stands because the op is not done: at itself, or at one
    /// that it never got past.
    pub fn stands_at(&self, at: At) -> At {
        let (rank, op) = at;
        let host = self.stop.at[rank.index()];
        match self.buffer(at) {
            Some((_, commit)) if commit >= host => (rank, host),
            Some((buffer, commit)) => {
                let open = buffer.ops.iter().find(|&&op| !self.is_done((rank, op)));
                (rank, open.copied().unwrap_or(commit))
            }
            None => (rank, op.min(host)),
        }
    }

    /// The commit that an op was encoded for and that its rank has not come to.
    pub fn commit_to_come(&self, at: At) -> Option<OpIndex> {
        let (_, commit) = self.buffer(at)?;
        (commit >= self.stop.at[at.0.index()]).then_some(commit)
    }

    /// Whether an op runs in a command buffer.
    pub fn is_encoded(&self, at: At) -> bool {
        self.buffer(at).is_some()
    }

    /// The last commit of a rank.
    pub fn last_commit(&self, rank: Rank) -> Option<OpIndex> {
        self.buffers[rank.index()].iter().filter_map(|buffer| buffer.commit).next_back()
    }

    /// Where the first of a rank's command buffers that do not complete stands, if it was committed.
    pub fn standing_buffer(&self, rank: Rank) -> Option<OpIndex> {
        let mut commits = self.buffers[rank.index()].iter().filter_map(|buffer| buffer.commit);
        let commit = commits.find(|&commit| !self.is_done((rank, commit)))?;
        (commit < self.stop.at[rank.index()]).then(|| self.stands_at((rank, commit)).1)
    }

    /// The command buffer in which an op is encoded, and its commit; the commit itself belongs to it.
    fn buffer(&self, (rank, op): At) -> Option<(&CommandBuffer, OpIndex)> {
        if self.program.rank(rank).ops.get(op.index())?.stage() == Stage::Host {
            return None;
        }
        let buffers = &self.buffers[rank.index()];
        // Without a commit they are ops of a machine without command queues.
        let buffer = buffers.get(buffer_of(buffers, op))?;
        Some((buffer, buffer.commit?))
    }

    /// Signals to a semaphore given so far.
    pub fn given(&self, rank: Rank, semaphore: SemaphoreId) -> u64 {
        let signals = self.ends.signalled_by.get(&(rank, semaphore)).into_iter().flatten();
        signals.filter(|(at, _)| self.is_done(*at)).map(|&(_, amount)| u64::from(amount)).sum()
    }

    /// The largest value of an event so far.
    pub fn value(&self, event: EventId) -> u32 {
        let signals = self.ends.events.get(&event).into_iter().flatten();
        signals.filter(|(at, _)| self.is_done(*at)).map(|&(_, value)| value).max().unwrap_or(0)
    }

    fn node(&self, at: At, need: Need) -> Node {
        let rank = at.0;
        let mut hopeless = false;
        let on: Vec<At> = match need {
            Need::Op(op) => vec![(rank, op)],
            Need::Message(message) => self.ends.sender(message).into_iter().collect(),
            Need::Credit(message) => self.ends.releaser(message).into_iter().collect(),
            Need::Queue => self.head(rank).into_iter().map(|op| (rank, op)).collect(),
            Need::Semaphore(semaphore, value) => {
                let signals = self.ends.signalled_by.get(&(rank, semaphore)).into_iter().flatten();
                let all: u64 = signals.clone().map(|&(_, amount)| u64::from(amount)).sum();
                hopeless = all < u64::from(value);
                signals.map(|&(at, _)| at).filter(|&at| !self.is_done(at)).collect()
            }
            Need::Event(event, value) => {
                // Any one signal of that value is enough.
                let signals = self.ends.events.get(&event).into_iter().flatten();
                let large = signals.filter(|&&(at, given)| given >= value && !self.is_done(at));
                large.map(|&(at, _)| at).collect()
            }
            Need::Barrier(number) => {
                let ranks = (0..self.program.n_ranks()).map(Rank);
                let barrier = |rank| self.ends.barriers.get(&(rank, number)).copied();
                hopeless = ranks.clone().any(|rank| barrier(rank).is_none());
                ranks.filter_map(barrier).filter(|&(rank, op)| op > self.stop.at[rank.index()]).collect()
            }
        };
        hopeless |= on.is_empty();
        Node { need, on, hopeless }
    }

    /// What an op waits for that has been reached and is not done; `None` for one that a unit is running.
    fn need(&self, (rank, op): At) -> Option<Need> {
        let known = |waits: &&Waits| (waits.rank, waits.op) == (rank, op);
        if let Some(waits) = self.stop.waits.iter().find(known) {
            return Some(waits.on);
        }
        let pending = |list: &[OpIndex]| list.iter().find(|&&op| !self.is_done((rank, op))).copied();
        let waiting = self.program.rank(rank).ops.get(op.index())?;
        if let Some(after) = waiting.signals_after() {
            return pending(after).map(Need::Op);
        }
        if let Op::Sync(SyncOp::Release { .. }) = waiting {
            return pending(self.dependencies.of(self.number((rank, op)))).map(Need::Op);
        }
        if let Op::Recv(RecvOp::RecvAsync { message, .. }) = waiting {
            return Some(Need::Message(*message));
        }
        (waiting.unit() == UnitKind::Send).then_some(Need::Queue)
    }

    /// The send at the head of a rank's queue: its first that was issued and is not done.
    pub fn head(&self, rank: Rank) -> Option<OpIndex> {
        let issued = &self.program.rank(rank).ops[..self.stop.at[rank.index()].index()];
        let waits = |(index, op): &(usize, &Op)| {
            op.unit() == UnitKind::Send && !self.is_done((rank, OpIndex(*index as u32)))
        };
        issued.iter().enumerate().find(waits).map(|(index, _)| OpIndex(index as u32))
    }

    fn is_done(&self, at: At) -> bool {
        self.stop.done[self.number(at)]
    }
    fn number(&self, (rank, op): At) -> usize {
        self.first_op[rank.index()] + op.index()
    }
}
