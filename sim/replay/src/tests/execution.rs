//! Values: computed once, kept while they are read, the same for any number of threads.

use std::cell::RefCell;

use diagnostic::Code;
use oplog::OpLog;
use order::Dataflow;
use program::op::{BinaryFn, BusyUnit, ComputeOp, MoveOp, Op, ReduceFn, SyncOp, TimeOp, UnaryFn};
use program::program::{HostTensor, Role};
use program::{Base, BufferId, DType, Dims, Operand, View, ViewId};

use super::hand::Hand;
use crate::error::ReplayError;
use crate::inputs::{HostValues, seeded};
use crate::rule::ReadRule;
use crate::run::{Options, Replayed, run, run_watched};
use crate::value_of::value_of;

pub fn replay(log: &OpLog, inputs: &HostValues) -> Replayed {
    run(log, inputs, Options { checksums: true, ..Options::default() }).expect("the log can be replayed")
}

pub fn neg(x: ViewId, to: ViewId) -> Op {
    Op::Compute(ComputeOp::Unary { f: UnaryFn::Neg, x, to })
}

/// A chain of `n` tiles, each made from the last, on each of `n_ranks` ranks at the same times.
fn chains(n_ranks: u32, n: u64) -> OpLog {
    let mut hand = Hand::new(n_ranks);
    let input = hand.input("x", 0, &[16, 16]);
    for rank in 0..n_ranks {
        let (from, first) = (hand.whole(rank, input), hand.tile(rank, &[16, 16]));
        hand.op(rank, 0, 1, Op::Move(MoveOp::Load { from, to: first }));
        let mut last = first;
        for at in 1..=n {
            let next = hand.tile(rank, &[16, 16]);
            let (x, y) = (Operand::View(last), Operand::View(first));
            hand.op(rank, at, at + 1, Op::Compute(ComputeOp::Binary { f: BinaryFn::Sub, x, y, to: next }));
            last = next;
        }
        let output = hand.output(&format!("y{rank}"), rank, &[16, 16]);
        let to = hand.whole(rank, output);
        hand.op(rank, n + 1, n + 2, Op::Move(MoveOp::Store { from: last, to }));
    }
    hand.log()
}

#[test]
fn threads_change_nothing() {
    let log = chains(9, 30);
    let inputs = seeded(&log.program, 3);
    let one = replay(&log, &inputs);
    for threads in [2, 3] {
        let many = run(&log, &inputs, Options { threads, checksums: true, ..Options::default() });
        assert_eq!(many.as_ref(), Ok(&one), "{threads} threads");
    }
}

#[test]
fn who_waits_hears_how_many_ops_are_computed() {
    // Two ranks of one load, links and one store each; an empty program computes nothing.
    for (log, of) in [(chains(2, 100), 204), (Hand::new(1).log(), 0)] {
        let said = RefCell::new(Vec::new());
        let watch = |done, of| said.borrow_mut().push((done, of));
        let options = Options { threads: 2, ..Options::default() };
        let flow = Dataflow::of(&log.program);
        run_watched(&log, &flow, &seeded(&log.program, 1), options, &watch).expect("the log can be replayed");
        let said = said.into_inner();
        assert_eq!((said[0], *said.last().unwrap()), ((0, of), (of, of)));
        assert!(said.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 == pair[1].1), "{said:?}");
    }
}

#[test]
fn a_value_is_freed_after_its_last_read() {
    const TILE: u64 = 16 * 16 * 2;
    let peak = |n_ranks, n| {
        let log = chains(n_ranks, n);
        replay(&log, &seeded(&log.program, 1)).peak_live_bytes
    };
    assert_eq!(peak(1, 1), TILE, "the input is lent, not copied; the store moves no bytes");
    assert_eq!(peak(1, 20), 2 * TILE, "a tile and the one made from it");
    assert_eq!(peak(3, 20), 3 * 2 * TILE);
}

#[test]
fn every_op_that_writes_has_a_checksum() {
    let log = chains(1, 2);
    let replayed = replay(&log, &seeded(&log.program, 1));
    let checksums = replayed.checksums.expect("they were asked for");
    assert!(checksums.iter().all(Option::is_some), "{checksums:?}");
    assert_eq!(checksums[2], checksums[3], "the store moves what the last op made");
    assert_ne!(checksums[1], checksums[2]);
    assert!(replayed.data.is_some());
}

