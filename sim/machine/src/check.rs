//! Constraints on a machine. The upper bounds are far beyond any hardware; they keep every later count of cycles, and
//! every product of a period and a term of a rate, inside 64 bits. Cycles times a period, and bytes times a rate,
//! saturate or are taken in 128 bits: see [`crate::quantity`] and [`crate::rate`].

mod flits;
mod hbm;

use std::ops::RangeInclusive;

use crate::mesh::{LinkClass, outermost};
use crate::networks::Networks;
use crate::quantity::{Cycles, Rate};
pub(crate) use hbm::capacity;

use crate::spec::{
    Clocks, Collectives, FunctionCycles, GemmSpec, IpcqSpec, LinkSpec, MachineSpec, MathSpec, NetworkModel,
    NocSpec, PeSpec, Phases, SramSpec, Sync, Topology, TransactionSpec,
};

/// A key as written in the file, and what is wrong with it.
type Problem = (&'static str, String);
type Checked = Result<(), Problem>;

const MAX_PES: u64 = 1 << 20;
const MAX_CYCLES: u64 = 1 << 32;
/// A clock of 1 MHz.
const MAX_PERIOD_FS: u64 = 1_000_000_000;
/// Of the math unit for one element: with 2^32 elements and the start, 53 bits of cycles.
const MAX_ELEMENT_CYCLES: u64 = 1 << 20;
/// Terms of a rate: times 10^9 fs they fit 50 bits. A byte time rounded down to a femtosecond is exact to a part
/// in as many as the period has femtoseconds over the numerator: at 1 GHz, the numerator is never larger.
const MAX_TERM: u64 = 1_000_000;
/// 1 TiB in every memory of 2^20 PEs is an address space of 60 bits.
const MAX_BYTES: u64 = 1 << 40;
const MAX_COUNT: u64 = 1 << 16;

/// Of a multiply-add; its stages are filled once a tile.
const MAX_PIPE: u64 = 64;
/// LoFi to HiFi4.
const PHASES: RangeInclusive<u64> = 1..=4;

const CYCLES: RangeInclusive<u64> = 0..=MAX_CYCLES;
const PERIOD: RangeInclusive<u64> = 1..=MAX_PERIOD_FS;
const BYTES: RangeInclusive<u64> = 1..=MAX_BYTES;
const COUNT: RangeInclusive<u64> = 1..=MAX_COUNT;

pub(crate) fn check(spec: &MachineSpec) -> Checked {
    if spec.name.trim().is_empty() {
        return Err(("name", "is empty: any text works".to_owned()));
    }
    grid(spec)?;
    clocks_and_pe(spec)?;
    gemm(&spec.gemm)?;
    math(&spec.math)?;
    ipcq(&spec.ipcq)?;
    noc(&spec.noc)?;
    links(spec)?;
    networks(spec)?;
    network_model(spec)?;
    hbm::hbm(spec)?;
    sram(spec)?;
    queue(spec)
}

fn grid(spec: &MachineSpec) -> Checked {
    let levels = [("grid.pe", spec.grid.pe), ("grid.cube", spec.grid.cube), ("grid.sip", spec.grid.sip)];
    let many = |[x, y]: [u32; 2]| u64::from(x) * u64::from(y);
    if let Some((key, [x, y])) = levels.into_iter().find(|(_, level)| many(*level) == 0) {
        return Err((key, format!("is [{x}, {y}]: both extents must be at least 1")));
    }
    let pes = levels.iter().fold(1, |pes: u64, (_, level)| pes.saturating_mul(many(*level)));
    if pes > MAX_PES {
        // The largest level is the one that somebody has set too large.
        let [first, rest @ ..] = levels;
        let (key, [x, y]) = rest.into_iter().fold(first, |a, b| if many(b.1) > many(a.1) { b } else { a });
        return Err((key, format!("is [{x}, {y}]: the grid may have at most {MAX_PES} PEs in all")));
    }
    inner_tori(spec)
}

/// Only the outermost ring of an axis can close: a ring that closed inside a cube would need a second
/// route out of it.
fn inner_tori(spec: &MachineSpec) -> Checked {
    let (grid, link) = (&spec.grid, &spec.link);
    for axis in 0..2 {
        let (pe, cube, sip) = (grid.pe[axis], grid.cube[axis], grid.sip[axis]);
        let levels = [
            ("link.pe.topology", "grid.cube or grid.sip", link.pe.topology, pe, cube.max(sip)),
            ("link.cube.topology", "grid.sip", link.cube.topology, cube, sip),
        ];
        for (key, outer_key, topology, extent, outer) in levels {
            if topology == Topology::Torus && extent > 1 && outer > 1 {
                let along = ["x", "y"][axis];
                return Err((
                    key,
                    format!(
                        "is \"torus\" inside a wider {outer_key} along {along}, which is not modelled: \
                         \"mesh\" works, and so does a torus of the outermost level"
                    ),
                ));
            }
        }
    }
    Ok(())
}

// A spec is taken apart by its fields, so that a new key does not compile before it has a range here.

fn clocks_and_pe(spec: &MachineSpec) -> Checked {
    let Clocks { pe_fs, noc_fs, hbm_fs } = spec.clock;
    for (key, clock) in [("clock.pe_fs", pe_fs), ("clock.noc_fs", noc_fs), ("clock.hbm_fs", hbm_fs)] {
        within(key, clock.period.fs(), PERIOD)?;
    }
    let PeSpec {
        tcm_bytes,
        tcm_bytes_per_cycle,
        tcm_shared_bytes_per_cycle,
        dma_channels,
        fifo_depth,
        issue_cycles,
        dma_setup_cycles,
    } = spec.pe;
    within("pe.tcm_bytes", tcm_bytes.0, BYTES)?;
    rate("pe.tcm_bytes_per_cycle", tcm_bytes_per_cycle)?;
    if let Some(shared) = tcm_shared_bytes_per_cycle {
        rate("pe.tcm_shared_bytes_per_cycle", shared)?;
    }
    within("pe.dma_channels", u64::from(dma_channels), 1..=32)?;
    within("pe.fifo_depth", u64::from(fifo_depth), COUNT)?;
    cycles("pe.issue_cycles", issue_cycles)?;
    cycles("pe.dma_setup_cycles", dma_setup_cycles)
}

fn gemm(gemm: &GemmSpec) -> Checked {
    match *gemm {
        GemmSpec::Systolic { rows, cols, dataflow: _ } => {
            within("gemm.rows", u64::from(rows), COUNT)?;
            within("gemm.cols", u64::from(cols), COUNT)
        }
        GemmSpec::Rate { macs_per_cycle } => rate("gemm.macs_per_cycle", macs_per_cycle),
        GemmSpec::Redmule { height, width, pipe, elements_per_cycle } => {
            within("gemm.height", u64::from(height), COUNT)?;
            within("gemm.width", u64::from(width), COUNT)?;
            within("gemm.pipe", u64::from(pipe), 0..=MAX_PIPE)?;
            within("gemm.elements_per_cycle", u64::from(elements_per_cycle), COUNT)
        }
        GemmSpec::Phases { tile, cycles_per_tile, phases } => {
            within("gemm.tile", u64::from(tile), COUNT)?;
            within("gemm.cycles_per_tile", u64::from(cycles_per_tile), 1..=MAX_ELEMENT_CYCLES)?;
            let Phases { f32, f16, bf16, f8 } = phases;
            for (key, count) in [
                ("gemm.phases.f32", f32),
                ("gemm.phases.f16", f16),
                ("gemm.phases.bf16", bf16),
                ("gemm.phases.f8", f8),
            ] {
                within(key, u64::from(count), PHASES)?;
            }
            Ok(())
        }
    }
}

fn math(math: &MathSpec) -> Checked {
    let MathSpec {
        lanes,
        lanes_16_bit,
        lanes_8_bit,
        start_cycles,
        simple_cycles,
        divide_cycles,
        exp_cycles,
        reduce_cycles,
        functions,
    } = *math;
    for (key, lanes) in
        [("math.lanes", Some(lanes)), ("math.lanes_16_bit", lanes_16_bit), ("math.lanes_8_bit", lanes_8_bit)]
    {
        within(key, lanes.map_or(1, u64::from), COUNT)?;
    }
    cycles("math.start_cycles", start_cycles)?;
    let FunctionCycles { reciprocal_cycles, sqrt_cycles, cast_cycles } = functions.unwrap_or_default();
    for (key, per_element) in [
        ("math.simple_cycles", Some(simple_cycles)),
        ("math.divide_cycles", Some(divide_cycles)),
        ("math.exp_cycles", Some(exp_cycles)),
        ("math.reduce_cycles", Some(reduce_cycles)),
        ("math.functions.reciprocal_cycles", reciprocal_cycles),
        ("math.functions.sqrt_cycles", sqrt_cycles),
        ("math.functions.cast_cycles", cast_cycles),
    ] {
        within(key, per_element.map_or(1, |each| each.0), 1..=MAX_ELEMENT_CYCLES)?;
    }
    Ok(())
}

fn ipcq(ipcq: &IpcqSpec) -> Checked {
    let IpcqSpec { send_cycles, recv_cycles, release_cycles } = *ipcq;
    cycles("ipcq.send_cycles", send_cycles)?;
    cycles("ipcq.recv_cycles", recv_cycles)?;
    cycles("ipcq.release_cycles", release_cycles)
}

/// A PE's port into the mesh, who carries collectives, and what it takes to issue a transfer.
fn noc(noc: &NocSpec) -> Checked {
    // Networks and flits are checked with the mesh that they need.
    let NocSpec {
        packet_bytes,
        inject_cycles,
        eject_cycles,
        port_bytes_per_cycle,
        collectives,
        reduce_cycles,
        transaction,
        networks: _,
        flits: _,
    } = *noc;
    within("noc.packet_bytes", packet_bytes.0, BYTES)?;
    cycles("noc.inject_cycles", inject_cycles)?;
    cycles("noc.eject_cycles", eject_cycles)?;
    rate("noc.port_bytes_per_cycle", port_bytes_per_cycle)?;
    cycles("noc.reduce_cycles", reduce_cycles)?;
    if collectives == Collectives::Software && reduce_cycles > Cycles(0) {
        let problem = format!(
            "is {}, and software adds at the root: leave it out, or set noc.collectives = \"fabric\"",
            reduce_cycles.0
        );
        return Err(("noc.reduce_cycles", problem));
    }
    let Some(TransactionSpec { cycles: issue, bytes_per_cycle }) = transaction else { return Ok(()) };
    cycles("noc.transaction.cycles", issue)?;
    rate("noc.transaction.bytes_per_cycle", bytes_per_cycle)
}

fn links(spec: &MachineSpec) -> Checked {
    let link = |width, hop, link: &LinkSpec| {
        let LinkSpec { bytes_per_cycle, hop_cycles, topology: _ } = *link;
        rate(width, bytes_per_cycle)?;
        cycles(hop, hop_cycles)
    };
    link("link.pe.bytes_per_cycle", "link.pe.hop_cycles", &spec.link.pe)?;
    link("link.cube.bytes_per_cycle", "link.cube.hop_cycles", &spec.link.cube)?;
    link("link.sip.bytes_per_cycle", "link.sip.hop_cycles", &spec.link.sip)
}

/// A network that goes one way round reaches every router only where every axis is a ring.
fn networks(spec: &MachineSpec) -> Checked {
    let Some(networks) = spec.noc.networks else { return Ok(()) };
    let Networks::Opposite { .. } = networks;
    for (axis, along) in ["x", "y"].into_iter().enumerate() {
        let extent = spec.grid.pe[axis] * spec.grid.cube[axis] * spec.grid.sip[axis];
        let (level, topology) = outermost(spec.grid, &spec.link, axis);
        if extent > 1 && topology == Topology::Mesh {
            let key = match level {
                LinkClass::Pe => "link.pe.topology",
                LinkClass::Cube => "link.cube.topology",
                LinkClass::Sip => "link.sip.topology",
            };
            let problem = format!(
                "is \"mesh\" along {along}, and [noc.networks] is \"opposite\": each of its networks goes one way \
                 round, so \"torus\" works"
            );
            return Err((key, problem));
        }
    }
    Ok(())
}

/// What a network model asks of the other keys.
fn network_model(spec: &MachineSpec) -> Checked {
    match spec.noc.model() {
        NetworkModel::Packets => Ok(()),
        NetworkModel::Flits(flits) => flits::flits(spec, &flits),
    }
}

fn sram(spec: &MachineSpec) -> Checked {
    let Some(SramSpec { bytes, bytes_per_cycle, latency_cycles }) = spec.sram else { return Ok(()) };
    within("sram.bytes", bytes.0, BYTES)?;
    rate("sram.bytes_per_cycle", bytes_per_cycle)?;
    cycles("sram.latency_cycles", latency_cycles)
}

fn queue(spec: &MachineSpec) -> Checked {
    if spec.queue.is_some() && spec.sync == Sync::Interlocked {
        let problem = "is \"interlocked\" beside [queue], and a host does not order passes by their bytes: \
                       \"explicit\" works";
        return Err(("sync", problem.to_owned()));
    }
    Ok(())
}

fn within(key: &'static str, value: u64, range: RangeInclusive<u64>) -> Checked {
    if range.contains(&value) {
        return Ok(());
    }
    Err((key, format!("is {value}: a number from {} to {} works", range.start(), range.end())))
}

fn cycles(key: &'static str, cycles: Cycles) -> Checked {
    within(key, cycles.0, CYCLES)
}

fn rate(key: &'static str, rate: Rate) -> Checked {
    let term = 1..=MAX_TERM;
    if term.contains(&rate.numerator) && term.contains(&rate.denominator) {
        return Ok(());
    }
    Err((key, format!("is {rate}: a fraction whose terms lie between 1 and {MAX_TERM} works")))
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
