//! Contiguous causal ring attention: how much of the time the ranks have work, when compute is all there is.

use machine::spec::Topology;
use machine::{Cycles, MachineSpec};
use probe::{Bench, BenchError, in_a_row};
use program::DType;
use program::op::BusyUnit;
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Tl, Topology as Wiring};

use crate::row::{Origin, Row};

const FORM: Origin = Origin::exact("", "work in score elements: (nc + 1) / ((2n − 1)c + 1)");
/// Tokens a rank. A score element takes a cycle, so that a step is long beside a message of one byte.
const TOKENS: u32 = 512;

pub fn rows(bench: &Bench) -> Result<Vec<Row>, BenchError> {
    [2, 4, 8].into_iter().map(|n| row(bench, n)).collect()
}

fn row(bench: &Bench, n: u32) -> Result<Row, BenchError> {
    let (spec, c) = (quick(bench, n), u64::from(TOKENS));
    let mut recording = Recording::new("causal_ring", n);
    recording.links(Wiring::Line, n, 1, SlotPlace::Tcm);
    let run = bench.run(&spec, recording, |tl| work(tl, c))?;
    let busy: u64 = (0..n)
        .flat_map(|rank| (0..=rank as usize).map(move |step| (rank, step)))
        .map(|(rank, step)| run.took(rank, "busy", step).fs())
        .sum();
    let all = u64::from(n) * run.log.makespan().fs();
    let expected = (u64::from(n) * c + 1) as f64 / ((2 * u64::from(n) - 1) * c + 1) as f64;
    let what = format!("causal ring of {n}, {TOKENS} tokens each: work share");
    Ok(FORM.row(what, expected, busy as f64 / all as f64))
}

/// Rank r has c (c + 1) / 2 scores with its own keys, and c² with those of each rank before it. Keys go on to later
/// ranks before they are used.
fn work(tl: &mut Tl, c: u64) {
    let (rank, last) = (tl.rank(), tl.num_ranks() - 1);
    let own = tl.tile([1], DType::U8);
    if rank < last {
        tl.send(Direction::Right, own);
    }
    tl.busy(BusyUnit::Gemm, c * (c + 1) / 2);
    for _ in 0..rank {
        let got = tl.recv(Direction::Left, [1], DType::U8);
        if rank < last {
            tl.forward(Direction::Right, got);
        }
        tl.busy(BusyUnit::Gemm, c * c);
        tl.release(got);
    }
}

/// Messages cost next to nothing, and queues never fill.
fn quick(bench: &Bench, n: u32) -> MachineSpec {
    let mut spec = in_a_row(&bench.spec(), n, Topology::Mesh);
    let none = Cycles(0);
    (spec.ipcq.send_cycles, spec.ipcq.recv_cycles, spec.ipcq.release_cycles) = (none, none, none);
    (spec.noc.inject_cycles, spec.noc.eject_cycles, spec.link.pe.hop_cycles) = (none, none, none);
    spec.pe.fifo_depth = 64;
    spec
}
