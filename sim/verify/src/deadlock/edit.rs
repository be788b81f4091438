//! Changes of a program that may free it, and how an author would make them.

use std::collections::BTreeMap;

use program::op::SemaphoreId;
use program::program::Buffer;
use program::{
    Base, BufferId, DType, Dims, EventId, Message, Op, OpIndex, Program, QueueOp, Rank, RankProgram, RingId,
    SendOp, SyncOp, View, ViewId,
};
use serde::{Deserialize, Serialize};

use super::ends::At;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// Another number of slots, for one ring or for all.
    Slots { ring: Option<RingId>, n_slots: u32 },
    /// Gives these messages back, each after its last use.
    Release { messages: Vec<Message> },
    /// Sends a message that is received and never sent, before this op of its producer.
    Send { message: Message, before: OpIndex },
    /// Adds a signal before this op of a rank.
    Signal { from: Rank, before: OpIndex, to: Rank, semaphore: SemaphoreId, amount: u32 },
    /// Adds a signal of an event before this encoded op of a rank.
    EventSignal { rank: Rank, before: OpIndex, event: EventId, value: u32 },
    /// Lets a signal, of a semaphore or an event, give this much more.
    Raise { rank: Rank, op: OpIndex, by: u32 },
    /// Lets every rank that lacks this barrier call it at its end.
    Barrier { number: u32 },
    /// Moves ops of a rank, in their order, to before another.
    Move { rank: Rank, ops: Vec<OpIndex>, before: OpIndex },
}

/// An op of the changed program: an old one, or a new one.
enum Piece {
    Old(u32),
    New(Op),
}

impl Edit {
    /// The program, changed.
    #[must_use]
    pub fn apply(&self, program: &Program) -> Program {
        let mut program = program.clone();
        match self {
            Edit::Slots { ring, n_slots } => {
                for (index, it) in program.rings.iter_mut().enumerate() {
                    if ring.is_none_or(|ring| ring.index() == index) {
                        it.n_slots = *n_slots;
                    }
                }
            }
            Edit::Release { messages } => release(&mut program, messages),
            Edit::Send { message, before } => {
                let ring = program.rings[message.ring.index()].clone();
                if let Some((shape, dtype)) = received_as(program.rank(ring.consumer), *message) {
                    let from = tile(&mut program.ranks[ring.producer.index()], shape, dtype);
                    insert(
                        &mut program,
                        ring.producer,
                        [(*before, Op::Send(SendOp::Send { message: *message, from }))].into(),
                    );
                }
            }
            Edit::Signal { from, before, to, semaphore, amount } => {
                let signal = Op::Sync(SyncOp::Signal {
                    semaphore: *semaphore,
                    to: *to,
                    amount: *amount,
                    after: Box::default(),
                });
                insert(&mut program, *from, [(*before, signal)].into());
            }
            Edit::EventSignal { rank, before, event, value } => {
                let signal = Op::Queue(QueueOp::EventSignal { event: *event, value: *value });
                insert(&mut program, *rank, [(*before, signal)].into());
            }
            Edit::Raise { rank, op, by } => {
                if let Op::Sync(SyncOp::Signal { amount, .. })
                | Op::Queue(QueueOp::EventSignal { value: amount, .. }) =
                    &mut program.ranks[rank.index()].ops[op.index()]
                {
                    *amount = amount.saturating_add(*by);
                }
            }
            Edit::Barrier { number } => {
                for rank in lacking(&program, *number) {
                    let end = OpIndex(program.rank(rank).ops.len() as u32);
                    insert(&mut program, rank, [(end, Op::Sync(SyncOp::Barrier { number: *number }))].into());
                }
            }
            Edit::Move { rank, ops, before } => {
                let all = (0..program.rank(*rank).ops.len() as u32).filter(|op| !ops.contains(&OpIndex(*op)));
                let (mut first, rest): (Vec<u32>, Vec<u32>) = all.partition(|&op| op < before.0);
                first.extend(ops.iter().map(|op| op.0));
                first.extend(rest);
                rebuild(&mut program.ranks[rank.index()], first.into_iter().map(Piece::Old).collect());
            }
        }
        program
    }

