//! Events that all ranks share: a wait is over when some signal has given as much, whichever it is. It is certain
//! only what all signals that can have done it have in common.

use std::collections::BTreeMap;

use oplog::EventGraph;
use program::Op;
use program::op::EventId;

use super::semaphores::Given;
use crate::clock::Clock;

/// How often each value is still to come.
type ToCome = BTreeMap<u32, u32>;

#[derive(Clone, Default)]
struct SharedEvent {
    value: u32,
    /// Signals that were visited and that a wait to come may need.
    given: Vec<Given>,
    signals: ToCome,
    waits: ToCome,
}

pub struct Shared {
    events: Vec<SharedEvent>,
}

impl Shared {
    pub fn of(graph: &EventGraph<'_>) -> Shared {
        let mut events = vec![SharedEvent::default(); graph.program.n_events as usize];
        for op in graph.program.ranks.iter().flat_map(|rank| &rank.ops) {
            if let Op::EventSignal { event, value } = op {
                *events[event.index()].signals.entry(*value).or_default() += 1;
            }
            if let Op::EventWait { event, value } = op {
                *events[event.index()].waits.entry(*value).or_default() += 1;
            }
        }
        Shared { events }
    }

    pub fn value(&self, event: EventId) -> u32 {
        self.events[event.index()].value
    }
    /// Whether there are signals of at least `value` that have not been visited.
    pub fn has_more(&self, event: EventId, value: u32) -> bool {
        self.events[event.index()].signals.range(value..).next().is_some()
    }

    pub fn signalled(&mut self, event: EventId, value: u32, clock: &Clock) {
        let event = &mut self.events[event.index()];
        event.value = event.value.max(value);
        take_one(&mut event.signals, value);
        event.given.push(Given { amount: u64::from(value), clock: clock.clone() });
        event.forget();
    }

    /// Adds what is certain once the event has reached `value`. `others` are signals that may also come first, with
    /// the least that they know.
    pub fn wait(&mut self, event: EventId, value: u32, others: &[Given], clock: &mut Clock) {
        self.teach(event, value, others, clock);
        let event = &mut self.events[event.index()];
        take_one(&mut event.waits, value);
        event.forget();
    }

    /// Adds what is certain, as `wait` does.
    pub fn teach(&self, event: EventId, value: u32, others: &[Given], clock: &mut Clock) {
        if value == 0 {
            return;
        }
        let given = self.events[event.index()].given.iter().chain(others);
        let enough: Vec<&Clock> =
            given.filter(|given| given.amount >= u64::from(value)).map(|given| &given.clock).collect();
        if let Some(first) = enough.first() {
            for lane in first.lanes() {
                let certain = enough.iter().map(|signal| signal.get(lane)).min().unwrap_or_default();
                clock.raise(lane, certain);
            }
        }
    }
}

impl SharedEvent {
    /// Drops the signals that no wait to come can need.
    fn forget(&mut self) {
        let least = self.waits.keys().next().copied();
        self.given.retain(|given| least.is_some_and(|least| given.amount >= u64::from(least)));
    }
}

fn take_one(to_come: &mut ToCome, value: u32) {
    if let Some(count) = to_come.get_mut(&value) {
        *count -= 1;
        if *count == 0 {
            to_come.remove(&value);
        }
    }
}
