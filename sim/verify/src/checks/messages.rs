//! Messages: both ends count them alike, agree on their shape, and read them only while they are theirs.

use std::collections::BTreeMap;

use program::{
    Base, Breach, Effect, Message, Op, OpIndex, Program, Rank, RefusalKind, RingId, SendOp, Target, View,
    ViewId,
};

use crate::checks::ops;
use crate::checks::refusal::Reasons;
use crate::deadlock::name;

/// Who sends each message: by ring, then number.
pub(super) struct Sent {
    rings: Vec<Vec<(OpIndex, ViewId)>>,
}

impl Sent {
    pub fn by_all(program: &Program, reasons: &mut Reasons<'_>) -> Sent {
        let mut rings = vec![Vec::new(); program.rings.len()];
        for (rank, index, op) in ops(program) {
            let Effect::Move { from, to: Target::Slots(messages) } = op.effect() else { continue };
            for message in messages {
                let list: &mut Vec<_> = &mut rings[message.ring.index()];
                let expected = list.len();
                if message.number as usize != expected {
                    let text = format!(
                        "the next message on {} is number {expected}, not {}",
                        message.ring, message.number
                    );
                    let breach =
                        Breach::new(RefusalKind::Malformed, text, "number the messages of a ring 0, 1, 2, …");
                    reasons.op(rank, index, breach.at(message));
                }
                list.push((index, from));
            }
        }
        Sent { rings }
    }
    fn op(&self, message: Message) -> Option<(OpIndex, ViewId)> {
        self.rings[message.ring.index()].get(message.number as usize).copied()
    }
    fn view<'a>(&self, program: &'a Program, message: Message) -> Option<&'a View> {
        let producer = program.rings[message.ring.index()].producer;
        self.op(message).map(|(_, view)| &program.rank(producer).views[view.index()])
    }
    pub fn bytes(&self, program: &Program, message: Message) -> Option<u64> {
        self.view(program, message).map(View::bytes)
    }
}

/// What the consumer has done with a message so far.
#[derive(Clone, Copy)]
enum Use {
    Held,
    Released(OpIndex),
}

pub(super) fn check(program: &Program, sent: &Sent, reasons: &mut Reasons<'_>) {
    let mut uses = BTreeMap::new();
    for (rank, index, op) in ops(program) {
        let at = (rank, index);
        let fold = if let Effect::Fold(fold) = op.effect() { Some(fold) } else { None };
        // A receive names the views of its messages before all others.
        let views = op.views().take(fold.map_or(1, |fold| fold.views.len()));
        for part in op.receives().iter().copied().zip(views) {
            receive(program, sent, at, part, &mut uses, reasons);
            if fold.is_some() {
                from_a_tile(program, sent, at, part.0, reasons);
            }
        }
        if op.consumes().is_empty() {
            op.frees().iter().for_each(|&message| release(program, at, message, &mut uses, reasons));
        }
        if let Effect::Move { from, to: Target::Slots(messages) } = op.effect() {
            messages.iter().for_each(|&message| fits_slot(program, at, (message, from), reasons));
        }
        reads(program, at, op, &uses, reasons);
        uses.extend(op.consumes().iter().map(|&message| (message, Use::Released(index))));
    }
    unmatched(program, sent, &uses, reasons);
}

type At = (Rank, OpIndex);
type Uses = BTreeMap<Message, Use>;

fn receive(
    program: &Program,
    sent: &Sent,
    (rank, op): At,
    (message, view): (Message, ViewId),
    uses: &mut Uses,
    reasons: &mut Reasons<'_>,
) {
    let mut wrong = |kind, text: String, repair: &str| {
        reasons.op(rank, op, Breach::new(kind, text, repair).at(format!("message {message}")));
    };
    if uses.insert(message, Use::Held).is_some() {
        wrong(
            RefusalKind::UnmatchedRecv,
            "the message is received twice".to_owned(),
            "receive each message once",
        );
    }
    let ring = &program.rings[message.ring.index()];
    let Some(given) = sent.view(program, message) else {
        let count = sent.rings[message.ring.index()].len();
        let text = format!(
            "{} sends {count} messages on {}, none of number {}",
            ring.producer, message.ring, message.number
        );
        let repair = format!("receive fewer, or `send` more on {}", ring.producer);
        return wrong(RefusalKind::UnmatchedRecv, text, &repair);
    };
    let taken = &program.rank(rank).views[view.index()];
    if (given.shape, given.dtype) != (taken.shape, taken.dtype) {
        let sender = sent.op(message).map_or_else(String::new, |(op, _)| name(program, (ring.producer, op)));
        let text = format!(
            "the message is {} {} and is received as {} {}; it is sent by {sender}",
            given.shape, given.dtype, taken.shape, taken.dtype
        );
        wrong(RefusalKind::Mismatch, text, "receive it as it is sent, and use `view` on it");
    }
}

