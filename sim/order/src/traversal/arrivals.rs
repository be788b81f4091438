//! Message arrivals that are known: the consumer's sequencer has waited for the message, or a clock tells of it.

use program::program::Flow;
use program::{Class, Message, Op, OpIndex, Rank, RecvOp};

use super::Traversal;
use crate::lanes::sequencer;
use crate::{Clock, EdgeKind, Event};

impl Traversal<'_> {
    /// A sequencer that waits for a message, or for the receive of one, knows that it has arrived.
    pub(super) fn note_arrival(&mut self, rank: usize, op: &Op, cause: Event, kind: EdgeKind) {
        if !self.edges.has(kind) || !matches!(self.graph.class(cause.op), Class::Send | Class::RecvAsync) {
            return;
        }
        let (of, index) = self.graph.op(cause.op);
        let messages = match (kind, self.graph.program.op(of, index)) {
            // Of what one send brought, those that this op receives.
            (EdgeKind::Message, _) => op.receives(),
            (EdgeKind::Wait | EdgeKind::Hold, receive @ Op::Recv(RecvOp::RecvAsync { .. })) => {
                receive.receives()
            }
            (_, _) => return,
        };
        let issued = self.ranks[rank].next + 1;
        for message in messages {
            let ring = &mut self.arrived[message.ring.index()];
            if ring.len() <= message.number as usize {
                ring.resize(message.number as usize + 1, None);
            }
            ring[message.number as usize].get_or_insert(issued);
        }
    }

    /// How many ops the consumer had issued once it had waited for a message.
    fn waited_for(&self, Message { ring, number }: Message) -> Option<u32> {
        self.arrived[ring.index()].get(number as usize).copied().flatten()
    }

    /// Whether a clock has heard of an arrival from what an asynchronous receive lets go.
    fn is_told(&self, message: Message, clock: &Clock) -> bool {
        self.lanes.arrival(message).is_some_and(|(lane, count)| clock.get(lane) >= count)
    }

    /// Whether an op of this rank knows when it starts that a message has arrived.
    pub(super) fn has_arrived(
        &self,
        message: Message,
        (rank, index): (Rank, OpIndex),
        clock: &Clock,
    ) -> bool {
        let consumer = self.graph.program.rings[message.ring.index()].consumer;
        // An op of the consumer itself may start long after its issue: a credit tells it of later ops.
        let own = if consumer == rank { index.0 + 1 } else { 0 };
        let known = clock.get(sequencer(consumer)).max(own);
        let waited = self.waited_for(message).is_some_and(|issued| issued <= known);
        waited || self.is_told(message, clock)
    }

    /// The end of an asynchronous receive tells of the arrival. A count tells of all messages before it in the slot as
    /// well: on a ring without credits only one that knows of these may tell.
    pub(super) fn raise_arrival(&self, op: &Op, by: (Rank, OpIndex), clock: &mut Clock) {
        if let Op::Recv(RecvOp::RecvAsync { message, .. }) = op
            && self.edges.has(EdgeKind::Message)
            && let Some((lane, count)) = self.lanes.arrival(*message)
        {
            let ring = &self.graph.program.rings[message.ring.index()];
            let before = ring.before_in_slot(*message).filter(|_| ring.flow == Flow::None);
            if before.is_none_or(|before| self.has_arrived(before, by, clock)) {
                clock.raise(lane, count);
            }
        }
    }
}
