//! Wall-clock time of a phase, shown to people. Nothing simulated depends on it; no other code reads the clock.

use std::time::Duration;
#[expect(clippy::disallowed_types, reason = "measures how long a phase took; no result depends on it")]
use std::time::Instant;

/// Runs `phase` and measures its time.
#[expect(clippy::disallowed_types, reason = "measures how long a phase took; no result depends on it")]
pub fn stopwatch<T>(phase: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = phase();
    (value, start.elapsed())
}
