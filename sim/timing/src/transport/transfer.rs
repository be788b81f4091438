//! Transfers, the packets that they are cut into, and what becomes of both when bytes have arrived.

use machine::spec::MachineSpec;
use machine::{Clock, SimTime, Span};
use oplog::{StallReason, UnitId};
use program::Message;

use crate::event::{Event, OpId};
use crate::memory::{Access, AddressRuns, MemoryRef};
use crate::noc::{Arrival, Observer, Packet, Path, Way};
use crate::pool::Pool;
use crate::run::{Known, Run};
use crate::server::Server;
use crate::turn::{Ties, Turn};

/// Bytes on their way. What few of them have lies elsewhere, for all are copied.
#[derive(Clone, Debug)]
pub struct Transfer {
    pub purpose: Purpose,
    /// The op that moves the bytes; of a sum, the one that receives it.
    pub op: OpId,
    pub path: Path,
    pub way: Way,
    pub total: u64,
    pub begun: SimTime,
    /// The memory read at the near end; `None` when that is a TCM.
    pub reads: Option<Box<AddressRuns>>,
    /// The memory written at the far end; `None` when that is a TCM.
    pub writes: Option<Box<AddressRuns>>,
    /// Of a multicast in the fabric: the transfer that ends at each leaf.
    pub leaves: Box<[u32]>,
    pub packets_left: u32,
    /// The latest end of a packet so far.
    pub end: SimTime,
}

impl Transfer {
    #[inline(always)]
    pub fn new(op: OpId, purpose: Purpose, path: Path, total: u64, begun: SimTime) -> Transfer {
        Transfer {
            purpose,
            op,
            path,
            way: Way::Unicast,
            total,
            begun,
            reads: None,
            writes: None,
            leaves: Box::default(),
            packets_left: 0,
            end: SimTime::ZERO,
        }
    }
}

/// The end that a transfer serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The message of a send fills its slot. The send is done when the last byte leaves.
    Message { message: Message },
    /// In software, copy `place` of a multicast of `lowering.messages[first..first + len]` fills its slot.
    Copy { first: u32, len: u32, place: u32 },
    /// In the fabric, a multicast to its leaves, or a member's tile to a sum.
    Collective,
    /// A multicast fills the slot of one leaf.
    Leaf { message: Message },
    /// The sum of the members' tiles of a reduction fills their slots.
    Sum { tree: u32 },
    /// An op that moves data is done; a write has first to be acknowledged.
    Op { unit: UnitId, acknowledge: Span },
}

impl Purpose {
    /// Of a send whose bytes leave its PE: whether it is done when they have.
    fn sends(self) -> Option<bool> {
        match self {
            Purpose::Message { .. } | Purpose::Collective => Some(true),
            Purpose::Copy { len, place, .. } => Some(place + 1 == len),
            Purpose::Leaf { .. } | Purpose::Sum { .. } | Purpose::Op { .. } => None,
        }
    }
}

/// A packet of a transfer: its bytes `from..to`.
#[derive(Clone, Copy, Debug)]
struct InFlight {
    transfer: u32,
    /// Leaves of a multicast that no copy has reached yet.
    copies_left: u32,
    from: u64,
    to: u64,
    /// When it was handed to the network.
    ready: SimTime,
}

/// Transfers and packets under way.
#[derive(Debug)]
pub struct Transfers {
    pub moving: Pool<Transfer>,
    packets: Pool<InFlight>,
    pub packet_bytes: u64,
    clock: Clock,
    /// The cost of issuing a transfer: cycles of the network, and a rate.
    transaction: Option<(Span, Server)>,
}

impl Transfers {
    pub fn new(spec: &MachineSpec) -> Transfers {
        let clock = spec.clock.noc_fs;
        let transaction = spec.noc.transaction;
        Transfers {
            moving: Pool::default(),
            packets: Pool::default(),
            packet_bytes: spec.noc.packet_bytes.0,
            clock,
            transaction: transaction
                .map(|it| (clock.span(it.cycles), Server::new(it.bytes_per_cycle, clock))),
        }
    }

