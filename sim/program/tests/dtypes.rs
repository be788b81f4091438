//! Dtypes that an op takes, and what is said of others.

use program::op::{BinaryFn, CompareFn};
use program::tl::{Recording, Tl};
use program::{DType, ScaledFormat};

use DType::{Bf16, Bool, F8e4m3, F16, F32, F64, I8, I16, I32, I64, U8, U16, U32};

/// What the recorder says of a kernel of one rank; empty when it records.
fn check(what: &str, kernel: impl FnMut(&mut Tl), message: &str) {
    let said = Recording::new("dtypes", 1).record(kernel);
    let said = said.err().map(|error| format!("{} ({})", error.message, error.repair)).unwrap_or_default();
    assert!(if message.is_empty() { said.is_empty() } else { said.contains(message) }, "{what}: {said}");
}

/// An i32 beside a u32 would be wrong as either, so it is refused; all others go together.
#[test]
fn beside_u32_none_is_below_0() {
    let mixed = |dtype: DType| format!("an operand is u32 and another {dtype}, which may be below 0");
    for (x, y, message) in [
        (I8, U16, String::new()),
        (I16, Bool, String::new()),
        (U32, U32, String::new()),
        (U32, U8, String::new()),
        (U32, Bool, String::new()),
        (U32, F16, String::new()),
        (U32, I32, mixed(I32)),
        (I8, U32, mixed(I8)),
    ] {
        let of_two = |tl: &mut Tl| {
            let (x, y, to) = (tl.tile([4], x), tl.tile([4], y), tl.tile([4], F32));
            tl.to(to).binary(BinaryFn::Maximum, x, y);
        };
        check(&format!("maximum of {x} and {y}"), of_two, &message);
        let compared = |tl: &mut Tl| {
            let (x, y) = (tl.tile([4], x), tl.tile([4], y));
            tl.compare(CompareFn::Lt, x, y);
        };
        check(&format!("{x} < {y}"), compared, &message);
        let chosen = |tl: &mut Tl| {
            let (mask, x, y) = (tl.tile([4], U8), tl.tile([4], x), tl.tile([4], y));
            tl.where_(mask, x, y);
        };
        check(&format!("{x} or {y}"), chosen, &message);
        let fused = |tl: &mut Tl| {
            let (x, y, to) = (tl.tile([4], x), tl.tile([4], y), tl.tile([4], F32));
            tl.to(to).fma(x, y, 1);
        };
        check(&format!("fma of {x} and {y}"), fused, &message);
    }
}

#[test]
fn units_move_what_they_do_not_compute_on() {
    for dtype in [I64, F64] {
        let moved = |tl: &mut Tl| {
            let (x, to) = (tl.tile([4], dtype), tl.tile([4], dtype));
            tl.copy(x, to);
        };
        check(&format!("a copy of {dtype}"), moved, "");
        let message = format!("an operand is {dtype}, which units do not compute on, only move");
        let negated = |tl: &mut Tl| {
            _ = {
                let x = tl.tile([4], dtype);
                tl.neg(x)
            }
        };
        check(&format!("neg of {dtype}"), negated, &message);
        check(
            &format!("cast to {dtype}"),
            |tl| {
                _ = {
                    let x = tl.tile([4], F32);
                    tl.cast(x, dtype)
                }
            },
            &message,
        );
        check(&format!("{dtype} of 1"), |tl| _ = tl.full([4], dtype, 1), &message);
    }
    let help = "declare the input as i32 or u32";
    check("the help of i64", |tl| _ = tl.full([4], I64, 1), help);
}

#[test]
fn truths_are_bool_or_u8() {
    for (dtype, message) in [(Bool, ""), (U8, ""), (I8, "the result of compare is i8, not u8")] {
        let compared = |tl: &mut Tl| {
            let (x, to) = (tl.tile([4], F32), tl.tile([4], dtype));
            tl.to(to).compare(CompareFn::Lt, x, 1);
        };
        check(&format!("a comparison to {dtype}"), compared, message);
        let chosen = |tl: &mut Tl| {
            let (mask, x) = (tl.tile([4], dtype), tl.tile([4], F32));
            tl.where_(mask, x, 0);
        };
        check(&format!("a mask of {dtype}"), chosen, &message.replace("result of compare", "mask"));
        let any = |tl: &mut Tl| {
            let (x, to) = (tl.tile([4], F32), tl.tile([1], dtype));
            tl.to(to).reduce(program::op::ReduceFn::Any, x, 0);
        };
        let what = "result of a reduction to places or truths";
        check(&format!("any to {dtype}"), any, &message.replace("result of compare", what));
    }
    let sum = |acc: DType| {
        move |tl: &mut Tl| {
            let (x, to) = (tl.tile([4], Bool), tl.tile([1], I32));
            tl.to(to).sum_as(x, 0, acc, false);
        }
    };
    check("a count of truths", sum(I32), "");
    check("a sum in truths", sum(Bool), "a sum of bool accumulates in bool");
}

