//! Messages: both ends count them alike, agree on their shape, and read them only while they are theirs.

use std::collections::BTreeMap;

use diagnostic::{Fault, OpRef, Place};
use program::{Base, Effect, Message, Op, OpIndex, Program, Rank, RingId, SendOp, Target, View, ViewId};

use crate::checks::ops;
use crate::checks::refusal::Reasons;

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
                    let Message { ring, number } = *message;
                    let fault = Fault::MessageNumber { ring, expected, number };
                    reasons.op_at(rank, index, fault, Place::Message(*message));
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
        // Most ops have no messages.
        let has_messages = !op.messages().is_empty();
        if has_messages {
            transfers(program, sent, (rank, index), op, &mut uses, reasons);
        }
        reads(program, (rank, index), op, &uses, reasons);
        if has_messages {
            uses.extend(op.consumes().iter().map(|&message| (message, Use::Released(index))));
        }
    }
    unmatched(program, sent, &uses, reasons);
}

/// The messages that an op receives, releases or sends.
fn transfers(program: &Program, sent: &Sent, at: At, op: &Op, uses: &mut Uses, reasons: &mut Reasons<'_>) {
    let fold = if let Effect::Fold(fold) = op.effect() { Some(fold) } else { None };
    // A receive names the views of its messages before all others.
    let views = op.views().take(fold.map_or(1, |fold| fold.views.len()));
    for part in op.receives().iter().copied().zip(views) {
        receive(program, sent, at, part, uses, reasons);
        if fold.is_some() {
            from_a_tile(program, sent, at, part.0, reasons);
        }
    }
    if op.consumes().is_empty() {
        op.frees().iter().for_each(|&message| release(program, at, message, uses, reasons));
    }
    if let Effect::Move { from, to: Target::Slots(messages) } = op.effect() {
        messages.iter().for_each(|&message| fits_slot(program, at, (message, from), reasons));
    }
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
    let mut wrong = |fault| reasons.op_at(rank, op, fault, Place::Message(message));
    if uses.insert(message, Use::Held).is_some() {
        wrong(Fault::ReceivedTwice {});
    }
    let Message { ring, number } = message;
    let producer = program.rings[ring.index()].producer;
    let Some((by, given)) =
        sent.op(message).map(|(by, view)| (by, &program.rank(producer).views[view.index()]))
    else {
        let count = sent.rings[ring.index()].len();
        return wrong(Fault::NotSent { producer, ring, count, number });
    };
    let taken = &program.rank(rank).views[view.index()];
    if (given.shape, given.dtype) != (taken.shape, taken.dtype) {
        wrong(Fault::ReceivedAs {
            sent: given.shape,
            sent_dtype: given.dtype,
            taken: taken.shape,
            taken_dtype: taken.dtype,
            by: OpRef::of(program, producer, by),
        });
    }
}

fn release(program: &Program, (rank, op): At, message: Message, uses: &mut Uses, reasons: &mut Reasons<'_>) {
    let fault = match uses.get(&message) {
        Some(Use::Held) => {
            uses.insert(message, Use::Released(op));
            return;
        }
        Some(Use::Released(by)) => Fault::ReleasedTwice { by: OpRef::of(program, rank, *by) },
        None => Fault::ReleasedFirst {},
    };
    reasons.op_at(rank, op, fault, Place::Message(message));
}

/// Ops read messages only between receipt and release.
fn reads(program: &Program, (rank, index): At, op: &Op, uses: &Uses, reasons: &mut Reasons<'_>) {
    for view in op.views() {
        let Base::Message(message) = program.rank(rank).views[view.index()].base else { continue };
        let fault = match uses.get(&message) {
            Some(Use::Held) => continue,
            Some(Use::Released(by)) => Fault::ReadAfterRelease { by: OpRef::of(program, rank, *by) },
            None => Fault::ReadFirst {},
        };
        reasons.op_at(rank, index, fault, Place::Message(message));
    }
}

/// A fabric adds what members send from their own tiles, each to this reduction alone.
fn from_a_tile(program: &Program, sent: &Sent, at: At, message: Message, reasons: &mut Reasons<'_>) {
    let Some((op, _)) = sent.op(message) else { return };
    let producer = program.rings[message.ring.index()].producer;
    if let Op::Send(SendOp::Send { .. }) = program.op(producer, op) {
        return;
    }
    let fault = Fault::NotFromTile { by: OpRef::of(program, producer, op) };
    reasons.op_at(at.0, at.1, fault, Place::Message(message));
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
        reasons.op_at(rank, op, Fault::SlotTooSmall { bytes, slot }, Place::Message(message));
    }
}

fn unmatched(program: &Program, sent: &Sent, uses: &Uses, reasons: &mut Reasons<'_>) {
    for (ring, list) in sent.rings.iter().enumerate() {
        let id = RingId(ring as u32);
        let ends = &program.rings[ring];
        for (number, &(op, _)) in list.iter().enumerate() {
            let message = Message { ring: id, number: number as u32 };
            if !uses.contains_key(&message) {
                let fault = Fault::NotReceived { consumer: ends.consumer };
                reasons.op_at(ends.producer, op, fault, Place::Message(message));
            }
        }
    }
}
