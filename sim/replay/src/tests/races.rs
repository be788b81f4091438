//! Bytes that several ranks may have written last: log order decides, and an observation says so.

use oplog::OpLog;
use program::program::Role;
use program::{MoveOp, Op, SyncOp};

use super::hand::Hand;
use crate::inputs::HostValues;
use crate::run::{Options, run};

/// Ranks 0 and 1 store to one tensor, then rank 2 loads it and gives it to the host. Barriers stand after the
/// steps (0: first store, 1: second store) that `barriers` names.
fn log(values: [f32; 2], barriers: &[u32]) -> OpLog {
    let mut hand = Hand::new(3);
    let (shared, output) = (hand.tensor(0, &[4], Role::Scratch), hand.output("y", 2, &[4]));
    let mut number = 0;
    for (writer, value) in [(0, values[0]), (1, values[1])] {
        let (tile, to) = (hand.tile(writer, &[4]), hand.whole(writer, shared));
        let at = u64::from(writer) * 20;
        hand.fill(writer, at, value, tile);
        hand.op(writer, at + 2, at + 10, Op::Move(MoveOp::Store { from: tile, to }));
        if barriers.contains(&writer) {
            (0..3).for_each(|rank| {
                hand.op(rank, at + 12, at + 12, Op::Sync(SyncOp::Barrier { number }));
            });
            number += 1;
        }
    }
    let (tile, from, to) = (hand.tile(2, &[4]), hand.whole(2, shared), hand.whole(2, output));
    hand.op(2, 50, 60, Op::Move(MoveOp::Load { from, to: tile }));
    hand.op(2, 60, 70, Op::Move(MoveOp::Store { from: tile, to }));
    hand.log()
}

/// Whether values differed, and the ops of a read, as rank and name; the host is none.
type Observed = (Option<bool>, Vec<(u32, &'static str)>);

fn observed(log: &OpLog) -> Vec<Observed> {
    let replayed = run(log, &HostValues::new(), Options::default()).expect("it runs");
    assert_eq!(replayed.findings(), [], "the memories held what log order decides");
    let ops: Vec<_> = log.ops().map(|(rank, op)| (rank.0, log.program.op(rank, op).name())).collect();
    let named = |&op: &u32| ops.get(op as usize).copied();
    let list = replayed.observations.list.into_iter();
    list.map(|it| (it.value_differed, it.reads[0].ops.iter().filter_map(named).collect())).collect()
}

#[test]
fn a_last_writer_that_is_not_unique_is_observed() {
    type Case = (&'static str, [f32; 2], &'static [u32], Option<bool>);
    let cases: [Case; 7] = [
        ("nothing orders them", [1.0, 2.0], &[], Some(true)),
        // The load may also come before both, and find nothing.
        ("nothing orders them, and the values are equal", [2.0, 2.0], &[], Some(true)),
        ("only the reader is ordered", [1.0, 2.0], &[1], Some(true)),
        ("only the reader is ordered, and the values are equal", [2.0, 2.0], &[1], Some(false)),
        ("the second store is not ordered with the load", [1.0, 2.0], &[0], Some(true)),
        ("so too, and the values are equal", [2.0, 2.0], &[0], Some(false)),
        ("all are ordered", [1.0, 2.0], &[0, 1], None),
    ];
    for (name, values, barriers, differed) in cases {
        let log = log(values, barriers);
        let replayed = run(&log, &HostValues::new(), Options::default()).expect("it runs");
        assert_eq!(replayed.outputs.expect("it computes")["y"].values(), [2.0; 4], "{name}: log order");
        let ops = || vec![(2, "load"), (0, "store"), (1, "store")];
        let expected: Vec<_> = differed.into_iter().map(|differed| (Some(differed), ops())).collect();
        let mut found = observed(&log);
        found.iter_mut().for_each(|(_, ops)| ops[1..].sort_unstable());
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn one_writer_that_may_come_too_late_is_observed() {
    // What was there before is the other possibility: nothing in scratch.
    let mut hand = Hand::new(2);
    let (shared, output) = (hand.tensor(0, &[4], Role::Scratch), hand.output("y", 1, &[4]));
    let (tile, to) = (hand.tile(0, &[4]), hand.whole(0, shared));
    hand.fill(0, 0, 1.0, tile);
    hand.op(0, 2, 10, Op::Move(MoveOp::Store { from: tile, to }));
    let (tile, from, to) = (hand.tile(1, &[4]), hand.whole(1, shared), hand.whole(1, output));
    hand.op(1, 20, 30, Op::Move(MoveOp::Load { from, to: tile }));
    hand.op(1, 30, 40, Op::Move(MoveOp::Store { from: tile, to }));
    assert_eq!(observed(&hand.log()), [(Some(true), vec![(1, "load"), (0, "store")])]);
}

#[test]
fn the_host_too_reads_what_one_op_wrote_last() {
    let mut hand = Hand::new(2);
    let output = hand.output("y", 0, &[4]);
    for rank in 0..2 {
        let (tile, to) = (hand.tile(rank, &[4]), hand.whole(rank, output));
        hand.fill(rank, 0, rank as f32, tile);
        let at = 10 * u64::from(rank);
        hand.op(rank, at + 2, at + 10, Op::Move(MoveOp::Store { from: tile, to }));
    }
    let mut found = observed(&hand.log());
    found.iter_mut().for_each(|(_, ops)| ops.sort_unstable());
    assert_eq!(found, [(Some(true), vec![(0, "store"), (1, "store")])]);
}
