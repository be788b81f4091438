//! Dependencies that an interlocked sequencer waits for: for every op, the earlier ops of its rank that must be done
//! before it may issue, because they write what it reads (RAW), read what it overwrites (WAR) or write what it
//! overwrites (WAW). For a release, the ops it names and the reads of its slot, which must be done before the
//! credit leaves.
//!
//! On a machine with command queues that track, the same for the passes of one queue: a pass waits for those of its
//! queue that it conflicts with.
//!
//! Addresses decide, not names: buffers that share bytes are one piece of memory here.

use std::collections::BTreeMap;

use machine::{Machine, Sync};
use program::{
    Base, Layout, Message, Op, OpIndex, Program, Rank, RecvOp, Space, Stage, SyncOp, View, ViewId,
};

use crate::queue::{Queue, QueueAssigner};
use crate::written::Written;
use crate::{InLane, LastAccess, RegionMap};

/// For every op, in (rank, index) order, the ops of the same rank it is held by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// `list[starts[i]..starts[i + 1]]` belong to global op i.
    starts: Vec<u32>,
    list: Vec<OpIndex>,
}

impl Dependencies {
    /// The ops that global op `op` (rank offset + index) is held by.
    #[inline]
    pub fn of(&self, op: usize) -> &[OpIndex] {
        &self.list[self.starts[op] as usize..self.starts[op + 1] as usize]
    }

    /// Of a release the ops that it names, and nothing else: what the program says on every machine.
    pub fn named(program: &Program) -> Dependencies {
        let mut dependencies = Dependencies { starts: vec![0], list: Vec::new() };
        for op in program.ranks.iter().flat_map(|rank| &rank.ops) {
            if let Op::Sync(SyncOp::Release { after, .. }) = op {
                dependencies.list.extend_from_slice(after);
            }
            dependencies.starts.push(u32::try_from(dependencies.list.len()).expect("fewer than 2^32 holds"));
        }
        dependencies
    }

    /// On an explicit machine nothing is held but a release, by the ops it names, and the passes of a queue that
    /// tracks: only what the program says orders its ops.
    pub fn find(program: &Program, layout: &Layout, machine: &Machine) -> Dependencies {
        let tracked = machine.queue().is_some_and(|queue| queue.tracked);
        let mut dependencies = Dependencies { starts: vec![0], list: Vec::new() };
        for (rank, rank_program) in program.ranks.iter().enumerate() {
            let mut accesses = RankAccesses::of(program, layout, Rank(rank as u32));
            let mut assigner = QueueAssigner::of(machine);
            for (index, op) in rank_program.ops.iter().enumerate() {
                let queue = assigner.assign(op);
                if let Op::Sync(SyncOp::Release { after, .. }) = op {
                    accesses.held.extend_from_slice(after);
                }
                let visits = match machine.spec().sync {
                    Sync::Explicit => tracked && op.stage() == Stage::Pass,
                    Sync::Interlocked => true,
                };
                if visits {
                    accesses.visit(Queued { op: OpIndex(index as u32), queue }, op);
                }
                accesses.held.sort_unstable();
                accesses.held.dedup();
                dependencies.list.append(&mut accesses.held);
                dependencies
                    .starts
                    .push(u32::try_from(dependencies.list.len()).expect("fewer than 2^32 holds"));
            }
        }
        dependencies
    }
}

/// An op of the rank, and the queue that it enters.
#[derive(Clone, Copy, Debug)]
struct Queued {
    op: OpIndex,
    queue: Queue,
}

impl InLane for Queued {
    fn lane(&self) -> usize {
        self.queue
    }
}

type Touched = LastAccess<Queued>;

/// One rank's view of memory while its program is walked.
struct RankAccesses<'a> {
    program: &'a Program,
    layout: &'a Layout,
    rank: Rank,
    spaces: BTreeMap<Space, RegionMap<Touched>>,
    /// Reads of anything else hold nobody: weights are read in many ranges and by many ops.
    written: Written,
    /// Receives that do not hold, and readers, of messages not yet released.
    messages: BTreeMap<Message, Touched>,
    /// What the op being visited is held by.
    held: Vec<OpIndex>,
}

impl<'a> RankAccesses<'a> {
    fn of(program: &'a Program, layout: &'a Layout, rank: Rank) -> RankAccesses<'a> {
        let (spaces, messages) = (BTreeMap::new(), BTreeMap::new());
        let written = Written::by(program, layout, rank);
        RankAccesses { program, layout, rank, spaces, written, messages, held: Vec::new() }
    }

    fn visit(&mut self, by: Queued, op: &Op) {
        if let Op::Recv(RecvOp::RecvAsync { message, .. }) = op {
            self.messages.entry(*message).or_default().writer = Some(by);
        }
        if let Op::Sync(SyncOp::Release { message, .. }) = op {
            let touched = self.messages.remove(message).unwrap_or_default();
            self.held.extend(touched.all().map(|by| by.op));
        }
        let access = op.access();
        for view in access.reads() {
            self.read(by, view);
        }
        if let Some(view) = access.write {
            self.write(by, view);
        }
        for message in op.consumes() {
            // It gives the slot back itself.
            self.messages.remove(message);
        }
    }

    fn read(&mut self, by: Queued, id: ViewId) {
        let view = self.view(id);
        if let Base::Message(message) = view.base {
            let touched = self.messages.entry(message).or_default();
            self.held.extend(touched.writer.map(|writer| writer.op));
            touched.read_by(by);
            return;
        }
        let (space, base) = self.layout.locate(self.program, self.rank, view);
        if !self.written.may_hold(space, base + view.offset, base.saturating_add(view.end())) {
            return;
        }
        let map = self.spaces.entry(space).or_default();
        let held = &mut self.held;
        view.for_each_span(|start, end| {
            map.update(base + start, base + end, Touched::default, |touched| {
                held.extend(touched.writer.map(|writer| writer.op));
                touched.read_by(by);
            });
        });
    }

    fn write(&mut self, by: Queued, id: ViewId) {
        let view = self.view(id);
        let (space, base) = self.layout.locate(self.program, self.rank, view);
        let map = self.spaces.entry(space).or_default();
        let held = &mut self.held;
        view.for_each_span(|start, end| {
            map.replace(base + start, base + end, Touched::written_by(by), |touched| {
                // An op that accumulates reads and writes the same bytes; it does not wait for itself.
                held.extend(touched.all().map(|earlier| earlier.op).filter(|&op| op != by.op));
            });
        });
    }

    fn view(&self, id: ViewId) -> &'a View {
        &self.program.ranks[self.rank.index()].views[id.index()]
    }
}
