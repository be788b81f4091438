//! Quantities are types: a point in time is not a length of time, a count of cycles is not time
//! without its clock, and a rate is an exact fraction.
//!
//! Sums and products of time saturate. A run that passes [`SimTime::MAX`] is refused, so a saturated
//! time ends a run and is never a wrong number in its log.

use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

pub use crate::rate::{Rate, RateError};

/// A point in simulated time: femtoseconds since the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct SimTime(u64);

/// A length of simulated time in femtoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Span(u64);

/// A count of clock cycles; it becomes time only through a [`Clock`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Cycles(pub u64);

/// A size in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl SimTime {
    pub const ZERO: SimTime = SimTime(0);
    /// A run that would pass this point is refused: every JSON reader sees integers up to 2^53 exactly.
    pub const MAX: SimTime = SimTime(1 << 53);

    pub const fn from_fs(fs: u64) -> SimTime {
        SimTime(fs)
    }
    pub const fn fs(self) -> u64 {
        self.0
    }
    /// The time from `earlier` to `self`; zero when `earlier` is the later one.
    pub const fn since(self, earlier: SimTime) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Span {
    pub const ZERO: Span = Span(0);

    pub const fn from_fs(fs: u64) -> Span {
        Span(fs)
    }
    pub const fn fs(self) -> u64 {
        self.0
    }
}

/// Femtoseconds as nanoseconds, with all their digits: `12.5 ns`.
pub fn ns(fs: u64) -> String {
    let digits = format!("{}.{:06}", fs / 1_000_000, fs % 1_000_000);
    format!("{} ns", digits.trim_end_matches('0').trim_end_matches('.'))
}

impl Add<Span> for SimTime {
    type Output = SimTime;
    fn add(self, span: Span) -> SimTime {
        SimTime(self.0.saturating_add(span.0))
    }
}
impl AddAssign<Span> for SimTime {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}
impl Sub for SimTime {
    type Output = Span;
    fn sub(self, earlier: SimTime) -> Span {
        Span(self.0 - earlier.0)
    }
}
impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}
impl AddAssign for Span {
    fn add_assign(&mut self, other: Span) {
        *self = *self + other;
    }
}
impl Sub for Span {
    type Output = Span;
    fn sub(self, other: Span) -> Span {
        Span(self.0 - other.0)
    }
}
impl Add for Cycles {
    type Output = Cycles;
    fn add(self, other: Cycles) -> Cycles {
        Cycles(self.0.saturating_add(other.0))
    }
}
impl std::iter::Sum for Span {
    fn sum<I: Iterator<Item = Span>>(spans: I) -> Span {
        spans.fold(Span::ZERO, Add::add)
    }
}

/// A clock. It has a whole period and no frequency: 3 GHz has no whole period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Clock {
    pub period: Span,
}

impl Clock {
    pub const fn span(self, cycles: Cycles) -> Span {
        Span(cycles.0.saturating_mul(self.period.0))
    }
    /// Whole cycles that cover `span`, rounded up.
    pub const fn cycles_covering(self, span: Span) -> Cycles {
        Cycles(span.0.div_ceil(self.period.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NS: Clock = Clock { period: Span::from_fs(1_000_000) };

    #[test]
    fn cycles_become_time_through_their_clock() {
        for (period_fs, cycles, fs) in [(1_000_000, 3, 3_000_000), (333_333, 3, 999_999), (740_741, 0, 0)] {
            let clock = Clock { period: Span::from_fs(period_fs) };
            assert_eq!(clock.span(Cycles(cycles)).fs(), fs, "{cycles} cycles of {period_fs} fs");
        }
    }

    #[test]
    fn nanoseconds_have_all_their_digits() {
        for (fs, text) in [(0, "0 ns"), (1, "0.000001 ns"), (1_500_000, "1.5 ns"), (2_000_000_000, "2000 ns")]
        {
            assert_eq!(ns(fs), text);
        }
    }

    #[test]
    fn cycles_that_cover_a_span_are_rounded_up() {
        for (fs, cycles) in [(0, 0), (1, 1), (1_000_000, 1), (1_000_001, 2)] {
            assert_eq!(NS.cycles_covering(Span::from_fs(fs)), Cycles(cycles), "{fs} fs");
        }
    }

    #[test]
    fn time_since_a_later_point_is_zero() {
        let (early, late) = (SimTime::from_fs(5), SimTime::from_fs(8));
        assert_eq!(late.since(early), Span::from_fs(3));
        assert_eq!(late - early, Span::from_fs(3));
        assert_eq!(early.since(late), Span::ZERO);
        assert_eq!(early + Span::from_fs(3), late);
    }

    #[test]
    fn time_beyond_64_bits_saturates_past_the_longest_run() {
        let forever = NS.span(Cycles(u64::MAX));
        assert!(SimTime::ZERO + forever + forever > SimTime::MAX);
        assert_eq!([forever, forever].into_iter().sum::<Span>(), Span::from_fs(u64::MAX));
        assert_eq!(Cycles(u64::MAX) + Cycles(1), Cycles(u64::MAX));
    }
}
