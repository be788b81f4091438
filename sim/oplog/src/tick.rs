//! The largest step that all times of a log are multiples of, so that times are written as small numbers.

use crate::log::OpLog;

/// A step, with what makes exact division cheap: every time of a log is divided twice.
#[derive(Clone, Copy, Debug)]
pub struct Tick {
    pub fs: u64,
    /// `fs` is `odd << shift`; `inverse × odd = 1` modulo 2^64.
    shift: u32,
    inverse: u64,
    /// The largest quotient of a multiple of `odd`.
    largest: u64,
}

impl Tick {
    /// Nothing but 0 is a multiple of 0.
    fn new(fs: u64) -> Tick {
        let shift = fs.trailing_zeros().min(63);
        let odd = (fs >> shift).max(1);
        // Newton's iteration doubles the correct low bits each time; `odd` is its own inverse modulo 8.
        let mut inverse = odd;
        for _ in 0..5 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse)));
        }
        Tick { fs, shift, inverse, largest: u64::MAX / odd }
    }

    /// The step of all times in a log.
    pub fn of(log: &OpLog) -> Tick {
        let mut tick = Tick::new(0);
        for column in [&log.entries.issue, &log.entries.start, &log.entries.done] {
            column.iter().for_each(|time| tick.include(time.fs()));
        }
        for message in log.messages.iter().flatten() {
            tick.include(message.filled.fs());
            tick.include(message.credit.unwrap_or_default().fs());
        }
        for stall in &log.stalls {
            tick.include(stall.from.fs());
            tick.include(stall.to.fs());
        }
        // All times are 0: any step will do.
        if tick.fs == 0 { Tick::new(1) } else { tick }
    }

    fn include(&mut self, time: u64) {
        if !self.divides(time) {
            *self = Tick::new(gcd(self.fs, time));
        }
    }
    fn divides(self, time: u64) -> bool {
        time.trailing_zeros() >= self.shift && self.count(time) <= self.largest
    }
    /// How many ticks make `time`, which must be a multiple.
    pub fn count(self, time: u64) -> u64 {
        (time >> self.shift).wrapping_mul(self.inverse)
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_divide_exactly() {
        for (times, fs) in [
            (&[][..], 0),
            (&[0, 0], 0),
            (&[1_000_000, 0, 3_000_000], 1_000_000),
            (&[740_741 * 8, 740_741 * 12], 740_741 * 4),
            (&[6, 35], 1),
            (&[1 << 53], 1 << 53),
        ] {
            let mut tick = Tick::new(0);
            times.iter().for_each(|&time| tick.include(time));
            assert_eq!(tick.fs, fs, "{times:?}");
            for &time in times {
                assert_eq!(tick.count(time) * fs, time);
            }
        }
    }
}
