//! The wrapped slot: a slot is read after, or while, a later message fills it. Every case comes broken and
//! repaired; the broken form must be named, the repaired one must be free of findings.

use diagnostic::Code;
use oplog::OpLog;
use program::op::{BinaryFn, ComputeOp, MoveOp, Op, RecvOp, SyncOp, UnaryFn};
use program::program::{Flow, Source};
use program::{Message, Operand};

use super::hand::Hand;
use crate::history::Histories;
use crate::inputs::HostValues;
use crate::rule::ReadRule;
use crate::run::{Options, Replayed, run};
use crate::version::{Version, Versions};

/// The small tiles: m and l. o is four times as wide and has another byte count.
pub const M: &[u32] = &[16, 1];
pub const O: &[u32] = &[16, 4];

fn replay(log: &OpLog, rule: ReadRule) -> Replayed {
    run(log, &HostValues::new(), Options { rule, ..Options::default() }).expect("the log can be replayed")
}

/// The first element of the output `out`.
fn out(log: &OpLog, rule: ReadRule) -> f32 {
    replay(log, rule).outputs.expect("the program computes")["out"].values()[0]
}

/// What each rule makes of the log, and the finding: kind, whether it happened during the read, and whether
/// values differed.
struct Expected {
    identity: f32,
    hardware: f32,
    shape: f32,
    finding: Option<(Code, Option<bool>)>,
}

fn check(name: &str, log: &OpLog, expected: &Expected) {
    let values = [ReadRule::Identity, ReadRule::Hardware, ReadRule::Shape].map(|rule| out(log, rule));
    assert_eq!(values, [expected.identity, expected.hardware, expected.shape], "{name}: values by rule");
    let found = replay(log, ReadRule::Identity).findings();
    let kinds: Vec<_> = found.iter().map(|f| (f.code, f.value_differed)).collect();
    assert_eq!(kinds, expected.finding.into_iter().collect::<Vec<_>>(), "{name}: {found:#?}");
}

/// Rank 0 makes m = 1 and a `later` tile of 2 and sends both through one slot to rank 1, which forwards m to
/// rank 2 from 100 to 110. The later message fills the slot at `filled`.
pub fn forward(later: &[u32], later_value: f32, filled: u64) -> OpLog {
    let mut hand = Hand::new(3);
    let (first, second) = (hand.ring(0, 1, 1, Flow::None), hand.ring(1, 2, 1, Flow::Credit));
    let (m, x) = (hand.tile(0, M), hand.tile(0, later));
    hand.fill(0, 0, 1.0, m);
    hand.fill(0, 0, later_value, x);
    let message = hand.send(0, (10, 12, 20), first, m);
    hand.send(0, (30, 40, filled), first, x);
    let slot = hand.slot(1, message, M);
    hand.op(1, 20, 20, Op::Recv(RecvOp::Recv { message, view: slot }));
    let forwarded = hand.send(1, (100, 110, 120), second, slot);
    let (slot, result) = (hand.slot(2, forwarded, M), hand.tile(2, M));
    hand.op(2, 120, 125, Op::Recv(RecvOp::RecvCopy { message: forwarded, view: slot, to: result }));
    let tensor = hand.output("out", 2, M);
    let to = hand.whole(2, tensor);
    hand.op(2, 130, 140, Op::Move(MoveOp::Store { from: result, to }));
    hand.log()
}

#[test]
fn a_forward_reads_its_slot_until_its_last_byte_leaves() {
    use Code::SlotOverwritten;
    let repaired = || Expected { identity: 1.0, hardware: 1.0, shape: 1.0, finding: None };
    let before = |hardware, shape, differs| Expected {
        identity: 1.0,
        hardware,
        shape,
        finding: Some((SlotOverwritten, Some(differs))),
    };
    check("same byte count, overwritten before its turn", &forward(M, 2.0, 50), &before(2.0, 2.0, true));
    check("another shape, overwritten before its turn", &forward(O, 2.0, 50), &before(2.0, 1.0, true));
    check("overwritten on its way out", &forward(M, 2.0, 105), &before(1.0, 1.0, true));
    check("overwritten by the same value", &forward(M, 1.0, 50), &before(1.0, 1.0, false));
    check("repaired: the slot is filled after it left", &forward(M, 2.0, 111), &repaired());
    check("repaired, another shape", &forward(O, 2.0, 111), &repaired());
}

