//! Random programs, and one op more or less.

use machine::Random;
use oplog::OpLog;
use order::Dataflow;
use program::op::{BinaryFn, Constant, UnaryFn};
use program::{
    Base, ComputeOp, Message, MoveOp, Op, OpIndex, Operand, Program, Rank, RecvOp, SendOp, SyncOp, View,
    ViewId,
};

use crate::diff::what::What;
use crate::diff::{Difference, Options, Side, Within};
use crate::sample;
use crate::{Diff, diff};

/// Buffers that ops work on; one more is read by nobody.
const BUFFERS: u32 = 4;

fn compare(a: &OpLog, b: &OpLog) -> Diff {
    let flows = [Dataflow::of(&a.program), Dataflow::of(&b.program)];
    let side = |log, flow| Side { log, flow, checksums: None };
    let options = Options { without_values: true, ..Options::default() };
    diff(side(a, &flows[0]), side(b, &flows[1]), options)
}

/// An op that works within a rank and writes a buffer below `most`.
fn local(random: &mut Random, to: u32) -> Op {
    let mut view = || ViewId(random.below(u64::from(BUFFERS)) as u32);
    let (x, y, to) = (view(), view(), ViewId(to));
    match random.below(5) {
        0 => Op::Compute(ComputeOp::Fill { value: Constant::of(random.below(3) as f32), to }),
        1 => Op::Move(MoveOp::Copy { from: x, to }),
        2 => {
            Op::Compute(ComputeOp::Unary { f: [UnaryFn::Exp, UnaryFn::Neg][random.below(2) as usize], x, to })
        }
        _ => {
            Op::Compute(ComputeOp::Binary { f: BinaryFn::Add, x: Operand::View(x), y: Operand::View(y), to })
        }
    }
}

/// Two ranks that compute, and send each other what they have.
fn program(random: &mut Random) -> Program {
    let views: Vec<View> = (0..=BUFFERS).map(sample::in_buffer).chain([sample::in_tensor(0)]).collect();
    let host = ViewId(BUFFERS + 1);
    let mut ranks = [0, 1].map(|_| sample::rank(BUFFERS as usize + 1, views.clone(), Vec::new()));
    let mut numbers = [0, 0];
    for _ in 0..8 + random.below(20) {
        let rank = random.below(2) as usize;
        match random.below(6) {
            0 => {
                let message = Message { number: numbers[rank], ..sample::message(rank as u32, 0) };
                numbers[rank] += 1;
                ranks[rank]
                    .ops
                    .push(Op::Send(SendOp::Send { message, from: ViewId(random.below(4) as u32) }));
                let other = &mut ranks[1 - rank];
                let view = ViewId(other.views.len() as u32);
                other.views.push(sample::tile(Base::Message(message)));
                other.ops.push(Op::Recv(RecvOp::RecvAsync { message, view }));
                let on = [OpIndex(other.ops.len() as u32 - 1)].into();
                other.ops.extend([
                    Op::Sync(SyncOp::Wait { on }),
                    Op::Move(MoveOp::Copy { from: view, to: ViewId(random.below(4) as u32) }),
                    Op::Sync(SyncOp::Release { message, after: [].into() }),
                ]);
            }
            1 => ranks[rank]
                .ops
                .push(Op::Move(MoveOp::Load { from: host, to: ViewId(random.below(4) as u32) })),
            _ => {
                let to = random.below(u64::from(BUFFERS)) as u32;
                let op = local(random, to);
                ranks[rank].ops.push(op);
            }
        }
    }
    sample::program(ranks.into(), vec![sample::ring(0, 1, 2), sample::ring(1, 0, 2)])
}

/// Puts an op before the others from `at` on; waits name the same ops as before.
fn insert(program: &mut Program, rank: usize, at: usize, op: Op) {
    let rank = &mut program.ranks[rank];
    for other in &mut rank.ops {
        if let Op::Sync(SyncOp::Wait { on }) = other {
            on.iter_mut().filter(|op| op.index() >= at).for_each(|op| op.0 += 1);
        }
    }
    rank.ops.insert(at, op);
}

