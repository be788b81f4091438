//! Every partial is counted exactly once.

use diagnostic::Code::{self, LedgerMissing, LedgerTwice};
use program::DType;
use program::op::CompareFn;
use program::tl::{Direction, Tile, Tl};

use super::{found, record};

/// A partial with its contribution marked.
fn partial(tl: &mut Tl, key: u32) -> Tile {
    let tile = tl.full([4], DType::F16, 1.0);
    tl.contribute(tile, key);
    tile
}

/// Three partials, and the merge that the case makes of them; the end expects 0, 1 and 2.
fn check(name: &str, merge: impl Fn(&mut Tl, [Tile; 3]) -> Tile, expected: &[(Code, &str)]) {
    let program = record(1, |tl| {
        let partials = [0, 1, 2].map(|key| partial(tl, key));
        let merged = merge(tl, partials);
        tl.expect(merged, [0, 1, 2]);
    });
    check_found(name, &found(program), expected);
}

fn check_found(name: &str, found: &[diagnostic::Diagnostic], expected: &[(Code, &str)]) {
    assert_eq!(found.len(), expected.len(), "{name}: {found:#?}");
    for (found, (kind, said)) in found.iter().zip(expected) {
        assert_eq!(found.code, *kind, "{name}");
        assert!(found.message().contains(said), "{name}: {found}");
    }
}

/// The sum of all three.
fn merged(tl: &mut Tl, [a, b, c]: [Tile; 3]) -> Tile {
    let ab = tl.add(a, b);
    tl.add(ab, c)
}

#[test]
fn a_merge_counts_every_partial_once() {
    check("a chain", merged, &[]);
    check("one is missing", |tl, [a, b, _]| tl.add(a, b), &[(LedgerMissing, "lacks contribution 2")]);
    check(
        "one comes from both directions",
        |tl, [a, b, c]| {
            let (ab, bc) = (tl.add(a, b), tl.add(b, c));
            tl.add(ab, bc)
        },
        &[(LedgerTwice, "counts too often contribution 1")],
    );
    check(
        "one twice and one never",
        |tl, [a, b, _]| {
            let ab = tl.add(a, b);
            tl.add(ab, a)
        },
        &[(LedgerTwice, "contribution 0"), (LedgerMissing, "contribution 2")],
    );
    check(
        "a factor that is not marked",
        |tl, [a, b, c]| {
            let weight = tl.full([4], DType::F16, 0.5);
            let weighted = tl.mul(a, weight);
            merged(tl, [weighted, b, c])
        },
        &[],
    );
    check(
        "one that belongs elsewhere",
        |tl, partials| {
            let (all, other) = (merged(tl, partials), partial(tl, 9));
            tl.add(all, other)
        },
        &[(LedgerTwice, "counts too often contribution 9")],
    );
}

#[test]
fn a_choice_holds_what_both_sides_do() {
    let choice = |tl: &mut Tl, x: Tile, y: Tile| {
        let mask = tl.compare(CompareFn::Lt, x, y);
        tl.where_(mask, x, y)
    };
    check(
        "two sums of the same partials",
        |tl, [a, b, c]| {
            let (left, right) = (merged(tl, [a, b, c]), merged(tl, [c, b, a]));
            choice(tl, left, right)
        },
        &[],
    );
    check(
        "one side lacks a partial",
        |tl, [a, b, c]| {
            let (all, ab) = (merged(tl, [a, b, c]), tl.add(a, b));
            choice(tl, all, ab)
        },
        &[(LedgerMissing, "lacks contribution 2")],
    );
    check(
        "a constant stands for no partial",
        |tl, partials| {
            let all = merged(tl, partials);
            let mask = tl.compare(CompareFn::Lt, all, 0.0);
            tl.where_(mask, all, 1.0)
        },
        &[],
    );
}