#[test]
fn a_finding_names_both_ops_and_the_repair() {
    let log = forward(O, 2.0, 50);
    let found = replay(&log, ReadRule::Identity).findings().remove(0);
    let ops: Vec<_> = found.ops().map(ToString::to_string).collect();
    assert_eq!(ops, ["rank 1, op 1 (forward)", "rank 0, op 3 (send)", "rank 0, op 2 (send)"]);
    assert!(found.ops().all(|op| op.unit == Some(program::UnitId::SEND)), "{found:#?}");
    assert_eq!(found.place_text(), "slot 0 of ring0 (rank 0 → rank 1) in TCM of rank 1");
    assert_eq!(found.bytes, Some([0x1_0000, 0x1_0000 + 32]));
    assert_eq!(found.slack.map(machine::Span::fs), Some(50_000_000));
    assert_eq!(
        found.message(),
        "rank 1, op 1 (forward) reads ring0#0, 16×1 f16, written at 20 ns by rank 0, op 2 (send) in slot 0 of \
         ring0 (rank 0 → rank 1) in TCM of rank 1, but when it started at 100 ns it held ring0#1, 16×4 f16, \
         written at 50 ns by rank 0, op 3 (send)"
    );
    assert!(found.repair_text().contains("flow = credit"), "{}", found.repair_text());
}

/// Rank 1 reads message 0 of a one-slot ring and a scratch tile, from 40 to 60, and stores the sum. The slot is
/// filled again at `filled`. Math inputs taken again at the end of the op would give the later message.
fn math(later: &[u32], filled: u64) -> OpLog {
    let mut hand = Hand::new(2);
    let ring = hand.ring(0, 1, 1, Flow::None);
    let (m, x, scratch, sum) = (hand.tile(0, M), hand.tile(0, later), hand.tile(1, M), hand.tile(1, M));
    hand.fill(0, 0, 1.0, m);
    hand.fill(0, 0, 2.0, x);
    let message = hand.send(0, (10, 12, 20), ring, m);
    hand.send(0, (30, 32, filled), ring, x);
    hand.fill(1, 0, 8.0, scratch);
    let slot = hand.slot(1, message, M);
    hand.op(1, 20, 20, Op::Recv(RecvOp::Recv { message, view: slot }));
    let (x, y) = (Operand::View(slot), Operand::View(scratch));
    hand.op(1, 40, 60, Op::Compute(ComputeOp::Binary { f: BinaryFn::Add, x, y, to: sum }));
    let tensor = hand.output("out", 1, M);
    let to = hand.whole(1, tensor);
    hand.op(1, 70, 80, Op::Move(MoveOp::Store { from: sum, to }));
    hand.log()
}

#[test]
fn a_math_input_must_hold_until_the_op_is_done() {
    use Code::SlotOverwritten;
    let values = |hardware, shape, finding| Expected { identity: 9.0, hardware, shape, finding };
    let wrong = Some((SlotOverwritten, Some(true)));
    check("wrapped while it is read, same byte count", &math(M, 50), &values(9.0, 9.0, wrong));
    check("wrapped while it is read, another shape", &math(O, 50), &values(9.0, 9.0, wrong));
    check("wrapped as the op ends", &math(M, 60), &values(9.0, 9.0, wrong));
    check("wrapped before", &math(M, 35), &values(10.0, 10.0, wrong));
    check("wrapped before, another shape", &math(O, 35), &values(10.0, 9.0, wrong));
    check("repaired", &math(M, 61), &values(9.0, 9.0, None));
    check("repaired, another shape", &math(O, 61), &values(9.0, 9.0, None));
}

#[test]
fn of_two_inputs_only_the_one_from_the_slot_is_named() {
    let log = math(M, 50);
    let found = replay(&log, ReadRule::Identity).findings().remove(0);
    assert_eq!(found.bytes, Some([0x1_0000, 0x1_0000 + 32]), "{found:#?}");
    assert_eq!(found.slack.map(machine::Span::fs), Some(0));
    assert_eq!(found.ops().len(), 3, "the sum, the later send and the earlier one: {found:#?}");
}

