//! Semaphore rule: a wait guarantees only what every set of signals that satisfies it has in common.

use std::collections::BTreeMap;

use program::Rank;
use program::op::{Growth, SemaphoreId};

use crate::{Clock, EventGraph};

pub type Name = (Rank, SemaphoreId);

/// Finding about a semaphore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waited {
    /// The wait asks for no more than 0, or than an earlier wait of its rank did.
    Vacuous { wait: u32, earlier: Option<u32> },
    /// More is signalled than any wait asks for; the last wait, and a signal.
    Surplus { semaphore: Name, signalled: u64, waited: u64, wait: Option<u32>, signal: u32 },
}

/// A signal that may have satisfied a wait, with its clock.
#[derive(Clone, Debug)]
pub struct Given {
    pub amount: u64,
    pub clock: Clock,
}

#[derive(Default)]
struct Semaphore {
    value: u64,
    /// Signals that have nothing to tell to any later wait.
    spent: u64,
    given: Vec<Given>,
    /// The largest value waited for, and the wait.
    waited: Option<(u32, u32)>,
    /// All that is ever signalled, and the last op that does.
    total: u64,
    last: u32,
}

#[derive(Default)]
pub struct Semaphores {
    all: BTreeMap<Name, Semaphore>,
    pub waited: Vec<Waited>,
}

impl Semaphores {
    pub fn of(graph: &EventGraph<'_>) -> Semaphores {
        let mut semaphores = Semaphores::default();
        let ops = graph.program.ranks.iter().flat_map(|rank| &rank.ops);
        for (global, op) in ops.enumerate() {
            if let Some(Growth { to, semaphore, amount }) = op.growth() {
                let entry = semaphores.all.entry((to, semaphore)).or_default();
                entry.total += u64::from(amount);
                entry.last = global as u32;
            }
        }
        semaphores
    }

    pub fn value(&self, name: Name) -> u64 {
        self.all.get(&name).map_or(0, |semaphore| semaphore.value)
    }
    /// Whether there are signals that have not been visited.
    pub fn has_more(&self, name: Name) -> bool {
        self.all.get(&name).is_some_and(|semaphore| semaphore.value < semaphore.total)
    }

    pub fn signalled(&mut self, name: Name, amount: u32, clock: &Clock) {
        let semaphore = self.all.entry(name).or_default();
        semaphore.value += u64::from(amount);
        semaphore.given.push(Given { amount: u64::from(amount), clock: clock.clone() });
    }

    /// Notes a wait, and raises what the waiting sequencer knows by what is certain once the semaphore has
    /// reached `value`. `others` are signals that may also come first, with the least that they know; when it is not
    /// known which, nothing is certain. Gives the work that it was, in counts of clocks.
    pub fn wait(
        &mut self,
        name: Name,
        value: u32,
        wait: u32,
        others: Option<&[Given]>,
        clock: &mut Clock,
    ) -> u64 {
        self.note(name, value, wait);
        let (Some(others), Some(semaphore)) = (others, self.all.get_mut(&name)) else { return 0 };
        // The smallest set of signals that satisfies the wait begins with those that the waiter knows already.
        let spent = &mut semaphore.spent;
        semaphore.given.retain(|signal| {
            let is_new = !clock.knows(&signal.clock);
            *spent += if is_new { 0 } else { signal.amount };
            is_new
        });
        self.teach(name, value, others, clock)
    }

    /// Adds what is certain, as `wait` does.
    pub fn teach(&self, name: Name, value: u32, others: &[Given], clock: &mut Clock) -> u64 {
        let Some(semaphore) = self.all.get(&name) else { return 0 };
        let Some(needed) = u64::from(value).checked_sub(semaphore.spent).filter(|&needed| needed > 0) else {
            return 0;
        };
        let signals = || semaphore.given.iter().chain(others);
        let n_lanes = signals().map(|signal| signal.clock.lanes().end).max().unwrap_or_default();
        let mut counts: Vec<(u32, u64)> = Vec::new();
        for queue in 0..n_lanes {
            // Most often the signals that tell nothing of this queue are enough.
            let known = clock.get(queue);
            let telling = |signal: &&Given| signal.clock.get(queue) > known;
            let (total, told) = signals().fold((0u64, 0u64), |(total, told), signal| {
                let of = if telling(&signal) { signal.amount } else { 0 };
                (total + signal.amount, told + of)
            });
            let mut sum = total - told;
            if sum >= needed {
                continue;
            }
            counts.clear();
            counts.extend(signals().filter(telling).map(|s| (s.clock.get(queue), s.amount)));
            counts.sort_unstable();
            let certain = counts.iter().find(|(_, amount)| {
                sum += amount;
                sum >= needed
            });
            clock.raise(queue, certain.map_or(0, |&(count, _)| count));
        }
        u64::from(n_lanes) * signals().count() as u64
    }

    fn note(&mut self, name: Name, value: u32, wait: u32) {
        let semaphore = self.all.entry(name).or_default();
        let earlier = semaphore.waited;
        if value <= earlier.map_or(0, |(most, _)| most) {
            self.waited.push(Waited::Vacuous { wait, earlier: earlier.map(|(_, wait)| wait) });
        } else {
            semaphore.waited = Some((value, wait));
        }
    }

    /// Everything to be said, once all has been visited.
    pub fn finish(mut self) -> Vec<Waited> {
        for (&name, semaphore) in &self.all {
            let waited = semaphore.waited.map_or(0, |(value, _)| u64::from(value));
            if semaphore.total > waited {
                let (signalled, signal) = (semaphore.total, semaphore.last);
                let wait = semaphore.waited.map(|(_, wait)| wait);
                self.waited.push(Waited::Surplus { semaphore: name, signalled, waited, wait, signal });
            }
        }
        self.waited
    }
}
