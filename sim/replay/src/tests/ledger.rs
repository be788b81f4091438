//! Every partial is counted exactly once.

use oplog::FindingKind;
use program::ViewId;
use program::op::{BinaryFn, CompareFn, Op};
use program::{DType, Dims, Operand, View};

use super::hand::Hand;
use crate::inputs::HostValues;
use crate::run::{Options, run};

fn add(hand: &mut Hand, at: u64, x: ViewId, y: ViewId) -> ViewId {
    binary(hand, at, BinaryFn::Add, x, y)
}

fn binary(hand: &mut Hand, at: u64, f: BinaryFn, x: ViewId, y: ViewId) -> ViewId {
    let to = hand.tile(0, &[4]);
    let (x, y) = (Operand::View(x), Operand::View(y));
    hand.op(0, at, at + 1, Op::Binary { f, x, y, to });
    to
}

/// A partial with its contribution marked.
fn partial(hand: &mut Hand, key: u32) -> ViewId {
    let view = hand.tile(0, &[4]);
    hand.fill(0, 0, 1.0, view);
    hand.op(0, 1, 1, Op::Contribute { view, key });
    view
}

/// Three partials, and the merge that the case makes of them; the end expects 0, 1 and 2.
fn check(name: &str, merge: impl Fn(&mut Hand, [ViewId; 3]) -> ViewId, expected: &[(FindingKind, &str)]) {
    let mut hand = Hand::new(1);
    let partials = [0, 1, 2].map(|key| partial(&mut hand, key));
    let view = merge(&mut hand, partials);
    hand.op(0, 50, 50, Op::Expect { view, keys: [0, 1, 2].into() });
    let found = run(&hand.log(), &HostValues::new(), Options::default()).expect("it runs").findings;
    assert_eq!(found.len(), expected.len(), "{name}: {found:#?}");
    for (found, (kind, said)) in found.iter().zip(expected) {
        assert_eq!(found.kind, *kind, "{name}");
        assert!(found.message.contains(said), "{name}: {}", found.message);
    }
}

#[test]
fn a_merge_counts_every_partial_once() {
    use FindingKind::{LedgerMissing, LedgerTwice};
    check(
        "a chain",
        |hand, [a, b, c]| {
            let ab = add(hand, 2, a, b);
            add(hand, 4, ab, c)
        },
        &[],
    );
    check("one is missing", |hand, [a, b, _]| add(hand, 2, a, b), &[(LedgerMissing, "lacks contribution 2")]);
    check(
        "one comes from both directions",
        |hand, [a, b, c]| {
            let (ab, bc) = (add(hand, 2, a, b), add(hand, 2, b, c));
            add(hand, 4, ab, bc)
        },
        &[(LedgerTwice, "counts too often contribution 1")],
    );
    check(
        "one twice and one never",
        |hand, [a, b, _]| {
            let ab = add(hand, 2, a, b);
            add(hand, 4, ab, a)
        },
        &[(LedgerTwice, "contribution 0"), (LedgerMissing, "contribution 2")],
    );
    check(
        "a factor that is not marked",
        |hand, [a, b, c]| {
            let weight = hand.tile(0, &[4]);
            hand.fill(0, 0, 0.5, weight);
            let a = binary(hand, 2, BinaryFn::Mul, a, weight);
            let ab = add(hand, 4, a, b);
            add(hand, 6, ab, c)
        },
        &[],
    );
    check(
        "one that belongs elsewhere",
        |hand, [a, b, c]| {
            let (ab, other) = (add(hand, 2, a, b), partial(hand, 9));
            let abc = add(hand, 4, ab, c);
            add(hand, 6, abc, other)
        },
        &[(LedgerTwice, "counts too often contribution 9")],
    );
    check(
        "a choice between two sums of the same partials",
        |hand, [a, b, c]| {
            let ab = add(hand, 2, a, b);
            let (left, right, to) = (add(hand, 4, ab, c), add(hand, 4, c, ab), hand.tile(0, &[4]));
            let mask = hand.tile(0, &[4]);
            let mask = View { dtype: DType::U8, ..hand.program.ranks[0].views[mask.index()] };
            let (mask, x, y) = (hand.view(0, mask), Operand::View(left), Operand::View(right));
            hand.op(0, 6, 7, Op::Compare { f: CompareFn::Lt, x, y, to: mask });
            hand.op(0, 7, 8, Op::Where { mask, x, y, to });
            to
        },
        &[],
    );
}

