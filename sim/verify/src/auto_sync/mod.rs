//! Waits for an explicit machine, put in by rule: whatever an interlocked sequencer would hold is then ordered by
//! the program itself.
//!
//! An op is given a `wait` right before it for what holds it, which keeps the sequencer exactly as long as the hold
//! would. A release, which no hold keeps the sequencer at, is told `after` which ops its credit may leave. Both
//! leave out what is known without them: ops that were waited for before, those of the op's own queue, which is served
//! in order, and what a message tells. So every inserted op costs its issue and nothing else.
//!
//! Bytes that the planner gives to two tiles in turn need waits, too. The tiles are therefore fixed where an
//! interlocked machine has them: the result needs the same TCM, and its waits are right for these addresses only.
//!
//! What orders ranks that share HBM is not looked at: an interlocked machine does not order that either.

mod insert;
mod known;
mod walk;

use machine::{Machine, Sync};
use program::Program;

use crate::{Refusal, verify};
use insert::with_waits;
use walk::Walk;

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
    let lists = Walk::of(program, machine, &verified.holds).run();
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