#[test]
fn bytes_that_nothing_wrote_hold_no_partial() {
    let half = |tl: &mut Tl, [a, b, c]: [Tile; 3]| {
        let (to, ab) = (tl.tile([4], DType::F16), tl.add(a, b));
        tl.to(to.slice(0, 0, 2)).add(ab.slice(0, 0, 2), c.slice(0, 0, 2));
        to
    };
    let missing = [(LedgerMissing, "lacks contribution 0, 1, 2")];
    check("a half", half, &missing);
    let copied = |tl: &mut Tl, partials| {
        let (from, to) = (half(tl, partials), tl.tile([4], DType::F16));
        tl.copy(from, to);
        to
    };
    check("a copy of a half", copied, &missing);
}

#[test]
fn a_tile_is_checked_piece_by_piece() {
    // Each half of the result is merged on its own; the second half forgets a partial unless `all`.
    let halves = |tl: &mut Tl, partials: [Tile; 3], all: bool| {
        let to = tl.tile([4], DType::F16);
        for half in [0, 2] {
            let [a, b, c] = partials.map(|tile| tile.slice(0, half, 2));
            let sum = if all || half == 0 { merged(tl, [a, b, c]) } else { tl.add(a, b) };
            tl.copy(sum, to.slice(0, half, 2));
        }
        to
    };
    check("both halves", |tl, partials| halves(tl, partials, true), &[]);
    let missing = [(LedgerMissing, "lacks contribution 2")];
    check("the second half lacks one", |tl, partials| halves(tl, partials, false), &missing);
    check(
        "a sum with the copy of both lacks it too",
        |tl, partials| {
            let (from, to) = (halves(tl, partials, false), tl.tile([4], DType::F16));
            tl.copy(from, to);
            tl.add(to, 1.0)
        },
        &missing,
    );
    check("the first half alone has all", |tl, partials| halves(tl, partials, false).slice(0, 0, 2), &[]);
}

/// Rank 0 sends (m, l) in one message `times` times; rank 1 adds up what lies where l does, or where m does.
fn packed(times: usize, column: u32) -> Vec<diagnostic::Diagnostic> {
    found(record(2, |tl| {
        let pair = tl.full([2, 4], DType::F16, 0.0);
        if tl.rank() == 0 {
            tl.contribute(pair.slice(0, 1, 1), 7);
            for _ in 0..times {
                tl.send(Direction::Right, pair);
            }
            return;
        }
        let sum = tl.full([1, 4], DType::F16, 0.0);
        for _ in 0..times {
            tl.recv_into(Direction::Left, pair);
            tl.to(sum).add(sum, pair.slice(0, column, 1));
        }
        tl.expect(sum, [7]);
    }))
}

#[test]
fn messages_carry_keys_where_they_lie() {
    check_found("never", &packed(0, 1), &[(LedgerMissing, "contribution 7")]);
    check_found("once", &packed(1, 1), &[]);
    check_found("twice", &packed(2, 1), &[(LedgerTwice, "contribution 7")]);
    check_found("m is not l", &packed(1, 0), &[(LedgerMissing, "contribution 7")]);
}

#[test]
fn a_finding_names_the_ops_that_contribute() {
    let program = record(1, |tl| {
        let partials = [0, 1].map(|key| partial(tl, key));
        let sum = tl.add(partials[0], partials[0]);
        tl.expect(sum, 0..20);
    });
    let found = found(program);
    let ops = |of: &diagnostic::Diagnostic| of.ops().map(|op| op.index.0).collect::<Vec<_>>();
    assert_eq!(found.iter().map(ops).collect::<Vec<_>>(), [vec![5, 1], vec![5, 3]]);
    assert!(found[1].message().contains("1, 2, 3, 4, 5, 6, 7, 8 and 11 more in b"), "{}", found[1]);
}

#[test]
fn a_key_that_nobody_contributes_is_said_to_be_so() {
    for (keys, says) in [
        (vec![0, 1, 7], "no rank contributes 7: mark its partial"),
        (vec![1], "contribution 0, marked by rank 0, op 1 (contribute, cases.rs:"),
    ] {
        let program = record(1, |tl| {
            let (a, b) = (partial(tl, 0), partial(tl, 1));
            let sum = tl.add(a, b);
            tl.expect(sum, keys.clone());
        });
        let found = found(program);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].repair_text().contains(says), "{}", found[0].repair_text());
    }
}
