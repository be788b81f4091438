//! Why Phase 1 stops without a log.

use std::fmt;

use machine::SimTime;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimingError {
    /// Nothing can happen any more, and some ranks have not finished.
    #[error("deadlock at {} fs: {}", at.fs(), list(waits))]
    Deadlock { at: SimTime, waits: Vec<WaitFor> },
    /// Times past 2^53 fs could not be read back exactly by every JSON reader.
    #[error(
        "the run passes 2^53 fs (9 simulated seconds) at rank {rank}; make the program shorter or the machine faster"
    )]
    TooLong { rank: u32 },
}

/// One party to a deadlock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitFor {
    pub rank: u32,
    /// Index of the op that waits in its rank's program.
    pub op: u32,
    pub kind: &'static str,
    /// `file:line:column`, or empty.
    pub source: String,
    /// What it waits for, in words.
    pub waits_for: String,
}

impl fmt::Display for WaitFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rank{} op{} ({}", self.rank, self.op, self.kind)?;
        if !self.source.is_empty() {
            write!(f, ", {}", self.source)?;
        }
        write!(f, ") waits for {}", self.waits_for)
    }
}

fn list(waits: &[WaitFor]) -> String {
    waits.iter().map(WaitFor::to_string).collect::<Vec<_>>().join("; ")
}
