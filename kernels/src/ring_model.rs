//! Timing-only model, to compare the timing engine with other simulators: the step loop of ring attention
//! with K and V tiles of 8192 bytes, whose compute is given in cycles. It is, op for op, a SimPy program in which
//! each PE has one DMA engine, one math engine that also does the GEMMs, and one link to its right neighbour.
//!
//! With 2 or 3 slots and more than one step every rank waits for a slot that only its own release would free; the SimPy
//! program never finishes either.

use machine::spec::{Grid, LinkSpec, LinkSpecs, Topology as Wiring};
use machine::{Bytes, Cycles, MachineSpec, Rate};
use program::DType;
use program::op::BusyUnit;
use program::program::SlotPlace;
use program::tl::{Direction, Handle, Recording, Tile, Tl, Topology};

use crate::case::{Case, Use};
use crate::error::KernelError;
use crate::kernel::{Kernel, Recorded};
use crate::parameters::{MAX_SLOTS, SLOTS};
use crate::request::{Param, Request};

const TILE_BYTES: u32 = 8192;
/// Of the SimPy runs there is to compare with, the largest has 512 ranks.
const MAX_RANKS: u32 = 4096;
/// Steps of all ranks together; each records a dozen ops.
const MAX_STEPS: u32 = 1 << 23;
/// Room for the most slots there may be, of two rings, beside a rank's own K and V.
const TCM_BYTES: Bytes = Bytes(128 << 20);

pub const PARAMS: &[Param] = &[
    Param {
        name: "ranks",
        default: "8",
        doc: "of a machine made for them; one rank has no neighbour to send to",
    },
    Param {
        name: "steps",
        default: "ranks - 1",
        doc: "tiles that every rank takes in; ranks × steps ≤ 2^23",
    },
    SLOTS,
];

pub const KERNELS: &[Kernel] = &[Kernel {
    name: "ring_model",
    purpose: "timing only: K and V tiles around a ring on a machine of its own, as a SimPy program does it",
    params: PARAMS,
    inputs: &[],
    record,
    reference: |_| Ok(None),
}];

pub const CASES: &[Case] = &[
    Case::run("ring_model ranks=8 steps=7 slots=4"),
    Case::run("ring_model ranks=5 steps=9 slots=8"),
    Case { words: "ring_model ranks=8 slots=2", uses: &[Use::Refused] },
    Case::tiny("ring_model ranks=4"),
];

fn record(request: &mut Request) -> Result<Recorded, KernelError> {
    let ranks = request.number("ranks", 2..=MAX_RANKS)?;
    let steps = request.number_or("steps", 1..=MAX_STEPS / ranks, (ranks - 1).min(MAX_STEPS / ranks))?;
    let slots = request.number("slots", 1..=MAX_SLOTS)?;
    let mut recording = Recording::new(request.kernel, ranks);
    recording.params(request.resolved());
    recording.links(Topology::Ring, slots, u64::from(TILE_BYTES), SlotPlace::Tcm);
    let recorded = recording.record(|tl| step_loop(tl, steps));
    let program = recorded.map_err(|error| KernelError::Record { kernel: request.kernel, error })?;
    Ok(Recorded { program, reference: None, machine: Some(machine(ranks)) })
}

fn step_loop(tl: &mut Tl, steps: u32) {
    let own = [tl.tile([TILE_BYTES], DType::U8), tl.tile([TILE_BYTES], DType::U8)];
    let sent = own.map(|tile| tl.send(Direction::Right, tile));
    tl.wait(&sent);
    for step in 1..=steps {
        let received = [0, 1].map(|_| tl.recv(Direction::Left, [TILE_BYTES], DType::U8));
        let mut forwarded = Vec::new();
        if step < steps {
            forwarded.extend(received.map(|tile: Tile| tl.forward(Direction::Right, tile)));
        }
        let computed = compute(tl, u64::from(step));
        let done: Vec<Handle> = computed.into_iter().chain(forwarded).collect();
        tl.wait(&done);
        for tile in received {
            tl.release(tile);
        }
    }
}

/// Two GEMMs around three element-wise ops, all on the one engine, with times that differ by rank and step.
fn compute(tl: &mut Tl, step: u64) -> [Handle; 5] {
    let rank = u64::from(tl.rank());
    let gemm = 64 + (rank * 5 + step * 3) % 11;
    let math = |i: u64| 8 + (rank * 7 + step * 3 + i) % 5;
    [gemm, math(0), math(1), math(2), gemm].map(|cycles| tl.busy(BusyUnit::Math, cycles))
}

/// A torus of one row: 64 bytes per cycle and 4 cycles a hop, and nothing else takes time.
fn machine(ranks: u32) -> MachineSpec {
    let grid = Grid { pe: [ranks, 1], cube: [1, 1], sip: [1, 1] };
    let mut spec = MachineSpec::ideal("ring_model", grid, Rate::whole(64));
    let link = LinkSpec { hop_cycles: Cycles(4), topology: Wiring::Torus, ..spec.link.pe };
    spec.link = LinkSpecs { pe: link, cube: link, sip: link };
    spec.pe.tcm_bytes = TCM_BYTES;
    spec.noc.packet_bytes = Bytes(u64::from(TILE_BYTES));
    spec.hbm.bytes_per_pe = Bytes(u64::from(TILE_BYTES));
    spec
}
