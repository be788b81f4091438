//! Where things are counted from.

use program::{Message, Op, OpIndex, Program, RecvOp};

/// Messages on each ring.
pub(crate) fn messages_of(program: &Program) -> Vec<usize> {
    let mut counts = vec![0; program.rings.len()];
    for op in program.ranks.iter().flat_map(|rank| &rank.ops) {
        op.sends().iter().for_each(|message| counts[message.ring.index()] += 1);
    }
    counts
}

pub(super) fn receivers(program: &Program, first_message: &[usize]) -> Vec<Option<OpIndex>> {
    let mut receivers = vec![None; first_message.last().copied().unwrap_or(0)];
    for rank in &program.ranks {
        for (index, op) in rank.ops.iter().enumerate() {
            if let Op::Recv(RecvOp::RecvAsync { message, .. }) = op
                && let Some(place) = place(first_message, *message)
            {
                receivers[place] = Some(OpIndex(index as u32));
            }
        }
    }
    receivers
}

/// The number of a message among all; `None` for one that nobody sends.
pub(super) fn place(first_message: &[usize], message: Message) -> Option<usize> {
    let ring = message.ring.index();
    let place = first_message[ring].checked_add(message.number as usize)?;
    (place < first_message[ring + 1]).then_some(place)
}

/// Where each of several lists begins when they are laid end to end, and where the last ends.
pub(crate) fn firsts(lengths: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut firsts = vec![0];
    for length in lengths {
        firsts.push(firsts[firsts.len() - 1] + length);
    }
    firsts
}
