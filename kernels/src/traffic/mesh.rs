//! Machine of the traffic: routers and links alone. A flit is a byte, and a link moves one in a cycle.

use machine::spec::{FlitSpec, Grid, LinkSpec, LinkSpecs, Topology};
use machine::{Bytes, Cycles, MachineSpec, Rate, Sync};

use super::Traffic;
use crate::error::KernelError;
use crate::request::Request;

/// Depth of the queue of a send unit, in which the packets of a PE wait.
const FIFO: u32 = super::MAX_QUEUED as u32;
/// Room for every message of a run.
const TCM_BYTES: Bytes = Bytes(1 << 36);
/// An idle packet of L flits over R routers takes `2 + 3·R + (L − 1)` cycles: BookSim2's, with `routing_delay = 0` and
/// `internal_speedup = 2.0`. Links and the ports take two cycles each way, and a router one.
const PORT: Cycles = Cycles(2);
const HOP: Cycles = Cycles(3);
/// BookSim2's links of a torus are one cycle longer.
const TORUS_HOP: Cycles = Cycles(4);
const ROUNDS: u32 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    torus: bool,
    flits: Option<FlitSpec>,
}

impl Network {
    pub fn read(request: &mut Request) -> Result<Network, KernelError> {
        let torus = request.choice("wiring", &["mesh", "torus"])? == "torus";
        let flits = request.choice("model", &["flits", "packets"])? == "flits";
        let flits = if flits { Some(routers(request, torus)?) } else { None };
        Ok(Network { torus, flits })
    }
}

fn routers(request: &mut Request, torus: bool) -> Result<FlitSpec, KernelError> {
    Ok(FlitSpec {
        bytes: Bytes(1),
        virtual_channels: request.number("virtual_channels", if torus { 2..=12 } else { 1..=12 })?,
        buffer_flits: request.number("buffer_flits", 1..=65_535)?,
        rounds_per_cycle: ROUNDS,
    })
}

pub fn machine(traffic: &Traffic) -> MachineSpec {
    let Traffic { k, packet_flits, network, .. } = *traffic;
    // A PE a cube: cubes are numbered row by row, as the patterns count.
    let grid = Grid { pe: [1, 1], cube: [k, k], sip: [1, 1] };
    let mut spec = MachineSpec::ideal("traffic", grid, Rate::whole(1));
    let (topology, hop_cycles) =
        if network.torus { (Topology::Torus, TORUS_HOP) } else { (Topology::Mesh, HOP) };
    let link = LinkSpec { hop_cycles, topology, ..spec.link.pe };
    spec.link = LinkSpecs { pe: link, cube: link, sip: link };
    spec.sync = Sync::Explicit;
    (spec.pe.tcm_bytes, spec.pe.fifo_depth) = (TCM_BYTES, FIFO);
    spec.noc.packet_bytes = Bytes(u64::from(packet_flits));
    (spec.noc.inject_cycles, spec.noc.eject_cycles, spec.noc.flits) = (PORT, PORT, network.flits);
    spec
}
