//! A ring of slots in steady state: as fast as its link, or as its credits return.

use machine::spec::Topology;
use machine::{Bytes, Cycles, MachineSpec, Rate};
use probe::{Bench, BenchError, in_a_row, noc_cycles};
use program::DType;
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Topology as Wiring};
use serde::Deserialize;

use crate::row::{Origin, Row};

const FORM: Origin = Origin::exact("cycles", "max(slots × send, send + hold + credit return)");
/// When a ring has settled, in messages.
const SETTLED: u32 = 64;
/// Rounds of all slots that a rate is measured over.
const ROUNDS: u32 = 16;
/// Bytes of a flit in the BookSim rows; any number will do.
const FLIT: u32 = 16;

pub fn rows(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let mut rows = of_the_machine(bench)?;
    rows.extend(of_booksim(bench)?);
    Ok(rows)
}

/// Neighbours on the machine's own links, where each message is one packet of about a KiB that passes in whole cycles:
/// the ends of any other are rounded to a cycle, though the stream is not.
fn of_the_machine(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let mut spec = in_a_row(&bench.spec(), 2, Topology::Mesh);
    // What the sender does before a message leaves is no part of the link's time.
    spec.ipcq.send_cycles = Cycles(0);
    let mesh = spec.noc.port_bytes_per_cycle.min(spec.link.pe.bytes_per_cycle);
    let narrowest = mesh.min(spec.pe.tcm_bytes_per_cycle);
    // The law has no consumer that is slower than the link: one receive at a time takes its cycles.
    let least = (narrowest.numerator * spec.ipcq.recv_cycles.0).div_ceil(narrowest.denominator).max(1024);
    let bytes = least.next_multiple_of(narrowest.numerator);
    spec.noc.packet_bytes = Bytes(bytes);
    let send = bytes / narrowest.numerator * narrowest.denominator;
    let way = spec.noc.inject_cycles.0 + spec.link.pe.hop_cycles.0 + spec.noc.eject_cycles.0;
    let round_trip = way + send + spec.ipcq.recv_cycles.0 + spec.ipcq.release_cycles.0 + way;
    let mut rows = Vec::new();
    for slots in [1, 2, 3, 4, 8, 16] {
        let what = format!("slot ring, n = {slots}: n messages of {bytes} B");
        let expected = round_trip.max(u64::from(slots) * send);
        let ours = period(bench, &spec, slots, bytes as u32, slots)?;
        rows.push(FORM.row(what, expected as f64, ours));
    }
    Ok(rows)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    origin: Origin,
    /// Flits.
    buffers: Vec<u32>,
    rows: Vec<Printed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    delay: u64,
    /// By buffer.
    rates: Vec<f64>,
}

fn of_booksim(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let Table { origin, buffers, rows: printed } = crate::parsed(include_str!("../data/credits.toml"));
    let mut rows = Vec::new();
    for Printed { delay, rates } in printed {
        let spec = booksim(bench, delay);
        for (&slots, reference) in buffers.iter().zip(rates) {
            let what = format!("credit loop: buffer {slots}, credit delay {delay}");
            let flits = slots * ROUNDS;
            let ours = f64::from(flits) / period(bench, &spec, slots, FLIT, flits)?;
            rows.push(origin.row(what, reference, ours));
        }
    }
    Ok(rows)
}

/// A flit takes a cycle; it and its credit take two more each on the way, and the credit its delay.
fn booksim(bench: &Bench, delay: u64) -> MachineSpec {
    let mut spec = in_a_row(&bench.spec(), 2, Topology::Mesh);
    let width = Rate::whole(u64::from(FLIT));
    (spec.noc.port_bytes_per_cycle, spec.link.pe.bytes_per_cycle) = (width, width);
    spec.pe.tcm_bytes_per_cycle = Rate::whole(512);
    (spec.noc.inject_cycles, spec.link.pe.hop_cycles, spec.noc.eject_cycles) =
        (Cycles(0), Cycles(2), Cycles(0));
    (spec.ipcq.send_cycles, spec.ipcq.recv_cycles, spec.ipcq.release_cycles) =
        (Cycles(0), Cycles(0), Cycles(delay));
    spec
}

/// Cycles between a message and the one that comes `n` later.
fn period(bench: &Bench, spec: &MachineSpec, slots: u32, bytes: u32, n: u32) -> Result<f64, BenchError> {
    let messages = SETTLED + n + slots;
    let mut recording = Recording::new("stream", 2);
    recording.links(Wiring::Line, slots, u64::from(bytes), SlotPlace::Tcm);
    let run = bench.run(spec, recording, |tl| {
        if tl.rank() == 0 {
            let tile = tl.tile([bytes], DType::U8);
            for _ in 0..messages {
                tl.send(Direction::Right, tile);
            }
        } else {
            for _ in 0..messages {
                let tile = tl.recv(Direction::Left, [bytes], DType::U8);
                tl.release(tile);
            }
        }
    })?;
    let (_, first) = run.op(1, "recv", SETTLED as usize);
    let (_, last) = run.op(1, "recv", (SETTLED + n) as usize);
    Ok(noc_cycles(spec, last - first))
}
