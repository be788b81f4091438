//! Transfers, the packets that they are cut into, and what becomes of both when bytes have arrived.

use std::collections::BTreeMap;

use machine::spec::MachineSpec;
use machine::{Clock, SimTime, Span};
use oplog::{StallReason, UnitId};
use program::Message;

use crate::event::Event;
use crate::memory::{AddressRuns, MemoryRef};
use crate::noc::{Arrival, Observer, Packet, Path, Way};
use crate::pool::Pool;
use crate::run::Run;
use crate::server::Server;

/// Bytes on their way.
#[derive(Clone, Debug)]
pub struct Transfer {
    pub purpose: Purpose,
    pub path: Path,
    pub total: u64,
    pub begun: SimTime,
    /// The memory read at the near end; `None` when that is a TCM.
    pub reads: Option<AddressRuns>,
    /// The memory written at the far end; `None` when that is a TCM.
    pub writes: Option<AddressRuns>,
    packets_left: u32,
    /// The latest end of a packet so far.
    end: SimTime,
}

impl Transfer {
    pub fn new(purpose: Purpose, path: Path, total: u64, begun: SimTime) -> Transfer {
        let end = SimTime::ZERO;
        Transfer { purpose, path, total, begun, reads: None, writes: None, packets_left: 0, end }
    }
    pub fn reading(self, runs: AddressRuns) -> Transfer {
        Transfer { reads: Some(runs), ..self }
    }
    pub fn writing(self, runs: AddressRuns) -> Transfer {
        Transfer { writes: Some(runs), ..self }
    }
}

/// The end that a transfer serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The message fills its slot. Its sender is done when the last byte leaves.
    Message { message: Message, rank: u32, op: u32 },
    /// In software, copy `place` of a multicast of `lowering.messages[first..first + len]` fills its slot.
    Copy { rank: u32, op: u32, first: u32, len: u32, place: u32 },
    /// In the fabric, a multicast along a tree. It ends in a leaf transfer for each member.
    Multicast { tree: u32, leaves: u32, rank: u32, op: u32 },
    /// A multicast that fills one slot.
    Leaf { message: Message },
    /// In the fabric, a member's tile on its way into a sum.
    Member { tree: u32, sum: u32, member: u32, rank: u32, op: u32 },
    /// In the fabric, the sum of the members' tiles.
    Sum { sum: u32 },
    /// An op that moves data is done; a write has first to be acknowledged.
    Op { rank: u32, op: u32, unit: UnitId, acknowledge: Span },
}

impl Purpose {
    /// The send whose bytes leave its PE, and whether it is done when they have.
    fn sends(self) -> Option<(u32, u32, bool)> {
        match self {
            Purpose::Message { rank, op, .. }
            | Purpose::Multicast { rank, op, .. }
            | Purpose::Member { rank, op, .. } => Some((rank, op, true)),
            Purpose::Copy { rank, op, len, place, .. } => Some((rank, op, place + 1 == len)),
            Purpose::Leaf { .. } | Purpose::Sum { .. } | Purpose::Op { .. } => None,
        }
    }

