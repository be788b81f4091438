//! Stalls of units and sequencers, with their reasons.

use machine::SimTime;
pub use program::UnitId;
use serde::{Deserialize, Serialize};

/// Waiting part of a stall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    /// The sequencer, and not the op's unit.
    Sequencer,
    /// A unit or a queue, with an op.
    Op,
    /// A unit that has nothing queued: a timeline says so, and no log records it.
    Idler,
}

/// Makes the list of reasons: what it means, its name, and who waits.
macro_rules! reasons {
    ($(#[$doc:meta] $Reason:ident $name:literal $waits:ident,)*) => {
        /// Reason for a stall. All are recorded by the timing engine, but `Issue`, `Idle` and `Finished`: these are what a
        /// timeline says of a unit that has nothing queued. New ones come last: the order is part of the file format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum StallReason {$(
            #[$doc]
            #[serde(rename = $name)]
            $Reason,
        )*}

        impl StallReason {
            /// All, in the order of their codes.
            pub const ALL: [StallReason; [$($name),*].len()] = [$(StallReason::$Reason),*];

            pub const fn name(self) -> &'static str {
                match self {$(StallReason::$Reason => $name,)*}
            }
            const fn waits(self) -> Waits {
                match self {$(StallReason::$Reason => Waits::$waits,)*}
            }
        }
    };
}

reasons! {
    /// The sequencer holds an op whose operands are still being written, or still being read.
    Operand "operand" Sequencer,
    /// The sequencer holds an op because its unit's queue is full.
    QueueFull "queue_full" Sequencer,
    /// A receive waits for its message.
    Message "message" Sequencer,
    /// An explicit wait for ops of this rank.
    Wait "wait" Sequencer,
    /// A semaphore is too small.
    Semaphore "semaphore" Sequencer,
    /// A rank has not reached the barrier.
    Barrier "barrier" Sequencer,
    /// A send waits for a free slot.
    Credit "credit" Op,
    /// A transfer waits for the PE's port or a link.
    Link "link" Op,
    /// A transfer waits for a memory channel.
    Memory "memory" Op,
    /// The unit waits while the sequencer issues other ops.
    Issue "issue" Idler,
    /// The program has nothing for this unit yet; the sequencer is not held.
    Idle "idle" Idler,
    /// The program has ended.
    Finished "finished" Idler,
    /// A pass is encoded, and its command buffer not committed.
    Commit "commit" Op,
    /// A pass waits for its turn in its queue: for an earlier pass of its buffer, or an earlier buffer.
    Queue "queue" Op,
    /// A pass waits for an event that its buffer waits for.
    Event "event" Op,
    /// A pass waits for an earlier one of its queue that touches the same bytes.
    Tracked "tracked" Op,
}

impl StallReason {
    /// Whether the sequencer, and not the op's unit, waits.
    pub const fn holds_sequencer(self) -> bool {
        matches!(self.waits(), Waits::Sequencer)
    }
    /// Whether a log has it; the others follow from the log.
    pub const fn is_recorded(self) -> bool {
        !matches!(self.waits(), Waits::Idler)
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
