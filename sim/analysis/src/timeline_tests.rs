use oplog::Entries;
use program::op::{BusyUnit, Constant};
use program::{ComputeOp, MoveOp, NoteOp, Op, OpIndex, RankProgram, SyncOp, TimeOp, UnitKind, ViewId};

use super::*;
use crate::sample;
use crate::sample::{in_buffer, in_tensor};

const CYCLE: u64 = 1_000_000;

fn time(cycles: u64) -> SimTime {
    SimTime::from_fs(cycles * CYCLE)
}

/// One rank; each op with its unit, (issue, start, done) and stalls, all in cycles.
type Timed = (Op, UnitId, [u64; 3], Vec<(StallReason, u64, u64)>);

fn log(timed: Vec<Timed>) -> OpLog {
    let views = vec![in_tensor(0), in_buffer(0), in_buffer(1)];
    let ops = timed.iter().map(|(op, ..)| op.clone()).collect();
    let mut log = sample::log(sample::program(vec![sample::rank(2, views, ops)], vec![]), 0);
    log.entries = Entries::default();
    log.stalls.clear();
    for (number, (_, unit, [issue, start, done], stalls)) in timed.into_iter().enumerate() {
        log.entries.unit.push(unit);
        log.entries.issue.push(time(issue));
        log.entries.start.push(time(start));
        log.entries.done.push(time(done));
        let stall = |(reason, from, to)| Stall { op: number as u32, reason, from: time(from), to: time(to) };
        log.stalls.extend(stalls.into_iter().map(stall));
    }
    log
}

/// The intervals of a unit, in words and cycles.
fn tiles(log: &OpLog, unit: UnitId) -> String {
    let (found, tiles) = Timeline::of(log).rank(Rank(0)).swap_remove(unit.index());
    assert_eq!(found, unit);
    let words = |tile: &Interval| {
        let state = match tile.state {
            State::Busy => "busy".to_owned(),
            State::Stalled(reason) => reason.name().to_owned(),
        };
        let op = tile.op.map_or(String::new(), |op| format!(" op{op}"));
        format!("{}..{} {state}{op}", tile.from.fs() / CYCLE, tile.to.fs() / CYCLE)
    };
    tiles.iter().map(words).collect::<Vec<_>>().join(", ")
}

fn load() -> Op {
    Op::Move(MoveOp::Load { from: ViewId(0), to: ViewId(1) })
}
fn fill() -> Op {
    Op::Compute(ComputeOp::Fill { value: Constant::of(0.0), to: ViewId(2) })
}
fn busy() -> Op {
    Op::Time(TimeOp::Busy { unit: BusyUnit::Gemm, cycles: 4 })
}

/// A load with a stall inside, a GEMM held for it, a wait for that, and a fill.
fn example() -> OpLog {
    use StallReason::{Memory, Operand, QueueFull, Wait};
    log(vec![
        (load(), UnitId::dma(0), [1, 1, 10], vec![(Memory, 3, 5)]),
        (busy(), UnitId::GEMM, [11, 11, 15], vec![(Operand, 2, 10)]),
        (
            Op::Sync(SyncOp::Wait { on: [OpIndex(1)].into() }),
            UnitId::SEQUENCER,
            [12, 12, 15],
            vec![(Wait, 12, 15)],
        ),
        (fill(), UnitId::MATH, [18, 19, 24], vec![(QueueFull, 16, 17)]),
    ])
}

#[test]
fn every_unit_has_a_reason_all_the_time() {
    let log = example();
    let cases = [
        (
            UnitId::SEQUENCER,
            "0..1 busy op0, 1..2 busy op1, 2..10 operand op1, 10..11 busy op1, 11..12 busy op2, 12..15 wait op2, \
             15..16 busy op3, 16..17 queue_full op3, 17..19 busy op3, 19..24 finished",
        ),
        (
            UnitId::dma(0),
            "0..1 issue, 1..3 busy op0, 3..5 memory op0, 5..10 busy op0, 10..19 idle, 19..24 finished",
        ),
        (
            UnitId::GEMM,
            "0..2 issue, 2..10 operand, 10..11 issue, 11..15 busy op1, 15..19 idle, 19..24 finished",
        ),
        (
            UnitId::MATH,
            "0..2 issue, 2..10 operand, 10..12 issue, 12..15 wait, 15..16 issue, 16..17 queue_full, 17..18 issue, \
             18..19 issue op3, 19..24 busy op3",
        ),
        (UnitId::SEND, "0..19 idle, 19..24 finished"),
    ];
    for (unit, expected) in cases {
        assert_eq!(tiles(&log, unit), expected, "{unit}");
    }
}