fn check_inserted(seed: u64, is_read: bool) {
    let mut random = Random::seeded(seed);
    let program = program(&mut random);
    let rank = random.below(2) as usize;
    let at = random.below(program.ranks[rank].ops.len() as u64 + 1) as usize;
    let to = if is_read { random.below(u64::from(BUFFERS)) as u32 } else { BUFFERS };
    let mut more = program.clone();
    let inserted = local(&mut random, to);
    let kind = inserted.kind();
    insert(&mut more, rank, at, inserted);
    let (a, b) = (sample::log(program, 5), sample::log(more, 5));
    let whole = a.entries.done.len() as u64;
    for (found, way) in [(compare(&a, &b), "in"), (compare(&b, &a), "out")] {
        let ops = found.ops;
        let only = if way == "in" { (ops.only_a, ops.only_b) } else { (ops.only_b, ops.only_a) };
        let place = format!("seed {seed}: one {way} at {at} of rank {rank}: {ops:?} {:?}", found.first);
        assert_eq!(only, (0, 1), "{place}");
        assert_eq!((ops.both, ops.changed, ops.moved), (whole, 0, 0), "{place}");
        let spot = found.first.structure.as_ref().and_then(|spot| spot.op.as_ref()).expect("an op");
        // An op that does the same with the same values may be taken for the inserted one; then its readers read
        // from the other.
        let is_twin = (spot.rank, spot.index) != (Rank(rank as u32), OpIndex(at as u32));
        assert!(!is_twin || spot.kind == kind, "{place}");
        assert!(is_read || is_twin || ops.rewired == 0, "{place}");
        assert_eq!(found.verdict, Some(Difference::Structure), "{place}");
        let cause = &found.causes[0];
        assert!(matches!(cause.what, What::Only { .. }), "{place}: {cause:?}");
        assert_eq!(
            Some(&cause.op),
            found.first.structure.as_ref().and_then(|spot| spot.op.as_ref()),
            "{place}"
        );
        splits_add_up(&found, &place);
    }
}

fn splits_add_up(found: &Diff, place: &str) {
    let makespan = &found.makespan;
    assert_eq!(makespan.by_category.values().sum::<i64>(), makespan.delta, "{place}");
    assert_eq!(makespan.by_source.iter().map(|it| it.delta_fs).sum::<i64>(), makespan.delta, "{place}");
}

#[test]
fn an_op_that_nobody_reads_leaves_all_others_what_they_were() {
    (0..300).for_each(|seed| check_inserted(seed, false));
}

#[test]
fn an_op_that_others_read_makes_them_read_something_else_at_most() {
    (0..300).for_each(|seed| check_inserted(seed, true));
}

#[test]
fn a_log_is_the_same_as_itself_and_only_itself() {
    for seed in 0..100 {
        let mut random = Random::seeded(seed);
        let (one, other) = (program(&mut random), program(&mut random));
        let (a, b) = (sample::log(one, seed), sample::log(other, seed));
        let same = compare(&a, &a);
        assert_eq!((same.verdict, same.ops.both), (Some(Difference::Same), a.entries.done.len() as u64));
        assert!(same.causes.is_empty() && same.shifted.ops == 0, "seed {seed}");
        let found = compare(&a, &b);
        let lengths = [&a, &b].map(|log| log.entries.done.len() as u64);
        assert_eq!(found.verdict, Some(Difference::Structure), "seed {seed}");
        let ops = found.ops;
        assert_eq!([ops.both + ops.only_a, ops.both + ops.only_b], lengths, "seed {seed}");
        splits_add_up(&found, &format!("seed {seed}"));
    }
}

