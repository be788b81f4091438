//! Events: everything that can happen inside Phase 1.

use oplog::UnitId;
use program::Message;

/// An op by its rank and its index in the rank's program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpId {
    pub rank: u32,
    pub index: u32,
}

/// An event. Numbers are those of the engine's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The sequencer is free for its next op.
    SequencerFree { rank: u32 },
    /// A unit has finished its op.
    OpDone { op: OpId, unit: UnitId },
    /// A packet has left its memory, or its sender is ready: it enters the PE's port.
    PacketReady { packet: u32 },
    /// A packet is whole at the memory that it writes.
    PacketAtMemory { packet: u32 },
    /// The network model goes on with what it put off: `token` says what.
    NetworkResumes { token: u32 },
    /// A request has reached its memory.
    RequestAtMemory { transfer: u32 },
    /// The last byte of a transfer is where it should be.
    TransferDone { transfer: u32 },
    /// A credit is back at the producer of its ring.
    CreditBack { message: Message },
    /// A signal has reached its semaphore.
    Signalled { rank: u32, semaphore: u32, amount: u32 },
    /// Rank 0 has heard that one more rank is at this barrier.
    BarrierReached { number: u32 },
    /// A rank has heard that every rank is at the barrier.
    BarrierOpen { rank: u32 },
    /// A command buffer of a rank starts, or what it stood at lets it go on.
    BufferGoesOn { rank: u32, buffer: u32 },
}
