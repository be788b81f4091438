use oplog::{Entries, Stall, UnitId};
use program::op::BusyUnit;
use program::{ComputeOp, DType, Op, TimeOp, ViewId};

use super::*;
use crate::bounds::MemoryAsked;
use crate::sample;
use crate::sample::in_buffer;

const CYCLE: u64 = 1_000_000;

fn time(cycles: u64) -> SimTime {
    SimTime::from_fs(cycles * CYCLE)
}

/// Ops of one rank, each with its unit, (issue, start, done) in cycles.
fn log(timed: &[(Op, UnitKind, [u64; 3])], stalls: &[(u32, StallReason, u64, u64)]) -> OpLog {
    let views = vec![in_buffer(0), in_buffer(1), in_buffer(2)];
    let ops = timed.iter().map(|(op, ..)| op.clone()).collect();
    let mut log = sample::log(sample::program(vec![sample::rank(3, views, ops)], vec![]), 0);
    log.entries = Entries::default();
    for (_, kind, [issue, start, done]) in timed {
        let units = (0..UnitId::count(log.machine.spec().pe.dma_channels) as u8).map(UnitId);
        log.entries.unit.extend(units.filter(|unit| unit.kind() == *kind).take(1));
        log.entries.issue.push(time(*issue));
        log.entries.start.push(time(*start));
        log.entries.done.push(time(*done));
    }
    let stall = |&(op, reason, from, to)| Stall { op, reason, from: time(from), to: time(to) };
    log.stalls = stalls.iter().map(stall).collect();
    log
}

/// Each unit in words and cycles.
fn words(log: &OpLog) -> Vec<String> {
    let busiest = Busiest::of(&log.program, &log.machine, &log.placement, &log.layout);
    let cycles = |span: &Span| span.fs() / CYCLE;
    let said = |peak: &Peak| {
        let lost = peak.lost.iter().map(|(loss, span)| format!(", {} {}", loss.name(), cycles(span)));
        let waits = peak.waits.iter().map(|(reason, span)| format!(", {} {}", reason.name(), cycles(span)));
        let parts: String = lost.chain(waits).collect();
        format!("{} {}{parts}", peak.bound.name(), cycles(&peak.reached))
    };
    let peaks = peaks(log, &busiest);
    for peak in &peaks {
        assert_eq!(peak.total(), log.makespan() - SimTime::ZERO, "{}", said(peak));
    }
    peaks.iter().map(said).collect()
}

fn busy(unit: BusyUnit, cycles: u64) -> Op {
    Op::Time(TimeOp::Busy { unit, cycles })
}

/// A product of tiles [4, 4] on an array of 8 × 8 places: 64 multiply-adds in 4 cycles, and 21 to load, fill and drain.
fn dot() -> Op {
    Op::Compute(ComputeOp::Dot {
        a: ViewId(0),
        b: ViewId(1),
        c: ViewId(2),
        accumulate: false,
        acc: DType::F32,
    })
}

#[test]
fn a_unit_reaches_its_peak_and_has_reasons_for_the_rest() {
    for (name, log, expected) in [
        (
            "cycles of an op are work",
            log(&[(busy(BusyUnit::Gemm, 4), UnitKind::Gemm, [1, 2, 6])], &[]),
            vec!["gemm 4, issue 2"],
        ),
        (
            "a hold is a wait of the unit",
            log(
                &[
                    (busy(BusyUnit::Math, 3), UnitKind::Math, [0, 0, 3]),
                    (busy(BusyUnit::Gemm, 4), UnitKind::Gemm, [3, 3, 7]),
                ],
                &[(1, StallReason::Operand, 1, 3)],
            ),
            vec!["gemm 4, operand 2, issue 1", "math 3, idle 1, finished 3"],
        ),
        (
            "a product is work, and fill and drain",
            log(&[(dot(), UnitKind::Gemm, [0, 0, 25])], &[]),
            vec!["gemm 1, places 3, fill 21"],
        ),
        (
            "what an op takes longer than it costs is that of its operands",
            log(&[(dot(), UnitKind::Gemm, [0, 0, 35])], &[]),
            vec!["gemm 1, places 3, operands 10, fill 21"],
        ),
        (
            "a log that is busy for less than its ops take still adds up",
            log(&[(dot(), UnitKind::Gemm, [0, 0, 14])], &[]),
            vec!["gemm 1, places 3, fill 10"],
        ),
    ] {
        assert_eq!(words(&log), expected, "{name}");
    }
}

#[test]
fn a_memory_loses_parts_of_bursts_and_efficiency() {
    let asked = MemoryAsked {
        least: Span::from_fs(50 * CYCLE),
        bursts: Span::from_fs(40 * CYCLE),
        at_peak: Span::from_fs(30 * CYCLE),
    };
    let log = log(&[(busy(BusyUnit::Gemm, 60), UnitKind::Gemm, [0, 0, 60])], &[]);
    let mut busiest = Busiest::of(&log.program, &log.machine, &log.placement, &log.layout);
    (busiest.memory, busiest.bounds.memory) = (asked, asked.least);
    let peaks = peaks(&log, &busiest);
    let memory = peaks.iter().find(|peak| peak.bound == Bound::Memory).expect("it is asked");
    let lost: Vec<(Loss, u64)> = memory.lost.iter().map(|(loss, span)| (*loss, span.fs() / CYCLE)).collect();
    assert_eq!(memory.reached, Span::from_fs(30 * CYCLE));
    assert_eq!(lost, [(Loss::Bursts, 10), (Loss::Efficiency, 10), (Loss::Unasked, 10)]);
    assert_eq!(memory.total(), Span::from_fs(60 * CYCLE));
}
