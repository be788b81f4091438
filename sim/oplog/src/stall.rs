//! Why a unit or a sequencer waited.

use machine::SimTime;
pub use program::UnitId;
use serde::{Deserialize, Serialize};

/// Every reason to wait. All are recorded by the timing engine, but `Issue`, `Idle` and `Finished`: these are what a
/// timeline says of a unit that has nothing queued. New ones come last: the order is part of the file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StallReason {
    /// The sequencer holds an op whose operands are still being written, or still being read.
    Operand,
    /// The sequencer holds an op because its unit's queue is full.
    QueueFull,
    /// A receive waits for its message.
    Message,
    /// An explicit wait for ops of this rank.
    Wait,
    /// A semaphore is too small.
    Semaphore,
    /// A rank has not reached the barrier.
    Barrier,
    /// A send waits for a free slot.
    Credit,
    /// A transfer waits for the PE's port or a link.
    Link,
    /// A transfer waits for a memory channel.
    Memory,
    /// The unit waits while the sequencer issues other ops.
    Issue,
    /// The program has nothing for this unit yet; the sequencer is not held.
    Idle,
    /// The program has ended.
    Finished,
    /// A pass is encoded, and its command buffer not committed.
    Commit,
    /// A pass waits for its turn in its queue: for an earlier pass of its buffer, or an earlier buffer.
    Queue,
    /// A pass waits for an event that its buffer waits for.
    Event,
    /// A pass waits for an earlier one of its queue that touches the same bytes.
    Tracked,
}

impl StallReason {
    pub const ALL: [StallReason; 16] = [
        StallReason::Operand,
        StallReason::QueueFull,
        StallReason::Message,
        StallReason::Wait,
        StallReason::Semaphore,
        StallReason::Barrier,
        StallReason::Credit,
        StallReason::Link,
        StallReason::Memory,
        StallReason::Issue,
        StallReason::Idle,
        StallReason::Finished,
        StallReason::Commit,
        StallReason::Queue,
        StallReason::Event,
        StallReason::Tracked,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            StallReason::Operand => "operand",
            StallReason::QueueFull => "queue_full",
            StallReason::Message => "message",
            StallReason::Wait => "wait",
            StallReason::Semaphore => "semaphore",
            StallReason::Barrier => "barrier",
            StallReason::Credit => "credit",
            StallReason::Link => "link",
            StallReason::Memory => "memory",
            StallReason::Issue => "issue",
            StallReason::Idle => "idle",
            StallReason::Finished => "finished",
            StallReason::Commit => "commit",
            StallReason::Queue => "queue",
            StallReason::Event => "event",
            StallReason::Tracked => "tracked",
        }
    }

    /// Whether the sequencer, and not the op's unit, waits.
    pub const fn holds_sequencer(self) -> bool {
        match self {
            StallReason::Operand
            | StallReason::QueueFull
            | StallReason::Message
            | StallReason::Wait
            | StallReason::Semaphore
            | StallReason::Barrier => true,
            StallReason::Credit
            | StallReason::Link
            | StallReason::Memory
            | StallReason::Issue
            | StallReason::Idle
            | StallReason::Finished
            | StallReason::Commit
            | StallReason::Queue
            | StallReason::Event
            | StallReason::Tracked => false,
        }
    }
}

/// A wait recorded by the timing engine. A reason that holds the sequencer lies before the op's issue; the
/// others lie between its issue and its end, on the op's unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stall {
    /// Global op number: the rank's first op plus the index in its program.
    pub op: u32,
    pub reason: StallReason,
    pub from: SimTime,
    pub to: SimTime,
}