#[test]
fn ops_that_change_places_are_moved() {
    for seed in 0..100 {
        let mut random = Random::seeded(seed);
        let mut one = program(&mut random);
        // Two ops that touch nothing in common, so that nobody reads anything else.
        let ops = [7.0, 8.0]
            .map(|value| Op::Compute(ComputeOp::Fill { value: Constant::of(value), to: ViewId(BUFFERS) }));
        let rank = random.below(2) as usize;
        let at = random.below(one.ranks[rank].ops.len() as u64 + 1) as usize;
        let mut other = one.clone();
        for (program, first) in [(&mut one, 0), (&mut other, 1)] {
            insert(program, rank, at, ops[1 - first].clone());
            insert(program, rank, at, ops[first].clone());
        }
        let found = compare(&sample::log(one, 5), &sample::log(other, 5));
        let ops = found.ops;
        assert_eq!((ops.only_a, ops.only_b, ops.changed, ops.moved), (0, 0, 0, 1), "seed {seed}: {ops:?}");
        let first = found.first.structure.expect("a difference");
        let named = first.op.expect("an op");
        assert_eq!((named.rank.index(), named.kind), (rank, "fill"), "seed {seed}");
        assert!((at..at + 2).contains(&named.index.index()), "seed {seed}: {named:?}");
        assert!(matches!(first.what, What::Moved(_)), "seed {seed}: {}", first.what);
    }
}

#[test]
fn times_that_are_near_enough_are_the_same() {
    let a = sample::log(sample::exchange(), 5);
    let mut b = a.clone();
    let last = b.entries.done.len() - 1;
    let moved = machine::SimTime::from_fs(b.entries.done[last].fs() + 1000);
    b.entries.done[last] = moved;
    let flow = Dataflow::of(&a.program);
    let side = |log| Side { log, flow: &flow, checksums: None };
    let makespan = a.makespan().fs();
    for (within, same) in [
        (Within::default(), false),
        (Within { ppm: 0, fs: 999 }, false),
        (Within { ppm: 0, fs: 1000 }, true),
        (Within { ppm: (1_000_000_000 / makespan) as u32 - 1, fs: 0 }, false),
        (Within { ppm: 20_000, fs: 0 }, 20_000 * makespan / 1_000_000 >= 1000),
    ] {
        let found = diff(side(&a), side(&b), Options { within, without_values: true });
        let expected = if same { Difference::Same } else { Difference::Timing };
        assert_eq!(found.verdict, Some(expected), "{within:?} of {makespan}");
    }
}

#[test]
fn rings_places_and_spans_are_told_beside_the_ops() {
    let a = sample::log(sample::exchange(), 5);
    let mut program = sample::exchange();
    program.rings[0].n_slots = 4;
    program.ranks[1].spans[0].name = "doubled".to_owned();
    let mut b = sample::log(program, 5);
    b.placement.swap(0, 1);
    let found = compare(&a, &b);
    assert_eq!((found.verdict, found.ops.both), (Some(Difference::Same), 12));
    let keys: Vec<&str> = found.around.iter().map(|change| &*change.key).collect();
    let expected =
        ["n_slots of the ring from rank 0 to rank 1", "place of rank 0", "place of rank 1", "span `doubled`"];
    assert_eq!(keys, expected);
}

/// What both logs have is found though a rank is in one of them only.
#[test]
fn ranks_that_only_one_log_has_are_only_its_own() {
    let a = sample::log(sample::exchange(), 5);
    let mut program = sample::exchange();
    program.ranks.push(sample::rank(0, Vec::new(), vec![Op::Sync(SyncOp::Barrier { number: 0 })]));
    let b = sample::log(program, 5);
    let found = compare(&a, &b);
    assert_eq!((found.ops.both, found.ops.only_b), (12, 1));
    let named = found.first.structure.and_then(|spot| spot.op).expect("an op");
    assert_eq!(named.rank, Rank(2));
}
