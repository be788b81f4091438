//! The flit model: input-queued routers with virtual channels, wormhole flow control and credits (ADR 0033). A packet
//! holds one virtual channel at a time, from router to router, and flits of different packets take turns on a link. A
//! flit leaves only when a credit says that the buffer ahead has room for it.
//!
//! A cycle is one call of [`Flits::cycle`], and there is one only while something is on its way. What happens, in the
//! order in which it happens: credits come back; sources send; flits arrive; the routers allocate, in so many rounds
//! (`router`); links and ports into PEs send (`output`). Nothing passes from router to router within a cycle, so the
//! order of the routers has no effect.

mod active;
mod allocate;
mod output;
mod router;
mod source;
mod wheel;
mod width;

use machine::spec::FlitSpec;
use machine::{LinkId, Machine, Mesh, PeId, SimTime, Span};

use self::active::Active;
use self::output::Output;
use self::router::{Channel, InputChannel, OutputChannel, Router};
use self::source::Source;
use self::wheel::Wheel;
use self::width::time_of;
use super::{Observer, Routes};

/// Of a router: one a heading, and the PE's.
const PORTS: u32 = 5;
/// The port of the PE.
const LOCAL: u8 = 4;
/// No packet, no channel, no port.
const NONE: u32 = u32::MAX;

/// A packet on its way, as the network sees it.
#[derive(Clone, Copy, Debug)]
struct Packet {
    to: PeId,
    /// The headings along x and along y.
    headings: [u8; 2],
    /// Whether its way along x, and along y, uses the link that closes the ring.
    closes: [bool; 2],
    flits: u32,
    /// Of the last flit.
    last_bytes: u64,
    /// The port into the PE is as narrow as its TCM.
    to_tcm: bool,
    /// The packet behind it in the virtual channel where its head is.
    behind: u32,
    /// When its last byte arrives where its last flit is.
    tail: SimTime,
}

/// A flit that arrives at an input channel: the head of a packet, or one more of the packet that came last.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    channel: u32,
    head: u32,
}

#[derive(Debug)]
pub struct Flits {
    mesh: Mesh,
    clock: machine::Clock,
    flit_bytes: u64,
    n_channels: u32,
    rounds: u32,
    buffer: u16,
    /// By port into a router: the output it is fed by, [`NONE`] for that of the PE; by output: the port it feeds.
    upstream: Vec<u32>,
    downstream: Vec<u32>,
    /// By port, then channel.
    inputs: Vec<InputChannel>,
    outgoing: Vec<OutputChannel>,
    /// By port.
    outputs: Vec<Output>,
    /// By router, which is also by PE.
    routers: Vec<Router>,
    sources: Vec<Source>,
    links: output::Links,
    packets: Vec<Packet>,
    arriving: Wheel<Arrival>,
    /// Output channels; after the last of them, those of sources.
    credits: Wheel<u32>,
    awake: Active,
    sending: Active,
    feeding: Active,
    /// Flits that may bid from the next round on.
    fresh: Vec<u32>,
    granted: Vec<Channel>,
    /// Cycles before this one are over.
    first_open: u64,
    due: Option<u64>,
    /// Packets that have entered and not arrived.
    in_flight: u64,
    #[cfg(test)]
    pub fault: Option<tests::Fault>,
}

impl Flits {
    pub fn new(machine: &Machine, flits: &FlitSpec) -> Flits {
        let (spec, mesh) = (machine.spec(), machine.mesh());
        let (n, n_ports) = (mesh.n_pes(), (mesh.n_pes() * PORTS) as usize);
        let n_channels = flits.virtual_channels;
        let buffer = flits.buffer_flits as u16;
        let links = output::Links::of(machine, flits);
        let (upstream, downstream) = router::wiring(&mesh);
        let longest = links.longest();
        Flits {
            clock: spec.clock.noc_fs,
            flit_bytes: flits.bytes.0,
            n_channels,
            rounds: flits.rounds_per_cycle,
            buffer,
            upstream,
            downstream,
            inputs: vec![InputChannel::EMPTY; n_ports * n_channels as usize],
            outgoing: vec![OutputChannel::idle(buffer); n_ports * n_channels as usize],
            outputs: (0..n_ports as u32).map(|port| Output::new(&mesh, port)).collect(),
            routers: vec![Router::idle(n_channels); n as usize],
            sources: (0..n).map(|_| Source::new(n_channels, buffer)).collect(),
            links,
            packets: Vec::new(),
            arriving: Wheel::new(longest),
            credits: Wheel::new(longest),
            awake: Active::new(n as usize),
            sending: Active::new(n_ports),
            feeding: Active::new(n as usize),
            fresh: Vec::new(),
            granted: Vec::new(),
            first_open: 0,
            due: None,
            in_flight: 0,
            mesh,
            #[cfg(test)]
            fault: None,
        }
    }

