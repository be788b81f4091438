//! Events: everything that can happen inside Phase 1.

use oplog::UnitId;

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
    /// A send that waited for a slot may have it.
    SendGoesOn { rank: u32 },
    /// A signal has reached its semaphore.
    Signalled { rank: u32, semaphore: u32, amount: u32 },
    /// Rank 0 has heard that one more rank is at this barrier.
    BarrierReached { number: u32 },
    /// A rank has heard that every rank is at the barrier.
    BarrierOpen { rank: u32 },
    /// A command buffer of a rank starts, or what it stood at lets it go on.
    BufferGoesOn { rank: u32, buffer: u32 },
}

/// An event in two registers. An enum is written to memory field by field and read as a whole right after, which the
/// processor waits for: a quarter of Phase 1 was that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words(u64, u64);

impl Words {
    #[inline(always)]
    fn of(kind: u8, unit: u8, [x, y, z]: [u32; 3]) -> Words {
        let first = u64::from(kind) | u64::from(unit) << 8 | u64::from(x) << 32;
        Words(first, u64::from(y) | u64::from(z) << 32)
    }
}

impl From<Event> for Words {
    #[inline(always)]
    fn from(event: Event) -> Words {
        match event {
            Event::SequencerFree { rank } => Words::of(0, 0, [rank, 0, 0]),
            Event::OpDone { op, unit } => Words::of(1, unit.0, [op.rank, op.index, 0]),
            Event::PacketReady { packet } => Words::of(2, 0, [packet, 0, 0]),
            Event::PacketAtMemory { packet } => Words::of(3, 0, [packet, 0, 0]),
            Event::NetworkResumes { token } => Words::of(4, 0, [token, 0, 0]),
            Event::RequestAtMemory { transfer } => Words::of(5, 0, [transfer, 0, 0]),
            Event::TransferDone { transfer } => Words::of(6, 0, [transfer, 0, 0]),
            Event::SendGoesOn { rank } => Words::of(7, 0, [rank, 0, 0]),
            Event::Signalled { rank, semaphore, amount } => Words::of(8, 0, [rank, semaphore, amount]),
            Event::BarrierReached { number } => Words::of(9, 0, [number, 0, 0]),
            Event::BarrierOpen { rank } => Words::of(10, 0, [rank, 0, 0]),
            Event::BufferGoesOn { rank, buffer } => Words::of(11, 0, [rank, buffer, 0]),
        }
    }
}

impl From<Words> for Event {
    #[inline(always)]
    fn from(Words(first, second): Words) -> Event {
        let (x, y, z) = ((first >> 32) as u32, second as u32, (second >> 32) as u32);
        match first as u8 {
            0 => Event::SequencerFree { rank: x },
            1 => Event::OpDone { op: OpId { rank: x, index: y }, unit: UnitId((first >> 8) as u8) },
            2 => Event::PacketReady { packet: x },
            3 => Event::PacketAtMemory { packet: x },
            4 => Event::NetworkResumes { token: x },
            5 => Event::RequestAtMemory { transfer: x },
            6 => Event::TransferDone { transfer: x },
            7 => Event::SendGoesOn { rank: x },
            8 => Event::Signalled { rank: x, semaphore: y, amount: z },
            9 => Event::BarrierReached { number: x },
            10 => Event::BarrierOpen { rank: x },
            11 => Event::BufferGoesOn { rank: x, buffer: y },
            kind => unreachable!("no event has kind {kind}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_comes_back_from_its_words() {
        let op = OpId { rank: 7, index: u32::MAX };
        for event in [
            Event::SequencerFree { rank: u32::MAX },
            Event::OpDone { op, unit: UnitId(u8::MAX) },
            Event::PacketReady { packet: 1 },
            Event::PacketAtMemory { packet: 2 },
            Event::NetworkResumes { token: 3 },
            Event::RequestAtMemory { transfer: 4 },
            Event::TransferDone { transfer: 5 },
            Event::SendGoesOn { rank: 3 },
            Event::Signalled { rank: 1, semaphore: 2, amount: u32::MAX },
            Event::BarrierReached { number: 6 },
            Event::BarrierOpen { rank: 8 },
            Event::BufferGoesOn { rank: 9, buffer: 10 },
        ] {
            assert_eq!(Event::from(Words::from(event)), event);
        }
    }
}
