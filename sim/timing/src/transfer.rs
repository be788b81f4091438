//! Transfers: bytes that move between TCMs and memories, over the network or not.

use machine::{SimTime, Span};
use oplog::{StallReason, UnitId};

use crate::engine::Engine;
use crate::event::Event;
use crate::memory::Access;
use crate::packet::{Packet, Path};
use crate::pieces::Pieces;
use crate::tcm::Taken;

/// Bytes on their way.
#[derive(Clone, Debug)]
pub struct Transfer {
    pub purpose: Purpose,
    pub path: Path,
    pub total: u64,
    pub begun: SimTime,
    /// The memory read at the near end; `None` when that is a TCM.
    pub reads: Option<Pieces>,
    /// The memory written at the far end; `None` when that is a TCM.
    pub writes: Option<Pieces>,
    pub packets_left: u32,
    /// The latest end of a packet so far.
    pub end: SimTime,
}

impl Transfer {
    pub fn new(purpose: Purpose, path: Path, total: u64, begun: SimTime) -> Transfer {
        Transfer {
            purpose,
            path,
            total,
            begun,
            reads: None,
            writes: None,
            packets_left: 0,
            end: SimTime::ZERO,
        }
    }
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
    /// Cuts a transfer into packets. The verifier bounds how many there can be.
    fn cut(&mut self, transfer: u32) -> Vec<u32> {
        let total = self.transfers.get(transfer).total;
        let size = self.packet_bytes;
        let n = total.div_ceil(size).max(1);
        self.transfers.get_mut(transfer).packets_left = u32::try_from(n).expect("fewer than 2^32 packets");
        let packet = |i: u64| Packet {
            transfer,
            from: i * size,
            to: ((i + 1) * size).min(total),
            hop: 0,
            tail: self.now,
        };
        (0..n).map(packet).map(|packet| self.packets.add(packet)).collect()
    }

    /// Sends everything at `ready`, from a TCM.
    pub fn send_at(&mut self, transfer: Transfer, ready: SimTime) {
        let one_packet = transfer.total <= self.packet_bytes;
        let transfer = self.transfers.add(transfer);
        if one_packet && ready == self.now {
            let total = self.transfers.get(transfer).total;
            self.transfers.get_mut(transfer).packets_left = 1;
            let packet = self.packets.add(Packet { transfer, from: 0, to: total, hop: 0, tail: self.now });
            return self.inject(packet);
        }
        for packet in self.cut(transfer) {
            self.push(ready, Event::PacketReady { packet });
        }
    }

    /// Asks a memory at `ready` for what the transfer reads or, beside the PE, writes.
    pub fn ask_at(&mut self, transfer: Transfer, ready: SimTime) {
        let transfer = self.transfers.add(transfer);
        self.push(ready, Event::RequestAtMemory { transfer });
    }

    /// A request has reached its memory. Beside its PE it is served through the TCM's port; otherwise every packet
    /// leaves for the network when it has been read.
    pub fn request_at_memory(&mut self, transfer: u32) {
        let Transfer { purpose, path, .. } = *self.transfers.get(transfer);
        if let (Purpose::Op { rank, op, .. }, true) = (purpose, path.from == path.to) {
            return self.move_beside(transfer, rank, op);
        }
        for packet in self.cut(transfer) {
            let Packet { from, to, .. } = *self.packets.get(packet);
            let reads = self.transfers.get(transfer).reads.as_ref().expect("a request reads");
            let (memory, runs) = (reads.memory, reads.between(from, to));
            let booking = self.memories.book(memory, &runs, Access::Read, self.now);
            self.push(booking.end, Event::PacketReady { packet });
        }
    }