    /// The beginning of the next cycle. Everything before it is over.
    pub fn next_cycle(&self) -> Option<SimTime> {
        self.due.map(|cycle| time_of(cycle, self.clock))
    }

    /// A packet waits at its PE from now on, behind those that came before. The network goes on at the next beginning of
    /// a cycle.
    pub fn inject(&mut self, packet: &super::Packet, routes: &Routes, now: SimTime) {
        let (id, ends) = (packet.id, packet.path);
        let packet = self.packet(packet, routes.links(ends.route));
        if self.packets.len() <= id as usize {
            self.packets.resize(id as usize + 1, packet);
        }
        self.packets[id as usize] = packet;
        self.sources[ends.from.index()].queue.push_back(id);
        self.feeding.insert(ends.from.0);
        self.in_flight += 1;
        let cycle = self.clock.cycles_covering(now - SimTime::ZERO).0.max(self.first_open);
        self.due = Some(self.due.map_or(cycle, |due| due.min(cycle)));
    }

    fn packet(&self, packet: &super::Packet, route: &[LinkId]) -> Packet {
        let (ends, bytes) = (packet.path, packet.bytes.1 - packet.bytes.0);
        let (from, to) = (self.mesh.coord(ends.from), self.mesh.coord(ends.to));
        let heading = |link: Option<&LinkId>| link.map_or(0, |link| (link.0 % 4) as u8);
        let headings = [heading(route.first()), heading(route.last())];
        let closes = |back: bool, from: u32, to: u32| if back { to > from } else { to < from };
        let flits = bytes.div_ceil(self.flit_bytes).max(1);
        Packet {
            to: ends.to,
            headings,
            closes: [closes(headings[0] == 1, from.x, to.x), closes(headings[1] == 3, from.y, to.y)],
            flits: u32::try_from(flits).expect("a packet has fewer than 2^32 flits"),
            last_bytes: bytes - (flits - 1) * self.flit_bytes,
            to_tcm: packet.to_tcm,
            behind: NONE,
            tail: SimTime::ZERO,
        }
    }

    /// The cycle that is due.
    pub fn cycle<O: Observer>(&mut self, observer: &mut O) {
        let cycle = self.due.expect("a cycle is due");
        self.return_credits(cycle);
        self.feed(cycle, observer);
        self.arrive(cycle);
        for round in 0..self.rounds {
            let leaves = if round + 1 == self.rounds { cycle + 1 } else { cycle };
            self.round(cycle, leaves);
            if round == 0 {
                self.wake_fresh();
            }
        }
        self.send(cycle, observer);
        self.first_open = cycle + 1;
        let idle = self.awake.is_empty() && self.sending.is_empty() && self.feeding.is_empty();
        let soon = (!idle).then_some(cycle + 1);
        let later = self.arriving.next_after(cycle).into_iter().chain(self.credits.next_after(cycle)).min();
        self.due = soon.or(later);
    }

    /// Whether everything that entered has arrived, every buffer is empty and every credit is back.
    pub fn is_at_rest(&self) -> bool {
        let full = |credits: u16| credits == self.buffer;
        self.in_flight == 0
            && self.inputs.iter().all(InputChannel::is_empty)
            && self.outgoing.iter().all(|channel| full(channel.credits) && channel.is_free())
            && self.sources.iter().all(|source| source.credits.iter().copied().all(full))
    }

    fn return_credits(&mut self, cycle: u64) {
        let due = self.credits.take(cycle);
        for &channel in &due {
            match self.outgoing.get_mut(channel as usize) {
                Some(outgoing) => {
                    outgoing.credits += 1;
                    let owner = outgoing.owner;
                    if owner != NONE {
                        self.refresh(owner);
                    }
                }
                None => self.return_to_source(channel - self.outgoing.len() as u32),
            }
        }
        self.credits.emptied(cycle, due);
    }

    /// Of `cycles`, in time.
    fn span(&self, cycles: u64) -> Span {
        self.clock.span(machine::Cycles(cycles))
    }
}

#[cfg(test)]
mod tests;