/// Two ranks give copies of one output: the second from `value`.
fn copies(value: f32) -> OpLog {
    let mut hand = Hand::new(2);
    hand.program.outputs.push(HostTensor { name: "y".to_owned(), shape: vec![4], dtype: DType::F16 });
    for (rank, value) in [(0, 1.0), (1, value)] {
        let output = hand.tensor(rank, &[4], Role::Output { of: 0, start: vec![0] });
        let (tile, to) = (hand.tile(rank, &[4]), hand.whole(rank, output));
        hand.fill(rank, 0, value, tile);
        hand.op(rank, 2, 3, Op::Move(MoveOp::Store { from: tile, to }));
    }
    hand.log()
}

#[test]
fn copies_of_an_output_agree_in_every_bit() {
    assert_eq!(replay(&copies(1.0), &HostValues::new()).findings(), []);
    let replayed = replay(&copies(2.0), &HostValues::new());
    let [found] = &replayed.findings()[..] else { panic!("{:#?}", replayed.findings()) };
    assert_eq!(found.code, Code::OutputsDiffer);
    let ops: Vec<_> = found.ops().map(|op| (op.rank.0, op.kind)).collect();
    assert_eq!(ops, [(1, "store"), (0, "store")]);
    assert_eq!(replayed.outputs.expect("it computes")["y"].values(), [1.0; 4], "the first copy stays");
}

#[test]
fn an_overflowing_sum_names_its_op() {
    let mut hand = Hand::new(1);
    let (x, y) = (hand.tile(0, &[8]), hand.tile(0, &[8]));
    let as_bytes = |view: ViewId, shape: &[u32]| {
        View::packed(Base::Buffer(BufferId(view.0)), Dims::new(shape), DType::U8)
    };
    let (x, y) = (hand.view(0, as_bytes(x, &[8])), hand.view(0, as_bytes(y, &[1])));
    hand.fill(0, 0, 200.0, x);
    hand.op(
        0,
        1,
        2,
        Op::Compute(ComputeOp::Reduce { f: ReduceFn::Sum, axis: 0, x, to: y, acc: DType::U8, wrap: false }),
    );
    let refused = run(&hand.log(), &HostValues::new(), Options::default()).expect_err("1600 is no u8");
    assert!(matches!(refused, ReplayError::Op { .. }), "{refused}");
    assert!(refused.to_string().starts_with("rank 0, op 1 (sum): "), "{refused}");
}

#[test]
fn time_that_stands_for_work_has_no_values() {
    let mut hand = Hand::new(1);
    let (x, y, input) = (hand.tile(0, &[4]), hand.tile(0, &[4]), hand.input("x", 0, &[4]));
    let from = hand.whole(0, input);
    hand.op(0, 0, 10, Op::Time(TimeOp::Busy { unit: BusyUnit::Math, cycles: 10 }));
    hand.op(0, 0, 1, Op::Move(MoveOp::Load { from, to: y }));
    hand.op(0, 10, 12, Op::Move(MoveOp::Copy { from: x, to: y }));
    let replayed = replay(&hand.log(), &HostValues::new());
    assert_eq!(replayed.findings(), [], "nothing computes what the copy reads");
    assert_eq!((replayed.outputs, replayed.data, replayed.checksums), (None, None, None));
}

#[test]
fn bytes_that_nothing_wrote_are_named_and_poison() {
    let mut hand = Hand::new(1);
    let (x, output) = (hand.tile(0, &[4]), hand.output("y", 0, &[4]));
    let first = View { shape: Dims::new(&[3]), ..hand.program.ranks[0].views[x.index()] };
    let (first, to) = (hand.view(0, first), hand.whole(0, output));
    hand.fill(0, 0, 1.0, first);
    hand.op(0, 2, 3, Op::Move(MoveOp::Store { from: x, to }));
    let replayed = replay(&hand.log(), &HostValues::new());
    let [found] = &replayed.findings()[..] else { panic!("{:#?}", replayed.findings()) };
    assert_eq!(
        (found.code, found.bytes, found.value_differed),
        (Code::UninitialisedRead, Some([6, 8]), None)
    );
    let values = replayed.outputs.expect("it computes")["y"].values();
    assert!(values[..3] == [1.0; 3] && values[3].is_nan(), "{values:?}");
}