    /// Moves bytes between a PE's TCM and the memory beside it. The op ends on a whole cycle of the PE.
    fn move_beside(&mut self, transfer: u32, rank: u32, op: u32) {
        let Transfer { total, begun, path, .. } = *self.transfers.get(transfer);
        let shared = self.tcms.take(path.to, self.now, (0, total)).end;
        let (mut begin, mut tcm, mut end) = (SimTime::MAX, None, shared);
        let mut from = 0;
        while from < total {
            let to = (from + self.packet_bytes).min(total);
            let moving = self.transfers.get(transfer);
            let reading = moving.reads.is_some();
            let pieces = moving.reads.as_ref().or(moving.writes.as_ref()).expect("one end is a memory");
            let (memory, runs) = (pieces.memory, pieces.between(from, to));
            let access = if reading { Access::Read } else { Access::Write };
            let booking = self.memories.book(memory, &runs, access, self.now);
            begin = begin.min(booking.start);
            // Bytes go through the TCM's port as they come from a memory, or on their way into it.
            let latency = self.memories.latency(memory);
            let first = if reading { booking.start + latency } else { self.now };
            let through = tcm.unwrap_or(first).max(first) + self.tcm.occupancy(from, to);
            tcm = Some(through);
            end = end.max(booking.end).max(if reading { through } else { through + latency });
            from = to;
        }
        let global = self.ranks[rank as usize].global(op);
        self.record.stall(rank, global, StallReason::Memory, self.now, begin.min(end));
        let clock = self.machine.spec().clock.pe_fs;
        let end = begun + clock.span(clock.cycles_covering(end - begun));
        self.push(end, Event::TransferDone { transfer });
    }

    /// A packet takes the port out of its PE.
    pub fn inject(&mut self, packet: u32) {
        let Packet { transfer, from, to, .. } = *self.packets.get(packet);
        let moving = self.transfers.get(transfer);
        let (purpose, path, total, begun) = (moving.purpose, moving.path, moving.total, moving.begun);
        // What a memory has read does not come out of the TCM.
        let out = if moving.reads.is_none() {
            self.tcms.take(path.from, self.now, (from, to))
        } else {
            Taken { start: self.now, end: self.now }
        };
        let mut passage = self.network.inject(path.from, path.route, out.start, (from, to));
        passage.end = passage.end.max(out.end);
        if let Purpose::Message { rank, op, .. } = purpose {
            if from == 0 {
                let global = self.ranks[rank as usize].global(op);
                self.record.stall(rank, global, StallReason::Link, self.now, passage.start);
            }
            if to == total {
                let left = self.on_cycle(begun, passage.end).max(self.issued(begun, total));
                self.push(left, Event::OpDone { rank, op, unit: UnitId::SEND });
            }
        }
        self.packets.get_mut(packet).tail = passage.end + passage.latency;
        let head = passage.start + passage.latency;
        // Without a latency, entering the port and reaching the first link are one moment.
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
        let into = if to_tcm {
            self.tcms.take(path.to, self.now, (from, to))
        } else {
            Taken { start: self.now, end: self.now }
        };
        let passage = self.network.eject(path.to, path.route, into.start, tail, (from, to), to_tcm);
        self.packet_arrives(packet, passage.end.max(into.end) + passage.latency);
    }

    /// The last byte of a packet is at its destination at `arrival`; a memory there takes it when it is there.
    fn packet_arrives(&mut self, packet: u32, arrival: SimTime) {
        if self.transfers.get(self.packets.get(packet).transfer).writes.is_some() {
            self.push(arrival, Event::PacketAtMemory { packet });
        } else {
            self.packet_done(packet, arrival);
        }
    }

    pub fn packet_at_memory(&mut self, packet: u32) {
        let Packet { transfer, from, to, .. } = *self.packets.get(packet);
        let writes = self.transfers.get(transfer).writes.as_ref().expect("it has a memory to write");
        let (memory, runs) = (writes.memory, writes.between(from, to));
        let end = self.memories.book(memory, &runs, Access::Write, self.now).end;
        self.packet_done(packet, end);
    }

    fn packet_done(&mut self, packet: u32, end: SimTime) {
        let transfer = self.packets.get(packet).transfer;
        self.packets.free(packet);
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

    /// When a transfer that began then can be done with being issued.
    fn issued(&self, begun: SimTime, bytes: u64) -> SimTime {
        let Some((cycles, rate)) = &self.transaction else { return begun };
        begun + *cycles + rate.whole(bytes)
    }

    pub fn transfer_done(&mut self, transfer: u32) {
        let Transfer { purpose, begun, total, .. } = *self.transfers.get(transfer);
        self.transfers.free(transfer);
        match purpose {
            Purpose::Message { ring, number, .. } => self.message_arrives(ring, number),
            Purpose::Op { rank, op, unit, acknowledge } => {
                let end = (self.now + acknowledge).max(self.issued(begun, total));
                self.push(end, Event::OpDone { rank, op, unit });
            }
        }
    }
}
