//! Index of messages: the ops at both ends of each.

use program::{Message, Program, RingId};

/// The ops of one message, by their places among all ops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageOps {
    pub sender: Option<u32>,
    pub receiver: Option<u32>,
    /// What gives the slot back: a release, or a receive that copies or reduces.
    pub releaser: Option<u32>,
}

/// No op.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Ends {
    sender: u32,
    receiver: u32,
    releaser: u32,
}

/// All messages that are sent, in the order of rings and numbers. Messages of a checked program are numbered from 0;
/// one that no op sends has no place.
#[derive(Clone)]
pub struct MessageIndex {
    /// By ring: the place of its first message; one more at the end.
    firsts: Vec<u32>,
    /// By place.
    ends: Vec<Ends>,
}

impl MessageIndex {
    pub fn of(program: &Program) -> MessageIndex {
        let ops = || program.ranks.iter().flat_map(|rank| &rank.ops);
        let mut sent = vec![0u32; program.rings.len()];
        for op in ops() {
            op.sends().iter().for_each(|message| sent[message.ring.index()] += 1);
        }
        let mut firsts = vec![0];
        for count in sent {
            firsts.push(firsts[firsts.len() - 1] + count);
        }
        let none = Ends { sender: NONE, receiver: NONE, releaser: NONE };
        let ends = vec![none; firsts[firsts.len() - 1] as usize];
        let mut index = MessageIndex { firsts, ends };
        // Most ops have no messages.
        for (op, global) in ops().zip(0..).filter(|(op, _)| !op.messages().is_empty()) {
            index.note(op.sends(), |ends| ends.sender = global);
            index.note(op.receives(), |ends| ends.receiver = global);
            index.note(op.frees(), |ends| ends.releaser = global);
        }
        index
    }

    fn note(&mut self, messages: &[Message], note: impl Fn(&mut Ends)) {
        for &message in messages {
            if let Some(place) = self.place(message) {
                note(&mut self.ends[place]);
            }
        }
    }

    /// The place of a message among all that are sent.
    pub fn place(&self, message: Message) -> Option<usize> {
        let ring = message.ring.index();
        let place = self.firsts[ring].checked_add(message.number)?;
        (place < self.firsts[ring + 1]).then_some(place as usize)
    }
    /// How many messages are sent.
    pub fn n_messages(&self) -> usize {
        self.ends.len()
    }
    /// Every message that is sent.
    pub fn messages(&self) -> impl Iterator<Item = Message> {
        let rings = self.of_rings().zip((0..).map(RingId));
        rings.flat_map(|(n, ring)| (0..n).map(move |number| Message { ring, number }))
    }
    /// How many messages are sent on each ring.
    pub fn of_rings(&self) -> impl ExactSizeIterator<Item = u32> {
        self.firsts.windows(2).map(|pair| pair[1] - pair[0])
    }

    pub fn sender(&self, message: Message) -> Option<u32> {
        self.op(message, |ends| ends.sender)
    }
    pub fn receiver(&self, message: Message) -> Option<u32> {
        self.op(message, |ends| ends.receiver)
    }
    pub fn releaser(&self, message: Message) -> Option<u32> {
        self.op(message, |ends| ends.releaser)
    }
    pub fn ops(&self, message: Message) -> MessageOps {
        MessageOps {
            sender: self.sender(message),
            receiver: self.receiver(message),
            releaser: self.releaser(message),
        }
    }

    fn op(&self, message: Message, end: impl Fn(&Ends) -> u32) -> Option<u32> {
        let op = end(&self.ends[self.place(message)?]);
        Some(op).filter(|&op| op != NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{exchange, message};

    #[test]
    fn a_message_has_the_ops_at_its_ends() {
        let index = MessageIndex::of(&exchange());
        assert_eq!(index.of_rings().collect::<Vec<u32>>(), [2, 1]);
        for (ring, number, sender, receiver, releaser) in
            [(0, 0, 1, 5, 9), (0, 1, 2, 6, 10), (1, 0, 11, 3, 3)]
        {
            let ops = MessageOps { sender: Some(sender), receiver: Some(receiver), releaser: Some(releaser) };
            assert_eq!(index.ops(message(ring, number)), ops, "message {number} of ring {ring}");
        }
        assert_eq!(index.ops(message(0, 2)), MessageOps::default(), "it is never sent");
        assert_eq!(index.place(message(1, u32::MAX)), None);
        assert_eq!((index.place(message(1, 0)), index.n_messages()), (Some(2), 3));
    }
}
