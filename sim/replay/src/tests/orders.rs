//! Legal orders and poison on programs made by hand.

use ::order::{Dataflow, Dependencies};
use diagnostic::Code;
use oplog::OpLog;
use program::op::UnaryFn;
use program::program::Flow;
use program::{ComputeOp, DType, Dims, MoveOp, Op, RecvOp, SyncOp, View, ViewId};

use super::hand::Hand;
use crate::cpu::{SimdLevel, Strided, decode};
use crate::inputs::HostValues;
use crate::operands::POISON;
use crate::order::{self, Order, Ordered};
use crate::rule::ReadRule;
use crate::run::{self, Options};

fn ordered(log: &OpLog, order: Order) -> Ordered {
    let dependencies = Dependencies::find(&log.program, &log.layout, &log.machine);
    order::run(log, &Dataflow::of(&log.program), &dependencies, &HostValues::new(), Options::default(), order)
        .expect("values")
}

#[test]
fn poison_is_no_number_in_any_float_and_a_canary_in_integers() {
    for dtype in DType::ALL {
        let bytes = [POISON; 8];
        let value =
            decode(&Strided::packed(&bytes, &[1], dtype), SimdLevel::detect()).expect("one element")[0];
        match dtype.integers() {
            None => assert!(value.is_nan(), "{dtype}"),
            Some([0, most]) => assert_eq!(value, most as f32, "{dtype}"),
            Some([_, _]) => assert_eq!(value, -1.0, "{dtype}"),
        }
    }
}

/// Rows of a 2×4 tile, of which only the first is written, are copied, and one row of the copy is stored.
fn half_written(transposed: bool, stored: u64) -> OpLog {
    let mut hand = Hand::new(1);
    let (tile, copy) = (hand.tile(0, &[2, 4]), hand.tile(0, &[2, 4]));
    let row = |hand: &mut Hand, of: ViewId, row: u64| {
        let whole = hand.program.ranks[0].views[of.index()];
        let view = View { offset: row * 8, shape: Dims::new(&[1, 4]), strides: Dims::new(&[4, 1]), ..whole };
        hand.view(0, view)
    };
    let first = row(&mut hand, tile, 0);
    hand.fill(0, 0, 1.0, first);
    let whole = hand.program.ranks[0].views[tile.index()];
    let across = |strides: &[u32], base| View {
        shape: Dims::new(&[4, 2]),
        strides: Dims::new(strides),
        base,
        ..whole
    };
    let (from, to) = if transposed {
        let into = hand.program.ranks[0].views[copy.index()].base;
        (hand.view(0, across(&[1, 4], whole.base)), hand.view(0, across(&[2, 1], into)))
    } else {
        (tile, copy)
    };
    hand.op(0, 2, 4, Op::Move(MoveOp::Copy { from, to }));
    let (from, output) = (row(&mut hand, copy, stored), hand.output("y", 0, &[1, 4]));
    let to = hand.whole(0, output);
    hand.op(0, 5, 6, Op::Move(MoveOp::Store { from, to }));
    hand.log()
}

#[test]
fn a_move_keeps_poison_to_its_bytes_unless_it_turns_them() {
    for (transposed, stored, reached) in
        [(false, 0, false), (false, 1, true), (true, 0, true), (true, 1, true)]
    {
        let found = ordered(&half_written(transposed, stored), Order::Log).findings;
        let said: Vec<_> =
            found.iter().map(|finding| (finding.code, finding.accesses[0].op.index.0)).collect();
        let expected: &[(Code, u32)] = if reached { &[(Code::UninitialisedRead, 1)] } else { &[] };
        assert_eq!(said, expected, "transposed: {transposed}, row {stored}: {found:#?}");
    }
}

/// Rank 1 reads two messages that it has not waited for, each in an op and an output of its own.
fn two_too_early() -> OpLog {
    let mut hand = Hand::new(2);
    let ring = hand.ring(0, 1, 2, Flow::Credit);
    let tile = hand.tile(0, &[4]);
    hand.fill(0, 0, 1.0, tile);
    for at in [10, 20] {
        let message = hand.send(0, (at, at + 2, at + 5), ring, tile);
        let (slot, result) = (hand.slot(1, message, &[4]), hand.tile(1, &[4]));
        hand.op(1, 0, at + 5, Op::Recv(RecvOp::RecvAsync { message, view: slot }));
        let read = hand.op(
            1,
            at + 30,
            at + 32,
            Op::Compute(ComputeOp::Unary { f: UnaryFn::Neg, x: slot, to: result }),
        );
        hand.op(1, at + 32, at + 32, Op::Sync(SyncOp::Wait { on: [read].into() }));
        let output = hand.output(&format!("y{at}"), 1, &[4]);
        let to = hand.whole(1, output);
        hand.op(1, at + 33, at + 40, Op::Move(MoveOp::Store { from: result, to }));
    }
    let mut log = hand.log();
    let mut spec = log.machine.spec().clone();
    spec.sync = machine::Sync::Explicit;
    log.machine = machine::Machine::new(spec).expect("a machine that works");
    log
}

#[test]
fn the_first_op_that_differs_is_told_with_its_poison_and_other_reads_after_it() {
    let log = two_too_early();
    assert_eq!(ordered(&log, Order::Log).findings, []);
    let differing =
        (0..16).map(|seed| ordered(&log, Order::Seed(seed))).find(|ordered| ordered.findings.len() == 2);
    let Ordered { findings, equal, .. } = differing.expect("an order in which both read too early");
    let says = |text: &str| findings.iter().any(|finding| finding.message().contains(text));
    assert!(!equal && findings.iter().all(|finding| finding.code == Code::TimingDependent), "{findings:#?}");
    assert!(says("is the first op to write other bits: in slot"), "{findings:#?}");
    assert!(says("it finds bytes without a value instead of ring0#"), "{findings:#?}");
    assert!(
        says("the bytes without a value that it reads reach output `y") && says("and they reach output `y"),
        "{findings:#?}"
    );
}

/// The order of the log is what the hardware rule reads, as long as nobody reads a slot that was released.
#[test]
fn the_order_of_the_log_gives_what_the_hardware_rule_reads() {
    for (name, log) in [
        ("too early, and lucky", two_too_early()),
        ("a wrapped slot", super::wrapped_slot::forward(super::wrapped_slot::M, 2.0, 50)),
        ("a wrapped slot of another shape", super::wrapped_slot::forward(super::wrapped_slot::O, 2.0, 50)),
        ("not wrapped", super::wrapped_slot::forward(super::wrapped_slot::M, 2.0, 111)),
        ("half written", half_written(false, 1)),
    ] {
        let by = |rule| {
            run::run(&log, &HostValues::new(), Options { rule, ..Options::default() }).expect("values")
        };
        let (hardware, identity) = (by(ReadRule::Hardware).data, by(ReadRule::Identity).data);
        assert_eq!(ordered(&log, Order::Log).data.or(identity), hardware, "{name}");
    }
}