#[test]
fn a_store_of_another_rank_that_came_too_late_is_named() {
    let build = |start| {
        let mut hand = Hand::new(2);
        let shared = hand.tensor(0, &[4], Role::Scratch);
        let output = hand.output("y", 1, &[4]);
        let (a, b) = (hand.tile(0, &[4]), hand.tile(1, &[4]));
        let (to, from, out) = (hand.whole(0, shared), hand.whole(1, shared), hand.whole(1, output));
        hand.fill(0, 0, 1.0, a);
        hand.op(0, 10, 20, Op::Move(MoveOp::Store { from: a, to }));
        hand.op(0, 20, 20, Op::Sync(SyncOp::Barrier { number: 0 }));
        hand.op(1, 5, 5, Op::Sync(SyncOp::Barrier { number: 0 }));
        hand.op(1, start, start + 10, Op::Move(MoveOp::Load { from, to: b }));
        hand.op(1, 50, 60, Op::Move(MoveOp::Store { from: b, to: out }));
        replay(&hand.log(), &HostValues::new()).findings()
    };
    assert_eq!(build(20), []);
    let found = build(19);
    let kinds: Vec<_> =
        found.iter().map(|f| (f.code, f.value_differed, f.slack.map(machine::Span::fs))).collect();
    assert_eq!(kinds, [(Code::RaceRaw, Some(true), Some(1_000_000))], "{found:#?}");
}

#[test]
fn the_hardware_rule_is_identity_when_nothing_is_torn() {
    let log = chains(3, 10);
    let inputs = seeded(&log.program, 2);
    let by = |rule| run(&log, &inputs, Options { rule, ..Options::default() }).expect("it can be replayed");
    assert_eq!(by(ReadRule::Hardware), by(ReadRule::Identity));
    assert_eq!(by(ReadRule::Shape), by(ReadRule::Identity));
}

#[test]
fn the_host_takes_what_was_written_last() {
    // Two stores of one rank to one output: the second is meant, whichever ended last.
    let build = |second_done| {
        let mut hand = Hand::new(1);
        let (old, new, output) = (hand.tile(0, &[4]), hand.tile(0, &[4]), hand.output("y", 0, &[4]));
        let to = hand.whole(0, output);
        hand.fill(0, 0, 1.0, old);
        hand.fill(0, 0, 2.0, new);
        hand.op(0, 10, 30, Op::Move(MoveOp::Store { from: old, to }));
        hand.op(0, 12, second_done, Op::Move(MoveOp::Store { from: new, to }));
        hand.log()
    };
    let by = |log: &OpLog, rule| {
        let options = Options { rule, ..Options::default() };
        let outputs = run(log, &HostValues::new(), options).expect("it runs").outputs;
        outputs.expect("it computes")["y"].values()[0]
    };
    let cases = [
        ("ended last", 40, 2.0, 0),
        ("at the same instant, later in the program", 30, 2.0, 0),
        ("ended first", 20, 1.0, 1),
    ];
    for (name, second_done, hardware, findings) in cases {
        let log = build(second_done);
        assert_eq!((by(&log, ReadRule::Identity), by(&log, ReadRule::Hardware)), (2.0, hardware), "{name}");
        let found = replay(&log, &HostValues::new()).findings();
        assert_eq!(found.len(), findings, "{name}: {found:#?}");
        assert!(
            found
                .iter()
                .all(|f| f.code == Code::MemoryOverwritten && f.repair_text().contains("older write"))
        );
    }
}

#[test]
fn among_ops_of_no_length_program_order_decides() {
    // A tile is copied from 20 to 25 and rewritten by an op that takes no time.
    let build = |rewritten| {
        let mut hand = Hand::new(1);
        let (x, copy) = (hand.tile(0, &[4]), hand.tile(0, &[4]));
        hand.fill(0, 0, 1.0, x);
        hand.op(0, 20, 25, Op::Move(MoveOp::Copy { from: x, to: copy }));
        hand.op(0, rewritten, rewritten, neg(x, x));
        replay(&hand.log(), &HostValues::new()).findings().len()
    };
    assert_eq!(build(20), 0, "as the copy starts: it comes later in the program");
    assert_eq!(build(21), 1, "while the copy reads");
    assert_eq!(build(25), 0, "when the copy is done");
}

