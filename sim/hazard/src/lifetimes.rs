//! Slots that are received and never released.

use order::EventGraph;
use program::{Message, Op, RecvOp, RingId};

use crate::groups::Groups;

/// Leaks that leave slots, and leaks that take a ring's last one.
pub struct Leaks {
    pub some: Groups<Message>,
    pub all: Groups<Message>,
}

pub fn leaks(graph: &EventGraph<'_>) -> Leaks {
    let mut held: Vec<Vec<(u32, Message)>> = vec![Vec::new(); graph.program.rings.len()];
    let ops = graph.program.ranks.iter().flat_map(|rank| &rank.ops);
    for (op, what) in ops.enumerate() {
        if let Op::Recv(RecvOp::Recv { message, .. } | RecvOp::RecvAsync { message, .. }) = what
            && graph.releaser(*message).is_none()
        {
            held[message.ring.index()].push((op as u32, *message));
        }
    }
    let mut leaks = Leaks { some: Groups::default(), all: Groups::default() };
    for (ring, held) in held.into_iter().enumerate() {
        let RingId(ring) = RingId(ring as u32);
        let empty = held.len() >= graph.program.rings[ring as usize].n_slots as usize;
        let groups = if empty { &mut leaks.all } else { &mut leaks.some };
        for (op, message) in held {
            groups.add(graph, "", [op, op], message);
        }
    }
    leaks
}
