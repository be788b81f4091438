//! Widths of links and ports: the time that a flit occupies them, as exact fractions of a cycle.

use machine::{Clock, Rate, SimTime, Span};

/// Bytes in a cycle of the network.
#[derive(Clone, Copy, Debug)]
pub struct Width {
    rate: Rate,
    /// What a whole flit takes.
    flit: Turn,
}

/// A length in cycles: `whole + part / of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Turn {
    whole: u64,
    part: u64,
}

/// Time at which a link or port is free again, in cycles since the start: `whole + part / of`.
#[derive(Clone, Copy, Debug)]
pub struct Free {
    whole: u64,
    part: u64,
    of: u64,
}

impl Width {
    pub fn new(rate: Rate, flit_bytes: u64) -> Width {
        Width { rate, flit: turn(rate, flit_bytes) }
    }
}

impl Free {
    pub const START: Free = Free { whole: 0, part: 0, of: 1 };

    /// Whether a flit may begin in this cycle; it begins within it where the one before ends.
    pub const fn in_cycle(&self, cycle: u64) -> bool {
        self.whole <= cycle
    }
    /// A whole flit begins.
    pub fn take_flit(&mut self, cycle: u64, width: &Width) {
        self.take(cycle, width, width.flit);
    }
    /// A flit of fewer bytes begins.
    pub fn take_bytes(&mut self, cycle: u64, width: &Width, bytes: u64) {
        self.take(cycle, width, turn(width.rate, bytes));
    }
    /// When the flit that began last has passed, to a femtosecond below.
    pub fn time(&self, clock: Clock) -> SimTime {
        let part = u128::from(self.part) * u128::from(clock.period.fs()) / u128::from(self.of);
        time_of(self.whole, clock) + Span::from_fs(part as u64)
    }

    fn take(&mut self, cycle: u64, width: &Width, turn: Turn) {
        let of = width.rate.numerator;
        if self.whole < cycle {
            *self = Free { whole: cycle, part: 0, of };
        } else if self.of != of {
            // Two widths meet at the port into a PE, of its TCM and of a memory: up, by less than a part.
            let part = u128::from(self.part) * u128::from(of);
            *self = Free { whole: self.whole, part: part.div_ceil(u128::from(self.of)) as u64, of };
        }
        let part = self.part + turn.part;
        self.whole += turn.whole + part / of;
        self.part = part % of;
    }
}

/// The beginning of a cycle.
pub fn time_of(cycle: u64, clock: Clock) -> SimTime {
    SimTime::from_fs(cycle.saturating_mul(clock.period.fs()))
}

fn turn(rate: Rate, bytes: u64) -> Turn {
    let parts = u128::from(bytes) * u128::from(rate.denominator);
    let of = u128::from(rate.numerator);
    Turn { whole: (parts / of) as u64, part: (parts % of) as u64 }
}

#[cfg(test)]
mod tests {
    use super::{Free, Width};
    use machine::{Clock, Rate, Span};

    /// A link of 59/5 bytes a cycle takes 59 flits of 16 bytes in exactly 80 cycles, however long it goes on.
    #[test]
    fn a_fraction_neither_gains_nor_loses() {
        let width = Width::new(Rate::new(59, 5).expect("a rate"), 16);
        let mut free = Free::START;
        let mut cycle = 0;
        for _ in 0..59 * 1000 {
            while !free.in_cycle(cycle) {
                cycle += 1;
            }
            free.take_flit(cycle, &width);
        }
        let clock = Clock { period: Span::from_fs(1000) };
        assert_eq!(free.time(clock).fs(), 80 * 1000 * 1000);
    }

    #[test]
    fn a_link_of_a_flit_a_cycle_is_free_in_every_cycle() {
        let width = Width::new(Rate::whole(16), 16);
        let mut free = Free::START;
        for cycle in 5..50 {
            assert!(free.in_cycle(cycle));
            free.take_flit(cycle, &width);
            assert!(!free.in_cycle(cycle));
        }
    }
}
