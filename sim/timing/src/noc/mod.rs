//! Network models behind one interface. A model carries packets from PE to PE and reports when each leaves and arrives.
//!
//! A third model is one module here, one variant of [`Noc`] and one arm in each of its methods. `noc/tests.rs` holds
//! every model to the same contract.

mod flits;
mod packets;
mod routes;

use machine::spec::NetworkModel;
use machine::{Machine, SimTime};

use crate::memory::Tcms;
use crate::turn::Turn;
use flits::Flits;
use packets::Packets;
pub use packets::{Leaf, Trees};
pub use routes::{Path, Routes};

/// The network model of a machine.
#[derive(Debug)]
pub enum Noc {
    /// Links serve whole packets and have unbounded buffers.
    Packets(Box<Packets>),
    /// Routers have virtual channels with finite buffers and move flits.
    Flits(Box<Flits>),
}

/// A packet as it is handed to the network.
#[derive(Clone, Copy, Debug)]
pub struct Packet {
    /// The caller's number for it; reports name it.
    pub id: u32,
    /// Among those that want a port or a link at the same time.
    pub turn: Turn,
    pub path: Path,
    pub way: Way,
    /// The bytes of its transfer that it carries.
    pub bytes: (u64, u64),
    /// Its bytes come out of the TCM of the sending PE.
    pub from_tcm: bool,
    /// Its bytes go into the TCM of the receiving PE.
    pub to_tcm: bool,
}

/// Path of a packet through the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Along its path.
    Unicast,
    /// From the root of a [multicast tree](Trees) to each of its leaves, copied in the routers.
    Multicast { tree: u32 },
    /// As tile `member` of sum `sum`, added to the other members' in the routers of a [reduction tree](Trees).
    Reduction { tree: u32, sum: u32, member: u32 },
}

/// The end of a packet's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The packet is at its destination.
    Packet { packet: u32 },
    /// A copy of a multicast packet is at one of the leaves.
    Copy { packet: u32, leaf: u32 },
    /// A member's packet has become part of a sum.
    Added { packet: u32 },
    /// One packet of a sum is at the root.
    Sum { sum: u32 },
}

/// Receiver of a model's reports. Reports of one call come in the order in which their events are to be scheduled.
pub trait Observer {
    /// The first byte of a packet leaves its PE.
    fn entered(&mut self, packet: u32, at: SimTime);
    /// The last byte of a packet has left its PE.
    fn left(&mut self, packet: u32, at: SimTime);
    /// The last byte of a packet is at its destination.
    fn arrived(&mut self, arrival: Arrival, at: SimTime);
    /// The model asks for a call of [`Noc::resume`] with `token`.
    fn resume_at(&mut self, at: SimTime, turn: Turn, token: u32);
}

/// Context of a call of a network model.
pub struct Context<'c, O> {
    pub now: SimTime,
    pub routes: &'c Routes,
    pub tcms: &'c mut Tcms,
    pub observer: &'c mut O,
}

impl Noc {
    pub fn of(machine: &Machine) -> Noc {
        match machine.spec().noc.model() {
            NetworkModel::Packets => Noc::Packets(Box::new(Packets::new(machine))),
            NetworkModel::Flits(flits) => Noc::Flits(Box::new(Flits::new(machine, &flits))),
        }
    }

    /// A packet is ready at its PE now. It waits behind the packets that came before it.
    pub fn inject<O: Observer>(&mut self, packet: &Packet, context: &mut Context<'_, O>) {
        match self {
            Noc::Packets(packets) => packets.inject(packet, context),
            Noc::Flits(flits) => flits.inject(packet, context.routes, context.now),
        }
    }

    /// The call that the model asked for with [`Observer::resume_at`].
    pub fn resume<O: Observer>(&mut self, token: u32, context: &mut Context<'_, O>) {
        match self {
            Noc::Packets(packets) => packets.resume(token, context),
            Noc::Flits(_) => unreachable!("this model has cycles of its own"),
        }
    }

    /// When the model's next cycle begins, if it has cycles of its own and anything is on its way. A cycle comes after
    /// all events of its time, so that packets injected at that time take part.
    pub fn next_cycle(&self) -> Option<SimTime> {
        match self {
            Noc::Packets(_) => None,
            Noc::Flits(flits) => flits.next_cycle(),
        }
    }

    /// The cycle that [`Noc::next_cycle`] announced.
    pub fn cycle<O: Observer>(&mut self, observer: &mut O) {
        match self {
            Noc::Packets(_) => unreachable!("this model has no cycles of its own"),
            Noc::Flits(flits) => flits.cycle(observer),
        }
    }

    /// Conservation: every packet has arrived, and every buffer and credit is back where it began.
    pub fn is_at_rest(&self) -> bool {
        match self {
            Noc::Packets(packets) => packets.is_at_rest(),
            Noc::Flits(flits) => flits.is_at_rest(),
        }
    }

    /// The trees along which routers copy and add. The machine check refuses fabric collectives on a model without.
    pub fn trees(&mut self) -> &mut Trees {
        match self {
            Noc::Packets(packets) => packets.trees(),
            Noc::Flits(_) => unreachable!("the machine check refuses fabric collectives with flits"),
        }
    }
}

#[cfg(test)]
mod tests;
