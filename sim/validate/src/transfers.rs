//! One message on an idle mesh.

use machine::spec::{LinkSpec, Topology};
use machine::{Bytes, Coord, Cycles, MachineSpec, Networks, Noc, Rate};
use probe::{Bench, BenchError, in_a_row, message, noc_cycles, places};
use serde::Deserialize;

use crate::row::{Origin, Row};

const FORM: Origin = Origin::exact("cycles", "send + inject + hops × latency + eject + ⌈bytes / narrowest⌉");
const BOOKSIM_FORM: Origin = Origin::exact("cycles", "BookSim2's T0, confirmed by runs");
/// Less than a packet, a packet and a byte, and many packets.
const SIZES: [u32; 4] = [1, 100, 4097, 65_537];
/// Bytes of a flit in the BookSim rows; any number will do.
const FLIT: u32 = 16;

pub fn rows(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let spec = bench.spec();
    let mut rows = Vec::new();
    let places = places(&spec)?;
    let corner = places[0].rank;
    for place in &places[1..] {
        for bytes in SIZES {
            let what = format!("{bytes} B to {}, idle", place.name);
            let ours = flight(bench, &spec, (corner, place.rank), bytes)?;
            rows.push(FORM.row(what, closed_form(&spec, place.at, bytes) as f64, ours));
        }
    }
    rows.extend(booksim_line(bench)?);
    rows.extend(booksim_torus(bench)?);
    Ok(rows)
}

/// From the start of a send until its last byte has arrived.
fn flight(bench: &Bench, spec: &MachineSpec, ends: (u32, u32), bytes: u32) -> Result<f64, BenchError> {
    Ok(noc_cycles(spec, message(bench, spec, ends, bytes)?.filled))
}

/// In whole cycles of the mesh, from the numbers of the machine alone. Where its clocks differ, it is the sum that is
/// rounded up, with what the send takes before the first byte leaves.
fn closed_form(spec: &MachineSpec, to: Coord, bytes: u32) -> u64 {
    let crossed = crossed(spec, to);
    let (noc, pe) = (u128::from(spec.clock.noc_fs.period.fs()), u128::from(spec.clock.pe_fs.period.fs()));
    let hops: u64 = crossed.iter().map(|link| link.hop_cycles.0).sum();
    let mesh = spec.noc.inject_cycles.0 + hops + spec.noc.eject_cycles.0;
    let fixed = u128::from(spec.ipcq.send_cycles.0) * pe + u128::from(mesh) * noc;
    let links = crossed.iter().map(|link| link.bytes_per_cycle).chain([spec.noc.port_bytes_per_cycle]);
    let widths = links.map(|width| (width, noc)).chain([(spec.pe.tcm_bytes_per_cycle, pe)]);
    let covering = |(width, period): (Rate, u128)| {
        let (over, under) = (u128::from(width.denominator) * period, u128::from(width.numerator));
        (fixed * under + u128::from(bytes) * over).div_ceil(under * noc)
    };
    widths.map(covering).max().unwrap_or(0) as u64
}

/// The links from the corner to a place, by the boundary that each crosses: those before it, or those behind it where
/// messages go the other way round. The order makes no difference to their time.
fn crossed(spec: &MachineSpec, to: Coord) -> Vec<&LinkSpec> {
    let grid = spec.grid;
    let back = matches!(spec.noc.networks, Some(Networks::Opposite { messages: Noc::Noc1, .. }));
    let mut crossed: Vec<&LinkSpec> = Vec::new();
    for (axis, steps) in [to.x, to.y].into_iter().enumerate() {
        let (cube, sip) = (grid.pe[axis], grid.pe[axis] * grid.cube[axis]);
        let all = sip * grid.sip[axis];
        let passed = if back && steps > 0 { steps + 1..=all } else { 1..=steps };
        crossed.extend(passed.map(|at| match (at % sip, at % cube) {
            // The link that closes a ring has the class of the outermost level.
            (0, _) if at < all || all > sip => &spec.link.sip,
            (_, 0) if at < all || sip > cube => &spec.link.cube,
            (_, _) => &spec.link.pe,
        }));
    }
    crossed
}

/// A row of routers with BookSim's constants. The port into the mesh and out of it takes what is left when
/// `hop` cycles a link and a cycle a flit are taken from T0.
fn routers(bench: &Bench, n: u32, topology: Topology, hop: u64, ports: u64) -> MachineSpec {
    let mut spec = in_a_row(&bench.spec(), n, topology);
    let width = Rate::whole(u64::from(FLIT));
    (spec.noc.port_bytes_per_cycle, spec.link.pe.bytes_per_cycle) = (width, width);
    (spec.noc.inject_cycles, spec.noc.eject_cycles) = (Cycles(ports - ports / 2), Cycles(ports / 2));
    (spec.link.pe.hop_cycles, spec.noc.packet_bytes) = (Cycles(hop), Bytes(1 << 20));
    (spec.pe.tcm_bytes_per_cycle, spec.ipcq.send_cycles) = (Rate::whole(512), Cycles(0));
    spec
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    origin: Origin,
    rows: Vec<Printed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    routing_delay: u64,
    flits: u32,
    hops: u32,
    cycles: u32,
}

fn booksim_line(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let Line { origin, rows: printed } = crate::parsed(include_str!("../data/transfers.toml"));
    let mut rows = Vec::new();
    for Printed { routing_delay: delay, flits, hops, cycles } in printed {
        let spec = routers(bench, 8, Topology::Mesh, 4 + delay, 5 + delay);
        let ours = flight(bench, &spec, (0, hops), flits * FLIT)?;
        let delayed = if delay == 0 { "" } else { ", routing delay 1" };
        let what = format!("idle line of 8: L {flits}, hops {hops}{delayed}");
        rows.push(origin.row(what, f64::from(cycles), ours));
    }
    Ok(rows)
}

/// With links of latency 2: `T0 = 2 + 4·routers + hops + (L − 1)`, the closing link among them.
fn booksim_torus(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let mut rows = Vec::new();
    for (to, hops, flits) in [(1, 1, 1), (4, 4, 1), (4, 4, 16), (7, 1, 4)] {
        let spec = routers(bench, 8, Topology::Torus, 5, 5);
        let ours = flight(bench, &spec, (0, to), flits * FLIT)?;
        let expected = 2 + 4 * (hops + 1) + hops + (flits - 1);
        let what = format!("idle ring of 8: L {flits}, from 0 to {to}");
        rows.push(BOOKSIM_FORM.row(what, f64::from(expected), ours));
    }
    Ok(rows)
}
