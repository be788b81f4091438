//! Wall-clock time of the steps of a command, shown to people. Nothing simulated depends on it; no other code of
//! the product reads the clock.

use std::cell::{Cell, RefCell};
use std::time::Duration;
#[expect(clippy::disallowed_types, reason = "measures how long a step took; no result depends on it")]
use std::time::Instant;

use serde::{Serialize, Serializer};

use crate::watch::{Progress, Step, Watch};

/// Time of the main thread by step. The steps are disjoint: together they are all the time since the start.
#[derive(Debug)]
pub struct Stopwatch {
    #[expect(clippy::disallowed_types, reason = "measures how long a step took; no result depends on it")]
    since: Cell<Instant>,
    step: Cell<Step>,
    spent: RefCell<Vec<(&'static str, Duration)>>,
}

impl Stopwatch {
    #[expect(clippy::disallowed_types, reason = "measures how long a step took; no result depends on it")]
    pub fn start() -> Stopwatch {
        Stopwatch {
            since: Cell::new(Instant::now()),
            step: Cell::new(Step::Starting),
            spent: RefCell::new(Vec::new()),
        }
    }

    /// Ends the step before, unless it goes on.
    pub fn enter(&self, step: Step) {
        if self.step.get() != step {
            self.stop();
            self.step.set(step);
        }
    }

    /// Passes a report on to a watcher, whose time is that of the step before.
    pub fn hear(&self, progress: Progress, watch: Watch<'_>) {
        watch(progress);
        self.enter(progress.step);
    }

    /// The time of every step so far.
    pub fn wall(&self) -> Wall {
        self.stop();
        Wall(self.spent.borrow().clone())
    }

    #[expect(clippy::disallowed_types, reason = "measures how long a step took; no result depends on it")]
    fn stop(&self) {
        let now = Instant::now();
        let elapsed = now - self.since.replace(now);
        let (mut spent, key) = (self.spent.borrow_mut(), self.step.get().key());
        match spent.iter_mut().find(|(known, _)| *known == key) {
            Some((_, time)) => *time += elapsed,
            None => spent.push((key, elapsed)),
        }
    }
}

/// Time of each step that was reached, in the order in which they began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wall(pub Vec<(&'static str, Duration)>);

impl Serialize for Wall {
    /// Seconds by key.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, time)| (key, time.as_secs_f64())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_share_all_of_the_time() {
        let watch = Stopwatch::start();
        let began = watch.since.get();
        for step in [Step::Recording, Step::Resolving, Step::Computing, Step::Recording] {
            watch.enter(step);
        }
        let wall = watch.wall();
        assert_eq!(wall.0.iter().map(|(key, _)| *key).collect::<Vec<_>>(), ["start", "record", "phase2"]);
        let all: Duration = wall.0.iter().map(|(_, time)| *time).sum();
        assert_eq!(all, watch.since.get() - began);
    }
}
