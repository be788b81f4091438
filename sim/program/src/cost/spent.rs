//! Cycles of an op, by what they are spent on: how much of its unit's peak it uses, and why not more.

use machine::{Bytes, Clock, Cycles, Rate, Span};

/// Work of an op, and the rate of its unit when every place is full: multiply-adds of a GEMM, elements times the cycles
/// of their class of a math op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    pub amount: u64,
    /// Amount in a cycle.
    pub rate: Rate,
}

/// Cycles that add up to those of the op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    pub work: Work,
    /// In which places of the array, or lanes, take operands, whether all of them or some.
    pub places: u64,
    /// Of fidelity phases beyond those of the fastest dtype.
    pub phases: u64,
    /// In which operands are moved that nothing hides.
    pub operands: u64,
    /// In which the array fills and drains, or an op starts.
    pub fill: u64,
}

impl Spent {
    /// So many of these, one after the other.
    #[must_use]
    pub fn times(self, n: u64) -> Spent {
        let times = |cycles: u64| cycles.saturating_mul(n);
        let work = Work { amount: times(self.work.amount), ..self.work };
        let Spent { places, phases, operands, fill, .. } = self;
        Spent {
            work,
            places: times(places),
            phases: times(phases),
            operands: times(operands),
            fill: times(fill),
        }
    }

    pub fn cycles(&self) -> Cycles {
        let parts = [self.phases, self.operands, self.fill];
        Cycles(parts.into_iter().fold(self.places, u64::saturating_add))
    }

    /// The time that the work takes at the peak rate, to a femtosecond below.
    pub fn at_peak(&self, clock: Clock) -> Span {
        // The closed form of an array counts one cycle less than it has; the work of one place may be that cycle.
        self.work.rate.span_floor(Bytes(self.work.amount), clock).min(clock.span(Cycles(self.places)))
    }
}

#[cfg(test)]
#[path = "spent_tests.rs"]
mod tests;
