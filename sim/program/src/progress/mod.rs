//! Whether a program can finish, whatever the timing: its credits, queues, holds, semaphores and barriers are
//! run without a clock. Every rule only ever enables more ops, so the order in which they are tried does not
//! change what gets done, and one pass over a work list decides.
//!
//! Only sends wait on a unit. GEMM, math, DMA and copies out of slots finish whenever they are issued, so
//! their queues never hold anyone up for good and are left out.

mod counts;
mod state;

use crate::holds::Holds;
use crate::op::{OpIndex, SemaphoreId};
use crate::program::{Program, Rank};
use crate::view::Message;
pub(crate) use counts::messages_of;
use state::Run;

/// What became of a run without a clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Finished,
    /// Who waits for what for ever, by rank: its sequencer, then the send at the head of its queue.
    Stuck(Vec<Waits>),
}

/// An op that waits for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    pub rank: Rank,
    pub op: OpIndex,
    pub on: Need,
}

/// What an op waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// An earlier op of its rank.
    Op(OpIndex),
    Message(Message),
    /// A slot that this earlier message still holds.
    Credit(Message),
    /// Room in the send queue.
    Queue,
    Semaphore(SemaphoreId, u32),
    Barrier(u32),
}

/// Runs a program whose references hold. `fifo_depth` ops wait in a unit's queue besides the running one.
pub fn run(program: &Program, holds: &Holds, fifo_depth: u32) -> Outcome {
    let mut run = Run::of(program, holds, fifo_depth);
    run.exhaust();
    run.outcome()
}

#[cfg(test)]
mod tests;
