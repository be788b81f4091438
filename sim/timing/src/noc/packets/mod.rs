//! The packet model: virtual cut-through over FIFO links with unbounded buffers (ADR 0008). Every directed link, and
//! every port of a PE into and out of its router, is a FIFO server. A packet occupies it from the moment its first byte
//! enters until its last byte has left.

mod fabric;
mod tree;

use machine::{LinkId, Machine, SimTime, Span};

use super::{Arrival, Context, Observer, Packet, Path, Way};
use crate::pool::Pool;
use crate::server::{Booking, Server};
use crate::turn::Turn;
use fabric::Sums;
pub use tree::{Leaf, Trees};

#[derive(Debug)]
pub struct Packets {
    /// By link class.
    widths: [Server; 3],
    link_free: Vec<SimTime>,
    /// By network, then PE.
    inject_free: Vec<Vec<SimTime>>,
    eject_free: Vec<Vec<SimTime>>,
    port: Server,
    /// The TCM's own port; `None` when it is never the narrower one.
    tcm: Option<Server>,
    moving: Pool<Moving>,
    trees: Trees,
    sums: Sums,
}

/// A packet on its way. Its number is the token of its calls.
#[derive(Clone, Copy, Debug)]
struct Moving {
    packet: u32,
    turn: Turn,
    path: Path,
    place: Place,
    bytes: (u64, u64),
    to_tcm: bool,
    /// When its last byte arrives where its first byte is now.
    tail: SimTime,
}

impl Moving {
    /// In place of a packet: what several packets have become.
    const SUM: u32 = u32::MAX;
}

/// Where the first byte of a packet is.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// At hop `hop` of its route, or behind the last at the port of its destination.
    Route { hop: u32 },
    /// At a router of a multicast tree.
    Fork { tree: u32, router: u32 },
    /// At a router of a reduction tree, not yet added.
    Join { tree: u32, sum: u32, router: u32 },
    /// At a router of a reduction tree, as the sum of all that come in there.
    Sum { tree: u32, sum: u32, router: u32 },
}

/// A packet's passage through one server: when its first byte enters, and when its last byte has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Passage {
    start: SimTime,
    end: SimTime,
}

impl Packets {
    pub fn new(machine: &Machine) -> Packets {
        let (spec, mesh) = (machine.spec(), machine.mesh());
        let noc = spec.clock.noc_fs;
        let port = Server::new(spec.noc.port_bytes_per_cycle, noc);
        let tcm = Server::new(spec.pe.tcm_bytes_per_cycle, spec.clock.pe_fs);
        let ports = vec![vec![SimTime::ZERO; mesh.n_pes() as usize]; mesh.nocs().len()];
        let links = [&spec.link.pe, &spec.link.cube, &spec.link.sip];
        Packets {
            widths: links.map(|link| Server::new(link.bytes_per_cycle, noc)),
            link_free: vec![SimTime::ZERO; mesh.n_links()],
            inject_free: ports.clone(),
            eject_free: ports,
            tcm: tcm.is_narrower_than(&port).then_some(tcm),
            port,
            moving: Pool::default(),
            trees: Trees::default(),
            sums: Sums::new(noc.span(spec.noc.reduce_cycles)),
        }
    }

    pub fn trees(&mut self) -> &mut Trees {
        &mut self.trees
    }

    pub fn is_at_rest(&self) -> bool {
        self.moving.is_empty() && self.sums.are_complete()
    }

