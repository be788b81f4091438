//! Service times: how long bytes occupy a link, a port or a memory channel.

use machine::{Bytes, Clock, Cycles, Rate, SimTime, Span};

/// A width: bytes per cycle of a clock.
#[derive(Clone, Copy, Debug)]
pub struct Server {
    rate: Rate,
    clock: Clock,
}

impl Server {
    pub fn new(rate: Rate, clock: Clock) -> Server {
        Server { rate, clock }
    }

    /// Time for the bytes `from..to` of a transfer, rounded down to a femtosecond. The parts of a transfer add up to
    /// the time of the whole; a transfer rounds up to a whole cycle once, at its end.
    pub fn occupancy(&self, from: u64, to: u64) -> Span {
        let end = self.rate.span_floor(Bytes(to), self.clock);
        if from == 0 { end } else { end - self.rate.span_floor(Bytes(from), self.clock) }
    }

    /// Time for `bytes` in one piece, rounded up to a whole cycle.
    pub fn whole(&self, bytes: u64) -> Span {
        self.rate.span_ceil(Bytes(bytes), self.clock)
    }

    /// Whether this server moves fewer bytes per second than the other.
    pub fn is_narrower_than(&self, other: &Server) -> bool {
        // Rate over period, compared by cross products.
        let per_time = |server: &Server, other: &Server| {
            u128::from(server.rate.numerator)
                * u128::from(other.rate.denominator)
                * u128::from(other.clock.span(Cycles(1)).fs())
        };
        per_time(self, other) < per_time(other, self)
    }
}

/// A stretch of time on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booking {
    /// The first byte, or burst, begins.
    pub start: SimTime,
    /// The last byte has passed.
    pub end: SimTime,
}

impl Booking {
    /// No time at all.
    pub const fn empty(at: SimTime) -> Booking {
        Booking { start: at, end: at }
    }
}