    pub fn are_done(&self) -> bool {
        self.moving.is_empty() && self.packets.is_empty()
    }

    /// Adds a transfer, with the count of its packets.
    #[inline(always)]
    pub fn add(&mut self, transfer: Transfer) -> u32 {
        // The verifier bounds how many there can be.
        let n = u32::try_from(transfer.total.div_ceil(self.packet_bytes).max(1));
        let packets_left = n.expect("fewer than 2^32 packets");
        self.moving.add(Transfer { packets_left, ..transfer })
    }

    /// How many packets a transfer is cut into, before any is done.
    pub fn n_packets(&self, transfer: u32) -> u64 {
        self.moving.get(transfer).packets_left.into()
    }

    /// Packet `i` of a transfer.
    pub fn packet(&mut self, transfer: u32, i: u64) -> u32 {
        let moving = self.moving.get(transfer);
        let from = i * self.packet_bytes;
        let to = (from + self.packet_bytes).min(moving.total);
        let copies_left = moving.leaves.len() as u32;
        self.packets.add(InFlight { transfer, copies_left, from, to, ready: SimTime::ZERO })
    }

    /// A packet is handed to the network.
    pub fn inject(&mut self, packet: u32, now: SimTime, ties: Ties) -> Packet {
        let in_flight = self.packets.get_mut(packet);
        in_flight.ready = now;
        let (transfer, bytes) = (in_flight.transfer, (in_flight.from, in_flight.to));
        let Transfer { op, path, way, reads, writes, .. } = self.moving.get(transfer);
        // What a memory has read does not come out of the TCM.
        let (from_tcm, to_tcm) = (reads.is_none(), writes.is_none());
        Packet { id: packet, turn: ties.request(*op), path: *path, way: *way, bytes, from_tcm, to_tcm }
    }

    /// The memory that a packet reads or writes, and the addresses there.
    pub fn runs_of(&self, packet: u32, access: Access) -> (MemoryRef, Vec<(u64, u64)>) {
        let InFlight { transfer, from, to, .. } = *self.packets.get(packet);
        let moving = self.moving.get(transfer);
        let runs = match access {
            Access::Read => &moving.reads,
            Access::Write => &moving.writes,
        };
        let runs = runs.as_ref().expect("a memory is at this end");
        (runs.memory, runs.between(from, to))
    }

    /// The last byte of a packet is written.
    pub fn packet_done(&mut self, run: &mut Run, packet: u32, end: SimTime) {
        let transfer = self.packets.get(packet).transfer;
        self.packets.free(packet);
        self.part_done(run, transfer, end);
    }

    /// As many bytes of a transfer as a packet has are where they should be.
    fn part_done(&mut self, run: &mut Run, transfer: u32, end: SimTime) {
        let moving = self.moving.get_mut(transfer);
        moving.packets_left -= 1;
        moving.end = moving.end.max(end);
        if moving.packets_left == 0 {
            let (begun, end) = (moving.begun, moving.end);
            self.ends(run, transfer, self.on_cycle(begun, end));
        }
    }

    /// The last byte of a transfer is where it should be at `at`. What then happens is told at once, if it is all that
    /// there is to do.
    pub fn ends(&mut self, run: &mut Run, transfer: u32, at: SimTime) {
        let Transfer { purpose, op, begun, total, .. } = *self.moving.get(transfer);
        match purpose {
            Purpose::Message { message } | Purpose::Leaf { message } if run.tells(at) => {
                self.moving.free(transfer);
                run.known.push(Known::Filled { message, at });
            }
            Purpose::Op { unit, acknowledge } if run.tells(at) => {
                self.moving.free(transfer);
                run.op_ends(op, unit, (at + acknowledge).max(self.issued(begun, total)));
            }
            Purpose::Message { .. }
            | Purpose::Leaf { .. }
            | Purpose::Op { .. }
            | Purpose::Copy { .. }
            | Purpose::Sum { .. }
            | Purpose::Collective => run.schedule(at, Turn::of(op), Event::TransferDone { transfer }),
        }
    }

