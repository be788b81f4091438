//! The loop: pop an event, its owner reacts, new events are pushed.

use std::collections::BTreeMap;

use machine::{Machine, Noc, PeId, SimTime, Span, Traffic};
use oplog::{MessageTimes, OpLog, RunId, UnitId};
use program::program::SlotPlace;
use program::{Op, Program, Rank, RecvOp, Space};
use verify::Verified;

use crate::collectives;
use crate::command_queue::CommandQueues;
use crate::error::TimingError;
use crate::event::Event;
use crate::event_queue::EventQueue;
use crate::flits::{Flits, Happened};
use crate::lower::{Lowering, lower};
use crate::memory::{Memories, MemoryRef};
use crate::network::{Network, Server};
use crate::packet::{Packet, Path, Pool};
use crate::rank::RankState;
use crate::record::{Keep, Record};
use crate::ring::RingState;
use crate::tcm::Tcms;
use crate::transfer::Transfer;

/// Ops between two reports: a few hundred microseconds of work.
const REPORT_EVERY: usize = 4096;

/// Runs a verified program on its machine.
///
/// # Errors
/// [`TimingError::Deadlock`] when nothing can happen any more and a rank has not finished;
/// [`TimingError::TooLong`] when the run would pass 2^53 fs.
pub fn run(verified: &Verified, id: RunId) -> Result<OpLog, TimingError> {
    run_watched(verified, id, &|_, _| {})
}

/// As [`run`], and says every few thousand ops how many are done and of how many.
///
/// # Errors
/// As [`run`].
pub fn run_watched(verified: &Verified, id: RunId, watch: &dyn Fn(u64, u64)) -> Result<OpLog, TimingError> {
    let mut engine = Engine::new(verified, Keep::Log);
    engine.finish_all(watch)?;
    let (entries, messages, stalls) = engine.record.finish();
    Ok(OpLog {
        id,
        program: verified.program.clone(),
        machine: verified.machine.clone(),
        placement: verified.placement.clone(),
        layout: verified.layout.clone(),
        entries,
        messages,
        stalls,
    })
}

/// The makespan alone: the same run, without what only the log needs (units, starts and waits; when an op was issued and
/// done, and when messages came, the engine asks for itself). There to measure what a log costs.
///
/// # Errors
/// As [`run`].
pub fn run_unlogged(verified: &Verified) -> Result<SimTime, TimingError> {
    let mut engine = Engine::new(verified, Keep::State);
    engine.finish_all(&|_, _| {})?;
    Ok(engine.record.last_done())
}
pub struct Engine<'a> {
    pub verified: &'a Verified,
    pub program: &'a Program,
    pub machine: &'a Machine,
    pub now: SimTime,
    pub queue: EventQueue<Event>,
    pub ranks: Vec<RankState>,
    pub rings: Vec<RingState>,
    pub network: Network,
    /// On a machine whose routers move flits: all that has payload goes this way.
    pub flits: Option<Flits>,
    /// Room for what a cycle of the flits brings.
    pub happened: Vec<Happened>,
    pub memories: Memories,
    pub transfers: Pool<Transfer>,
    pub packets: Pool<Packet>,
    pub record: Record,
    pub lowering: Lowering,
    pub collectives: collectives::State,
    pub barriers: BTreeMap<u32, u32>,
    /// On a machine that has them.
    pub queues: Option<CommandQueues>,
    /// The way between two PEs on each network, found when first used.
    pub paths: BTreeMap<(Noc, PeId, PeId), Path>,
    pub tcm: Server,
    pub tcms: Tcms,
    /// What it takes to issue a transfer: cycles of the mesh, and a rate.
    pub transaction: Option<(Span, Server)>,
    pub packet_bytes: u64,
    pub issue: Span,
    pub send_setup: Span,
    /// Some ring has its slots in HBM or SRAM, so a forward may have to read there first.
    pub slots_outside_tcm: bool,
    /// Some op of a math unit gives slots back.
    pub reduces: bool,
}

