//! Errors of Phase 1: a run that ends without a log.

use machine::SimTime;
use verify::Deadlock;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimingError {
    /// Nothing can happen any more, and some ranks have not finished. No program that `verify` accepts gets here:
    /// the verifier has run it to its end without a clock, by the same rules, and time only delays what they allow. It is
    /// a value all the same, so that a mistake in either is reported and does not hang.
    #[error("at {} fs, {deadlock}", at.fs())]
    Deadlock { at: SimTime, deadlock: Box<Deadlock> },
    /// Times past 2^53 fs could not be read back exactly by every JSON reader.
    #[error(
        "the run passes 2^53 fs (9 simulated seconds) at rank {rank}; make the program shorter or the machine faster"
    )]
    TooLong { rank: u32 },
}