/// Rank 0 sends one scratch tile twice through one slot, with credits, and rank 1 adds the two copies. With
/// `rewritten` it computes into the tile between the sends, while the first is still leaving.
fn own_sends(rewritten: Option<u64>) -> OpLog {
    let mut hand = Hand::new(2);
    let ring = hand.ring(0, 1, 1, Flow::Credit);
    let (scratch, a, b, sum) = (hand.tile(0, M), hand.tile(1, M), hand.tile(1, M), hand.tile(1, M));
    hand.fill(0, 0, 4.0, scratch);
    let first = hand.send(0, (10, 20, 30), ring, scratch);
    if let Some(start) = rewritten {
        hand.op(
            0,
            start,
            start + 5,
            Op::Compute(ComputeOp::Unary { f: UnaryFn::Neg, x: scratch, to: scratch }),
        );
    }
    let second = hand.send(0, (50, 60, 70), ring, scratch);
    for (message, to, start) in [(first, a, 30), (second, b, 70)] {
        let view = hand.slot(1, message, M);
        hand.op(1, start, start + 5, Op::Recv(RecvOp::RecvCopy { message, view, to }));
    }
    let (x, y) = (Operand::View(a), Operand::View(b));
    hand.op(1, 80, 90, Op::Compute(ComputeOp::Binary { f: BinaryFn::Sub, x, y, to: sum }));
    let tensor = hand.output("out", 1, M);
    let to = hand.whole(1, tensor);
    hand.op(1, 90, 95, Op::Move(MoveOp::Store { from: sum, to }));
    hand.log()
}

#[test]
fn own_sends_from_scratch_keep_working() {
    let values = |hardware, finding| Expected { identity: hardware, hardware, shape: hardware, finding };
    check("the address never changes", &own_sends(None), &values(0.0, None));
    check("rewritten after the first has left", &own_sends(Some(30)), &values(8.0, None));
    let torn = Some((Code::MemoryOverwritten, Some(true)));
    check("rewritten while the first leaves", &own_sends(Some(14)), &values(8.0, torn));
}

/// Three messages a step through eight slots: slot 0 holds m0, then o2, then l5, and m and l have one shape.
/// Rank 1 reads message `number` at `start` without having waited for it.
fn three_a_step(number: u32, start: u64) -> OpLog {
    let mut hand = Hand::new(2);
    let ring = hand.ring(0, 1, 8, Flow::None);
    for i in 0..=16u32 {
        let tile = hand.tile(0, if i % 3 == 2 { O } else { M });
        hand.fill(0, 0, i as f32, tile);
        let at = 10 + 10 * u64::from(i);
        hand.send(0, (at, at + 2, at + 5), ring, tile);
    }
    for number in 0..=16 {
        let message = Message { ring, number };
        let view = hand.slot(1, message, if number % 3 == 2 { O } else { M });
        hand.op(1, 0, 15 + 10 * u64::from(number), Op::Recv(RecvOp::RecvAsync { message, view }));
    }
    let (slot, copy) = (hand.slot(1, Message { ring, number }, M), hand.tile(1, M));
    hand.op(1, start, start + 2, Op::Move(MoveOp::Copy { from: slot, to: copy }));
    let tensor = hand.output("out", 1, M);
    let to = hand.whole(1, tensor);
    hand.op(1, 300, 310, Op::Move(MoveOp::Store { from: copy, to }));
    hand.log()
}

#[test]
fn location_is_not_identity() {
    use Code::{RaceRaw, SlotOverwritten};
    let values = |identity, hardware, shape, kind: Option<Code>| {
        let finding = kind.map(|kind| (kind, Some(true)));
        Expected { identity, hardware, shape, finding }
    };
    // Message i fills slot i mod 8 at 15 + 10 i.
    check("m0 while it is there", &three_a_step(0, 50), &values(0.0, 0.0, 0.0, None));
    check("m0 after o2 came", &three_a_step(0, 120), &values(0.0, 8.0, 0.0, Some(SlotOverwritten)));
    check(
        "m0 after l5 came: the shape rule takes l5 for it",
        &three_a_step(0, 190),
        &values(0.0, 16.0, 16.0, Some(SlotOverwritten)),
    );
    check("l5 when it has come", &three_a_step(16, 175), &values(16.0, 16.0, 16.0, None));
    check(
        "l5 one event too early: the shape rule takes m0 for it",
        &three_a_step(16, 174),
        &values(16.0, 8.0, 0.0, Some(RaceRaw)),
    );
}

#[test]
fn the_shape_rule_says_what_it_cannot_find() {
    // Before its first message the slot has no version of any shape.
    let log = three_a_step(0, 5);
    let found = replay(&log, ReadRule::Shape).findings();
    let kinds: Vec<_> = found.iter().map(|finding| finding.code).collect();
    assert_eq!(kinds, [Code::RaceRaw, Code::Mismatch], "{found:#?}");
    assert!(found[1].message().contains("finds no 16×1 f16"), "{}", found[1]);
    assert!(out(&log, ReadRule::Shape).is_nan(), "bytes that are not there are poison");
}

