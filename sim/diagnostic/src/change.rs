//! Changes of a program that may free a deadlock, the candidates of a search. Each is written in JSON by its numbers;
//! what else it says of the ops is for its text.

use std::fmt;

use program::op::Stage;
use program::op::{EventId, SemaphoreId};
use program::{
    Base, DType, Dims, Message, Op, OpIndex, Program, QueueOp, Rank, RingId, SendOp, SyncOp, ViewId,
};
use serde::Serialize;

use crate::patch::{Draft, Setting, uses};
use crate::{OpRef, Patch};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Another number of slots, for one ring or for all.
    Slots { ring: Option<RingId>, n_slots: u32 },
    /// Releases these messages, each after its last use.
    Release {
        messages: Vec<Message>,
        /// The last use of the first one.
        #[serde(skip)]
        last: Option<OpRef>,
    },
    /// Sends a message that is received and never sent.
    Send {
        message: Message,
        before: Before,
        /// Shape and dtype of a tile to send.
        #[serde(skip)]
        tile: Option<(Dims, DType)>,
    },
    /// Adds a signal.
    Signal { from: Rank, before: Before, to: Rank, semaphore: SemaphoreId, amount: u32 },
    /// Adds a signal of an event before an encoded op.
    EventSignal { rank: Rank, before: Before, event: EventId, value: u32 },
    /// Lets a signal, of a semaphore or an event, give this much more.
    Raise {
        rank: Rank,
        op: OpIndex,
        by: u32,
        #[serde(skip)]
        raised: Raised,
    },
    /// Lets every rank that lacks this barrier call it at its end.
    Barrier {
        number: u32,
        #[serde(skip)]
        ranks: Vec<Rank>,
    },
    /// Moves ops of a rank, in their order, to before another.
    Move {
        rank: Rank,
        ops: Vec<OpIndex>,
        before: Before,
        /// The last of the ops: it needs the others.
        #[serde(skip)]
        target: OpRef,
    },
}

/// A place in a rank's program; in JSON the number of the op.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    pub index: OpIndex,
    pub rank: Rank,
    /// `None` at the end.
    pub op: Option<OpRef>,
}

/// The signal that is raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    pub op: OpRef,
    pub target: Target,
    /// The raised amount or value.
    pub to: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Semaphore(SemaphoreId, Rank),
    Event(EventId),
}

impl Change {
    /// The change of `program` as steps.
    pub fn patch(&self, program: &Program) -> Patch {
        let mut draft = Draft::new(program);
        match self {
            Change::Slots { ring, n_slots } => slots(&mut draft, program, *ring, *n_slots),
            Change::Release { messages, .. } => {
                draft.releases(messages);
            }
            Change::Send { message, before, tile } => {
                if let Some((shape, dtype)) = *tile {
                    let from = draft.tile(before.rank, shape, dtype);
                    draft.insert(before.at(), Op::Send(SendOp::Send { message: *message, from }));
                }
            }
            Change::Signal { before, to, semaphore, amount, .. } => {
                let (semaphore, to, amount) = (*semaphore, *to, *amount);
                let after = stores(program, before.at());
                draft.insert(before.at(), Op::Sync(SyncOp::Signal { semaphore, to, amount, after }));
            }
            Change::EventSignal { before, event, value, .. } => {
                draft.insert(before.at(), Op::Queue(QueueOp::EventSignal { event: *event, value: *value }));
            }
            Change::Raise { rank, op, raised, .. } => {
                let mut changed = program.op(*rank, *op).clone();
                if let Op::Sync(SyncOp::Signal { amount, .. })
                | Op::Queue(QueueOp::EventSignal { value: amount, .. }) = &mut changed
                {
                    *amount = raised.to;
                }
                draft.change((*rank, *op), changed);
            }
            Change::Barrier { number, ranks } => {
                for &rank in ranks {
                    let end = OpIndex(program.rank(rank).ops.len() as u32);
                    draft.insert((rank, end), Op::Sync(SyncOp::Barrier { number: *number }));
                }
            }
            Change::Move { rank, ops, before, .. } => draft.move_before(*rank, ops.clone(), before.index),
        }
        draft.done()
    }
}

/// What a signal tells of: what its rank has stored so far, or committed where it has command buffers.
fn stores(program: &Program, (rank, before): (Rank, OpIndex)) -> Box<[OpIndex]> {
    let of_rank = program.rank(rank);
    let ops = || (0..).map(OpIndex).zip(&of_rank.ops[..before.index()]);
    let commits = ops().filter(|(_, op)| op.stage() == Stage::Commit).map(|(at, _)| at);
    if let Some(last) = commits.last() {
        return [last].into();
    }
    let is_tensor = |view: ViewId| matches!(of_rank.views[view.index()].base, Base::Tensor(_));
    ops().filter(|(_, op)| op.access().write.is_some_and(is_tensor)).map(|(at, _)| at).collect()
}

