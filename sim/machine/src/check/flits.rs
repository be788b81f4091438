//! Limits of the flit model, and the keys that it excludes.

use super::{BYTES, Checked, within};
use crate::mesh::Mesh;
use crate::quantity::{Cycles, Rate};
use crate::spec::{Collectives, FlitSpec, MachineSpec};

/// The virtual channels of a router's five inputs fit a word.
const MAX_CHANNELS: u64 = 12;
const MAX_BUFFER: u64 = 65_535;
/// Of a packet.
const MAX_FLITS: u64 = 4096;
/// Of all routers: there is a buffer for each.
const MAX_ALL_CHANNELS: u64 = 1 << 20;
/// What is on a link lies in one table by the cycle in which it arrives.
const MAX_HOP: u64 = 65_536;

pub(super) fn flits(spec: &MachineSpec, flits: &FlitSpec) -> Checked {
    let FlitSpec { bytes, virtual_channels, buffer_flits, rounds_per_cycle } = *flits;
    within("noc.flits.bytes", bytes.0, BYTES)?;
    within("noc.flits.virtual_channels", u64::from(virtual_channels), 1..=MAX_CHANNELS)?;
    let mesh = Mesh::new(spec.grid, &spec.link, None);
    let all = u64::from(mesh.n_pes()) * u64::from(virtual_channels);
    if all > MAX_ALL_CHANNELS {
        let problem = format!(
            "is {virtual_channels}, of {} routers: their product may be at most {MAX_ALL_CHANNELS}",
            mesh.n_pes()
        );
        return Err(("noc.flits.virtual_channels", problem));
    }
    if mesh.closes() && virtual_channels < 2 {
        let problem = "is 1 on a torus, where packets could deadlock around a ring: 2 works";
        return Err(("noc.flits.virtual_channels", problem.to_owned()));
    }
    within("noc.flits.buffer_flits", u64::from(buffer_flits), 1..=MAX_BUFFER)?;
    within("noc.flits.rounds_per_cycle", u64::from(rounds_per_cycle), 1..=4)?;
    alone(spec)?;
    whole_packets(spec, flits)?;
    widths(spec, flits)?;
    latencies(spec, flits)
}

/// Keys that routers of flits have no meaning for.
fn alone(spec: &MachineSpec) -> Checked {
    let others = [
        ("noc.networks", spec.noc.networks.is_some(), "these routers are of one network"),
        (
            "noc.collectives",
            spec.noc.collectives == Collectives::Fabric,
            "these routers copy and add nothing",
        ),
        (
            "pe.tcm_shared_bytes_per_cycle",
            spec.pe.tcm_shared_bytes_per_cycle.is_some(),
            "flits do not share it",
        ),
    ];
    match others.into_iter().find(|(_, is_set, _)| *is_set) {
        Some((key, _, why)) => {
            Err((key, format!("is set, and so is [noc.flits]: {why}; leave one of them out")))
        }
        None => Ok(()),
    }
}

/// A short flit in the middle of a transfer would cost a turn of the switch for nothing.
fn whole_packets(spec: &MachineSpec, flits: &FlitSpec) -> Checked {
    let (packet, flit) = (spec.noc.packet_bytes.0, flits.bytes.0);
    if packet.div_ceil(flit) > MAX_FLITS {
        let problem = format!("is {packet}: at most {MAX_FLITS} flits of {flit} bytes work");
        return Err(("noc.packet_bytes", problem));
    }
    if packet.is_multiple_of(flit) {
        return Ok(());
    }
    let next = packet.div_ceil(flit) * flit;
    Err(("noc.packet_bytes", format!("is {packet}, not a multiple of flits of {flit} bytes: {next} is one")))
}

fn widths(spec: &MachineSpec, flits: &FlitSpec) -> Checked {
    let widest = [
        ("noc.port_bytes_per_cycle", spec.noc.port_bytes_per_cycle),
        ("link.pe.bytes_per_cycle", spec.link.pe.bytes_per_cycle),
        ("link.cube.bytes_per_cycle", spec.link.cube.bytes_per_cycle),
        ("link.sip.bytes_per_cycle", spec.link.sip.bytes_per_cycle),
    ];
    for (key, rate) in widest {
        if rate > Rate::whole(flits.bytes.0) {
            let flit = flits.bytes.0;
            let problem = format!("is {rate}, more than a flit of {flit} bytes a cycle: {flit} works");
            return Err((key, problem));
        }
    }
    Ok(())
}

fn latencies(spec: &MachineSpec, flits: &FlitSpec) -> Checked {
    let router = flits.router_cycles();
    let rounds = flits.rounds_per_cycle;
    for (key, Cycles(cycles), least) in [
        ("noc.inject_cycles", spec.noc.inject_cycles, 0),
        ("noc.eject_cycles", spec.noc.eject_cycles, router),
        ("link.pe.hop_cycles", spec.link.pe.hop_cycles, router + 1),
        ("link.cube.hop_cycles", spec.link.cube.hop_cycles, router + 1),
        ("link.sip.hop_cycles", spec.link.sip.hop_cycles, router + 1),
    ] {
        if !(least..=MAX_HOP).contains(&cycles) {
            let problem = format!(
                "is {cycles}: with [noc.flits] and {rounds} rounds a cycle, {least} to {MAX_HOP} works"
            );
            return Err((key, problem));
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "flits_tests.rs"]
mod tests;
