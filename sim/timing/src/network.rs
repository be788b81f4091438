//! Ports and links. Every directed link, and every PE's port into and out of its router, is a FIFO server:
//! a packet occupies it from the moment its first byte enters until its last byte has left.

use machine::{
    Bytes, Clock, Cycles, LinkClass, LinkId, Machine, Mesh, Noc, PeId, Rate, SimTime, Span, Traffic,
};

/// A route in the route pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    first: u32,
    pub hops: u32,
    /// Whose ports it takes.
    noc: Noc,
}

/// How long a stretch of a transfer occupies a server of one rate.
#[derive(Clone, Copy, Debug)]
pub struct Server {
    rate: Rate,
    clock: Clock,
}

impl Server {
    pub fn new(rate: Rate, clock: Clock) -> Server {
        Server { rate, clock }
    }

    /// Time for the bytes `from..to` of a transfer, to a femtosecond below; the stretches of a transfer add up to
    /// what it would take in one piece. A transfer rounds up to a whole cycle once, where it ends.
    pub fn occupancy(&self, from: u64, to: u64) -> Span {
        let end = self.rate.span_floor(Bytes(to), self.clock);
        if from == 0 { end } else { end - self.rate.span_floor(Bytes(from), self.clock) }
    }

    /// Time for `bytes` in one piece, rounded up to a whole cycle.
    pub fn whole(&self, bytes: u64) -> Span {
        self.rate.span_ceil(Bytes(bytes), self.clock)
    }
}

/// Rate and latency of each link class, in one array by class.
#[derive(Clone, Copy, Debug)]
struct Class {
    server: Server,
    hop: Span,
}

#[derive(Debug)]
pub struct Network {
    mesh: Mesh,
    classes: [Class; 3],
    class_of: Vec<LinkClass>,
    link_free: Vec<SimTime>,
    /// By network, then PE.
    inject_free: Vec<Vec<SimTime>>,
    eject_free: Vec<Vec<SimTime>>,
    port: Server,
    /// The TCM's own port; `None` when it is never the narrower one.
    tcm: Option<Server>,
    inject: Span,
    eject: Span,
    links: Vec<LinkId>,
}

impl Network {
    pub fn new(machine: &Machine) -> Network {
        let spec = machine.spec();
        let mesh = machine.mesh();
        let noc = spec.clock.noc_fs;
        let class = |link: &machine::spec::LinkSpec| Class {
            server: Server::new(link.bytes_per_cycle, noc),
            hop: noc.span(link.hop_cycles),
        };
        let port = Server::new(spec.noc.port_bytes_per_cycle, noc);
        let tcm = Server::new(spec.pe.tcm_bytes_per_cycle, spec.clock.pe_fs);
        let ports = vec![vec![SimTime::ZERO; mesh.n_pes() as usize]; mesh.nocs().len()];
        Network {
            classes: [class(&spec.link.pe), class(&spec.link.cube), class(&spec.link.sip)],
            class_of: (0..mesh.n_links() as u32).map(|link| mesh.class(LinkId(link))).collect(),
            link_free: vec![SimTime::ZERO; mesh.n_links()],
            inject_free: ports.clone(),
            eject_free: ports,
            tcm: narrower(&tcm, &port).then_some(tcm),
            port,
            inject: noc.span(spec.noc.inject_cycles),
            eject: noc.span(spec.noc.eject_cycles),
            links: Vec::new(),
            mesh,
        }
    }

    /// Adds the route of some traffic between two PEs to the pool.
    pub fn route(&mut self, traffic: Traffic, from: PeId, to: PeId) -> Route {
        let first = self.links.len() as u32;
        self.links.extend(self.mesh.route(traffic, from, to));
        Route { first, hops: self.links.len() as u32 - first, noc: self.mesh.carrier(traffic) }
    }

    pub fn carrier(&self, traffic: Traffic) -> Noc {
        self.mesh.carrier(traffic)
    }

    /// What a message without payload takes: credits, requests, signals. Such messages use no link width.
    pub fn latency(&self, traffic: Traffic, from: PeId, to: PeId) -> Span {
        if from == to {
            return Span::ZERO;
        }
        let hops: Span =
            self.mesh.route(traffic, from, to).into_iter().map(|link| self.class(link).hop).sum();
        self.inject + hops + self.eject
    }

    /// Takes the port out of a PE into the network of a route: when the first byte enters it, and when the last has left it.
    pub fn inject(&mut self, pe: PeId, route: Route, ready: SimTime, bytes: (u64, u64)) -> Passage {
        let free = &mut self.inject_free[route.noc.index()][pe.index()];
        let passage = pass(free, ready, ready, self.port.occupancy(bytes.0, bytes.1));
        Passage { latency: self.inject, ..passage }
    }

    /// Takes hop `hop` of a route for a packet whose first byte arrives at `head` and its last at `tail`.
    pub fn cross(
        &mut self,
        route: Route,
        hop: u32,
        head: SimTime,
        tail: SimTime,
        bytes: (u64, u64),
    ) -> Passage {
        let link = self.links[(route.first + hop) as usize];
        let class = *self.class(link);
        let free = &mut self.link_free[link.index()];
        let passage = pass(free, head, tail, class.server.occupancy(bytes.0, bytes.1));
        Passage { latency: class.hop, ..passage }
    }

    /// Takes the port into a PE out of the network of a route, towards its TCM when `to_tcm`.
    pub fn eject(
        &mut self,
        pe: PeId,
        route: Route,
        head: SimTime,
        tail: SimTime,
        bytes: (u64, u64),
        to_tcm: bool,
    ) -> Passage {
        let mut occupancy = self.port.occupancy(bytes.0, bytes.1);
        if let (Some(tcm), true) = (&self.tcm, to_tcm) {
            occupancy = occupancy.max(tcm.occupancy(bytes.0, bytes.1));
        }
        let free = &mut self.eject_free[route.noc.index()][pe.index()];
        Passage { latency: self.eject, ..pass(free, head, tail, occupancy) }
    }

    fn class(&self, link: LinkId) -> &Class {
        &self.classes[self.class_of[link.index()] as usize]
    }
}

/// A packet's way through one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// The first byte enters.
    pub start: SimTime,
    /// The last byte has left.
    pub end: SimTime,
    /// From leaving this server to arriving at the next.
    pub latency: Span,
}

/// Virtual cut-through: the first byte goes on at once, the last cannot leave before it has come.
fn pass(free: &mut SimTime, head: SimTime, tail: SimTime, occupancy: Span) -> Passage {
    let start = head.max(*free);
    let end = (start + occupancy).max(tail);
    *free = end;
    Passage { start, end, latency: Span::ZERO }
}

fn narrower(a: &Server, b: &Server) -> bool {
    // Bytes in the least common stretch of time: rate / period, compared by cross products.
    let per_time = |server: &Server, other: &Server| {
        u128::from(server.rate.numerator)
            * u128::from(other.rate.denominator)
            * u128::from(other.clock.span(Cycles(1)).fs())
    };
    per_time(a, b) < per_time(b, a)
}