#[test]
fn slots_hold_different_kinds_in_turn() {
    // m, l and o of seven steps through eight slots: the table of what each slot holds, by message number.
    let mut hand = Hand::new(2);
    let ring = hand.ring(0, 1, 8, Flow::None);
    let tile = hand.tile(0, M);
    hand.fill(0, 0, 1.0, tile);
    for i in 0..21 {
        hand.send(0, (10 * i + 1, 10 * i + 2, 10 * i + 5), ring, tile);
    }
    let log = hand.log();
    let versions = Versions::of(&log).expect("the log makes sense");
    let histories = Histories::of(&versions);
    let slots: Vec<Vec<String>> = (0..8)
        .map(|slot| {
            histories
                .of_slot(&log, ring, slot)
                .into_iter()
                .map(|id| kind_and_step(versions.get(id)))
                .collect()
        })
        .collect();
    let table: [&[&str]; 8] = [
        &["m0", "o2", "l5"],
        &["l0", "m3", "o5"],
        &["o0", "l3", "m6"],
        &["m1", "o3", "l6"],
        &["l1", "m4", "o6"],
        &["o1", "l4"],
        &["m2", "o4"],
        &["l2", "m5"],
    ];
    assert_eq!(slots, table);
}

fn kind_and_step(version: &Version) -> String {
    let number = version.message.expect("only messages fill slots").number;
    format!("{}{}", ["m", "l", "o"][number as usize % 3], number / 3)
}

#[test]
fn a_slot_released_too_early_is_named() {
    // On a machine that does not hold the release for the copy, the credit lets the next message in.
    let build = |filled| {
        let mut hand = Hand::new(2);
        let ring = hand.ring(0, 1, 1, Flow::Credit);
        let (m, x, copy) = (hand.tile(0, M), hand.tile(0, M), hand.tile(1, M));
        hand.fill(0, 0, 1.0, m);
        hand.fill(0, 0, 2.0, x);
        let message = hand.send(0, (10, 12, 20), ring, m);
        hand.send(0, (45, 50, filled), ring, x);
        let slot = hand.slot(1, message, M);
        hand.op(1, 20, 20, Op::Recv(RecvOp::Recv { message, view: slot }));
        hand.op(1, 30, 90, Op::Move(MoveOp::Copy { from: slot, to: copy }));
        hand.op(1, 31, 32, Op::Sync(SyncOp::Release { message, after: [].into() }));
        replay(&hand.log(), ReadRule::Identity).findings()
    };
    let found = build(60).remove(0);
    assert_eq!((found.code, found.slack.map(machine::Span::fs)), (Code::SlotOverwritten, Some(0)));
    assert!(
        found.repair_text().starts_with("release the slot after the read is done"),
        "{}",
        found.repair_text()
    );
    assert_eq!(build(91), [], "this run was lucky; only happens-before can tell");
}

#[test]
fn equal_lines_are_one_finding() {
    // Five tiles, each overwritten while its send leaves, by the same two lines of a loop.
    let mut hand = Hand::new(2);
    let ring = hand.ring(0, 1, 8, Flow::Credit);
    hand.program.files = vec!["kernel.rs".to_owned()];
    let mut sources = Vec::new();
    for i in 0..5 {
        let (tile, at) = (hand.tile(0, M), 100 * i);
        hand.fill(0, at, 1.0, tile);
        hand.send(0, (at + 10, at + 30, at + 40), ring, tile);
        hand.fill(0, at + 20, if i < 4 { 1.0 } else { 2.0 }, tile);
        sources.extend([7, 8, 9].map(|line| Source { file: 0, line, column: 5 }));
    }
    hand.program.ranks[0].sources = sources;
    let found = replay(&hand.log(), ReadRule::Identity).findings();
    let [found] = &found[..] else { panic!("{found:#?}") };
    assert!(found.message().ends_with("(5 times)"), "{found}");
    assert_eq!(found.value_differed, Some(true), "once of the five times is enough");
    let sources: Vec<_> = found.ops().filter_map(|op| Some(op.location.as_ref()?.to_string())).collect();
    assert_eq!(sources, ["kernel.rs:8:5", "kernel.rs:9:5", "kernel.rs:7:5"]);
}