#[test]
fn every_run_of_a_torn_read_is_compared() {
    // A copy reads elements 0 and 2, which change while it does: element 0 to the value it had, element 2 to
    // `last`.
    let build = |last| {
        let mut hand = Hand::new(1);
        let (x, y, copy) = (hand.tile(0, &[4]), hand.tile(0, &[2]), hand.tile(0, &[2]));
        let [whole, pair] = [x, y].map(|view| hand.program.ranks[0].views[view.index()]);
        let second =
            hand.view(0, View { offset: 2, shape: Dims::new(&[1]), strides: Dims::new(&[1]), ..pair });
        let odd = hand.view(0, View { shape: Dims::new(&[2]), strides: Dims::new(&[2]), ..whole });
        hand.fill(0, 0, 1.0, x);
        hand.fill(0, 2, 1.0, y);
        hand.fill(0, 4, last, second);
        hand.op(0, 20, 30, Op::Move(MoveOp::Copy { from: odd, to: copy }));
        hand.op(0, 20, 25, Op::Move(MoveOp::Copy { from: y, to: odd }));
        replay(&hand.log(), &HostValues::new()).findings().remove(0)
    };
    let found = build(5.0);
    assert_eq!((found.value_differed, found.bytes), (Some(true), Some([0, 6])), "{found:#?}");
    assert_eq!(build(1.0).value_differed, Some(false));
}

#[test]
fn one_conflict_of_a_read_hides_no_other() {
    // Of six elements two are written too late, two never, and two are overwritten while they are read.
    let mut hand = Hand::new(1);
    let (x, copy) = (hand.tile(0, &[6]), hand.tile(0, &[6]));
    let pair = |hand: &mut Hand, at: u64| {
        let whole = hand.program.ranks[0].views[x.index()];
        hand.view(0, View { offset: 2 * at, shape: Dims::new(&[2]), ..whole })
    };
    let (late, torn) = (pair(&mut hand, 0), pair(&mut hand, 4));
    hand.fill(0, 15, 1.0, late);
    hand.fill(0, 0, 2.0, torn);
    hand.op(0, 10, 30, Op::Move(MoveOp::Copy { from: x, to: copy }));
    hand.fill(0, 20, 3.0, torn);
    let found = replay(&hand.log(), &HostValues::new()).findings();
    let found: Vec<_> = found.iter().map(|f| (f.code, f.bytes)).collect();
    let expected = [
        (Code::UninitialisedRead, Some([4, 8])),
        (Code::RaceRaw, Some([0, 4])),
        (Code::MemoryOverwritten, Some([8, 12])),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_write_that_overlaps_a_read_tears_it() {
    // A tile is copied from 10 to 50 and rewritten meanwhile, from another one or in place.
    let build = |(start, done), own| {
        let mut hand = Hand::new(1);
        let (x, y, copy) = (hand.tile(0, &[4]), hand.tile(0, &[4]), hand.tile(0, &[4]));
        hand.fill(0, 0, 1.0, x);
        hand.fill(0, 0, 2.0, y);
        if own {
            hand.op(0, start, done, neg(x, x));
        } else {
            hand.op(0, 10, 50, Op::Move(MoveOp::Copy { from: x, to: copy }));
            hand.op(0, start, done, Op::Move(MoveOp::Copy { from: y, to: x }));
        }
        replay(&hand.log(), &HostValues::new()).findings().iter().map(|f| f.code).collect::<Vec<_>>()
    };
    let torn = [Code::MemoryOverwritten];
    for (name, time, own, expected) in [
        ("it ends first", (20, 40), false, &torn[..]),
        ("they end together", (20, 50), false, &torn),
        ("it ends last", (20, 60), false, &torn),
        ("it begins first and ends last", (5, 60), false, &torn),
        ("it begins when the read is done", (50, 60), false, &[]),
        ("it reads what it writes", (10, 50), true, &[]),
    ] {
        assert_eq!(build(time, own), expected, "{name}");
    }
}

/// The value of an op is what its checksum was taken of, and ops after it do not matter.
#[test]
fn the_value_of_one_op_is_that_of_the_whole_replay() {
    let log = chains(2, 5);
    let inputs = seeded(&log.program, 3);
    let flow = Dataflow::of(&log.program);
    let checksums = replay(&log, &inputs).checksums.expect("they were asked for");
    for (op, checksum) in checksums.iter().enumerate() {
        let value = value_of(&log, &flow, &inputs, Options::default(), op as u32).expect("it has a value");
        let made = value.map(|value| oplog::digest::checksum(&value.bytes));
        assert_eq!(&made, checksum, "op {op}");
    }
    let none = value_of(&log, &flow, &inputs, Options::default(), checksums.len() as u32);
    assert_eq!(none, Ok(None));
    assert!(value_of(&log, &flow, &HostValues::new(), Options::default(), 0).is_err());
}
