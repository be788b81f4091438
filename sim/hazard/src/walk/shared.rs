//! Events that all ranks share: a wait is over when some signal has given as much, whichever it is. It is certain
//! only what all signals that can have done it have in common.
//!
//! Signals that cannot be visited while the wait stands are taken to come after it. Where two waits stand at a time
//! and the signals behind one would satisfy the other, this can order more than is certain.

use program::op::EventId;

use crate::clock::Clock;

#[derive(Default)]
pub struct Shared {
    /// By event: every signal that was visited, its value and what it knows.
    signals: Vec<Vec<(u32, Clock)>>,
}

impl Shared {
    pub fn new(n_events: u32) -> Shared {
        Shared { signals: vec![Vec::new(); n_events as usize] }
    }

    pub fn value(&self, event: EventId) -> u32 {
        self.signals[event.index()].iter().map(|&(value, _)| value).max().unwrap_or_default()
    }
    pub fn signalled(&mut self, event: EventId, value: u32, clock: &Clock) {
        self.signals[event.index()].push((value, clock.clone()));
    }
    /// Adds what is certain once the event has reached `value`.
    pub fn wait(&self, event: EventId, value: u32, clock: &mut Clock) {
        if value == 0 {
            return;
        }
        let enough = || self.signals[event.index()].iter().filter(|&&(given, _)| given >= value);
        for queue in clock.queues() {
            let certain = enough().map(|(_, signal)| signal.get(queue)).min().unwrap_or_default();
            clock.raise(queue, certain);
        }
    }
}
