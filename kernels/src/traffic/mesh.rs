//! The machine of the traffic: routers and links alone. A flit is a byte, and a link moves one in a cycle.

use machine::spec::{
    Clocks, FlitSpec, GemmSpec, Grid, HbmPlacement, HbmSpec, IpcqSpec, LinkSpec, LinkSpecs, MathSpec,
    NocSpec, PeSpec, Topology,
};
use machine::{Bytes, Clock, Cycles, MachineSpec, Rate, Span, Sync};

use super::Traffic;
use crate::error::KernelError;
use crate::request::Request;

/// Every PE's packets wait in the queue of its send unit.
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
    let clock = Clock { period: Span::from_fs(1_000_000) };
    let flit = Rate::whole(1);
    let (topology, hop_cycles) =
        if network.torus { (Topology::Torus, TORUS_HOP) } else { (Topology::Mesh, HOP) };
    let link = LinkSpec { bytes_per_cycle: flit, hop_cycles, topology };
    let (none, one) = (Cycles(0), Cycles(1));
    MachineSpec {
        name: "traffic".to_owned(),
        sync: Sync::Explicit,
        clock: Clocks { pe_fs: clock, noc_fs: clock, hbm_fs: clock },
        // A PE a cube: cubes are numbered row by row, as the patterns count.
        grid: Grid { pe: [1, 1], cube: [k, k], sip: [1, 1] },
        pe: PeSpec {
            tcm_bytes: TCM_BYTES,
            tcm_bytes_per_cycle: flit,
            dma_channels: 1,
            fifo_depth: FIFO,
            issue_cycles: none,
            dma_setup_cycles: none,
        },
        gemm: GemmSpec::Rate { macs_per_cycle: flit },
        math: MathSpec {
            lanes: 1,
            start_cycles: none,
            simple_cycles: one,
            divide_cycles: one,
            exp_cycles: one,
            reduce_cycles: one,
        },
        ipcq: IpcqSpec { send_cycles: none, recv_cycles: none, release_cycles: none },
        noc: NocSpec {
            packet_bytes: Bytes(u64::from(packet_flits)),
            inject_cycles: PORT,
            eject_cycles: PORT,
            port_bytes_per_cycle: flit,
            flits: network.flits,
        },
        link: LinkSpecs { pe: link, cube: link, sip: link },
        hbm: HbmSpec {
            bytes_per_pe: Bytes(64),
            channels_per_pe: 1,
            bytes_per_cycle: flit,
            efficiency: flit,
            latency_cycles: none,
            burst_bytes: Bytes(64),
            placement: HbmPlacement::PerPe,
        },
        sram: None,
        queue: None,
    }
}
