//! Times of the events of a log: which column says when an event of the event graph happened.

use machine::SimTime;
use order::{Event, EventGraph, Phase};
use program::{Class, Message, Op};

use crate::log::OpLog;

/// The times of a log, by event.
#[derive(Clone, Copy)]
pub struct Times<'a> {
    pub log: &'a OpLog,
    pub graph: &'a EventGraph<'a>,
}

impl<'a> Times<'a> {
    pub fn op(&self, op: u32) -> &'a Op {
        let (rank, index) = self.graph.op(op);
        self.log.program.op(rank, index)
    }

    /// When the event happened. A sequencer that is held at an op of its own has passed it when the op is done, and the
    /// queue has come to a commit when its buffer is done; of a message of several copies, the first counts.
    pub fn of(&self, event: Event) -> SimTime {
        let (at, entries) = (event.op as usize, &self.log.entries);
        match event.phase {
            Phase::Issue | Phase::Start if self.holds(event.op) => entries.done[at],
            Phase::Start if self.graph.class(event.op) == Class::Commit => entries.done[at],
            Phase::Issue => entries.issue[at],
            Phase::Start => entries.start[at],
            Phase::End => entries.done[at],
            Phase::Arrive => {
                let filled = self.op(event.op).sends().iter().map(|&message| self.filled(message));
                filled.min().unwrap_or(entries.done[at])
            }
        }
    }

    pub fn filled(&self, message: Message) -> SimTime {
        self.log.messages[message.ring.index()][message.number as usize].filled
    }

    /// Whether the op keeps its sequencer until it is done. The effect of the others comes later.
    fn holds(&self, op: u32) -> bool {
        match self.graph.class(op) {
            Class::Recv | Class::Instant | Class::HostCopy => true,
            Class::Release | Class::Signal | Class::RecvAsync | Class::Commit => false,
            Class::Unit | Class::Send | Class::RecvCopy => false,
            Class::Pass | Class::EventSignal | Class::EventWait => false,
        }
    }
}
