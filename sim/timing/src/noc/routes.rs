//! Routes between PEs, and the latency of messages without payload.

use std::collections::BTreeMap;

use machine::{LinkClass, LinkId, Machine, Mesh, Noc, PeId, Span, Traffic};

/// A route in the pool of links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    first: u32,
    pub hops: u32,
    /// The network whose links and ports it takes.
    pub noc: Noc,
}

/// Both ends of a transfer and the route between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    pub from: PeId,
    pub to: PeId,
    pub route: Route,
}

#[derive(Debug)]
pub struct Routes {
    mesh: Mesh,
    class_of: Vec<LinkClass>,
    /// By link class: the latency of a hop.
    hops: [Span; 3],
    inject: Span,
    eject: Span,
    links: Vec<LinkId>,
    /// The paths that were asked for, by network.
    paths: BTreeMap<(Noc, PeId, PeId), Path>,
}

impl Routes {
    pub fn new(machine: &Machine) -> Routes {
        let (spec, mesh) = (machine.spec(), machine.mesh());
        let noc = spec.clock.noc_fs;
        Routes {
            class_of: (0..mesh.n_links() as u32).map(|link| mesh.class(LinkId(link))).collect(),
            hops: [&spec.link.pe, &spec.link.cube, &spec.link.sip].map(|link| noc.span(link.hop_cycles)),
            inject: noc.span(spec.noc.inject_cycles),
            eject: noc.span(spec.noc.eject_cycles),
            links: Vec::new(),
            paths: BTreeMap::new(),
            mesh,
        }
    }

    pub fn mesh(&self) -> &Mesh {
        &self.mesh
    }

    /// Adds a path for some traffic to the pool.
    pub fn add(&mut self, traffic: Traffic, from: PeId, to: PeId) -> Path {
        let first = self.links.len() as u32;
        self.links.extend(self.mesh.route(traffic, from, to));
        let hops = self.links.len() as u32 - first;
        Path { from, to, route: Route { first, hops, noc: self.mesh.carrier(traffic) } }
    }

    /// As [`Routes::add`], but a path that was asked for before is found again.
    pub fn path(&mut self, traffic: Traffic, from: PeId, to: PeId) -> Path {
        let key = (self.mesh.carrier(traffic), from, to);
        if let Some(path) = self.paths.get(&key) {
            return *path;
        }
        let path = self.add(traffic, from, to);
        self.paths.insert(key, path);
        path
    }

    /// The links of a route, in order.
    pub fn links(&self, route: Route) -> &[LinkId] {
        &self.links[route.first as usize..(route.first + route.hops) as usize]
    }
    pub fn link(&self, route: Route, hop: u32) -> LinkId {
        self.links[(route.first + hop) as usize]
    }
    pub fn class(&self, link: LinkId) -> LinkClass {
        self.class_of[link.index()]
    }
    pub fn hop(&self, class: LinkClass) -> Span {
        self.hops[class as usize]
    }

    /// Latency from a PE into its router.
    pub fn inject(&self) -> Span {
        self.inject
    }
    /// Latency from a router into its PE.
    pub fn eject(&self) -> Span {
        self.eject
    }

    /// The latency of a message without payload: a credit, a request or a signal. It takes no width of any link.
    pub fn latency(&self, traffic: Traffic, from: PeId, to: PeId) -> Span {
        if from == to {
            return Span::ZERO;
        }
        let links = self.mesh.route(traffic, from, to);
        let hops: Span = links.into_iter().map(|link| self.hop(self.class(link))).sum();
        self.inject + hops + self.eject
    }
}
