//! The run without a clock: whether a program can finish, whatever the timing, by its credits, queues, holds,
//! semaphores and barriers. Every rule only ever enables more ops, so the order in which they are tried does not
//! change the result, and one pass over a work list decides.
//!
//! Only sends wait on a unit. GEMM, math, DMA and copies out of slots finish whenever they are issued, so their
//! queues never block for ever and are left out.

mod buffers;
mod state;

use machine::QueueModel;
use order::Dependencies;
use program::op::SemaphoreId;
use program::{EventId, Message, OpIndex, Program, Rank};

use crate::counts::Levels;
use state::Run;

/// Result of a run without a clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Finished,
    Stuck(Stop),
}

/// State of a run that has stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Who waits for what for ever, by rank: its sequencer, then the send at the head of its queue, then the first op
    /// of each command buffer that cannot go on.
    pub waits: Vec<Waits>,
    /// By rank: the op that its sequencer is at, one past its last op when it has ended.
    pub at: Vec<OpIndex>,
    /// By op, in (rank, index) order.
    pub done: Vec<bool>,
}

/// An op that waits for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    pub rank: Rank,
    pub op: OpIndex,
    pub on: Need,
}

/// Prerequisite of an op.
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
    Event(EventId, u32),
}

/// Runs a program whose references hold, and whose messages are sent in order and received at most once.
/// `fifo_depth` ops wait in a unit's queue besides the running one; `queues` is the model of the machine's command
/// queues, if it has them.
pub fn run(
    program: &Program,
    dependencies: &Dependencies,
    fifo_depth: u32,
    queues: Option<QueueModel>,
) -> Outcome {
    let mut run = Run::of(program, dependencies, fifo_depth, queues);
    run.exhaust();
    run.outcome()
}

/// What the waits of semaphores count that rise and fall, in one order of the ops.
pub(crate) fn levels(program: &Program, dependencies: &Dependencies, queues: Option<QueueModel>) -> Levels {
    let mut run = Run::of(program, dependencies, u32::MAX, queues);
    run.levels = Some(Levels::default());
    run.exhaust();
    let finishes = run.outcome() == Outcome::Finished;
    let mut levels = run.levels.unwrap_or_default();
    levels.finishes = finishes;
    levels
}

#[cfg(test)]
pub(crate) mod tests;