fn slots(draft: &mut Draft<'_>, program: &Program, ring: Option<RingId>, n_slots: u32) {
    for (of, id) in program.rings.iter().zip(0..) {
        let id = RingId(id);
        if ring.is_none_or(|ring| ring == id) && of.n_slots != n_slots {
            draft.set(Setting::Slots { ring: id, n_slots });
        }
    }
}

impl Before {
    pub fn of(program: &Program, rank: Rank, index: OpIndex) -> Before {
        let exists = index.index() < program.rank(rank).ops.len();
        Before { rank, index, op: exists.then(|| OpRef::of(program, rank, index)) }
    }
    fn at(&self) -> (Rank, OpIndex) {
        (self.rank, self.index)
    }
}

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.op {
            Some(op) => write!(f, "before {op:#}"),
            None => f.write_str("at its end"),
        }
    }
}

/// The change in the terms of `tl`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Slots { ring: None, n_slots } => write!(f, "declare slots = {n_slots} for every ring"),
            Change::Slots { ring: Some(ring), n_slots } => {
                write!(f, "declare n_slots = {n_slots} for {ring}")
            }
            Change::Release { messages, last } => {
                let first = messages.first().map_or_else(String::new, ToString::to_string);
                write!(f, "`release` message {first} after its last use")?;
                last.iter().try_for_each(|last| write!(f, ", {last:#}"))?;
                match messages.len() {
                    0 | 1 => Ok(()),
                    n => write!(f, ", and the {} others that are never released", n - 1),
                }
            }
            Change::Send { message, before, .. } => {
                write!(f, "on rank {}, `send` message {message} {before}", before.rank.0)
            }
            Change::Signal { from, before, to, semaphore, amount } => write!(
                f,
                "on rank {}, `signal` {semaphore} of rank {} by {amount} {before}, after its stores",
                from.0, to.0
            ),
            Change::EventSignal { rank, before, event, value } => {
                write!(f, "on rank {}, `event_signal` {event} with {value} {before}", rank.0)
            }
            Change::Raise { by, raised: Raised { op, target, to }, .. } => match target {
                Target::Semaphore(semaphore, of) => {
                    write!(f, "raise the amount of {op:#} for {semaphore} of rank {} by {by}, to {to}", of.0)
                }
                Target::Event(event) => write!(f, "raise the value of {op:#} for {event} by {by}, to {to}"),
            },
            Change::Barrier { ranks, .. } => {
                let ranks: Vec<String> = ranks.iter().map(|rank| format!("rank {}", rank.0)).collect();
                write!(f, "call `barrier` as often on {} as on the others", ranks.join(", "))
            }
            Change::Move { ops, before, target, .. } => {
                write!(f, "move {target:#} {before}")?;
                match ops.len() {
                    0 | 1 => Ok(()),
                    2 => write!(f, ", with op {} that it needs", ops[0].0),
                    n => write!(f, ", with {} ops from op {} on that it needs", n - 1, ops[0].0),
                }
            }
        }
    }
}

impl Change {
    pub fn release(program: &Program, messages: Vec<Message>) -> Change {
        let last = messages.first().and_then(|&first| {
            let rank = program.rings[first.ring.index()].consumer;
            let last = *uses(program, rank, first).last()?;
            Some(OpRef::of(program, rank, last))
        });
        Change::Release { messages, last }
    }

    /// Sends a tile as the message is received.
    pub fn send(program: &Program, message: Message, before: OpIndex) -> Change {
        let ring = &program.rings[message.ring.index()];
        let consumer = program.rank(ring.consumer);
        let receives = consumer.ops.iter().filter(|op| op.receives().contains(&message));
        let views = receives.flat_map(Op::views).map(|view| &consumer.views[view.index()]);
        let received = views.into_iter().find(|view| view.base == Base::Message(message));
        let tile = received.map(|view| (view.shape, view.dtype));
        Change::Send { message, before: Before::of(program, ring.producer, before), tile }
    }

    /// `given` is what the signal gives now.
    pub fn raise(
        program: &Program,
        (rank, op): (Rank, OpIndex),
        (target, given): (Target, u32),
        by: u32,
    ) -> Change {
        let raised = Raised { op: OpRef::of(program, rank, op), target, to: given.saturating_add(by) };
        Change::Raise { rank, op, by, raised }
    }

    pub fn barrier(program: &Program, number: u32) -> Change {
        let calls = |rank: &Rank| program.rank(*rank).ops.contains(&Op::Sync(SyncOp::Barrier { number }));
        let ranks = (0..program.n_ranks()).map(Rank).filter(|rank| !calls(rank)).collect();
        Change::Barrier { number, ranks }
    }

    /// The last of the ops is the one that matters; it takes the others with it.
    pub fn moved(program: &Program, rank: Rank, ops: Vec<OpIndex>, before: OpIndex) -> Change {
        let target = OpRef::of(program, rank, ops.last().copied().unwrap_or(before));
        Change::Move { rank, ops, before: Before::of(program, rank, before), target }
    }
}
