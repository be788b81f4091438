//! The largest step that all times of a page are multiples of: numbers of steps are short.

use analysis::CriticalPath;
use machine::{SimTime, Span};
use oplog::OpLog;

/// A step in femtoseconds, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticks {
    pub fs: u64,
}

impl Ticks {
    pub fn of(log: &OpLog, critical: &CriticalPath) -> Ticks {
        let spec = log.machine.spec();
        // A sequencer is busy for this long after its last op is issued.
        let mut fs = spec.clock.pe_fs.span(spec.pe.issue_cycles).fs();
        let mut add = |time: SimTime| {
            if fs == 0 || !time.fs().is_multiple_of(fs) {
                fs = gcd(fs, time.fs());
            }
        };
        let entries = &log.entries;
        [&entries.issue, &entries.start, &entries.done].into_iter().flatten().for_each(|&time| add(time));
        for message in log.messages.iter().flatten() {
            add(message.filled);
            add(message.credit.unwrap_or_default());
        }
        log.stalls.iter().flat_map(|stall| [stall.from, stall.to]).for_each(&mut add);
        critical.stretches.iter().flat_map(|piece| [piece.from, piece.to]).for_each(add);
        Ticks { fs: fs.max(1) }
    }

    pub fn at(self, time: SimTime) -> u64 {
        time.fs() / self.fs
    }
    pub fn len(self, span: Span) -> u64 {
        span.fs() / self.fs
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
