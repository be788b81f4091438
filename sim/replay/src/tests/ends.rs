//! The read rule `end`: what an op finds at its end, and what a move under way has written by then.

use oplog::OpLog;
use program::op::{MoveOp, Op};

use super::execution::neg;
use super::hand::Hand;
use crate::inputs::{HostValue, HostValues};
use crate::rule::ReadRule;
use crate::run::{Options, run};

/// Four numbers are loaded until 10 and negated from 20 to 40; others are loaded over them meanwhile.
fn overwritten(start: u64, done: u64) -> OpLog {
    let mut hand = Hand::new(1);
    let (old, new) = (hand.input("old", 0, &[4]), hand.input("new", 0, &[4]));
    let output = hand.output("y", 0, &[4]);
    let (old, new, output) = (hand.whole(0, old), hand.whole(0, new), hand.whole(0, output));
    let (x, y) = (hand.tile(0, &[4]), hand.tile(0, &[4]));
    hand.op(0, 0, 10, Op::Move(MoveOp::Load { from: old, to: x }));
    hand.op(0, 20, 40, neg(x, y));
    hand.op(0, start, done, Op::Move(MoveOp::Load { from: new, to: x }));
    hand.op(0, 100, 110, Op::Move(MoveOp::Store { from: y, to: output }));
    hand.log()
}

fn negated(log: &OpLog, rule: ReadRule) -> Vec<f32> {
    let tensor =
        |name: &str, values: [f32; 4]| (name.to_owned(), HostValue::of(&values, &[4], program::DType::F16));
    let inputs =
        HostValues::from([tensor("old", [1.0, 2.0, 3.0, 4.0]), tensor("new", [10.0, 20.0, 30.0, 40.0])]);
    let replayed = run(log, &inputs, Options { rule, ..Options::default() }).expect("values");
    replayed.outputs.expect("outputs")["y"].values().iter().map(|x| -x).collect()
}

#[test]
fn an_op_that_computes_finds_what_is_there_at_its_end() {
    let (old, new) = ([1.0, 2.0, 3.0, 4.0], [10.0, 20.0, 30.0, 40.0]);
    let cases = [
        ("whole before its end", (21, 39), new),
        ("half of it by its end", (30, 50), [10.0, 20.0, 3.0, 4.0]),
        ("a quarter of it", (35, 55), [10.0, 2.0, 3.0, 4.0]),
        ("not yet a whole element", (39, 55), old),
        ("whole just at its end", (30, 40), new),
        ("begun at its end", (40, 50), old),
        ("repaired: after it", (41, 50), old),
    ];
    for (name, (start, done), at_end) in cases {
        let log = overwritten(start, done);
        assert_eq!(negated(&log, ReadRule::End), at_end, "{name}");
        for rule in [ReadRule::Identity, ReadRule::Hardware] {
            assert_eq!(negated(&log, rule), old, "{name}, {rule}");
        }
    }
}

/// The writer at the end of one op reads, at its own end, what that op made: the earlier end decides.
#[test]
fn no_two_ops_read_what_the_other_writes() {
    for (first, second) in [((0, 10), (0, 10)), ((0, 10), (5, 10)), ((0, 10), (5, 12)), ((5, 5), (5, 5))] {
        let mut hand = Hand::new(1);
        let input = hand.input("x", 0, &[4]);
        let output = hand.output("y", 0, &[4]);
        let (input, output) = (hand.whole(0, input), hand.whole(0, output));
        let (x, y) = (hand.tile(0, &[4]), hand.tile(0, &[4]));
        hand.op(0, 0, 0, Op::Move(MoveOp::Load { from: input, to: x }));
        hand.op(0, 0, 0, Op::Move(MoveOp::Load { from: input, to: y }));
        hand.op(0, first.0, first.1, neg(x, y));
        hand.op(0, second.0, second.1, neg(y, x));
        hand.op(0, 100, 110, Op::Move(MoveOp::Store { from: y, to: output }));
        let log = hand.log();
        let inputs = crate::inputs::seeded(&log.program, 3);
        let options = Options { rule: ReadRule::End, ..Options::default() };
        assert!(run(&log, &inputs, options).is_ok(), "{first:?}, {second:?}");
    }
}