#[test]
fn a_choice_holds_what_both_sides_do() {
    let choice = |hand: &mut Hand, [a, b, c]: [ViewId; 3]| {
        let ab = add(hand, 2, a, b);
        let (x, y) = (Operand::View(add(hand, 4, ab, c)), Operand::View(ab));
        let (mask, to) = (hand.tile(0, &[4]), hand.tile(0, &[4]));
        let mask = View { dtype: DType::U8, ..hand.program.ranks[0].views[mask.index()] };
        let mask = hand.view(0, mask);
        hand.op(0, 6, 7, Op::Compare { f: CompareFn::Lt, x, y, to: mask });
        hand.op(0, 7, 8, Op::Where { mask, x, y, to });
        to
    };
    check("one side lacks a partial", choice, &[(FindingKind::LedgerMissing, "lacks contribution 2")]);
}

#[test]
fn bytes_that_nothing_wrote_hold_no_partial() {
    let half = |hand: &mut Hand, [a, b, c]: [ViewId; 3]| {
        let to = hand.tile(0, &[4]);
        let of = |hand: &mut Hand, view: ViewId| {
            let whole = hand.program.ranks[0].views[view.index()];
            hand.view(0, View { shape: Dims::new(&[2]), ..whole })
        };
        let sum = add(hand, 2, a, b);
        let [sum, c, half] = [sum, c, to].map(|view| of(hand, view));
        let (x, y) = (Operand::View(sum), Operand::View(c));
        hand.op(0, 4, 5, Op::Binary { f: BinaryFn::Add, x, y, to: half });
        to
    };
    let missing = (FindingKind::LedgerMissing, "lacks contribution 0, 1, 2");
    check("a half", half, &[missing]);
    let copied = |hand: &mut Hand, partials| {
        let (from, to) = (half(hand, partials), hand.tile(0, &[4]));
        hand.op(0, 30, 31, Op::Copy { from, to });
        to
    };
    check("a copy of a half", copied, &[(FindingKind::UninitialisedRead, "nothing has written"), missing]);
}

#[test]
fn a_tile_in_several_pieces_is_checked_piece_by_piece() {
    // Each half of the result is merged on its own; the second half forgets a partial when `all` is false.
    let halves = |hand: &mut Hand, [a, b, c]: [ViewId; 3], all: bool| {
        let to = hand.tile(0, &[4]);
        for (half, start) in [(0, 10), (1, 20)] {
            let part = |hand: &mut Hand, of: ViewId| {
                let whole = hand.program.ranks[0].views[of.index()];
                hand.view(0, View { offset: 4 * half, shape: Dims::new(&[2]), ..whole })
            };
            let [a, b, c, to] = [a, b, c, to].map(|of| part(hand, of));
            let sum = Op::Binary { f: BinaryFn::Add, x: Operand::View(a), y: Operand::View(b), to };
            hand.op(0, start, start + 1, sum);
            if all || half == 0 {
                let sum = Op::Binary { f: BinaryFn::Add, x: Operand::View(to), y: Operand::View(c), to };
                hand.op(0, start + 2, start + 3, sum);
            }
        }
        to
    };
    check("both halves", |hand, partials| halves(hand, partials, true), &[]);
    let missing = [(FindingKind::LedgerMissing, "lacks contribution 2")];
    check("the second half lacks one", |hand, partials| halves(hand, partials, false), &missing);
    let copied = |hand: &mut Hand, partials| {
        let (from, to) = (halves(hand, partials, false), hand.tile(0, &[4]));
        hand.op(0, 30, 31, Op::Copy { from, to });
        to
    };
    check("a copy of both lacks it too", copied, &missing);
}

#[test]
fn copies_and_messages_carry_their_keys() {
    let through = |times: u64| {
        let mut hand = Hand::new(2);
        let ring = hand.ring(0, 1, 2, program::program::Flow::Credit);
        let tile = partial(&mut hand, 7);
        let sum = hand.tile(1, &[4]);
        hand.fill(1, 0, 0.0, sum);
        for at in 0..times {
            let message = hand.send(0, (10 + at, 11 + at, 20 + at), ring, tile);
            let (view, copy) = (hand.slot(1, message, &[4]), hand.tile(1, &[4]));
            let start = 40 + 10 * at;
            hand.op(1, start, start + 2, Op::RecvCopy { message, view, to: copy });
            let (x, y) = (Operand::View(sum), Operand::View(copy));
            hand.op(1, start + 2, start + 4, Op::Binary { f: BinaryFn::Add, x, y, to: sum });
        }
        hand.op(1, 90, 90, Op::Expect { view: sum, keys: [7].into() });
        let found = run(&hand.log(), &HostValues::new(), Options::default()).expect("it runs").findings;
        found.iter().map(|finding| finding.kind).collect::<Vec<_>>()
    };
    assert_eq!(through(0), [FindingKind::LedgerMissing]);
    assert_eq!(through(1), []);
    assert_eq!(through(2), [FindingKind::LedgerTwice]);
}
