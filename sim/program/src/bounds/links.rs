//! The busiest link: every byte of a transfer crosses each link of its route, and the port at either end.

use std::collections::{BTreeMap, BTreeSet};

use machine::{Bytes, LinkId, Machine, PeId, Span};

use super::transfers::Transfer;

/// How long every link and port is taken at least. A transfer takes a server for its bytes by the rate, to a
/// femtosecond below: the engine rounds up where it ends, and not at every hop.
pub struct Links<'a> {
    machine: &'a Machine,
    links: Vec<Span>,
    /// By PE: out of it, and into it.
    ports: Vec<[Span; 2]>,
    routes: BTreeMap<(PeId, PeId), Vec<LinkId>>,
    /// What the trees of the fabric have crossed: each takes a server once.
    crossed: BTreeSet<(u32, Server)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Server {
    /// Out of a PE, or into it.
    Port(usize, PeId),
    Link(LinkId),
}

impl<'a> Links<'a> {
    pub fn of(machine: &'a Machine) -> Links<'a> {
        let mesh = machine.mesh();
        let (links, ports) = (vec![Span::ZERO; mesh.n_links()], vec![[Span::ZERO; 2]; mesh.n_pes() as usize]);
        Links { machine, links, ports, routes: BTreeMap::new(), crossed: BTreeSet::new() }
    }

    pub fn add(&mut self, transfer: &Transfer) {
        let Some((from, to)) = transfer.path else { return };
        let (mesh, spec) = (self.machine.mesh(), self.machine.spec());
        let (bytes, clock) = (Bytes(transfer.bytes), spec.clock.noc_fs);
        let mut is_first = |server| transfer.tree.is_none_or(|tree| self.crossed.insert((tree, server)));
        let port = spec.noc.port_bytes_per_cycle.span_floor(bytes, clock);
        for (way, pe) in [from, to].into_iter().enumerate() {
            if is_first(Server::Port(way, pe)) {
                self.ports[pe.index()][way] += port;
            }
        }
        for &link in self.routes.entry((from, to)).or_insert_with(|| mesh.route(from, to)).iter() {
            if is_first(Server::Link(link)) {
                let rate = self.machine.link(mesh.class(link)).bytes_per_cycle;
                self.links[link.index()] += rate.span_floor(bytes, clock);
            }
        }
    }

    pub fn busiest(self) -> Span {
        self.links.into_iter().chain(self.ports.into_iter().flatten()).max().unwrap_or_default()
    }
}

/// The least time of a transfer through the narrowest of the servers between two PEs, once its first byte is there.
pub fn narrowest(machine: &Machine, (from, to): (PeId, PeId), bytes: u64) -> Span {
    let (mesh, spec) = (machine.mesh(), machine.spec());
    let links = mesh.route(from, to).into_iter().map(|link| machine.link(mesh.class(link)).bytes_per_cycle);
    let rate = links.fold(spec.noc.port_bytes_per_cycle, Ord::min);
    rate.span_floor(Bytes(bytes), spec.clock.noc_fs)
}
