//! The busiest link: every byte of a transfer crosses each link of its route, and the port at either end.

use std::collections::{BTreeMap, BTreeSet};

use machine::{Bytes, LinkId, Machine, Noc, PeId, Span, Traffic};
use program::{Op, cost};

use super::transfers::{Subject, Transfer};

/// Least busy time of every link and port. A transfer takes a server for its bytes by the rate, to a
/// femtosecond below: the engine rounds up where it ends, and not at every hop.
pub struct Links<'a> {
    machine: &'a Machine,
    links: Vec<Span>,
    /// By PE: out of it, and into it, for each network.
    ports: Vec<[[Span; 2]; Noc::ALL.len()]>,
    /// By PE: its TCM, where all that happens in it shares it.
    tcms: Vec<Span>,
    routes: BTreeMap<(Noc, PeId, PeId), Vec<LinkId>>,
    /// What the trees of the fabric have crossed: each takes a server once.
    crossed: BTreeSet<(u32, Use)>,
}

/// Direction at a PE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Out,
    In,
}

/// What bytes on their way take for a time: one transfer after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Server {
    Link(LinkId),
    /// The TCM of a PE, where all that happens in the PE shares it.
    Tcm(PeId),
    /// Out of a PE, or into it.
    Port(Way, PeId),
}

/// Use of a server by a transfer: a TCM has a use in each direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Port(Way, PeId),
    Tcm(Way, PeId),
    Link(LinkId),
}

impl<'a> Links<'a> {
    pub fn of(machine: &'a Machine) -> Links<'a> {
        let mesh = machine.mesh();
        let links = vec![Span::ZERO; mesh.n_links()];
        let ports = vec![[[Span::ZERO; 2]; Noc::ALL.len()]; mesh.n_pes() as usize];
        let tcms = vec![Span::ZERO; mesh.n_pes() as usize];
        let (routes, crossed) = (BTreeMap::new(), BTreeSet::new());
        Links { machine, links, ports, tcms, routes, crossed }
    }

    fn add_to_tcm(&mut self, pe: PeId, bytes: Bytes) {
        let spec = self.machine.spec();
        if let Some(shared) = spec.pe.tcm_shared_bytes_per_cycle {
            self.tcms[pe.index()] += shared.span_floor(bytes, spec.clock.pe_fs);
        }
    }

    /// Adds the operand bytes of GEMM and math units.
    pub fn add_operands(&mut self, subject: &Subject) {
        for (rank, &pe) in subject.program.ranks.iter().zip(subject.placement) {
            let computes = |op: &&Op| cost::compute(self.machine.spec(), rank, op).is_some();
            let bytes: Vec<Bytes> =
                rank.ops.iter().filter(computes).map(|op| cost::operand_bytes(rank, op)).collect();
            bytes.into_iter().for_each(|bytes| self.add_to_tcm(pe, bytes));
        }
    }

    pub fn add(&mut self, transfer: &Transfer) {
        let bytes = Bytes(transfer.bytes);
        let (read, written) = (transfer.reads_memory(), transfer.writes_memory());
        let (from, to) = transfer.path.unwrap_or((transfer.by, transfer.by));
        for (way, pe, is_memory) in [(Way::Out, from, read), (Way::In, to, written)] {
            if !is_memory && self.is_first(transfer, Use::Tcm(way, pe)) {
                self.add_to_tcm(pe, bytes);
            }
        }
        let Some((from, to)) = transfer.path else { return };
        let (mesh, spec) = (self.machine.mesh(), self.machine.spec());
        let clock = spec.clock.noc_fs;
        let port = spec.noc.port_bytes_per_cycle.span_floor(bytes, clock);
        let (traffic, noc) = (transfer.traffic, mesh.carrier(transfer.traffic));
        for (way, pe) in [(Way::Out, from), (Way::In, to)] {
            if self.is_first(transfer, Use::Port(way, pe)) {
                self.ports[pe.index()][noc.index()][way as usize] += port;
            }
        }
        let route = self.routes.entry((noc, from, to)).or_insert_with(|| mesh.route(traffic, from, to));
        for link in route.clone() {
            if self.is_first(transfer, Use::Link(link)) {
                let rate = self.machine.link(mesh.class(link)).bytes_per_cycle;
                self.links[link.index()] += rate.span_floor(bytes, clock);
            }
        }
    }

    /// What the members of a fabric's tree have in common is taken once.
    fn is_first(&mut self, transfer: &Transfer, of: Use) -> bool {
        transfer.tree.is_none_or(|tree| self.crossed.insert((tree, of)))
    }

    /// Of equal ones, a link before a port: a link has a name that authors know. `None` when nothing is carried.
    pub fn busiest(self) -> (Span, Option<Server>) {
        let links = (0..).map(LinkId).map(Server::Link).zip(self.links);
        let tcms = (0..).map(PeId).map(Server::Tcm).zip(self.tcms);
        let ports = (0..).map(PeId).zip(self.ports).flat_map(|(pe, of_pe)| {
            let ways = of_pe.into_iter().map(|spans| [Way::Out, Way::In].into_iter().zip(spans));
            ways.flatten().map(move |(way, span)| (Server::Port(way, pe), span))
        });
        let all = links.chain(tcms).chain(ports).filter(|(_, span)| *span > Span::ZERO);
        let most = all.reduce(|most, next| if next.1 > most.1 { next } else { most });
        most.map_or((Span::ZERO, None), |(server, span)| (span, Some(server)))
    }
}

/// The least time of a transfer through the narrowest of the servers between two PEs, once its first byte is there.
pub fn narrowest(machine: &Machine, traffic: Traffic, (from, to): (PeId, PeId), bytes: u64) -> Span {
    let (mesh, spec) = (machine.mesh(), machine.spec());
    let links = mesh.route(traffic, from, to).into_iter();
    let rates = links.map(|link| machine.link(mesh.class(link)).bytes_per_cycle);
    let rate = rates.fold(spec.noc.port_bytes_per_cycle, Ord::min);
    rate.span_floor(Bytes(bytes), spec.clock.noc_fs)
}
