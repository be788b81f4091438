use oplog::{Entries, Stall, StallReason, UnitId};
use program::op::{BusyUnit, SemaphoreId, UnaryFn};
use program::{ComputeOp, MoveOp, Op, OpIndex, Rank, SyncOp, TimeOp, ViewId};

use super::*;
use crate::sample;
use crate::sample::{in_buffer, in_tensor};

const CYCLE: u64 = 1_000_000;

fn time(cycles: u64) -> SimTime {
    SimTime::from_fs(cycles * CYCLE)
}

/// An op with its unit and its issue, start and end in cycles.
type Timed = (Op, UnitId, [u64; 3]);

fn log(ranks: Vec<Vec<Timed>>) -> OpLog {
    let of_rank = |timed: &Vec<Timed>| {
        let views = vec![in_tensor(0), in_buffer(0), in_buffer(1)];
        sample::rank(2, views, timed.iter().map(|(op, ..)| op.clone()).collect())
    };
    let mut log = sample::log(sample::program(ranks.iter().map(of_rank).collect(), vec![]), 0);
    log.entries = Entries::default();
    log.stalls.clear();
    for (_, unit, [issue, start, done]) in ranks.into_iter().flatten() {
        log.entries.unit.push(unit);
        log.entries.issue.push(time(issue));
        log.entries.start.push(time(start));
        log.entries.done.push(time(done));
    }
    log
}

fn path(log: &OpLog) -> CriticalPath {
    CriticalPath::of(log, &Holds::find(&log.program, &log.layout, &log.machine))
}

/// A path in words and cycles.
fn words(log: &OpLog) -> String {
    let word = |stretch: &Stretch| {
        let (from, to) = (stretch.from.fs() / CYCLE, stretch.to.fs() / CYCLE);
        format!("{from}..{to} {} op{}", stretch.category.name(), stretch.op)
    };
    path(log).stretches.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn load() -> Op {
    Op::Move(MoveOp::Load { from: ViewId(0), to: ViewId(1) })
}
fn exp() -> Op {
    Op::Compute(ComputeOp::Unary { f: UnaryFn::Exp, x: ViewId(1), to: ViewId(2) })
}
fn busy(unit: BusyUnit) -> Op {
    Op::Time(TimeOp::Busy { unit, cycles: 4 })
}
fn signal(after: &[OpIndex]) -> Op {
    Op::Sync(SyncOp::Signal { semaphore: SemaphoreId(0), to: Rank(0), amount: 1, after: after.into() })
}

#[test]
fn a_chain_goes_back_over_what_came_last() {
    let (dma, gemm, math, sequencer) = (UnitId::dma(0), UnitId::GEMM, UnitId::MATH, UnitId::SEQUENCER);
    let wait = |op| Op::Sync(SyncOp::Wait { on: [OpIndex(op)].into() });
    let enough = Op::Sync(SyncOp::WaitGe { semaphore: SemaphoreId(0), value: 2 });
    for (name, ranks, expected) in [
        ("nothing", vec![vec![]], ""),
        (
            "an operand, then the unit",
            vec![vec![
                (load(), dma, [0, 0, 10]),
                (exp(), math, [10, 10, 16]),
                (busy(BusyUnit::Math), math, [11, 16, 20]),
                (busy(BusyUnit::Gemm), gemm, [12, 12, 16]),
            ]],
            "0..10 memory op0, 10..16 compute op1, 16..20 compute op2",
        ),
        (
            "a wait, then the sequencer",
            vec![vec![
                (load(), dma, [0, 0, 10]),
                (wait(0), sequencer, [1, 1, 10]),
                (busy(BusyUnit::Gemm), gemm, [12, 12, 15]),
            ]],
            "0..10 memory op0, 10..12 issue op2, 12..15 compute op2",
        ),
        (
            "the second of two signals",
            vec![
                vec![(enough, sequencer, [0, 0, 14]), (busy(BusyUnit::Gemm), gemm, [15, 15, 18])],
                vec![
                    (signal(&[]), sequencer, [0, 0, 0]),
                    (load(), dma, [1, 1, 9]),
                    (signal(&[OpIndex(1)]), sequencer, [2, 2, 9]),
                ],
            ],
            "0..1 issue op3, 1..9 memory op3, 9..14 semaphore op0, 14..15 issue op1, 15..18 compute op1",
        ),
        (
            "the last at a barrier",
            vec![
                vec![
                    (busy(BusyUnit::Gemm), gemm, [0, 0, 4]),
                    (Op::Sync(SyncOp::Barrier { number: 0 }), sequencer, [1, 1, 30]),
                    (busy(BusyUnit::Gemm), gemm, [31, 31, 35]),
                ],
                vec![
                    (load(), dma, [0, 0, 20]),
                    (wait(0), sequencer, [1, 1, 20]),
                    (Op::Sync(SyncOp::Barrier { number: 0 }), sequencer, [21, 21, 30]),
                ],
            ],
            "0..20 memory op3, 20..30 barrier op1, 30..31 issue op2, 31..35 compute op2",
        ),
    ] {
        assert_eq!(words(&log(ranks)), expected, "{name}");
    }
}

#[test]
fn a_wait_for_a_link_is_told_apart() {
    let mut log = log(vec![vec![(load(), UnitId::dma(0), [0, 0, 10])]]);
    log.stalls = vec![Stall { op: 0, reason: StallReason::Link, from: time(3), to: time(5) }];
    assert_eq!(words(&log), "0..3 memory op0, 3..5 link op0, 5..10 memory op0");
}

#[test]
fn what_the_path_spends_is_told_by_category_and_by_line() {
    let mut log = log(vec![vec![
        (load(), UnitId::dma(0), [0, 0, 10]),
        (exp(), UnitId::MATH, [10, 10, 16]),
        (exp(), UnitId::MATH, [11, 16, 20]),
    ]]);
    let path = path(&log);
    let spans = |spans: &[(Category, u64)]| -> BTreeMap<_, _> {
        spans.iter().map(|&(category, cycles)| (category, Span::from_fs(cycles * CYCLE))).collect()
    };
    assert_eq!(path.by_category(), spans(&[(Category::Memory, 10), (Category::Compute, 10)]));
    let line = |(name, span): (String, Span)| format!("{name} {}", span.fs() / CYCLE);
    let file = log.program.files[0].clone();
    let lines: Vec<String> = path.by_source(&log).into_iter().map(line).collect();
    assert_eq!(lines, [format!("{file}:10 10"), format!("{file}:11 6"), format!("{file}:12 4")]);
    let mut bare = (*log.program).clone();
    bare.ranks[0].sources.clear();
    log.program = std::sync::Arc::new(bare);
    let kinds: Vec<String> = path.by_source(&log).into_iter().map(line).collect();
    assert_eq!(kinds, ["exp 10", "load 10"]);
}

/// Whatever the times: no gap, no overlap, nothing left out.
#[test]
fn the_stretches_of_any_log_tile_the_run() {
    for seed in 0..100 {
        let log = sample::log(sample::exchange(), seed);
        let mut at = SimTime::ZERO;
        for stretch in &path(&log).stretches {
            assert!(stretch.from == at && stretch.to > at, "seed {seed}: {stretch:?} after {at:?}");
            at = stretch.to;
        }
        assert_eq!(at, log.makespan(), "seed {seed}");
    }
}
