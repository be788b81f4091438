//! Shared-event rule: one signal that is large enough ends a wait. The wait guarantees only what all signals that can
//! have ended it have in common.
//!
//! Most events are timelines: each signal stands in its command buffer behind a wait that the one before it must have
//! let go. Then the first signal that is large enough comes first, and no other has to be looked for.

use std::collections::BTreeMap;

use program::op::EventId;
use program::{Op, Program, QueueOp, command_buffers};

use super::semaphores::Given;
use crate::{Clock, EventGraph};

/// How often each value is still to come.
type ToCome = BTreeMap<u32, u32>;

#[derive(Clone, Default)]
struct SharedEvent {
    value: u32,
    /// Signals that were visited and that a wait to come may need.
    given: Vec<Given>,
    signals: ToCome,
    waits: ToCome,
    /// Whether the signals come in the order of their values.
    is_timeline: bool,
}

pub struct SharedEvents {
    events: Vec<SharedEvent>,
}

impl SharedEvents {
    pub fn of(graph: &EventGraph<'_>) -> SharedEvents {
        let mut events = vec![SharedEvent::default(); graph.program.n_events as usize];
        for op in graph.program.ranks.iter().flat_map(|rank| &rank.ops) {
            if let Op::Queue(QueueOp::EventSignal { event, value }) = op {
                *events[event.index()].signals.entry(*value).or_default() += 1;
            }
            if let Op::Queue(QueueOp::EventWait { event, value }) = op {
                *events[event.index()].waits.entry(*value).or_default() += 1;
            }
        }
        for (event, is_timeline) in events.iter_mut().zip(timelines(graph.program)) {
            event.is_timeline = is_timeline;
        }
        SharedEvents { events }
    }

    pub fn value(&self, event: EventId) -> u32 {
        self.events[event.index()].value
    }
    /// Whether signals of at least `value` that have not been visited may come before those that were.
    pub fn has_more(&self, event: EventId, value: u32) -> bool {
        let event = &self.events[event.index()];
        !event.is_timeline && event.signals.range(value..).next().is_some()
    }

    pub fn signalled(&mut self, event: EventId, value: u32, clock: &Clock) {
        let event = &mut self.events[event.index()];
        event.value = event.value.max(value);
        take_one(&mut event.signals, value);
        event.given.push(Given { amount: u64::from(value), clock: clock.clone() });
        event.forget();
    }

    /// Adds what is certain once the event has reached `value`. `others` are signals that may also come first, with
    /// the least that they know; when it is not known which, nothing is certain. Gives the work that it was, in counts
    /// of clocks.
    pub fn wait(&mut self, event: EventId, value: u32, others: Option<&[Given]>, clock: &mut Clock) -> u64 {
        let work = others.map_or(0, |others| self.teach(event, value, others, clock));
        let event = &mut self.events[event.index()];
        take_one(&mut event.waits, value);
        event.forget();
        work
    }

    /// Adds what is certain, as `wait` does.
    pub fn teach(&self, event: EventId, value: u32, others: &[Given], clock: &mut Clock) -> u64 {
        if value == 0 {
            return 0;
        }
        let given = self.events[event.index()].given.iter().chain(others);
        let enough: Vec<&Clock> =
            given.filter(|given| given.amount >= u64::from(value)).map(|given| &given.clock).collect();
        let Some(first) = enough.first() else { return 0 };
        for lane in first.lanes() {
            let certain = enough.iter().map(|signal| signal.get(lane)).min().unwrap_or_default();
            clock.raise(lane, certain);
        }
        u64::from(first.lanes().end) * enough.len() as u64
    }
}

impl SharedEvent {
    /// Drops the signals that no wait to come can need.
    fn forget(&mut self) {
        let least = self.waits.keys().next().copied();
        self.given.retain(|given| least.is_some_and(|least| given.amount >= u64::from(least)));
    }
}

/// By event: whether each signal but the first stands behind a wait for more than the second to last before it. The
/// first of any two to come is then the smaller: the larger waits for one that is at least as large as the smaller.
fn timelines(program: &Program) -> Vec<bool> {
    let mut signals: Vec<Vec<(u32, u32)>> = vec![Vec::new(); program.n_events as usize];
    for rank in &program.ranks {
        for buffer in command_buffers(rank) {
            let mut waited: BTreeMap<EventId, u32> = BTreeMap::new();
            for index in buffer.ops {
                let op = &rank.ops[index.index()];
                if let Op::Queue(QueueOp::EventWait { event, value }) = *op {
                    let most = waited.entry(event).or_default();
                    *most = value.max(*most);
                } else if let Op::Queue(QueueOp::EventSignal { event, value }) = *op {
                    let waited = waited.get(&event).copied().unwrap_or_default();
                    signals[event.index()].push((value, waited));
                }
            }
        }
    }
    signals.into_iter().map(in_order).collect()
}

/// Of `(value, the most waited for before it)`.
fn in_order(mut signals: Vec<(u32, u32)>) -> bool {
    signals.sort_unstable();
    let mut before = [0, 0];
    let mut is_first = true;
    signals.into_iter().all(|(value, waited)| {
        let follows = is_first || (value > before[1] && waited > before[0]);
        (before, is_first) = ([before[1], value], false);
        follows
    })
}

fn take_one(to_come: &mut ToCome, value: u32) {
    if let Some(count) = to_come.get_mut(&value) {
        *count -= 1;
        if *count == 0 {
            to_come.remove(&value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_come_in_order_when_each_waits_for_the_one_before() {
        for (signals, expected) in [
            (vec![], true),
            (vec![(1, 0)], true),
            (vec![(1, 0), (2, 1), (3, 2)], true),
            (vec![(3, 2), (1, 0), (2, 1)], true),
            // Waiting for more than the second to last is waiting for the last.
            (vec![(1, 0), (5, 1), (9, 2)], true),
            (vec![(1, 0), (2, 0)], false),
            (vec![(1, 0), (2, 1), (3, 1)], false),
            (vec![(1, 0), (1, 1)], false),
        ] {
            assert_eq!(in_order(signals.clone()), expected, "{signals:?}");
        }
    }
}
