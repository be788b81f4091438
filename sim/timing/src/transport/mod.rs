//! Transport: bytes that move between TCMs and memories. It cuts transfers into packets, hands them to the network
//! model, and books the memories that they read and write. It knows neither sequencers nor units: what a finished
//! transfer means to them it returns, or schedules as an event.

mod collectives;
mod moves;
mod transfer;

use machine::{PeId, SimTime, Span, Traffic};
use program::program::SlotPlace;
use program::{Message, Rank, Space, View};
use verify::Verified;

use crate::event::Event;
use crate::memory::{Access, AddressRuns, Memories, MemoryRef, Tcms};
use crate::noc::{Context, Noc, Path, Routes};
use crate::run::Run;
use crate::server::Server;
use collectives::Collectives;
use transfer::{Listener, Purpose, Transfer, Transfers};

pub struct Transport {
    routes: Routes,
    noc: Noc,
    memories: Memories,
    tcms: Tcms,
    /// By ring.
    slots: Vec<RingSlots>,
    transfers: Transfers,
    collectives: Collectives,
    /// The TCM's port.
    tcm: Server,
    send_setup: Span,
    /// Some ring has its slots in HBM or SRAM, so a forward may have to read there first.
    slots_outside_tcm: bool,
}

/// Where the slots of a ring lie.
struct RingSlots {
    /// From the producer to the memory of the slots.
    path: Path,
    /// `None` when that is the consumer's TCM.
    memory: Option<MemoryRef>,
    /// Address of slot 0 in that memory.
    address: u64,
    slot_bytes: u64,
    n_slots: u32,
}

/// The messages that a finished transfer has brought into their slots.
pub enum Delivered {
    Nothing,
    Message(Message),
    /// All messages of a reduction.
    Messages(Box<[Message]>),
}

impl Transport {
    pub fn of(verified: &Verified) -> Transport {
        let (program, machine) = (&*verified.program, &verified.machine);
        let spec = machine.spec();
        let (mut routes, memories) = (Routes::new(machine), Memories::new(machine));
        Transport {
            slots: slots(verified, &mut routes, &memories),
            noc: Noc::of(machine),
            tcms: Tcms::new(machine),
            transfers: Transfers::new(spec),
            collectives: Collectives::of(program, machine),
            tcm: Server::new(spec.pe.tcm_bytes_per_cycle, spec.clock.pe_fs),
            send_setup: spec.clock.pe_fs.span(spec.ipcq.send_cycles),
            slots_outside_tcm: program.rings.iter().any(|ring| ring.place != SlotPlace::Tcm),
            routes,
            memories,
        }
    }

    /// The latency of a message without payload.
    pub fn latency(&self, traffic: Traffic, from: PeId, to: PeId) -> Span {
        self.routes.latency(traffic, from, to)
    }

    pub fn next_cycle(&self) -> Option<SimTime> {
        self.noc.next_cycle()
    }

    /// A cycle of the network.
    pub fn network_cycle(&mut self, run: &mut Run) {
        self.noc.cycle(&mut Listener { run, transfers: &mut self.transfers });
    }

    /// The network goes on with what it put off.
    pub fn resume(&mut self, run: &mut Run, token: u32) {
        let Transport { noc, routes, tcms, transfers, .. } = self;
        let now = run.now();
        noc.resume(token, &mut Context { now, routes, tcms, observer: &mut Listener { run, transfers } });
    }

    /// Whether everything that was sent has arrived, to the last byte.
    pub fn is_at_rest(&self) -> bool {
        self.transfers.are_done() && self.noc.is_at_rest()
    }

    /// A packet enters the port out of its PE.
    pub fn packet_ready(&mut self, run: &mut Run, packet: u32) {
        let Transport { noc, routes, tcms, transfers, .. } = self;
        let now = run.now();
        let described = transfers.inject(packet, now, run.ties);
        noc.inject(
            &described,
            &mut Context { now, routes, tcms, observer: &mut Listener { run, transfers } },
        );
    }

    /// A packet is whole at the memory that it writes.
    pub fn packet_at_memory(&mut self, run: &mut Run, packet: u32) {
        let (memory, runs) = self.transfers.runs_of(packet, Access::Write);
        let end = self.memories.book(memory, &runs, Access::Write, run.now()).end;
        self.transfers.packet_done(run, packet, end);
    }

