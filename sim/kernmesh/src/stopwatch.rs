//! The only clock on the wall: how long a phase took, for people. Nothing simulated depends on it.

use std::time::Duration;
#[expect(clippy::disallowed_types, reason = "measures how long a phase took; no result depends on it")]
use std::time::Instant;

/// Runs `phase` and says how long it took.
#[expect(clippy::disallowed_types, reason = "measures how long a phase took; no result depends on it")]
pub fn stopwatch<T>(phase: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = phase();
    (value, start.elapsed())
}
