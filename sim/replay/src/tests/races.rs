//! Bytes that several ranks may have written last: log order decides, and a finding says so.

use oplog::{Finding, FindingKind};
use program::op::{MoveOp, Op, SyncOp};
use program::program::Role;

use super::hand::Hand;
use crate::inputs::HostValues;
use crate::run::{Options, Replayed, run};

/// Ranks 0 and 1 store to one tensor, then rank 2 loads it and gives it to the host. Barriers stand after the
/// steps (0: first store, 1: second store) that `barriers` names.
fn replay(values: [f32; 2], barriers: &[u32]) -> Replayed {
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
    run(&hand.log(), &HostValues::new(), Options::default()).expect("it runs")
}

fn ops(finding: &Finding) -> Vec<(u32, &str)> {
    finding.ops.iter().map(|op| (op.rank, op.op.as_str())).collect()
}

#[test]
fn a_last_writer_that_is_not_unique_is_a_race() {
    let (raw, waw) = (FindingKind::RaceRaw, FindingKind::RaceWaw);
    type Case = (&'static str, [f32; 2], &'static [u32], Option<(FindingKind, bool)>);
    let cases: [Case; 7] = [
        ("nothing orders them", [1.0, 2.0], &[], Some((raw, true))),
        // The load may also come before both, and find nothing.
        ("nothing orders them, and the values are equal", [2.0, 2.0], &[], Some((raw, true))),
        ("only the reader is ordered", [1.0, 2.0], &[1], Some((waw, true))),
        ("only the reader is ordered, and the values are equal", [2.0, 2.0], &[1], Some((waw, false))),
        ("the second store is not ordered with the load", [1.0, 2.0], &[0], Some((raw, true))),
        ("so too, and the values are equal", [2.0, 2.0], &[0], Some((raw, false))),
        ("all are ordered", [1.0, 2.0], &[0, 1], None),
    ];
    for (name, values, barriers, expected) in cases {
        let replayed = replay(values, barriers);
        assert_eq!(replayed.outputs.expect("it computes")["y"].values(), [2.0; 4], "{name}: log order");
        let found: Vec<_> = replayed.undecided.iter().map(|f| (f.kind, f.value_differed)).collect();
        let expected: Vec<_> = expected.into_iter().map(|(kind, differed)| (kind, Some(differed))).collect();
        assert_eq!(found, expected, "{name}: {:#?}", replayed.undecided);
        for finding in &replayed.undecided {
            assert_eq!(ops(finding), [(2, "load"), (0, "store"), (1, "store")], "{name}");
            assert_eq!(finding.bytes, Some([0, 8]), "{name}");
            assert!(finding.place.contains("tensor `t0`"), "{name}: {}", finding.place);
            assert!(
                finding.missing.starts_with("no wait, message or barrier orders store (rank 0, op 1)"),
                "{name}"
            );
            assert!(finding.repair.contains("a barrier, or a message or semaphore"), "{name}");
        }
    }
}

#[test]
fn one_writer_that_may_come_too_late_is_a_race() {
    // What was there before is the other possibility: nothing in scratch.
    let mut hand = Hand::new(2);
    let (shared, output) = (hand.tensor(0, &[4], Role::Scratch), hand.output("y", 1, &[4]));
    let (tile, to) = (hand.tile(0, &[4]), hand.whole(0, shared));
    hand.fill(0, 0, 1.0, tile);
    hand.op(0, 2, 10, Op::Move(MoveOp::Store { from: tile, to }));
    let (tile, from, to) = (hand.tile(1, &[4]), hand.whole(1, shared), hand.whole(1, output));
    hand.op(1, 20, 30, Op::Move(MoveOp::Load { from, to: tile }));
    hand.op(1, 30, 40, Op::Move(MoveOp::Store { from: tile, to }));
    let found = run(&hand.log(), &HostValues::new(), Options::default()).expect("it runs").undecided;
    let [found] = &found[..] else { panic!("{found:#?}") };
    assert_eq!((found.kind, found.value_differed), (FindingKind::RaceRaw, Some(true)));
    assert_eq!(ops(found), [(1, "load"), (0, "store")]);
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
    let found = run(&hand.log(), &HostValues::new(), Options::default()).expect("it runs").undecided;
    let [found] = &found[..] else { panic!("{found:#?}") };
    assert_eq!((found.kind, found.value_differed), (FindingKind::RaceWaw, Some(true)));
    assert_eq!(ops(found), [(0, "store"), (1, "store")]);
}
