//! What an interlocked sequencer waits for: for every op, the earlier ops of its rank that must be done
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

use crate::RegionMap;
use crate::queue::{Dealer, Queue};

/// For every op, in (rank, index) order, the ops of the same rank it is held by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    /// `list[starts[i]..starts[i + 1]]` belong to global op i.
    starts: Vec<u32>,
    list: Vec<OpIndex>,
}

impl Holds {
    /// The ops that global op `op` (rank offset + index) is held by.
    pub fn of(&self, op: usize) -> &[OpIndex] {
        &self.list[self.starts[op] as usize..self.starts[op + 1] as usize]
    }

    /// On an explicit machine nothing is held but a release, by the ops it names, and the passes of a queue that
    /// tracks: only what the program says orders its ops.
    pub fn find(program: &Program, layout: &Layout, machine: &Machine) -> Holds {
        let tracked = machine.queue().is_some_and(|queue| queue.tracked);
        let mut holds = Holds { starts: vec![0], list: Vec::new() };
        for (rank, rank_program) in program.ranks.iter().enumerate() {
            let mut walk = Walk::of(program, layout, Rank(rank as u32));
            let mut dealer = Dealer::of(machine);
            for (index, op) in rank_program.ops.iter().enumerate() {
                let queue = dealer.deal(op);
                if let Op::Sync(SyncOp::Release { after, .. }) = op {
                    walk.held.extend_from_slice(after);
                }
                let visits = match machine.spec().sync {
                    Sync::Explicit => tracked && op.stage() == Stage::Pass,
                    Sync::Interlocked => true,
                };
                if visits {
                    walk.visit(OpIndex(index as u32), op, queue);
                }
                walk.held.sort_unstable();
                walk.held.dedup();
                holds.list.append(&mut walk.held);
                holds.starts.push(u32::try_from(holds.list.len()).expect("fewer than 2^32 holds"));
            }
        }
        holds
    }
}

/// Who last wrote a range of bytes, and who has read it since.
#[derive(Clone, Debug, Default)]
struct Touched {
    writer: Option<OpIndex>,
    readers: Vec<(Queue, OpIndex)>,
}

impl Touched {
    /// The newest reader of a queue stands for the older ones.
    fn read_by(&mut self, queue: Queue, op: OpIndex) {
        match self.readers.iter_mut().find(|(other, _)| *other == queue) {
            Some((_, newest)) => *newest = op,
            None => self.readers.push((queue, op)),
        }
    }
    fn all(&self) -> impl Iterator<Item = OpIndex> + '_ {
        self.writer.into_iter().chain(self.readers.iter().map(|&(_, op)| op))
    }
}

/// One rank's view of memory while its program is walked.
struct Walk<'a> {
    program: &'a Program,
    layout: &'a Layout,
    rank: Rank,
    spaces: BTreeMap<Space, RegionMap<Touched>>,
    /// Receives that do not hold, and readers, of messages not yet released.
    messages: BTreeMap<Message, Touched>,
    /// What the op being visited is held by.
    held: Vec<OpIndex>,
}

impl<'a> Walk<'a> {
    fn of(program: &'a Program, layout: &'a Layout, rank: Rank) -> Walk<'a> {
        let (spaces, messages) = (BTreeMap::new(), BTreeMap::new());
        Walk { program, layout, rank, spaces, messages, held: Vec::new() }
    }

    fn visit(&mut self, index: OpIndex, op: &Op, queue: Queue) {
        if let Op::Recv(RecvOp::RecvAsync { message, .. }) = op {
            self.messages.entry(*message).or_default().writer = Some(index);
        }
        if let Op::Sync(SyncOp::Release { message, .. }) = op {
            self.held.extend(self.messages.remove(message).unwrap_or_default().all());
        }
        let access = op.access();
        for view in access.reads() {
            self.read(index, queue, view);
        }
        if let Some(view) = access.write {
            self.write(index, view);
        }
        for message in op.consumes() {
            // It gives the slot back itself.
            self.messages.remove(message);
        }
    }

    fn read(&mut self, index: OpIndex, queue: Queue, id: ViewId) {
        let view = self.view(id);
        if let Base::Message(message) = view.base {
            let touched = self.messages.entry(message).or_default();
            self.held.extend(touched.writer);
            touched.read_by(queue, index);
            return;
        }
        let (space, base) = self.layout.locate(self.program, self.rank, view);
        let map = self.spaces.entry(space).or_default();
        for (start, length) in view.footprint() {
            map.update(base + start, base + start + length, Touched::default, |touched| {
                self.held.extend(touched.writer);
                touched.read_by(queue, index);
            });
        }
    }

    fn write(&mut self, index: OpIndex, id: ViewId) {
        let view = self.view(id);
        let (space, base) = self.layout.locate(self.program, self.rank, view);
        let map = self.spaces.entry(space).or_default();
        for (start, length) in view.footprint() {
            let (start, end) = (base + start, base + start + length);
            for (_, _, touched) in map.overlapping(start, end) {
                // An op that accumulates reads and writes the same bytes; it does not wait for itself.
                self.held.extend(touched.all().filter(|&op| op != index));
            }
            map.insert(start, end, Touched { writer: Some(index), readers: Vec::new() });
        }
    }

    fn view(&self, id: ViewId) -> &'a View {
        &self.program.ranks[self.rank.index()].views[id.index()]
    }
}
