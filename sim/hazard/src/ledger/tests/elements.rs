//! Contributions of single elements, where regions do not match.

use program::DType;
use program::tl::{Direction, Tile, Tl};

use super::{found, record};

/// The keys of each element of the tile that a kernel makes, as text: `a` holds key 0, `bb` holds key 1 twice.
fn check(name: &str, make: impl Fn(&mut Tl) -> Tile, expected: &str) {
    let program = record(1, |tl| {
        let tile = make(tl);
        let [rows, columns] = [0, 1].map(|axis| tile.shape()[axis]);
        for row in 0..rows {
            for column in 0..columns {
                tl.expect(tile.slice(0, row, 1).slice(1, column, 1), expected_keys(expected, row, column));
            }
        }
    });
    let found = found(program);
    assert!(found.is_empty(), "{name}: {found:#?}");
}

/// Rows of a table are apart by `/`, elements by a space, and `.` is nothing.
fn expected_keys(table: &str, row: u32, column: u32) -> Vec<u32> {
    let row = table.split('/').nth(row as usize).expect("a row");
    let element = row.split_whitespace().nth(column as usize).expect("an element");
    element.bytes().filter(|&key| key != b'.').map(|key| u32::from(key - b'a')).collect()
}

/// 2 × 3, with key a in the first row and key b in the last column.
fn crossed(tl: &mut Tl) -> Tile {
    let tile = tl.full([2, 3], DType::F16, 1.0);
    tl.contribute(tile.slice(0, 0, 1), 0);
    tl.contribute(tile.slice(1, 2, 1), 1);
    tile
}

/// A column with key c in its second row.
fn column(tl: &mut Tl) -> Tile {
    let tile = tl.full([2, 1], DType::F16, 1.0);
    tl.contribute(tile.slice(0, 1, 1), 2);
    tile
}

#[test]
fn keys_stay_with_their_elements() {
    check("marked", crossed, "a a ab / . . b");
    check("transposed", |tl| crossed(tl).trans(), "a . / a . / ab b");
    check(
        "wider",
        |tl| {
            let x = crossed(tl);
            tl.cast(x, DType::F32)
        },
        "a a ab / . . b",
    );
    let turned = |tl: &mut Tl| {
        let (from, to) = (crossed(tl), tl.tile([3, 2], DType::F16));
        tl.copy(from.trans(), to);
        to
    };
    check("a transposed copy", turned, "a . / a . / ab b");
    let spread = |tl: &mut Tl| {
        let (from, to) = (crossed(tl), tl.full([3, 5], DType::F16, 0.0));
        tl.copy(from, to.slice(0, 1, 2).slice(1, 1, 3));
        to
    };
    check("a box of a wider tile", spread, ". . . . . / . a a ab . / . . . b .");
}

#[test]
fn operands_broadcast_element_by_element() {
    let sum = |tl: &mut Tl| {
        let (x, y) = (crossed(tl), column(tl));
        tl.add(x, y)
    };
    check("a column", sum, "a a ab / c c bc");
    let row = |tl: &mut Tl| {
        let (x, y) = (crossed(tl), column(tl));
        tl.mul(y, x.slice(0, 1, 1))
    };
    check("a row and a column", row, ". . b / c c bc");
}

#[test]
fn sums_and_products_gather_along_their_axis() {
    check(
        "a sum of rows",
        |tl| {
            let x = crossed(tl);
            tl.sum(x, 1)
        },
        "ab / b",
    );
    check(
        "a sum of columns",
        |tl| {
            let x = crossed(tl);
            tl.sum(x, 0)
        },
        "a a ab",
    );
    let product = |tl: &mut Tl| {
        let (a, b) = (crossed(tl), column(tl));
        tl.dot(a.slice(1, 0, 2), b)
    };
    check("a product", product, "ac / c");
    let accumulated = |tl: &mut Tl| {
        let (c, a, b) = (crossed(tl), column(tl), tl.full([1, 3], DType::F16, 1.0));
        tl.dot_acc(c, a, b);
        c
    };
    // Each matrix along the first axis goes into its own.
    let several = |tl: &mut Tl| {
        let (a, b) = (tl.full([2, 1, 3], DType::I8, 1.0), tl.full([2, 3, 2], DType::I8, 1.0));
        tl.contribute(a.slice(0, 0, 1), 0);
        tl.contribute(b.slice(0, 1, 1).slice(2, 1, 1), 1);
        tl.dot(a, b).reshape([2, 2])
    };
    check("of several matrices", several, "a a / . b");
    check("on top of what is there", accumulated, "a a ab / c c bc");
}

#[test]
fn an_element_of_bytes_that_differ_may_be_any_of_them() {
    let program = record(1, |tl| {
        let halves = tl.full([1, 4], DType::F16, 1.0);
        tl.contribute(halves.slice(1, 1, 1), 0);
        tl.contribute(halves.slice(1, 2, 2), 1);
        let wide = halves.view(0, [1, 2], DType::F32);
        let sum = tl.add(wide, 0.0);
        tl.expect(sum.slice(1, 0, 1), [0]);
        tl.expect(sum.slice(1, 0, 1), []);
        tl.expect(sum.slice(1, 1, 1), [1]);
    });
    let said: Vec<String> = found(program).iter().map(|found| format!("{:?}", found.code)).collect();
    assert_eq!(said, ["LedgerMissing", "LedgerTwice"]);
}

#[test]
fn a_message_is_packed_in_the_order_of_its_elements() {
    let program = record(2, |tl| {
        if tl.rank() == 0 {
            let tile = crossed(tl);
            tl.send(Direction::Right, tile.trans());
            return;
        }
        let got = tl.recv(Direction::Left, [3, 2], DType::F16);
        for (row, column, keys) in [(0, 0, &[0][..]), (0, 1, &[]), (2, 0, &[0, 1]), (2, 1, &[1])] {
            tl.expect(got.slice(0, row, 1).slice(1, column, 1), keys.iter().copied());
        }
        tl.release(got);
    });
    let found = found(program);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn tiles_laid_over_each_other_share_keys_by_address() {
    let tail = |tl: &mut Tl| {
        let whole = tl.tile_at(0x1000, [1, 4], DType::F16);
        tl.to(whole).fill(1.0);
        tl.contribute(whole.slice(1, 3, 1), 0);
        let tail = tl.tile_at(0x1004, [1, 2], DType::F16);
        tl.contribute(tail.slice(1, 0, 1), 1);
        tail
    };
    check("where it lies", tail, "b a");
    let sum = |tl: &mut Tl| {
        let tail = tail(tl);
        tl.add(tail, 1.0)
    };
    check("what is made of it", sum, "b a");
}
