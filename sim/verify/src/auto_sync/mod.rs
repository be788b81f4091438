//! Inserted waits for an explicit machine: they order everything that an interlocked sequencer would hold.
//!
//! An op gets a `wait` right before it for the ops that would hold it, which keeps the sequencer exactly as long as the
//! hold would. A release does not hold the sequencer; it gets a list `after` of the ops that its credit must follow.
//! Both leave out ops that are known to be done: those that were waited for before, those of the op's own queue, which
//! is served in order, unless other ranks share what they touch, and those that a message implies. So an inserted op
//! costs only its issue.
//!
//! Bytes that the planner gives to two tiles in turn need waits, too. The tiles are therefore fixed where an
//! interlocked machine has them: the result needs the same TCM, and its waits are right for these addresses only.
//!
//! What orders ranks that share HBM is not looked at: an interlocked machine does not order that either. But where it
//! does, by a hold and what is sent after it, the waits do, too.

mod insert;
mod known;
mod missing_waits;
mod shared;

use machine::{Machine, Sync};
use program::Program;

use crate::{Refusal, verify};
use insert::with_waits;
use missing_waits::MissingWaits;

/// The program with waits for `machine`, whose `sync` does not matter. On a machine with command queues it is
/// the program itself: the host's waits do not order passes.
///
/// # Errors
/// Those of [`verify()`] for the same machine, interlocked.
pub fn auto_sync(program: &Program, machine: &Machine) -> Result<Program, Refusal> {
    let Ok(interlocked) = machine.with_sync(Sync::Interlocked) else {
        return verify(program.clone(), machine).map(|_| program.clone());
    };
    let verified = verify(program.clone(), &interlocked)?;
    let lists = MissingWaits::of(program, machine, &verified.dependencies).run();
    let mut synced = program.clone();
    for ((rank, lists), addresses) in synced.ranks.iter_mut().zip(lists).zip(&verified.layout.buffers) {
        *rank = with_waits(rank, &lists);
        for (buffer, &address) in rank.buffers.iter_mut().zip(addresses) {
            buffer.at = Some(address);
        }
    }
    Ok(synced)
}

#[cfg(test)]
mod tests;
