//! Whether a message has arrived: its consumer's sequencer has waited for it, or somebody who knows has told.

use order::{EdgeKind, Event};
use program::{Base, Class, Message, Op, RecvOp};

use super::Walk;
use crate::clock::Clock;

impl Walk<'_> {
    /// A sequencer that waits for a message, or for the receive of one, knows that it has arrived.
    pub(super) fn note_arrival(&mut self, op: &Op, cause: Event, kind: EdgeKind) {
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
        for message in messages {
            let ring = &mut self.arrived[message.ring.index()];
            if ring.len() <= message.number as usize {
                ring.resize(message.number as usize + 1, false);
            }
            ring[message.number as usize] = true;
        }
    }

    /// Whether the sequencer has waited for the messages that an op reads, or writes over.
    pub(super) fn has_waited_for_arrival(&self, rank: usize, op: &Op) -> bool {
        self.all_messages(rank, op, |Message { ring, number }| {
            self.arrived[ring.index()].get(number as usize).copied().unwrap_or_default()
        })
    }

    /// Whether the messages that an op reads, or writes over, are known to have arrived without that.
    pub(super) fn knows_arrival(&self, rank: usize, op: &Op, clock: &Clock) -> bool {
        self.all_messages(rank, op, |message| {
            self.lanes.arrival(message).is_some_and(|(lane, count)| clock.get(lane) >= count)
        })
    }

    fn all_messages(&self, rank: usize, op: &Op, is_so: impl Fn(Message) -> bool) -> bool {
        let views = &self.graph.program.ranks[rank].views;
        let access = op.access();
        access.reads().chain(access.write).all(|view| match views[view.index()].base {
            Base::Message(message) => is_so(message),
            Base::Buffer(_) | Base::Tensor(_) => true,
        })
    }

    /// The end of an asynchronous receive tells of the arrival.
    pub(super) fn raise_arrival(&self, op: &Op, clock: &mut Clock) {
        if let Op::Recv(RecvOp::RecvAsync { message, .. }) = op
            && self.edges.has(EdgeKind::Message)
            && let Some((lane, count)) = self.lanes.arrival(*message)
        {
            clock.raise(lane, count);
        }
    }
}
