//! A program without some of its ops, which keeps its rings, barriers and references right.

use std::collections::{BTreeMap, BTreeSet};

use program::op::{OpIndex, Reduction};
use program::{Base, Message, Op, Program, QueueOp, Rank, RecvOp, SendOp, SyncOp};

/// The ops that an op names.
pub fn named(op: &Op) -> &[OpIndex] {
    if let Op::Sync(SyncOp::Wait { on: ops } | SyncOp::Release { after: ops, .. }) = op {
        ops
    } else {
        op.signals_after().unwrap_or_default()
    }
}

pub fn set_named(op: &mut Op, names: Vec<OpIndex>) {
    if let Op::Sync(
        SyncOp::Wait { on: ops } | SyncOp::Signal { after: ops, .. } | SyncOp::Release { after: ops, .. },
    ) = op
    {
        *ops = names.into();
    } else if let Op::Sync(SyncOp::SignalSet { set }) = op {
        set.after = names.into();
    }
}

/// The program without these ops. A message goes with both of its ends and all that read it, a barrier with those of
/// the other ranks; numbers and references close up.
pub fn without(program: &Program, ops: &[(Rank, OpIndex)]) -> Program {
    let mut cut = Cut { program, ops: ops.iter().copied().collect(), messages: BTreeSet::new() };
    while cut.grow() {}
    cut.rest()
}

struct Cut<'a> {
    program: &'a Program,
    ops: BTreeSet<(Rank, OpIndex)>,
    messages: BTreeSet<Message>,
}

fn barrier(op: &Op) -> Option<u32> {
    if let Op::Sync(SyncOp::Barrier { number }) = op { Some(*number) } else { None }
}

impl Cut<'_> {
    fn all(&self) -> impl Iterator<Item = ((Rank, OpIndex), &Op)> {
        self.program.ranks.iter().zip(0..).flat_map(|(rank, at)| {
            rank.ops.iter().zip(0..).map(move |(op, index)| ((Rank(at), OpIndex(index)), op))
        })
    }

    /// Adds what cannot stay without what is gone. Gives whether there was any.
    fn grow(&mut self) -> bool {
        let before = (self.ops.len(), self.messages.len());
        let (mut ops, mut messages) = (self.ops.clone(), self.messages.clone());
        let barriers: BTreeSet<u32> =
            self.all().filter(|(at, _)| self.ops.contains(at)).filter_map(|(_, op)| barrier(op)).collect();
        for (at, op) in self.all() {
            if ops.contains(&at) {
                messages.extend(op.sends().iter().chain(op.receives()));
                continue;
            }
            let views = &self.program.rank(at.0).views;
            let reads = |message: &Message| {
                op.views().any(|view| views[view.index()].base == Base::Message(*message))
            };
            let own = op.messages();
            let of_several = own.len() > 1 && own.iter().any(|message| !messages.contains(message));
            let gone = |message: &Message| messages.contains(message);
            let reads_gone = messages.iter().any(|message| !own.contains(message) && reads(message));
            let goes = (own.iter().any(gone) && !of_several)
                || reads_gone
                || barrier(op).is_some_and(|number| barriers.contains(&number));
            if goes {
                ops.insert(at);
                messages.extend(op.sends().iter().chain(op.receives()));
            }
        }
        (self.ops, self.messages) = (ops, messages);
        before != (self.ops.len(), self.messages.len())
    }

    fn renumbered(&self, message: Message) -> Message {
        let before = self.messages.range(Message { number: 0, ..message }..message).count();
        Message { number: message.number - before as u32, ..message }
    }

    fn rest(&self) -> Program {
        let mut program = self.program.clone();
        let gone: BTreeSet<u32> =
            self.all().filter(|(at, _)| self.ops.contains(at)).filter_map(|(_, op)| barrier(op)).collect();
        for (rank, of_rank) in (0..).map(Rank).zip(&mut program.ranks) {
            let kept = |op: OpIndex| !self.ops.contains(&(rank, op));
            let mut places = BTreeMap::new();
            for op in (0..of_rank.ops.len() as u32).map(OpIndex).filter(|op| kept(*op)) {
                places.insert(op, OpIndex(places.len() as u32));
            }
            let ops = places.keys().map(|op| self.op(&of_rank.ops[op.index()], &places, &gone));
            of_rank.ops = ops.collect();
            of_rank.sources.clear();
            of_rank.spans.clear();
            for view in &mut of_rank.views {
                if let Base::Message(message) = &mut view.base {
                    *message = self.renumbered(*message);
                }
            }
        }
        program
    }

    fn op(&self, op: &Op, places: &BTreeMap<OpIndex, OpIndex>, gone: &BTreeSet<u32>) -> Op {
        let mut op = op.clone();
        let names = named(&op).iter().filter_map(|op| places.get(op).copied()).collect();
        set_named(&mut op, names);
        let of = |message: &mut Message| *message = self.renumbered(*message);
        let some = |messages: &[Message]| -> Box<[Message]> {
            messages.iter().filter(|it| !self.messages.contains(it)).map(|it| self.renumbered(*it)).collect()
        };
        match &mut op {
            Op::Send(SendOp::Send { message, .. } | SendOp::Forward { message, .. })
            | Op::Recv(
                RecvOp::Recv { message, .. }
                | RecvOp::RecvAsync { message, .. }
                | RecvOp::RecvCopy { message, .. },
            )
            | Op::Sync(SyncOp::Release { message, .. }) => of(message),
            Op::Send(SendOp::Multicast { messages, .. }) => *messages = some(messages),
            Op::Recv(RecvOp::RecvReduce { reduction }) => {
                let Reduction { messages, views, .. } = &mut **reduction;
                let kept = messages.iter().zip(views.iter()).filter(|(it, _)| !self.messages.contains(it));
                *views = kept.map(|(_, view)| *view).collect();
                *messages = some(messages);
            }
            Op::Sync(SyncOp::Barrier { number }) => *number -= gone.range(..*number).count() as u32,
            Op::Sync(
                SyncOp::Wait { .. }
                | SyncOp::Signal { .. }
                | SyncOp::SignalSet { .. }
                | SyncOp::SemaphoreSet { .. }
                | SyncOp::WaitGe { .. }
                | SyncOp::WaitUntil { .. },
            )
            | Op::Compute(_)
            | Op::Move(_)
            | Op::Queue(
                QueueOp::Commit {}
                | QueueOp::EventSignal { .. }
                | QueueOp::EventWait { .. }
                | QueueOp::HostCopy { .. },
            )
            | Op::Note(_)
            | Op::Time(_) => {}
        }
        op
    }
}