    fn way(self) -> Way {
        match self {
            Purpose::Multicast { tree, .. } => Way::Multicast { tree },
            Purpose::Member { tree, sum, member, .. } => Way::Reduction { tree, sum, member },
            Purpose::Message { .. }
            | Purpose::Copy { .. }
            | Purpose::Leaf { .. }
            | Purpose::Sum { .. }
            | Purpose::Op { .. } => Way::Unicast,
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

/// A sum that the fabric adds: the transfer that arrives at its root, and its tree in the network.
#[derive(Clone, Copy, Debug)]
struct Sum {
    transfer: u32,
    tree: u32,
}

/// Transfers and packets under way.
#[derive(Debug)]
pub struct Transfers {
    transfers: Pool<Transfer>,
    packets: Pool<InFlight>,
    /// The leaf transfers of each multicast in the fabric.
    leaves: Pool<Vec<u32>>,
    /// The sums of which some member has been sent.
    sums: BTreeMap<u32, Sum>,
    packet_bytes: u64,
    clock: Clock,
    /// The cost of issuing a transfer: cycles of the network, and a rate.
    transaction: Option<(Span, Server)>,
}

impl Transfers {
    pub fn new(spec: &MachineSpec) -> Transfers {
        let clock = spec.clock.noc_fs;
        Transfers {
            transfers: Pool::default(),
            packets: Pool::default(),
            leaves: Pool::default(),
            sums: BTreeMap::new(),
            packet_bytes: spec.noc.packet_bytes.0,
            clock,
            transaction: spec
                .noc
                .transaction
                .map(|it| (clock.span(it.cycles), Server::new(it.bytes_per_cycle, clock))),
        }
    }

    pub fn add(&mut self, transfer: Transfer) -> u32 {
        self.transfers.add(transfer)
    }
    pub fn get(&self, transfer: u32) -> &Transfer {
        self.transfers.get(transfer)
    }
    pub fn free(&mut self, transfer: u32) {
        self.transfers.free(transfer);
    }
    pub fn are_done(&self) -> bool {
        self.transfers.is_empty() && self.packets.is_empty() && self.leaves.is_empty() && self.sums.is_empty()
    }
    pub fn packet_bytes(&self) -> u64 {
        self.packet_bytes
    }

    /// Adds a transfer whose packets the network makes: a leaf of a multicast, or a sum.
    pub fn add_whole(&mut self, transfer: Transfer) -> u32 {
        let packets_left = self.n_packets(transfer.total);
        self.transfers.add(Transfer { packets_left, ..transfer })
    }
    /// Adds the leaves of a multicast.
    pub fn add_leaves(&mut self, leaves: Vec<u32>) -> u32 {
        self.leaves.add(leaves)
    }
    /// Adds a sum whose packets cross a reduction tree.
    pub fn add_sum(&mut self, sum: u32, tree: u32, transfer: Transfer) {
        let transfer = self.add_whole(transfer);
        self.sums.insert(sum, Sum { transfer, tree });
    }
    /// A member of a sum begins: the tree of the sum, when it was added before.
    pub fn begin_member(&mut self, sum: u32, now: SimTime) -> Option<u32> {
        let Sum { transfer, tree } = *self.sums.get(&sum)?;
        let whole = self.transfers.get_mut(transfer);
        whole.begun = whole.begun.max(now);
        Some(tree)
    }
    pub fn end_sum(&mut self, sum: u32) {
        self.sums.remove(&sum);
    }

    /// The verifier bounds how many packets there can be.
    fn n_packets(&self, bytes: u64) -> u32 {
        u32::try_from(bytes.div_ceil(self.packet_bytes).max(1)).expect("fewer than 2^32 packets")
    }

    /// Cuts a transfer into packets.
    pub fn cut(&mut self, transfer: u32) -> Vec<u32> {
        let Transfer { total, purpose, .. } = *self.transfers.get(transfer);
        let (size, n) = (self.packet_bytes, self.n_packets(total));
        let copies_left = self.copies(purpose);
        self.transfers.get_mut(transfer).packets_left = n;
        let packet = |i: u64| InFlight {
            transfer,
            copies_left,
            from: i * size,
            to: ((i + 1) * size).min(total),
            ready: SimTime::ZERO,
        };
        (0..u64::from(n)).map(packet).map(|packet| self.packets.add(packet)).collect()
    }

    /// A transfer of at most one packet as that packet.
    pub fn as_one_packet(&mut self, transfer: u32) -> Option<u32> {
        let Transfer { total, purpose, .. } = *self.transfers.get(transfer);
        if total > self.packet_bytes {
            return None;
        }
        self.transfers.get_mut(transfer).packets_left = 1;
        let copies_left = self.copies(purpose);
        Some(self.packets.add(InFlight { transfer, copies_left, from: 0, to: total, ready: SimTime::ZERO }))
    }

    fn copies(&self, purpose: Purpose) -> u32 {
        let Purpose::Multicast { leaves, .. } = purpose else { return 0 };
        self.leaves.get(leaves).len() as u32
    }

    /// A packet is handed to the network.
    pub fn inject(&mut self, packet: u32, now: SimTime) -> Packet {
        let in_flight = self.packets.get_mut(packet);
        in_flight.ready = now;
        let InFlight { transfer, from, to, .. } = *in_flight;
        let moving = self.transfers.get(transfer);
        Packet {
            id: packet,
            path: moving.path,
            way: moving.purpose.way(),
            bytes: (from, to),
            // What a memory has read does not come out of the TCM.
            from_tcm: moving.reads.is_none(),
            to_tcm: moving.writes.is_none(),
        }
    }

    /// The memory that a packet reads, and the addresses there.
    pub fn read_by(&self, packet: u32) -> (MemoryRef, Vec<(u64, u64)>) {
        let InFlight { transfer, from, to, .. } = *self.packets.get(packet);
        let reads = self.transfers.get(transfer).reads.as_ref().expect("a request reads");
        (reads.memory, reads.between(from, to))
    }
    /// The memory that a packet writes, and the addresses there.
    pub fn written_by(&self, packet: u32) -> (MemoryRef, Vec<(u64, u64)>) {
        let InFlight { transfer, from, to, .. } = *self.packets.get(packet);
        let writes = self.transfers.get(transfer).writes.as_ref().expect("it has a memory to write");
        (writes.memory, writes.between(from, to))
    }

    /// The last byte of a packet is written.
    pub fn packet_done(&mut self, run: &mut Run<'_>, packet: u32, end: SimTime) {
        let transfer = self.packets.get(packet).transfer;
        self.packets.free(packet);
        self.part_done(run, transfer, end);
    }

    /// A packet's worth of a transfer is where it should be.
    fn part_done(&mut self, run: &mut Run<'_>, transfer: u32, end: SimTime) {
        let moving = self.transfers.get_mut(transfer);
        moving.packets_left -= 1;
        moving.end = moving.end.max(end);
        if moving.packets_left == 0 {
            let (begun, end) = (moving.begun, moving.end);
            run.schedule(self.on_cycle(begun, end), Event::TransferDone { transfer });
        }
    }

    /// Frees a packet that others stand for from now on, and its transfer when it was the last.
    fn packet_gone(&mut self, packet: u32) {
        let transfer = self.packets.get(packet).transfer;
        self.packets.free(packet);
        let moving = self.transfers.get_mut(transfer);
        moving.packets_left -= 1;
        if moving.packets_left == 0 {
            if let Purpose::Multicast { leaves, .. } = moving.purpose {
                self.leaves.free(leaves);
            }
            self.transfers.free(transfer);
        }
    }

    /// A copy of a multicast packet is at a leaf.
    fn copy_arrives(&mut self, run: &mut Run<'_>, packet: u32, leaf: u32, at: SimTime) {
        let InFlight { transfer, from, to, .. } = *self.packets.get(packet);
        let Purpose::Multicast { leaves, .. } = self.transfers.get(transfer).purpose else {
            unreachable!("only multicasts are copied")
        };
        let leaf = self.leaves.get(leaves)[leaf as usize];
        if self.transfers.get(leaf).writes.is_some() {
            let copy = InFlight { transfer: leaf, copies_left: 0, from, to, ready: at };
            let packet = self.packets.add(copy);
            run.schedule(at, Event::PacketAtMemory { packet });
        } else {
            self.part_done(run, leaf, at);
        }
        let in_flight = self.packets.get_mut(packet);
        in_flight.copies_left -= 1;
        if in_flight.copies_left == 0 {
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

/// What the network's reports mean to transfers.
pub struct Listener<'t, 'a> {
    pub run: &'t mut Run<'a>,
    pub transfers: &'t mut Transfers,
}

impl Observer for Listener<'_, '_> {
    fn entered(&mut self, packet: u32, at: SimTime) {
        let InFlight { transfer, from, ready, .. } = *self.transfers.packets.get(packet);
        if let (Some((rank, op, _)), 0) = (self.transfers.get(transfer).purpose.sends(), from) {
            let global = self.run.global(rank, op);
            self.run.record.stall(rank, global, StallReason::Link, ready, at);
        }
    }

    /// With the last packet of a message, its sender is done.
    fn left(&mut self, packet: u32, at: SimTime) {
        let InFlight { transfer, to, .. } = *self.transfers.packets.get(packet);
        let Transfer { purpose, total, begun, .. } = *self.transfers.get(transfer);
        if let (Some((rank, op, true)), true) = (purpose.sends(), to == total) {
            let left = self.transfers.on_cycle(begun, at).max(self.transfers.issued(begun, total));
            self.run.schedule(left, Event::OpDone { rank, op, unit: UnitId::SEND });
        }
    }

    /// A memory at the destination takes a packet when all of it is there.
    fn arrived(&mut self, arrival: Arrival, at: SimTime) {
        match arrival {
            Arrival::Packet { packet } => {
                let transfer = self.transfers.packets.get(packet).transfer;
                if self.transfers.get(transfer).writes.is_some() {
                    self.run.schedule(at, Event::PacketAtMemory { packet });
                } else {
                    self.transfers.packet_done(self.run, packet, at);
                }
            }
            Arrival::Copy { packet, leaf } => self.transfers.copy_arrives(self.run, packet, leaf, at),
            Arrival::Added { packet } => self.transfers.packet_gone(packet),
            Arrival::Sum { sum } => {
                let Sum { transfer, .. } = self.transfers.sums[&sum];
                self.transfers.part_done(self.run, transfer, at);
            }
        }
    }

    fn resume_at(&mut self, at: SimTime, token: u32) {
        self.run.schedule(at, Event::NetworkResumes { token });
    }
}
