//! Transfers: bytes that move between TCMs and memories, over the network or not.

use machine::{SimTime, Span};
use oplog::{StallReason, UnitId};

use crate::engine::Engine;
use crate::event::Event;
use crate::memory::MemoryRef;
use crate::packet::{Packet, Path};

/// Bytes on their way. `pieces` are the byte runs (address, length) at the end that is a memory.
#[derive(Clone, Debug)]
pub struct Transfer {
    pub purpose: Purpose,
    pub path: Path,
    pub total: u64,
    pub packets_left: u32,
    pub begun: SimTime,
    /// The latest end of a packet so far.
    pub end: SimTime,
    /// The memory read at the near end; `None` when that is a TCM.
    pub reads: Option<MemoryRef>,
    /// The memory written at the far end; `None` when that is a TCM.
    pub writes: Option<MemoryRef>,
    pub pieces: Vec<(u64, u64)>,
}

/// What happens when the last byte has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The message fills its slot. Its sender is done when the last byte leaves.
    Message { ring: u32, number: u32, rank: u32, op: u32 },
    /// An op that moves data is done; a write has first to be acknowledged.
    Op { rank: u32, op: u32, unit: UnitId, acknowledge: Span },
}

impl Engine<'_> {
    /// Cuts a transfer into packets and hands each its number and bytes.
    pub fn cut(&mut self, transfer: u32) -> Vec<u32> {
        let total = self.transfers.get(transfer).total;
        let size = self.packet_bytes;
        let n = total.div_ceil(size).max(1);
        self.transfers.get_mut(transfer).packets_left = u32::try_from(n).expect("fewer than 2^32 packets");
        (0..n)
            .map(|i| {
                let (from, to) = (i * size, ((i + 1) * size).min(total));
                self.packets.add(Packet { transfer, from, to, hop: 0, tail: self.now })
            })
            .collect()
    }

    /// Sends everything at `ready`, from a TCM.
    pub fn send_at(&mut self, transfer: Transfer, ready: SimTime) {
        if ready == self.now {
            return self.send_now(transfer);
        }
        let transfer = self.transfers.add(transfer);
        for packet in self.cut(transfer) {
            self.push(ready, Event::PacketReady { packet });
        }
    }

    fn send_now(&mut self, transfer: Transfer) {
        let total = transfer.total;
        let transfer = self.transfers.add(transfer);
        if total <= self.packet_bytes {
            self.transfers.get_mut(transfer).packets_left = 1;
            let packet = self.packets.add(Packet { transfer, from: 0, to: total, hop: 0, tail: self.now });
            self.inject(packet);
            return;
        }
        for packet in self.cut(transfer) {
            self.inject(packet);
        }
    }

    /// A read request has reached its memory: every packet leaves when it has been read.
    pub fn read_request_arrives(&mut self, transfer: u32) {
        for packet in self.cut(transfer) {
            let Packet { from, to, .. } = *self.packets.get(packet);
            let moving = self.transfers.get(transfer);
            let memory = moving.reads.expect("a read request has a memory");
            let pieces = between(&moving.pieces, from, to);
            let booking = self.memories.book(memory, &pieces, self.now);
            self.push(booking.end, Event::PacketReady { packet });
        }
    }

    /// Moves `total` bytes between a PE's TCM and the memory beside it: nothing crosses the network. Returns
    /// when the channels begin, and when the last byte is there.
    pub fn move_locally(
        &mut self,
        memory: MemoryRef,
        pieces: &[(u64, u64)],
        total: u64,
    ) -> (SimTime, SimTime) {
        let (mut begin, mut at) = (SimTime::MAX, self.now);
        let mut from = 0;
        while from < total {
            let to = (from + self.packet_bytes).min(total);
            let booking = self.memories.book(memory, &between(pieces, from, to), self.now);
            begin = begin.min(booking.start);
            // Bytes go through the TCM's port as they come; the port is as wide as its slowest stretch.
            at = booking.end.max(at + self.tcm.occupancy(from, to));
            from = to;
        }
        (begin.min(at), at)
    }

    /// A packet takes the port out of its PE.
    pub fn inject(&mut self, packet: u32) {
        let Packet { transfer, from, to, .. } = *self.packets.get(packet);
        let moving = self.transfers.get(transfer);
        let (purpose, pe, total, begun) = (moving.purpose, moving.path.from, moving.total, moving.begun);
        let passage = self.network.inject(pe, self.now, (from, to));
        if let Purpose::Message { rank, op, .. } = purpose {
            if from == 0 {
                let global = self.ranks[rank as usize].global(op);
                self.record.stall(rank, global, StallReason::Link, self.now, passage.start);
            }
            if to == total {
                let left = self.on_cycle(begun, passage.end);
                self.push(left, Event::OpDone { rank, op, unit: UnitId::SEND });
            }
        }
        self.packets.get_mut(packet).tail = passage.end + passage.latency;
        let head = passage.start + passage.latency;
        if head == self.now {
            self.packet_at_hop(packet);
        } else {
            self.push(head, Event::PacketAtHop { packet });
        }
    }

    /// A packet's first byte is at its next link, or at the port of its destination.
    pub fn packet_at_hop(&mut self, packet: u32) {
        let Packet { transfer, from, to, hop, tail } = *self.packets.get(packet);
        let moving = self.transfers.get(transfer);
        let (path, to_tcm) = (moving.path, moving.writes.is_none());
        if hop < path.route.hops {
            let passage = self.network.cross(path.route, hop, self.now, tail, (from, to));
            let state = self.packets.get_mut(packet);
            state.hop += 1;
            state.tail = passage.end + passage.latency;
            self.push(passage.start + passage.latency, Event::PacketAtHop { packet });
            return;
        }
        let passage = self.network.eject(path.to, self.now, tail, (from, to), to_tcm);
        self.packet_arrives(packet, passage.end + passage.latency);
    }

    /// The last byte of a packet is at its destination at `arrival`; a memory there takes it then.
    fn packet_arrives(&mut self, packet: u32, arrival: SimTime) {
        let Packet { transfer, from, to, .. } = *self.packets.get(packet);
        self.packets.free(packet);
        let mut end = arrival;
        if let Some(memory) = self.transfers.get(transfer).writes {
            let pieces = between(&self.transfers.get(transfer).pieces, from, to);
            end = self.memories.book(memory, &pieces, arrival).end;
        }
        let moving = self.transfers.get_mut(transfer);
        moving.packets_left -= 1;
        moving.end = moving.end.max(end);
        if moving.packets_left == 0 {
            let (begun, end) = (moving.begun, moving.end);
            let end = self.on_cycle(begun, end);
            self.push(end, Event::TransferDone { transfer });
        }
    }

    /// The end of a transfer that took until `at`: a whole number of NoC cycles after it began.
    fn on_cycle(&self, begun: SimTime, at: SimTime) -> SimTime {
        let clock = self.machine.spec().clock.noc_fs;
        begun + clock.span(clock.cycles_covering(at - begun))
    }

    pub fn transfer_done(&mut self, transfer: u32) {
        let purpose = self.transfers.get(transfer).purpose;
        self.transfers.free(transfer);
        match purpose {
            Purpose::Message { ring, number, .. } => self.message_arrives(ring, number),
            Purpose::Op { rank, op, unit, acknowledge } => {
                self.push(self.now + acknowledge, Event::OpDone { rank, op, unit });
            }
        }
    }
}

/// The parts of `pieces` that hold the payload bytes `from..to`.
fn between(pieces: &[(u64, u64)], from: u64, to: u64) -> Vec<(u64, u64)> {
    let mut parts = Vec::new();
    let mut at = 0;
    for &(address, length) in pieces {
        let (start, end) = (at.max(from), (at + length).min(to));
        if start < end {
            parts.push((address + (start - at), end - start));
        }
        at += length;
        if at >= to {
            break;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::between;

    #[test]
    fn a_packet_covers_the_pieces_its_bytes_come_from() {
        let pieces = [(100, 10), (200, 5), (300, 20)];
        for (from, to, expected) in [
            (0, 10, vec![(100, 10)]),
            (5, 12, vec![(105, 5), (200, 2)]),
            (12, 35, vec![(202, 3), (300, 20)]),
            (0, 35, pieces.to_vec()),
        ] {
            assert_eq!(between(&pieces, from, to), expected, "{from}..{to}");
        }
    }
}
