//! A program while it is drawn: its tables, and what is known of ops that may still run.

use std::collections::BTreeMap;

use machine::Random;
use program::op::{Op, OpIndex};
use program::{Base, Effect, Program, Rank, SyncOp, Target as Into, View, ViewId};

use super::levels::Levels;
use crate::Target;

/// An access to memory that later ones may have to come after.
#[derive(Clone, Debug)]
pub struct Past {
    pub rank: Rank,
    pub op: OpIndex,
    pub base: Base,
    pub writes: bool,
    /// On a machine with command queues: its command buffer; `None` for the host.
    pub buffer: Option<u32>,
    /// Who comes after it: a rank, in one command buffer or from now on.
    pub known: Vec<(Rank, Option<u32>)>,
}

/// A message on its way or in its slot.
#[derive(Clone, Debug)]
pub struct Sent {
    pub message: program::Message,
    pub view: View,
    pub state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Sent,
    Held,
    Released,
}

pub struct Draft<'a> {
    pub random: Random,
    pub target: &'a Target,
    pub program: Program,
    /// Percent of the waits that the program does not forget.
    pub care: u64,
    pub past: Vec<Past>,
    /// By ring.
    pub sent: Vec<Vec<Sent>>,
    /// By rank: what was signalled, by semaphore.
    pub signalled: Vec<Vec<u32>>,
    /// By who tells whom.
    pub levels: BTreeMap<(Rank, Rank), Levels>,
    pub n_barriers: u32,
    /// By rank: number of commits, and whether a command buffer is open.
    pub commits: Vec<Vec<OpIndex>>,
    pub open: Vec<bool>,
    /// By event: the largest value signalled.
    pub events: Vec<u32>,
}

impl<'a> Draft<'a> {
    pub fn new(mut random: Random, target: &'a Target) -> Draft<'a> {
        let care = [100, 100, 100, 90, 60, 0][random.below(6) as usize];
        let program = super::tables::tables(&mut random, target);
        let n = program.ranks.len();
        Draft {
            random,
            target,
            care,
            past: Vec::new(),
            sent: vec![Vec::new(); program.rings.len()],
            signalled: program.ranks.iter().map(|rank| vec![0; rank.n_semaphores as usize]).collect(),
            levels: BTreeMap::new(),
            n_barriers: 0,
            commits: vec![Vec::new(); n],
            open: vec![false; n],
            events: vec![0; program.n_events as usize],
            program,
        }
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.random.below(end as u64) as usize
    }
    pub fn percent(&mut self, percent: u64) -> bool {
        self.random.below(100) < percent
    }
    pub fn careful(&mut self) -> bool {
        let care = self.care;
        self.percent(care)
    }
    pub fn any_rank(&mut self) -> Rank {
        Rank(self.random.below(self.program.ranks.len() as u64) as u32)
    }
    pub fn view(&mut self, rank: Rank, view: View) -> ViewId {
        let views = &mut self.program.ranks[rank.index()].views;
        if let Some(at) = views.iter().position(|it| *it == view) {
            return ViewId(at as u32);
        }
        views.push(view);
        ViewId(views.len() as u32 - 1)
    }
    pub fn next_op(&self, rank: Rank) -> OpIndex {
        OpIndex(self.program.rank(rank).ops.len() as u32)
    }

    /// Appends an op without looking at what it needs.
    pub fn append(&mut self, rank: Rank, op: impl std::convert::Into<Op>) -> OpIndex {
        let index = self.next_op(rank);
        self.program.ranks[rank.index()].ops.push(op.into());
        index
    }

    /// Appends an op that touches memory, after what it should wait for.
    pub fn push(&mut self, rank: Rank, op: impl std::convert::Into<Op>) -> OpIndex {
        let op = op.into();
        let touched = self.touched(rank, &op);
        if self.target.is_queued() {
            self.order_in_queues(rank, &op, &touched);
        } else {
            self.order_ranks(rank, &touched);
            self.order_units(rank, &touched);
        }
        let encoded = matches!(op.stage(), program::Stage::Pass);
        let buffer = (self.target.is_queued() && encoded).then(|| {
            self.open[rank.index()] = true;
            self.commits[rank.index()].len() as u32
        });
        let index = self.append(rank, op);
        let past = |(base, writes)| Past { rank, op: index, base, writes, buffer, known: Vec::new() };
        self.past.extend(touched.into_iter().map(past));
        index
    }

    /// Bases that an op reads and writes; its own messages aside, which the ring orders.
    pub fn touched(&self, rank: Rank, op: &Op) -> Vec<(Base, bool)> {
        let views = &self.program.rank(rank).views;
        let base = |view: ViewId| self.shared(rank, views[view.index()].base);
        let access = op.access();
        let mut touched: Vec<(Base, bool)> = access.reads().map(|view| (base(view), false)).collect();
        touched.extend(access.write.map(|view| (base(view), true)));
        if let Effect::Move { from, to: Into::Slots(_) } = op.effect() {
            touched.push((base(from), false));
        }
        touched
    }

    /// Buffers fixed by hand share bytes: one stands for all of a rank.
    fn shared(&self, rank: Rank, base: Base) -> Base {
        let buffers = &self.program.rank(rank).buffers;
        match base {
            Base::Buffer(buffer) if buffers[buffer.index()].at.is_some() => {
                let first = buffers.iter().position(|it| it.at.is_some()).expect("there is one");
                Base::Buffer(program::BufferId(first as u32))
            }
            Base::Buffer(_) | Base::Tensor(_) | Base::Message(_) => base,
        }
    }

    /// Ops of the rank that must be over before these accesses, and are not known to be.
    fn conflicts(&self, rank: Rank, touched: &[(Base, bool)]) -> Vec<OpIndex> {
        let meets = |past: &&Past| {
            past.rank == rank
                && !past.known.contains(&(rank, None))
                && touched.iter().any(|&(base, writes)| base == past.base && (writes || past.writes))
        };
        let mut ops: Vec<OpIndex> = self.past.iter().filter(meets).map(|past| past.op).collect();
        ops.sort_unstable();
        ops.dedup();
        ops
    }

    /// On an explicit machine: a wait for the ops of other units.
    fn order_units(&mut self, rank: Rank, touched: &[(Base, bool)]) {
        if !self.target.is_explicit() {
            return;
        }
        let on = self.conflicts(rank, touched);
        if !on.is_empty() && self.careful() {
            self.wait(rank, &on);
        }
    }

    pub fn wait(&mut self, rank: Rank, on: &[OpIndex]) {
        for past in self.past.iter_mut().filter(|past| past.rank == rank && on.contains(&past.op)) {
            past.known.push((rank, None));
        }
        self.append(rank, SyncOp::Wait { on: on.into() });
    }

    /// Ops of a rank that may still run.
    pub fn running(&self, rank: Rank) -> Vec<OpIndex> {
        let own = self.past.iter().filter(|past| past.rank == rank && !past.known.contains(&(rank, None)));
        let mut ops: Vec<OpIndex> = own.map(|past| past.op).collect();
        ops.sort_unstable();
        ops.dedup();
        ops
    }
}