#[test]
fn totals_are_by_unit_and_reason() {
    let totals = units(&example());
    assert_eq!(totals.keys().next(), Some(&(Rank(0), UnitId::SEQUENCER)));
    let gemm = &totals[&(Rank(0), UnitId::GEMM)];
    let cycles = |n| Span::from_fs(n * CYCLE);
    assert_eq!(gemm.busy, cycles(4));
    let stalled = [
        (StallReason::Operand, 8),
        (StallReason::Issue, 3),
        (StallReason::Idle, 4),
        (StallReason::Finished, 5),
    ];
    assert_eq!(gemm.stalled, stalled.map(|(reason, n)| (reason, cycles(n))).into());
}

/// A send waits for its credit after its issue, and a queue of two runs one at a time.
#[test]
fn waits_between_issue_and_end_are_the_units_own() {
    use StallReason::Credit;
    let log = log(vec![
        (fill(), UnitId::MATH, [1, 3, 6], vec![(Credit, 1, 3)]),
        (fill(), UnitId::MATH, [2, 6, 9], vec![]),
        (fill(), UnitId::MATH, [3, 11, 12], vec![(Credit, 9, 11)]),
    ]);
    assert_eq!(
        tiles(&log, UnitId::MATH),
        "0..1 issue, 1..3 credit op0, 3..6 busy op0, 6..9 busy op1, 9..11 credit op2, 11..12 busy op2"
    );
}

/// A release or a receive that is done later does not keep its sequencer.
#[test]
fn an_op_that_ends_later_does_not_hold_the_sequencer() {
    let contribute = Op::Note(NoteOp::Contribute { view: ViewId(1), key: 0 });
    let log = log(vec![
        (contribute, UnitId::SEQUENCER, [0, 0, 9], vec![]),
        (fill(), UnitId::MATH, [1, 1, 3], vec![]),
    ]);
    assert_eq!(
        tiles(&log, UnitId::SEQUENCER),
        "0..1 busy op1, 1..2 busy op1, 2..9 finished".replace("0..1 busy op1, 1..2", "0..2")
    );
    assert_eq!(tiles(&log, UnitId::MATH), "0..1 issue, 1..3 busy op1, 3..9 finished");
}

#[test]
fn busy_and_stalled_tile_the_run() {
    for seed in 0..60 {
        println!("seed {seed}");
        let log = sample::log(sample::exchange(), seed);
        let end = log.makespan();
        let timeline = Timeline::of(&log);
        for rank in (0..log.program.n_ranks()).map(Rank) {
            for (unit, tiles) in timeline.rank(rank) {
                let mut at = SimTime::ZERO;
                for tile in &tiles {
                    assert_eq!(tile.from, at, "{rank} {unit}");
                    assert!(tile.to > tile.from, "{rank} {unit}");
                    at = tile.to;
                }
                assert_eq!(at, end, "{rank} {unit}");
                let totals = UnitTotals::of(&tiles);
                let all: Span = totals.stalled.values().copied().chain([totals.busy]).sum();
                assert_eq!(all, end - SimTime::ZERO, "{rank} {unit}");
                if unit.kind() != UnitKind::Sequencer {
                    assert_eq!(totals.busy, worked(&log, rank, unit), "{rank} {unit}");
                }
            }
        }
    }
}

/// What a unit's ops took, less their stalls.
fn worked(log: &OpLog, rank: Rank, unit: UnitId) -> Span {
    let all = log.ops().zip(0..).filter(|((of, _), op)| *of == rank && log.entries.unit[*op] == unit);
    let worked = all.map(|(_, op)| {
        let stalls =
            log.stalls.iter().filter(|stall| stall.op as usize == op && !stall.reason.holds_sequencer());
        let stalled: Span = stalls.map(|stall| stall.to.since(stall.from.max(log.entries.start[op]))).sum();
        (log.entries.done[op] - log.entries.start[op]) - stalled
    });
    worked.sum()
}

#[test]
fn a_rank_without_ops_has_finished() {
    let mut log = example();
    std::sync::Arc::make_mut(&mut log.program).ranks.push(RankProgram::default());
    for (unit, tiles) in Timeline::of(&log).rank(Rank(1)) {
        assert_eq!(tiles.len(), 1, "{unit}");
        assert_eq!(tiles[0].state, State::Stalled(StallReason::Finished), "{unit}");
    }
}