    /// What the author would do, in the words of `tl`; `program` is the one before the change.
    pub fn words(&self, program: &Program) -> String {
        let place = |rank: Rank, before: OpIndex| match program.rank(rank).ops.get(before.index()) {
            Some(_) => format!("before {}", short(program, rank, before)),
            None => "at its end".to_owned(),
        };
        match self {
            Edit::Slots { ring: None, n_slots } => format!("declare slots = {n_slots} for every ring"),
            Edit::Slots { ring: Some(ring), n_slots } => format!("declare n_slots = {n_slots} for {ring}"),
            Edit::Release { messages } => releases(program, messages),
            Edit::Send { message, before } => {
                let producer = program.rings[message.ring.index()].producer;
                format!("on {producer}, `send` message {message} {}", place(producer, *before))
            }
            Edit::Signal { from, before, to, semaphore, amount } => {
                format!("on {from}, `signal` {semaphore} of {to} by {amount} {}", place(*from, *before))
            }
            Edit::EventSignal { rank, before, event, value } => {
                format!("on {rank}, `event_signal` {event} with {value} {}", place(*rank, *before))
            }
            Edit::Raise { rank, op, by } => raise(program, (*rank, *op), *by),
            Edit::Barrier { number } => {
                let ranks: Vec<String> = lacking(program, *number).iter().map(Rank::to_string).collect();
                format!("call `barrier` as often on {} as on the others", ranks.join(", "))
            }
            Edit::Move { rank, ops, before } => {
                let target = ops.last().copied().unwrap_or(*before);
                let more = match ops.len() {
                    0 | 1 => String::new(),
                    2 => format!(", with op {} that it needs", ops[0].0),
                    n => format!(", with {} ops from op {} on that it needs", n - 1, ops[0].0),
                };
                let (target, before) = (short(program, *rank, target), short(program, *rank, *before));
                format!("on {rank}, move {target} before {before}{more}")
            }
        }
    }
}

/// Says `by` as the change does, and what comes of it.
fn raise(program: &Program, (rank, op): At, by: u32) -> String {
    let at = short(program, rank, op);
    if let Op::Sync(SyncOp::Signal { amount, semaphore, to, .. }) = program.op(rank, op) {
        let new = amount.saturating_add(by);
        return format!("on {rank}, raise the amount of {at} for {semaphore} of {to} by {by}, to {new}");
    }
    let Op::Queue(QueueOp::EventSignal { event, value }) = program.op(rank, op) else { return String::new() };
    let new = value.saturating_add(by);
    format!("on {rank}, raise the value of {at} for {event} by {by}, to {new}")
}

/// An op of a rank that has been named.
fn short(program: &Program, rank: Rank, op: OpIndex) -> String {
    let source = program.source(rank, op).map_or_else(String::new, |source| format!(" at {source}"));
    format!("`{}` (op {}{source})", program.op(rank, op).kind(), op.0)
}

fn releases(program: &Program, messages: &[Message]) -> String {
    let Some(&first) = messages.first() else { return String::new() };
    let rank = program.rings[first.ring.index()].consumer;
    let Some(&last) = uses(program.rank(rank)).get(&first).and_then(|uses| uses.last()) else {
        return String::new();
    };
    let text =
        format!("on {rank}, `release` message {first} after its last use, {}", short(program, rank, last));
    match messages.len() {
        1 => text,
        n => format!("{text}, and the {} others that are never released", n - 1),
    }
}

/// Ranks that do not call a barrier.
fn lacking(program: &Program, number: u32) -> Vec<Rank> {
    let calls = |rank: &Rank| program.rank(*rank).ops.contains(&Op::Sync(SyncOp::Barrier { number }));
    (0..program.n_ranks()).map(Rank).filter(|rank| !calls(rank)).collect()
}

/// The ops of a rank that receive or read each message.
fn uses(rank: &RankProgram) -> BTreeMap<Message, Vec<OpIndex>> {
    let mut uses: BTreeMap<Message, Vec<OpIndex>> = BTreeMap::new();
    for (index, op) in rank.ops.iter().enumerate() {
        let read = op.views().filter_map(|view| match rank.views[view.index()].base {
            Base::Message(message) => Some(message),
            Base::Buffer(_) | Base::Tensor(_) => None,
        });
        read.for_each(|message| uses.entry(message).or_default().push(OpIndex(index as u32)));
    }
    uses
}

