//! Why a unit or a sequencer waited.

use std::fmt;

use machine::SimTime;
use program::UnitKind;
use serde::{Deserialize, Serialize};

/// A unit of one PE: 0 the sequencer, then GEMM, math, IPCQ send, IPCQ receive and the DMA channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitId(pub u8);

impl UnitId {
    pub const SEQUENCER: UnitId = UnitId(0);
    pub const GEMM: UnitId = UnitId(1);
    pub const MATH: UnitId = UnitId(2);
    pub const SEND: UnitId = UnitId(3);
    pub const RECV: UnitId = UnitId(4);
    const FIRST_DMA: u8 = 5;

    pub const fn dma(channel: u8) -> UnitId {
        UnitId(Self::FIRST_DMA + channel)
    }
    /// Units of a PE with this many DMA channels, the sequencer counted.
    pub const fn count(dma_channels: u32) -> usize {
        Self::FIRST_DMA as usize + dma_channels as usize
    }
    pub const fn index(self) -> usize {
        self.0 as usize
    }
    pub const fn kind(self) -> UnitKind {
        match self.0 {
            0 => UnitKind::Sequencer,
            1 => UnitKind::Gemm,
            2 => UnitKind::Math,
            3 => UnitKind::Send,
            4 => UnitKind::Recv,
            _ => UnitKind::Dma,
        }
    }
}

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            UnitKind::Sequencer => f.pad("sequencer"),
            UnitKind::Gemm => f.pad("gemm"),
            UnitKind::Math => f.pad("math"),
            UnitKind::Send => f.pad("send"),
            UnitKind::Recv => f.pad("recv"),
            UnitKind::Dma => f.pad(&format!("dma{}", self.0 - Self::FIRST_DMA)),
        }
    }
}

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