impl<'a> Engine<'a> {
    fn new(verified: &'a Verified, keep: Keep) -> Engine<'a> {
        let (program, machine) = (&*verified.program, &verified.machine);
        let spec = machine.spec();
        let mut network = Network::new(machine);
        let memories = Memories::new(machine);
        let rings = rings(verified, &mut network, &memories);
        Engine {
            verified,
            program,
            machine,
            now: SimTime::ZERO,
            queue: EventQueue::new(spec.clock.pe_fs.period.min(spec.clock.noc_fs.period)),
            ranks: ranks(verified),
            lowering: lower(program, machine),
            collectives: collectives::State::of(verified),
            record: Record::new(program, message_table(program), keep),
            rings,
            network,
            flits: Flits::of(machine),
            happened: Vec::new(),
            memories,
            transfers: Pool::default(),
            packets: Pool::default(),
            barriers: BTreeMap::new(),
            queues: machine.queue().map(|queue| CommandQueues::of(program, queue.model)),
            paths: BTreeMap::new(),
            tcm: Server::new(spec.pe.tcm_bytes_per_cycle, spec.clock.pe_fs),
            tcms: Tcms::new(machine),
            transaction: spec.noc.transaction.map(|it| {
                let clock = spec.clock.noc_fs;
                (clock.span(it.cycles), Server::new(it.bytes_per_cycle, clock))
            }),
            packet_bytes: spec.noc.packet_bytes.0,
            send_setup: spec.clock.pe_fs.span(spec.ipcq.send_cycles),
            slots_outside_tcm: program.rings.iter().any(|ring| ring.place != SlotPlace::Tcm),
            reduces: program
                .ranks
                .iter()
                .flat_map(|rank| &rank.ops)
                .any(|op| matches!(op, Op::Recv(RecvOp::RecvReduce { .. }))),
            issue: spec.clock.pe_fs.span(spec.pe.issue_cycles),
        }
    }

    /// Runs until every op is done.
    fn finish_all(&mut self, watch: &dyn Fn(u64, u64)) -> Result<(), TimingError> {
        let of = self.record.remaining;
        let report = |remaining: usize| watch((of - remaining) as u64, of as u64);
        report(of);
        let mut next = of.saturating_sub(REPORT_EVERY);
        self.start();
        while self.go_on() {
            if self.now > SimTime::MAX {
                return Err(TimingError::TooLong { rank: self.first_unfinished() });
            }
            if self.record.remaining < next {
                report(self.record.remaining);
                next = self.record.remaining.saturating_sub(REPORT_EVERY);
            }
        }
        if self.record.remaining > 0 {
            return Err(self.deadlock());
        }
        // What was sent has arrived, to the last byte.
        assert!(self.transfers.is_empty() && self.packets.is_empty(), "packets are left in the network");
        assert!(
            self.flits.as_ref().is_none_or(Flits::is_at_rest),
            "flits or credits are left in the network"
        );
        report(0);
        Ok(())
    }

    fn start(&mut self) {
        for rank in 0..self.ranks.len() as u32 {
            self.advance(rank);
        }
    }

    /// Does what comes next; false when nothing does. A cycle of the network comes after all events of its time, so
    /// that what they send takes part in it.
    fn go_on(&mut self) -> bool {
        if let Some(cycle) = self.flits.as_ref().and_then(Flits::due)
            && self.queue.next_at().is_none_or(|event| cycle < event)
        {
            self.now = cycle;
            self.network_cycle();
            return true;
        }
        let Some((now, event)) = self.queue.pop() else { return false };
        self.now = now;
        self.fire(event);
        true
    }

    fn fire(&mut self, event: Event) {
        match event {
            Event::SequencerFree { rank } => self.advance(rank),
            Event::OpDone { rank, op, unit } => self.op_done(rank, op, unit),
            Event::PacketReady { packet } => self.inject(packet),
            Event::PacketAtHop { packet } => self.packet_at_hop(packet),
            Event::PacketAdded { packet } => self.packet_added(packet),
            Event::PacketAtMemory { packet } => self.packet_at_memory(packet),
            Event::RequestAtMemory { transfer } => self.request_at_memory(transfer),
            Event::TransferDone { transfer } => self.transfer_done(transfer),
            Event::CreditBack { ring, number } => self.credit_back(ring, number),
            Event::Signalled { rank, semaphore, amount } => self.signalled(rank, semaphore, amount),
            Event::BarrierReached { number } => self.barrier_reached(number),
            Event::BarrierOpen { rank } => self.barrier_open(rank),
            Event::BufferGoesOn { rank, buffer } => self.buffer_goes_on(rank, buffer),
        }
    }

    pub fn push(&mut self, at: SimTime, event: Event) {
        self.queue.push(at, event);
    }

    pub fn path(&mut self, traffic: Traffic, from: PeId, to: PeId) -> Path {
        let key = (self.network.carrier(traffic), from, to);
        if let Some(path) = self.paths.get(&key) {
            return *path;
        }
        let path = Path { from, to, route: self.network.route(traffic, from, to) };
        self.paths.insert(key, path);
        path
    }

    /// The memory behind an address space that is not a TCM.
    pub fn memory(&self, space: Space) -> Option<MemoryRef> {
        match space {
            Space::Tcm(_) => None,
            Space::Hbm(home) => Some(self.memories.hbm(self.ranks[home.index()].pe)),
            Space::Sram(cube) => Some(self.memories.sram(cube)),
        }
    }

    fn first_unfinished(&self) -> u32 {
        let pending = |rank: &RankState| (0..rank.n_ops).any(|op| !self.record.is_done(rank.global(op)));
        self.ranks.iter().position(pending).unwrap_or(0) as u32
    }
}

fn ranks(verified: &Verified) -> Vec<RankState> {
    let n_units = UnitId::count(verified.machine.spec().pe.dma_channels);
    let mut first = 0;
    let states = verified.program.ranks.iter().zip(&verified.placement).map(|(rank, &pe)| {
        let state = RankState::new(pe, first, rank.ops.len() as u32, n_units, rank.n_semaphores);
        first += rank.ops.len();
        state
    });
    states.collect()
}

fn rings(verified: &Verified, network: &mut Network, memories: &Memories) -> Vec<RingState> {
    let (program, layout) = (&verified.program, &verified.layout);
    let spec = verified.machine.spec();
    let release = spec.clock.pe_fs.span(spec.ipcq.release_cycles);
    let states = program.rings.iter().zip(&layout.rings).map(|(ring, slots)| {
        let pe = |rank: Rank| verified.placement[rank.index()];
        let memory = match slots.space {
            Space::Tcm(_) => None,
            Space::Hbm(home) => Some(memories.hbm(pe(home))),
            Space::Sram(cube) => Some(memories.sram(cube)),
        };
        assert!(
            memory.is_none() == (ring.place == SlotPlace::Tcm),
            "the layout put slots into another memory"
        );
        let to = memory.map_or(pe(ring.consumer), |memory| memory.pe);
        let from = pe(ring.producer);
        RingState {
            producer: ring.producer.0,
            consumer: ring.consumer.0,
            n_slots: ring.n_slots,
            flow: ring.flow,
            path: Path { from, to, route: network.route(Traffic::Message, from, to) },
            memory,
            address: slots.address,
            slot_bytes: ring.slot_bytes,
            credit: release + network.latency(Traffic::Message, pe(ring.consumer), from),
            awaited: BTreeMap::new(),
        }
    });
    states.collect()
}

/// A place for the times of every message that is sent.
fn message_table(program: &Program) -> Vec<Vec<MessageTimes>> {
    let mut counts = vec![0u32; program.rings.len()];
    for op in program.ranks.iter().flat_map(|rank| &rank.ops) {
        for message in op.sends() {
            let count = &mut counts[message.ring.index()];
            *count = (*count).max(message.number + 1);
        }
    }
    let unfilled = MessageTimes { filled: SimTime::from_fs(u64::MAX), credit: None };
    counts.into_iter().map(|n| vec![unfilled; n as usize]).collect()
}