    /// A packet takes the port out of its PE, and the TCM that its bytes come from.
    pub fn inject<O: Observer>(&mut self, packet: &Packet, context: &mut Context<'_, O>) {
        let Packet { id, turn, path, way, bytes, from_tcm, to_tcm } = *packet;
        let now = context.now;
        let out = if from_tcm { context.tcms.take(path.from, now, bytes) } else { Booking::empty(now) };
        let free = &mut self.inject_free[path.route.noc.index()][path.from.index()];
        let Passage { start, end } = pass(free, out.start, out.start, self.port.occupancy(bytes.0, bytes.1));
        let end = end.max(out.end);
        context.observer.entered(id, start);
        context.observer.left(id, end);
        let place = match way {
            Way::Unicast => Place::Route { hop: 0 },
            Way::Multicast { tree } => Place::Fork { tree, router: 0 },
            Way::Reduction { tree, sum, member } => {
                Place::Join { tree, sum, router: self.trees.reduction(tree).entry(member) }
            }
        };
        let inject = context.routes.inject();
        let token =
            self.moving.add(Moving { packet: id, turn, path, place, bytes, to_tcm, tail: end + inject });
        // Without a latency, entering the port and reaching the first link are one moment.
        if start + inject == now {
            self.resume(token, context);
        } else {
            context.observer.resume_at(start + inject, turn, token);
        }
    }

    /// The first byte of a packet is at its next server.
    pub fn resume<O: Observer>(&mut self, token: u32, context: &mut Context<'_, O>) {
        let Moving { packet, path, place, bytes, to_tcm, tail, .. } = *self.moving.get(token);
        match place {
            Place::Route { hop } if hop < path.route.hops => {
                let link = context.routes.link(path.route, hop);
                let next = self.cross(link, bytes, tail, context);
                self.go_on(token, Place::Route { hop: hop + 1 }, next, context);
            }
            Place::Route { .. } => {
                self.moving.free(token);
                let at = self.eject(path, to_tcm, (bytes, tail), context);
                context.observer.arrived(Arrival::Packet { packet }, at);
            }
            Place::Fork { tree, router } => self.fork(token, tree, router, context),
            Place::Join { tree, sum, router } => self.join(token, tree, (sum, router), context),
            Place::Sum { tree, sum, router } => self.send_sum(token, tree, (sum, router), context),
        }
    }

    /// Takes a link: when the first byte is at its far end, and when the last.
    fn cross<O>(
        &mut self,
        link: LinkId,
        bytes: (u64, u64),
        tail: SimTime,
        context: &Context<'_, O>,
    ) -> (SimTime, SimTime) {
        let class = context.routes.class(link);
        let occupancy = self.widths[class as usize].occupancy(bytes.0, bytes.1);
        let passage = pass(&mut self.link_free[link.index()], context.now, tail, occupancy);
        let hop = context.routes.hop(class);
        (passage.start + hop, passage.end + hop)
    }

    /// A packet is at `place` when its first byte is there.
    fn go_on<O: Observer>(
        &mut self,
        token: u32,
        place: Place,
        (head, tail): (SimTime, SimTime),
        context: &mut Context<'_, O>,
    ) {
        let moving = self.moving.get_mut(token);
        (moving.place, moving.tail) = (place, tail);
        context.observer.resume_at(head, moving.turn, token);
    }

    /// Takes the port into a PE, and its TCM when the bytes go there: when the last of them has arrived.
    fn eject<O>(
        &mut self,
        path: Path,
        to_tcm: bool,
        (bytes, tail): ((u64, u64), SimTime),
        context: &mut Context<'_, O>,
    ) -> SimTime {
        let now = context.now;
        let into = if to_tcm { context.tcms.take(path.to, now, bytes) } else { Booking::empty(now) };
        let mut occupancy = self.port.occupancy(bytes.0, bytes.1);
        if let (Some(tcm), true) = (&self.tcm, to_tcm) {
            occupancy = occupancy.max(tcm.occupancy(bytes.0, bytes.1));
        }
        let free = &mut self.eject_free[path.route.noc.index()][path.to.index()];
        pass(free, into.start, tail, occupancy).end.max(into.end) + context.routes.eject()
    }
}

/// Virtual cut-through: the first byte goes on at once, the last cannot leave before it has come.
fn pass(free: &mut SimTime, head: SimTime, tail: SimTime, occupancy: Span) -> Passage {
    let start = head.max(*free);
    let end = (start + occupancy).max(tail);
    *free = end;
    Passage { start, end }
}
