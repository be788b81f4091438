//! Ops in words, and tables of words that repeat.

use std::collections::BTreeMap;

use program::{ComputeOp, Effect, Op, QueueOp, RankProgram, SyncOp, Target, TimeOp, View, ViewId};
use serde::Serialize;

/// Texts, each kept once.
#[derive(Clone, Debug, Default)]
pub struct Names {
    known: BTreeMap<String, u32>,
    all: Vec<String>,
}

impl Names {
    pub fn of(&mut self, name: String) -> u32 {
        if let Some(&known) = self.known.get(&name) {
            return known;
        }
        let number = self.all.len() as u32;
        self.all.push(name.clone());
        self.known.insert(name, number);
        number
    }
}

impl Serialize for Names {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all.serialize(serializer)
    }
}

/// Label of an op, with its shapes: `dot 16×128 · 128×64 f16`. The first word is its kind.
pub fn label(rank: &RankProgram, op: &Op) -> String {
    let kind = op.kind();
    let view = |id: ViewId| -> &View { &rank.views[id.index()] };
    let sized = |id: ViewId| format!("{kind} {} {}", view(id).shape, view(id).dtype);
    match op.effect() {
        Effect::Compute(ComputeOp::Dot { a, b, .. }) => {
            format!("{kind} {} · {} {}", view(a).shape, view(b).shape, view(a).dtype)
        }
        Effect::Compute(ComputeOp::Reduce { x, axis, .. }) => format!("{} over axis {axis}", sized(x)),
        Effect::Compute(ComputeOp::Unary { x, to, .. }) if view(x).dtype != view(to).dtype => {
            format!("{} → {}", sized(x), view(to).dtype)
        }
        Effect::Compute(_) => op.access().write.map_or(kind.to_owned(), sized),
        Effect::Fold(fold) => format!("{} of {} messages", sized(fold.to), fold.messages.len()),
        Effect::Move { from, to: Target::Slots(messages) } if messages.len() > 1 => {
            format!("{} to {} ranks", sized(from), messages.len())
        }
        Effect::Move { from, .. } => sized(from),
        Effect::Nothing => waiting(op).unwrap_or_else(|| op.views().next().map_or(kind.to_owned(), sized)),
    }
}

/// An op that touches no values.
fn waiting(op: &Op) -> Option<String> {
    let kind = op.kind();
    match op {
        Op::Sync(SyncOp::Wait { on }) => Some(format!("{kind} for {} ops", on.len())),
        Op::Sync(SyncOp::Barrier { number }) => Some(format!("{kind} {number}")),
        Op::Sync(SyncOp::Signal { semaphore, to, amount, .. }) => {
            Some(format!("{kind} {semaphore} of {to} by {amount}"))
        }
        Op::Sync(SyncOp::WaitGe { semaphore, value }) => Some(format!("{kind} {semaphore} ≥ {value}")),
        Op::Sync(SyncOp::SemaphoreSet { semaphore, value }) => Some(format!("{kind} {semaphore} = {value}")),
        Op::Sync(SyncOp::SignalSet { set }) => {
            Some(format!("{kind} {} of {} = {}", set.semaphore, set.to, set.value))
        }
        Op::Sync(SyncOp::WaitUntil { semaphore, is, value, .. }) => {
            Some(format!("{kind} {semaphore} {} {value}", is.name()))
        }
        Op::Queue(QueueOp::EventSignal { event, value }) => Some(format!("{kind} {event} = {value}")),
        Op::Queue(QueueOp::EventWait { event, value }) => Some(format!("{kind} {event} ≥ {value}")),
        Op::Time(TimeOp::Busy { cycles, .. }) => Some(format!("{kind} {cycles} cycles")),
        Op::Move(_)
        | Op::Compute(_)
        | Op::Send(_)
        | Op::Recv(_)
        | Op::Sync(SyncOp::Release { .. })
        | Op::Note(_)
        | Op::Queue(QueueOp::Commit {} | QueueOp::HostCopy { .. }) => None,
    }
}