    /// Copies or a sum stand for a packet from now on. Its transfer ends with the last of its packets.
    fn packet_gone(&mut self, packet: u32) {
        let transfer = self.packets.get(packet).transfer;
        self.packets.free(packet);
        let moving = self.moving.get_mut(transfer);
        moving.packets_left -= 1;
        if moving.packets_left == 0 {
            self.moving.free(transfer);
        }
    }

    /// A copy of a multicast packet is at a leaf.
    fn copy_arrives(&mut self, run: &mut Run, packet: u32, leaf: u32, at: SimTime) {
        let in_flight = self.packets.get_mut(packet);
        in_flight.copies_left -= 1;
        let InFlight { transfer, copies_left, .. } = *in_flight;
        let leaf = self.moving.get(transfer).leaves[leaf as usize];
        let Transfer { op, writes, .. } = self.moving.get(leaf);
        if writes.is_some() {
            let turn = run.ties.request(*op);
            let copy = InFlight { transfer: leaf, copies_left: 0, ..*self.packets.get(packet) };
            let packet = self.packets.add(copy);
            run.schedule(at, turn, Event::PacketAtMemory { packet });
        } else {
            self.part_done(run, leaf, at);
        }
        if copies_left == 0 {
            self.packet_gone(packet);
        }
    }

    /// The end of a transfer that took until `at`: a whole number of NoC cycles after it began.
    fn on_cycle(&self, begun: SimTime, at: SimTime) -> SimTime {
        begun + self.clock.span(self.clock.cycles_covering(at - begun))
    }

    /// When a transfer that began then can be done with being issued.
    pub fn issued(&self, begun: SimTime, bytes: u64) -> SimTime {
        let Some((cycles, rate)) = &self.transaction else { return begun };
        begun + *cycles + rate.whole(bytes)
    }
}

/// Handler of the network's reports for transfers.
pub struct Listener<'t, 'a> {
    pub run: &'t mut Run<'a>,
    pub transfers: &'t mut Transfers,
}

impl Observer for Listener<'_, '_> {
    fn entered(&mut self, packet: u32, at: SimTime) {
        let InFlight { transfer, from, ready, .. } = *self.transfers.packets.get(packet);
        let Transfer { op, purpose, .. } = self.transfers.moving.get(transfer);
        if let (Some(_), 0) = (purpose.sends(), from) {
            self.run.stall(*op, StallReason::Link, ready, at);
        }
    }

    /// With the last packet of a message, its sender is done.
    fn left(&mut self, packet: u32, at: SimTime) {
        let InFlight { transfer, to, .. } = *self.transfers.packets.get(packet);
        let Transfer { purpose, op, total, begun, .. } = *self.transfers.moving.get(transfer);
        if let (Some(true), true) = (purpose.sends(), to == total) {
            let left = self.transfers.on_cycle(begun, at).max(self.transfers.issued(begun, total));
            self.run.op_ends(op, UnitId::SEND, left);
        }
    }

    /// A memory at the destination takes a packet when all of it is there.
    fn arrived(&mut self, arrival: Arrival, at: SimTime) {
        match arrival {
            Arrival::Packet { packet } => {
                let transfer = self.transfers.packets.get(packet).transfer;
                let Transfer { op, writes, .. } = self.transfers.moving.get(transfer);
                if writes.is_some() {
                    let turn = self.run.ties.request(*op);
                    self.run.schedule(at, turn, Event::PacketAtMemory { packet });
                } else {
                    self.transfers.packet_done(self.run, packet, at);
                }
            }
            Arrival::Copy { packet, leaf } => self.transfers.copy_arrives(self.run, packet, leaf, at),
            Arrival::Added { packet } => self.transfers.packet_gone(packet),
            Arrival::Sum { sum } => self.transfers.part_done(self.run, sum, at),
        }
    }

    fn resume_at(&mut self, at: SimTime, turn: Turn, token: u32) {
        self.run.schedule(at, turn, Event::NetworkResumes { token });
    }
}
