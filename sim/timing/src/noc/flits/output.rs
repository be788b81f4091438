//! Outputs of routers, which are links and ports into PEs: flits leave in the order in which they passed the switch.

use std::collections::VecDeque;

use machine::spec::{FlitSpec, LinkSpec};
use machine::{LinkClass, LinkId, Machine, Mesh, Rate, SimTime};

use super::router::Departure;
use super::width::{Free, Width};
use super::{Arrival, Flits, LOCAL, NONE, PORTS};
use crate::noc::{self, Observer};

/// Kind of an output port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Link(LinkClass),
    /// The port into the PE.
    Eject,
}

/// A flit that waits for its link.
#[derive(Clone, Copy, Debug)]
struct Queued {
    /// The first cycle in which it may leave.
    from: u64,
    departure: Departure,
}

#[derive(Debug)]
pub struct Output {
    pub kind: Kind,
    queue: VecDeque<Queued>,
    free: Free,
}

/// Widths and latencies, in cycles of the network.
#[derive(Debug)]
pub struct Links {
    /// By link class.
    widths: [Width; 3],
    /// From leaving a router to arriving at the next; a credit takes as long.
    wires: [u64; 3],
    pub port: Width,
    /// The TCM's own width, where it is the narrower one.
    tcm: Option<Width>,
    pub inject: u64,
    /// From leaving a router to arriving at its PE.
    eject: u64,
    /// In a router, of the cycles of a hop.
    router: u64,
}

impl Links {
    pub fn of(machine: &Machine, flits: &FlitSpec) -> Links {
        let spec = machine.spec();
        let (bytes, router) = (flits.bytes.0, flits.router_cycles());
        let links = [&spec.link.pe, &spec.link.cube, &spec.link.sip];
        let port = spec.noc.port_bytes_per_cycle;
        let (noc, pe) = (spec.clock.noc_fs.period.fs(), spec.clock.pe_fs.period.fs());
        let per_noc_cycle = Rate::new(noc, pe).and_then(|ratio| spec.pe.tcm_bytes_per_cycle.times(ratio));
        let tcm = per_noc_cycle.filter(|&tcm| tcm < port);
        Links {
            widths: links.map(|link: &LinkSpec| Width::new(link.bytes_per_cycle, bytes)),
            wires: links.map(|link| link.hop_cycles.0 - router),
            port: Width::new(port, bytes),
            tcm: tcm.map(|rate| Width::new(rate, bytes)),
            inject: spec.noc.inject_cycles.0,
            eject: spec.noc.eject_cycles.0 - router,
            router,
        }
    }

    pub fn wire(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Link(class) => self.wires[class as usize],
            Kind::Eject => self.eject,
        }
    }

    /// The longest that a flit or a credit is on its way.
    pub fn longest(&self) -> u64 {
        let there_and_back = 2 * self.eject + 1;
        self.wires.into_iter().chain([self.inject, there_and_back]).max().unwrap_or(0)
    }

    fn width(&self, kind: Kind, to_tcm: bool) -> &Width {
        match kind {
            Kind::Link(class) => &self.widths[class as usize],
            Kind::Eject if to_tcm => self.tcm.as_ref().unwrap_or(&self.port),
            Kind::Eject => &self.port,
        }
    }
}

impl Output {
    pub fn new(mesh: &Mesh, port: u32) -> Output {
        let heading = port % PORTS;
        let kind = if heading == u32::from(LOCAL) {
            Kind::Eject
        } else {
            Kind::Link(mesh.class(LinkId(port / PORTS * 4 + heading)))
        };
        Output { kind, queue: VecDeque::new(), free: Free::START }
    }
}

impl Flits {
    /// A flit has passed the switch.
    pub fn queue_at_output(&mut self, router: u32, output: u8, departure: Departure, from: u64) {
        let port = router * PORTS + u32::from(output);
        self.outputs[port as usize].queue.push_back(Queued { from, departure });
        self.sending.insert(port);
    }

    /// Every link and port that is free takes the next flit.
    pub fn send<O: Observer>(&mut self, cycle: u64, observer: &mut O) {
        let mut from = 0;
        while let Some(port) = self.sending.next(from) {
            from = port + 1;
            let output = &mut self.outputs[port as usize];
            let next = output.queue.front().filter(|next| next.from <= cycle && output.free.in_cycle(cycle));
            let Some(&Queued { departure, .. }) = next else { continue };
            output.queue.pop_front();
            if output.queue.is_empty() {
                self.sending.remove(port);
            }
            self.cross(port, departure, cycle, observer);
        }
    }

    fn cross<O: Observer>(&mut self, port: u32, flit: Departure, cycle: u64, observer: &mut O) {
        let output = &mut self.outputs[port as usize];
        let kind = output.kind;
        let to_tcm = self.tcm_matters(kind, flit.packet);
        let output = &mut self.outputs[port as usize];
        let width = self.links.width(kind, to_tcm);
        let wire = self.links.wire(kind);
        if flit.last {
            let packet = self.packets[flit.packet as usize];
            output.free.take_bytes(cycle, width, packet.last_bytes);
            let through = packet.tail + self.span(self.links.router);
            let tail = self.outputs[port as usize].free.time(self.clock).max(through) + self.span(wire);
            self.last_flit_crosses(kind, flit.packet, tail, observer);
        } else {
            output.free.take_flit(cycle, width);
        }
        match kind {
            Kind::Link(_) => {
                let channel = flit.output_channel % self.n_channels;
                let channel = self.downstream[port as usize] * self.n_channels + channel;
                let head = if flit.head { flit.packet } else { NONE };
                self.arriving.put(cycle + wire, Arrival { channel, head });
            }
            // The PE takes what comes at once; its credit goes back as it came.
            Kind::Eject => self.credits.put(cycle + 1 + 2 * wire, flit.output_channel),
        }
    }

    fn tcm_matters(&self, kind: Kind, packet: u32) -> bool {
        kind == Kind::Eject && self.links.tcm.is_some() && self.packets[packet as usize].to_tcm
    }

    fn last_flit_crosses<O: Observer>(&mut self, kind: Kind, packet: u32, tail: SimTime, observer: &mut O) {
        match kind {
            Kind::Link(_) => self.packets[packet as usize].tail = tail,
            Kind::Eject => {
                self.in_flight -= 1;
                observer.arrived(noc::Arrival::Packet { packet }, tail);
            }
        }
    }
}