#[test]
fn dot_takes_floats_and_bytes() {
    let dot = |[a, b, c]: [DType; 3], acc: DType| {
        move |tl: &mut Tl| {
            let (a, b, c) = (tl.tile([2, 3], a), tl.tile([3, 4], b), tl.tile([2, 4], c));
            tl.to(c).dot_by(a, b, acc);
        }
    };
    let operands = "dot takes floats to a float, and i8 and u8 to i32";
    for (dtypes, acc, message) in [
        ([F16, F8e4m3, Bf16], F32, ""),
        ([F16, F16, F32], F16, ""),
        ([F8e4m3, F8e4m3, F32], Bf16, ""),
        ([I8, I8, I32], I32, ""),
        ([U8, I8, I32], I32, ""),
        ([F16, F16, F32], F8e4m3, "dot accumulates in f8e4m3 (accumulate in f32, f16 or bf16)"),
        ([F16, F16, F32], I32, "accumulate in f32, f16 or bf16"),
        ([I8, I8, I32], F32, "dot accumulates in f32 (accumulate in i32)"),
        ([I8, F16, F32], F32, operands),
        ([I8, I8, F32], I32, operands),
        ([I16, I16, I32], I32, operands),
        ([U16, Bool, I32], I32, operands),
    ] {
        check(&format!("{dtypes:?} in {acc}"), dot(dtypes, acc), message);
    }
}

#[test]
fn products_along_leading_axes_are_equally_many() {
    for (a, b, c, message) in [
        (&[5, 2, 3][..], &[5, 3, 4][..], &[5, 2, 4][..], ""),
        (&[2, 5, 2, 3], &[2, 5, 3, 4], &[2, 5, 2, 4], ""),
        (&[5, 2, 3], &[4, 3, 4], &[5, 2, 4], "a is 5×2×3, b is 4×3×4, c is 5×2×4"),
        (&[5, 2, 3], &[3, 4], &[5, 2, 4], "with equal axes before these"),
        (&[3], &[3, 4], &[4], "dot takes tiles of at least two axes"),
    ] {
        let dot = |tl: &mut Tl| {
            let (a, b, c) = (tl.tile(a, F16), tl.tile(b, F16), tl.tile(c, F32));
            tl.to(c).dot(a, b);
        };
        check(&format!("{a:?} · {b:?}"), dot, message);
    }
    check(
        "the shape of the result",
        |tl| {
            let (a, b) = (tl.tile([5, 2, 3], I8), tl.tile([5, 3, 4], U8));
            let c = tl.dot(a, b);
            assert_eq!((&*c.shape(), c.dtype()), (&[5, 2, 4][..], I32));
        },
        "",
    );
}

#[test]
fn blocks_are_whole_and_of_their_dtypes() {
    let unpack =
        |format: ScaledFormat, x: (&'static [u32], DType), by: (&'static [u32], DType), to: DType| {
            move |tl: &mut Tl| {
                let (x, by) = (tl.tile(x.0, x.1), tl.tile(by.0, by.1));
                tl.dequantize(format, x, by, to);
            }
        };
    let mxfp4 = ScaledFormat::Mxfp4;
    for (format, x, by, to, message) in [
        (mxfp4, (&[3, 32][..], U8), (&[3, 2][..], U8), Bf16, ""),
        (ScaledFormat::Nvfp4, (&[32], U8), (&[4], F8e4m3), F32, ""),
        (ScaledFormat::Mxfp8E4m3, (&[64], F8e4m3), (&[2], U8), F16, ""),
        (ScaledFormat::Bfp8, (&[64], U8), (&[4], U8), Bf16, ""),
        (
            mxfp4,
            (&[3, 32], U8),
            (&[3, 4], U8),
            Bf16,
            "mxfp4 elements of 3×32 and scales of 3×4 do not make 3×64",
        ),
        (mxfp4, (&[24], U8), (&[1], U8), Bf16, "whole blocks of 32, x has n / 2 bytes and the scales n / 32"),
        (mxfp4, (&[32], F8e4m3), (&[2], U8), Bf16, "the tile of elements is f8e4m3, not u8"),
        (ScaledFormat::Nvfp4, (&[32], U8), (&[4], U8), F32, "the tile of scales is u8, not f8e4m3"),
        (mxfp4, (&[32], U8), (&[2], U8), I32, "the result of dequantize is i32, not bf16"),
    ] {
        check(&format!("{format} of {x:?} by {by:?} to {to}"), unpack(format, x, by, to), message);
    }
    let dot = |tl: &mut Tl| {
        let (a, by_a) = (tl.tile([5, 32], U8), tl.tile([5, 2], U8));
        let (b, by_b) = (tl.tile([7, 64], F8e4m3), tl.tile([7, 2], U8));
        let c = tl.dot_scaled((mxfp4, a, by_a), (ScaledFormat::Mxfp8E4m3, b, by_b));
        assert_eq!((&*c.shape(), c.dtype()), (&[5, 7][..], F32));
    };
    check("a product of two formats", dot, "");
}
