//! A mistake leaves every tile with the shape that the author declared, so that a kernel's own code runs on until the
//! mistake is told.

use program::tl::{Direction, Recording, Tile, Tl};
use program::view::TensorId;
use program::{DType, Dims};

use DType::{F16, F32};

/// Makes a tile by a mistake; the kernel goes on by its shape.
fn check(what: &str, make: impl Fn(&mut Tl) -> Tile, shape: &[u32], message: &str) {
    let mut seen = Dims::new(&[]);
    let recorded = Recording::new("declared", 1).record(|tl| {
        let tile = make(tl);
        seen = tile.shape();
        // As authors do: by index, and on to further ops.
        let halved = tile.slice(shape.len() - 1, 0, seen[shape.len() - 1]);
        let sum = tl.sum(halved, 0);
        tl.maximum(sum, 0.0);
    });
    assert_eq!(&*seen, shape, "{what}");
    let error = recorded.expect_err(what);
    assert!(error.message.contains(message), "{what}: {error}");
}

#[test]
fn views_keep_their_shape() {
    type Make = fn(&mut Tl) -> Tile;
    let cases: [(&str, Make, &[u32], &str); 10] = [
        ("slice", |tl| tl.tile([4, 8], F32).slice(1, 6, 4), &[4, 4], "slice 6..6+4"),
        ("slice of no axis", |tl| tl.tile([4], F32).slice(2, 0, 3), &[4, 1, 3], "axis 2 of a tile of 4"),
        ("reshape", |tl| tl.tile([4, 8], F32).reshape([3, 5, 7]), &[3, 5, 7], "reshape of 4×8 to 3×5×7"),
        (
            "reshape to five axes",
            |tl| tl.tile([4], F32).reshape([1, 1, 2, 2, 1]),
            &[1, 1, 2, 2],
            "5 dimensions",
        ),
        (
            "reshape of scattered",
            |tl| tl.tile([4, 8], F32).trans().reshape([32]),
            &[32],
            "do not lie one after",
        ),
        ("view", |tl| tl.tile([4], F32).view(8, [4, 4], F16), &[4, 4], "view of 4×4 f16 at byte 8"),
        ("broadcast", |tl| tl.tile([3], F32).broadcast([4, 4]), &[4, 4], "3 does not broadcast"),
        ("trans", |tl| tl.tile([4], F32).trans(), &[1, 4], "trans of a tile of 4"),
        ("tile", |tl| tl.tile([u32::MAX, 2], F32), &[u32::MAX, 2], "more than 2^32 - 1 elements"),
        (
            "add",
            |tl| {
                let (x, y) = (tl.tile([4, 4], F32), tl.tile([3], F32));
                tl.add(x, y)
            },
            &[4, 4],
            "do not broadcast",
        ),
    ];
    for (what, make, shape, message) in cases {
        check(what, make, shape, message);
    }
}

#[test]
fn what_comes_after_a_mistake_keeps_its_shape() {
    let after = |make: fn(&mut Tl) -> Tile| {
        move |tl: &mut Tl| {
            tl.recv(Direction::Left, [2], F32);
            make(tl)
        }
    };
    type Make = fn(&mut Tl) -> Tile;
    let cases: [(&str, Make, &[u32]); 6] = [
        ("recv", |tl| tl.recv(Direction::Left, [2, 3], F16), &[2, 3]),
        ("recv_async", |tl| tl.recv_async(Direction::Left, [2, 3, 4], F16).0, &[2, 3, 4]),
        ("tile", |tl| tl.tile([5, 6], F16), &[5, 6]),
        (
            "dot",
            |tl| {
                let x = tl.tile([5, 6], F16);
                tl.dot(x, x)
            },
            &[5, 6],
        ),
        (
            "sum",
            |tl| {
                let x = tl.tile([5, 6], F16);
                tl.sum(x, 1)
            },
            &[5, 1],
        ),
        ("full", |tl| tl.full([5, 6], F16, 1e9), &[5, 6]),
    ];
    for (what, make, shape) in cases {
        check(what, after(make), shape, "no links are declared");
    }
    let missing = Recording::new("declared", 1).record(|tl| _ = tl.load(tl.tensor(TensorId(3))));
    assert!(missing.is_err_and(|error| error.message.contains("t3 is not a tensor")));
}

#[test]
fn a_panic_after_a_mistake_is_the_mistake() {
    let recorded = Recording::new("declared", 1).record(|tl| {
        let tile = tl.tile([1, 1, 1, 1, 8], F32);
        tl.tile([tile.shape()[4]], F32);
    });
    assert!(recorded.is_err_and(|error| error.message.contains("a shape of 5 dimensions")));
}