fn release(program: &Program, (rank, op): At, message: Message, uses: &mut Uses, reasons: &mut Reasons<'_>) {
    let (kind, text) = match uses.get(&message) {
        Some(Use::Held) => {
            uses.insert(message, Use::Released(op));
            return;
        }
        Some(Use::Released(by)) => (
            RefusalKind::DoubleRelease,
            format!("the slot was already given back by {}", name(program, (rank, *by))),
        ),
        None => (RefusalKind::Malformed, "the message is released before it is received".to_owned()),
    };
    let breach =
        Breach::new(kind, text, "release each received message once; `recv_into` releases by itself");
    reasons.op(rank, op, breach.at(format!("message {message}")));
}

/// Ops read messages only between receipt and release.
fn reads(program: &Program, (rank, index): At, op: &Op, uses: &Uses, reasons: &mut Reasons<'_>) {
    for view in op.views() {
        let Base::Message(message) = program.rank(rank).views[view.index()].base else { continue };
        let (kind, text, repair) = match uses.get(&message) {
            Some(Use::Held) => continue,
            Some(Use::Released(by)) => {
                let text = format!("the slot was given back by {}", name(program, (rank, *by)));
                (RefusalKind::UseAfterRelease, text, "`release` after the last use")
            }
            None => (
                RefusalKind::Malformed,
                "the message is read before it is received".to_owned(),
                "`recv` it first",
            ),
        };
        reasons.op(rank, index, Breach::new(kind, text, repair).at(format!("message {message}")));
    }
}

/// A fabric adds what members send from their own tiles, each to this reduction alone.
fn from_a_tile(program: &Program, sent: &Sent, at: At, message: Message, reasons: &mut Reasons<'_>) {
    let Some((op, _)) = sent.op(message) else { return };
    let producer = program.rings[message.ring.index()].producer;
    if let Op::Send(SendOp::Send { .. }) = program.op(producer, op) {
        return;
    }
    let text = format!("a member's tile comes by {}", name(program, (producer, op)));
    let breach = Breach::new(RefusalKind::Malformed, text, "`send` the tile of a member");
    reasons.op(at.0, at.1, breach.at(format!("message {message}")));
}

fn fits_slot(
    program: &Program,
    (rank, op): At,
    (message, from): (Message, ViewId),
    reasons: &mut Reasons<'_>,
) {
    let (bytes, slot) =
        (program.rank(rank).views[from.index()].bytes(), program.rings[message.ring.index()].slot_bytes);
    if bytes > slot {
        let text = format!("a message of {bytes} bytes does not fit a slot of {slot}");
        let breach =
            Breach::new(RefusalKind::OutOfBounds, text, format!("declare slot_bytes = {bytes} or more"));
        reasons.op(rank, op, breach.at(format!("message {message}")));
    }
}

fn unmatched(program: &Program, sent: &Sent, uses: &Uses, reasons: &mut Reasons<'_>) {
    for (ring, list) in sent.rings.iter().enumerate() {
        let id = RingId(ring as u32);
        let ends = &program.rings[ring];
        for (number, &(op, _)) in list.iter().enumerate() {
            let message = Message { ring: id, number: number as u32 };
            if !uses.contains_key(&message) {
                let text = format!("{} never receives the message", ends.consumer);
                let repair = format!("`recv` it on {}, or send fewer", ends.consumer);
                let breach = Breach::new(RefusalKind::UnmatchedSend, text, repair);
                reasons.op(ends.producer, op, breach.at(format!("message {message}")));
            }
        }
    }
}