fn release(program: &mut Program, messages: &[Message]) {
    for rank in (0..program.n_ranks()).map(Rank) {
        let uses = uses(program.rank(rank));
        // An explicit machine orders a release after the reads of its slot only where it names them.
        let reads = |op: &OpIndex| program.op(rank, *op).access().reads().next().is_some();
        let here = messages.iter().filter(|message| program.rings[message.ring.index()].consumer == rank);
        let release = |&message: &Message| {
            let uses = uses.get(&message)?;
            let after = uses.iter().copied().filter(reads).collect();
            Some((OpIndex(uses.last()?.0 + 1), Op::Sync(SyncOp::Release { message, after })))
        };
        let mut new: Vec<(OpIndex, Op)> = here.filter_map(release).collect();
        new.sort_by_key(|&(before, _)| before);
        insert(program, rank, new);
    }
}

fn received_as(rank: &RankProgram, message: Message) -> Option<(Dims, DType)> {
    let of_it = |view: &ViewId| rank.views[view.index()].base == Base::Message(message);
    let received = rank.ops.iter().filter(|op| op.receives().contains(&message));
    let views = received.flat_map(Op::views).find(of_it);
    views.map(|view| (rank.views[view.index()].shape, rank.views[view.index()].dtype))
}

/// A tile of this shape: one that the rank has, or else a new one.
fn tile(rank: &mut RankProgram, shape: Dims, dtype: DType) -> ViewId {
    let fits = |view: &View| {
        (view.shape, view.dtype) == (shape, dtype) && view.is_packed() && matches!(view.base, Base::Buffer(_))
    };
    let id = rank.views.iter().position(fits).unwrap_or_else(|| {
        let view = View::packed(Base::Buffer(BufferId(rank.buffers.len() as u32)), shape, dtype);
        rank.buffers.push(Buffer { bytes: view.bytes(), at: None });
        rank.views.push(view);
        rank.views.len() - 1
    });
    ViewId(id as u32)
}

/// Puts new ops before others of a rank; they come in ascending order, and name ops by where these were before.
fn insert(program: &mut Program, rank: Rank, new: Vec<(OpIndex, Op)>) {
    if new.is_empty() {
        return;
    }
    let rank = &mut program.ranks[rank.index()];
    for span in &mut rank.spans {
        let before = |end: OpIndex| new.iter().filter(|&&(before, _)| before < end).count() as u32;
        (span.first.0, span.end.0) = (span.first.0 + before(span.first), span.end.0 + before(span.end));
    }
    let mut pieces = Vec::with_capacity(rank.ops.len() + new.len());
    let mut new = new.into_iter().peekable();
    for old in 0..=rank.ops.len() as u32 {
        while let Some((_, op)) = new.next_if(|&(before, _)| before.0 == old) {
            pieces.push(Piece::New(op));
        }
        pieces.extend((old < rank.ops.len() as u32).then_some(Piece::Old(old)));
    }
    rebuild(rank, pieces);
}

/// Puts a rank's ops together anew; ops that name others by index name them where they are now.
fn rebuild(rank: &mut RankProgram, pieces: Vec<Piece>) {
    let mut now = vec![OpIndex(0); rank.ops.len()];
    for (place, piece) in pieces.iter().enumerate() {
        if let Piece::Old(old) = piece {
            now[*old as usize] = OpIndex(place as u32);
        }
    }
    let (ops, sources) = (std::mem::take(&mut rank.ops), std::mem::take(&mut rank.sources));
    let mut beside = 0;
    for piece in pieces {
        let mut op = match piece {
            Piece::Old(old) => {
                beside = old as usize;
                ops[beside].clone()
            }
            Piece::New(op) => op,
        };
        op.named_ops_mut().iter_mut().for_each(|named| *named = now[named.index()]);
        rank.ops.push(op);
        // A new op has the source of the one it follows.
        rank.sources.extend(sources.get(beside));
    }
}