    /// A request has reached its memory. Beside its PE it is served through the TCM's port; otherwise every packet
    /// leaves for the network when it has been read.
    pub fn request_at_memory(&mut self, run: &mut Run, transfer: u32) {
        let Transfer { purpose, op, path, .. } = *self.transfers.moving.get(transfer);
        if let (Purpose::Op { .. }, true) = (purpose, path.from == path.to) {
            return self.move_beside(run, transfer, op);
        }
        let turn = run.ties.request(op);
        for i in 0..self.transfers.n_packets(transfer) {
            let packet = self.transfers.packet(transfer, i);
            let (memory, runs) = self.transfers.runs_of(packet, Access::Read);
            let booking = self.memories.book(memory, &runs, Access::Read, run.now());
            run.schedule(booking.end, turn, Event::PacketReady { packet });
        }
    }

    /// The last byte of a transfer is where it should be.
    pub fn transfer_done(&mut self, run: &mut Run, transfer: u32) -> Delivered {
        let Transfer { purpose, op, begun, total, .. } = *self.transfers.moving.get(transfer);
        self.transfers.moving.free(transfer);
        match purpose {
            Purpose::Message { message } | Purpose::Leaf { message } => Delivered::Message(message),
            Purpose::Copy { first, len, place } => {
                Delivered::Message(self.copied(run, op, (first, len), place))
            }
            Purpose::Sum { tree } => Delivered::Messages(self.collectives.summed(tree)),
            Purpose::Collective => unreachable!("it ends in other transfers"),
            Purpose::Op { unit, acknowledge } => {
                let end = (run.now() + acknowledge).max(self.transfers.issued(begun, total));
                run.op_ends(op, unit, end);
                Delivered::Nothing
            }
        }
    }

    /// Sends everything at `ready`, from a TCM.
    #[inline(always)]
    fn send_at(&mut self, run: &mut Run, transfer: Transfer, ready: SimTime) {
        let (one_packet, turn) =
            (transfer.total <= self.transfers.packet_bytes, run.ties.request(transfer.op));
        let transfer = self.transfers.add(transfer);
        if one_packet && ready == run.now() && run.is_next() {
            let packet = self.transfers.packet(transfer, 0);
            return self.packet_ready(run, packet);
        }
        for i in 0..self.transfers.n_packets(transfer) {
            let packet = self.transfers.packet(transfer, i);
            run.schedule(ready, turn, Event::PacketReady { packet });
        }
    }

    /// Asks a memory at `ready` for what the transfer reads or, beside the PE, writes.
    fn ask_at(&mut self, run: &mut Run, transfer: Transfer, ready: SimTime) {
        let turn = run.ties.request(transfer.op);
        let transfer = self.transfers.add(transfer);
        run.schedule(ready, turn, Event::RequestAtMemory { transfer });
    }

    /// Where a view's bytes lie in a memory; `None` when they lie in this rank's TCM.
    fn runs(&self, run: &Run, rank: u32, view: &View) -> Option<Box<AddressRuns>> {
        let (space, base) = run.verified.layout.locate(run.program(), Rank(rank), view);
        let memory = memory_of(&self.memories, run.verified, space)?;
        let runs = view.runs().into_iter().map(|(start, length)| (base + start, length)).collect();
        Some(Box::new(AddressRuns::new(memory, runs, view.bytes())))
    }
}

/// The memory behind an address space that is not a TCM.
fn memory_of(memories: &Memories, verified: &Verified, space: Space) -> Option<MemoryRef> {
    match space {
        Space::Tcm(_) => None,
        Space::Hbm(home) => Some(memories.hbm(verified.placement[home.index()])),
        Space::Sram(cube) => Some(memories.sram(cube)),
    }
}

fn slots(verified: &Verified, routes: &mut Routes, memories: &Memories) -> Vec<RingSlots> {
    let pe = |rank: Rank| verified.placement[rank.index()];
    let rings = verified.program.rings.iter().zip(&verified.layout.rings).map(|(ring, slots)| {
        let memory = memory_of(memories, verified, slots.space);
        assert!(
            memory.is_none() == (ring.place == SlotPlace::Tcm),
            "the layout put slots into another memory"
        );
        let to = memory.map_or(pe(ring.consumer), |memory| memory.pe);
        RingSlots {
            path: routes.add(Traffic::Message, pe(ring.producer), to),
            memory,
            address: slots.address,
            slot_bytes: ring.slot_bytes,
            n_slots: ring.n_slots,
        }
    });
    rings.collect()
}
