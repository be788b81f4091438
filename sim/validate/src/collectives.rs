//! Collectives of neighbours on an idle row of eight: time of all steps, and bytes on the busiest link.

use machine::spec::Topology;
use machine::{MachineSpec, SimTime, Traffic};
use probe::{Bench, BenchError, Run, in_a_row, noc_cycles, ring};
use program::DType;
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Tl, Topology as Wiring};

use crate::row::{Origin, Row};

const STEPS: &str = "steps × (send + inject + hop + eject + ⌈P / narrowest⌉ + recv)";
const ONE_WAY: Origin = Origin::exact("cycles", STEPS);
const BOTH_WAYS: Origin = Origin::shown(
    "cycles",
    STEPS,
    "one send unit and one port out of a PE serve both ways; the formula has them go at once",
);
const BYTES: Origin = Origin::exact("B", "(n − 1) × P one way, half of it, rounded up, both ways");
const LINE_ALL_TO_ALL: Origin = Origin::exact("B", "⌊n/2⌋ × ⌈n/2⌉ × P");
/// Ranks.
const N: u32 = 8;
/// Bytes of what each rank contributes, P.
const PART: u32 = 4096;

pub fn rows(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    let mut rows = Vec::new();
    for (name, topology, right, left) in [
        ("all-gather of 8, ring, one way", Wiring::Ring, N - 1, 0),
        ("all-gather of 8, ring, both ways", Wiring::Ring, N / 2, (N - 1) / 2),
        ("all-gather of 8, line", Wiring::Line, N - 1, N - 1),
    ] {
        let run = gather(bench, topology, right, left)?;
        let spec = row_of_8(bench, topology);
        let steps = u64::from(right.max(left));
        let (what, expected) = (format!("{name}: time"), (steps * step(&spec)) as f64);
        let time = noc_cycles(&spec, run.log.makespan() - SimTime::ZERO);
        let form = if left == 0 { ONE_WAY } else { BOTH_WAYS };
        rows.push(form.row(what, expected, time));
        let bytes = (steps * u64::from(PART)) as f64;
        rows.push(BYTES.row(format!("{name}: busiest link"), bytes, busiest_link(&run)));
    }
    rows.push(all_to_all(bench)?);
    Ok(rows)
}

fn row_of_8(bench: &Bench, wiring: Wiring) -> MachineSpec {
    let topology = match wiring {
        Wiring::Line => Topology::Mesh,
        Wiring::Ring => Topology::Torus,
    };
    in_a_row(&bench.spec(), N, topology)
}

/// One message to a neighbour, from the start of its send to the end of its receive.
fn step(spec: &MachineSpec) -> u64 {
    let (noc, ipcq) = (&spec.noc, &spec.ipcq);
    let width = noc.port_bytes_per_cycle.min(spec.link.pe.bytes_per_cycle).min(spec.pe.tcm_bytes_per_cycle);
    let payload = (u64::from(PART) * width.denominator).div_ceil(width.numerator);
    let way = noc.inject_cycles.0 + spec.link.pe.hop_cycles.0 + noc.eject_cycles.0;
    ipcq.send_cycles.0 + way + payload + ipcq.recv_cycles.0
}

/// Each rank sends its part to its neighbours and passes on what it gets: what comes from the left `right` times in
/// all, what comes from the right `left` times. On a line the parts of fewer ranks come from either side.
fn gather(bench: &Bench, wiring: Wiring, right: u32, left: u32) -> Result<Run, BenchError> {
    let spec = row_of_8(bench, wiring);
    let mut recording = Recording::new("all_gather", N);
    recording.links(wiring, N, u64::from(PART), SlotPlace::Tcm);
    bench.run(&spec, recording, |tl| {
        let own = tl.tile([PART], DType::U8);
        let ways = [(Direction::Right, right), (Direction::Left, left)];
        let comes = |tl: &Tl, to: Direction, steps: u32| match (wiring, to) {
            (Wiring::Ring, _) => steps,
            (Wiring::Line, Direction::Right) => tl.rank(),
            (Wiring::Line, Direction::Left) => N - 1 - tl.rank(),
        };
        let goes = |tl: &Tl, to: Direction, steps: u32| match (wiring, to) {
            (Wiring::Ring, _) => steps > 0,
            (Wiring::Line, Direction::Right) => tl.rank() < N - 1,
            (Wiring::Line, Direction::Left) => tl.rank() > 0,
        };
        for (to, steps) in ways {
            if goes(tl, to, steps) {
                tl.send(to, own);
            }
        }
        for at in 0..right.max(left) {
            for (to, steps) in ways {
                if at >= comes(tl, to, steps) {
                    continue;
                }
                let got = tl.recv(to.opposite(), [PART], DType::U8);
                let last = wiring == Wiring::Ring && at + 1 == steps;
                if goes(tl, to, steps) && !last {
                    tl.forward(to, got);
                }
                tl.release(got);
            }
        }
    })
}

/// Every rank has a part for every other, sent straight there.
fn all_to_all(bench: &Bench) -> Result<Row, BenchError> {
    let spec = row_of_8(bench, Wiring::Line);
    let mut recording = Recording::new("all_to_all", N);
    let pairs: Vec<(u32, u32)> =
        (0..N).flat_map(|from| (0..N).map(move |to| (from, to))).filter(|(from, to)| from != to).collect();
    let rings: Vec<_> =
        pairs.iter().map(|&(from, to)| recording.ring(ring(from, to, 1, u64::from(PART)))).collect();
    let run = bench.run(&spec, recording, |tl| {
        let own = tl.tile([PART], DType::U8);
        for (&(from, _), &ring) in pairs.iter().zip(&rings) {
            if from == tl.rank() {
                tl.send_ring(ring, own);
            }
        }
        for (&(_, to), &ring) in pairs.iter().zip(&rings) {
            if to == tl.rank() {
                let got = tl.recv_ring(ring, [PART], DType::U8);
                tl.release(got);
            }
        }
    })?;
    let expected = f64::from((N / 2) * N.div_ceil(2) * PART);
    Ok(LINE_ALL_TO_ALL.row("all-to-all of 8, line: busiest link", expected, busiest_link(&run)))
}

/// Bytes of all messages over the link that carries most, by the routes and placement of the run.
fn busiest_link(run: &Run) -> f64 {
    let (mesh, program) = (run.log.machine.mesh(), &run.log.program);
    let mut bytes = vec![0u64; mesh.n_links()];
    for (ring, messages) in program.rings.iter().zip(&run.log.messages) {
        let [from, to] = [ring.producer, ring.consumer].map(|rank| run.log.placement[rank.index()]);
        for link in mesh.route(Traffic::Message, from, to) {
            // Every message here fills its slot.
            bytes[link.index()] += messages.len() as u64 * ring.slot_bytes;
        }
    }
    bytes.into_iter().max().unwrap_or(0) as f64
}
