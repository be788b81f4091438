//! Command buffers: on a machine with command queues, what a rank records is encoded, and runs once it is committed.

use std::num::NonZeroU32;
use std::panic::Location;

use crate::op::{EventId, Op, QueueOp};
use crate::tl::recorder::Tl;
use crate::tl::recording::Recording;
use crate::tl::tile::{Handle, HbmTile};

/// A count that command buffers signal and wait for, the same for all ranks. It starts at 0 and only grows, so a
/// value of 0 would wait for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedEvent(EventId);

impl Recording {
    /// An event that all ranks share. One for each producer is enough: consumers wait for its values.
    pub fn event(&mut self) -> SharedEvent {
        let n_events = &mut self.context.program.n_events;
        *n_events += 1;
        SharedEvent(EventId(*n_events - 1))
    }
}

impl Tl {
    /// Ends the current command buffer and commits it. Waiting for the handle waits until all of it has completed.
    #[track_caller]
    pub fn commit(&mut self) -> Handle {
        self.push(Op::Queue(QueueOp::Commit {}), Location::caller())
    }
    /// Encodes a signal: the event is at least `value` once all before it in the buffer is done.
    #[track_caller]
    pub fn event_signal(&mut self, event: SharedEvent, value: NonZeroU32) -> Handle {
        self.push(Op::Queue(QueueOp::EventSignal { event: event.0, value: value.get() }), Location::caller())
    }
    /// Encodes a wait: what follows it *in this buffer* starts only once the event is at least `value`. Later
    /// buffers do not wait.
    #[track_caller]
    pub fn event_wait(&mut self, event: SharedEvent, value: NonZeroU32) -> Handle {
        self.push(Op::Queue(QueueOp::EventWait { event: event.0, value: value.get() }), Location::caller())
    }
    /// The host itself copies one tensor to another of the same shape and dtype, at once: no queue orders it.
    #[track_caller]
    pub fn host_copy(&mut self, from: HbmTile, to: HbmTile) {
        let (from, to) = (self.id(from), self.id(to));
        self.push(Op::Queue(QueueOp::HostCopy { from, to }), Location::caller());
    }
}
