//! A constant that the dtype it is stored or computed in cannot hold is refused where it is recorded.

use program::op::{BinaryFn, CompareFn};
use program::tl::{Recording, TileOrConst, Tl};
use program::{ComputeOp, DType, Op, Operand};

use DType::{Bool, F8e4m3, F16, F32, I8, I16, I32, U8, U16, U32};

/// What the recorder says of a kernel of one rank; empty when it records.
fn said(kernel: impl FnMut(&mut Tl)) -> String {
    Recording::new("constants", 1).record(kernel).err().map(|error| error.message).unwrap_or_default()
}

fn check(what: &str, kernel: impl FnMut(&mut Tl), message: &str) {
    let said = said(kernel);
    assert!(if message.is_empty() { said.is_empty() } else { said.contains(message) }, "{what}: {said}");
}

#[test]
fn what_is_stored_fits_its_dtype() {
    for (dtype, value, message) in [
        (I32, 16_777_217.0, ""),
        (I32, -2_147_483_648.0, ""),
        (I32, 2_147_483_648.0, "`value` is the constant 2147483648, which i32 does not hold"),
        (I32, 0.5, "`value` is the constant 0.5, which i32 does not hold"),
        (I32, f64::NAN, "`value` is the constant NaN, which i32 does not hold"),
        (U8, 255.0, ""),
        (U8, 256.0, "which u8 does not hold"),
        (U8, -1.0, "which u8 does not hold"),
        (I8, -128.0, ""),
        (I8, 128.0, "which i8 does not hold"),
        (I16, 32_768.0, "which i16 does not hold"),
        (U16, 65_535.0, ""),
        (U16, -1.0, "which u16 does not hold"),
        (U32, 4_294_967_295.0, ""),
        (U32, 16_777_217.0, ""),
        (U32, 4_294_967_296.0, "`value` is the constant 4294967296, which u32 does not hold"),
        (U32, -1.0, "which u32 does not hold"),
        (Bool, 1.0, ""),
        (Bool, 2.0, "which bool does not hold"),
        (F32, 4_294_967_295.0, "`value` is the constant 4294967295, which f32 does not hold"),
        (F16, 0.1, ""),
        (F16, 70_000.0, "which f16 does not hold"),
        (F8e4m3, f64::INFINITY, "which f8e4m3 does not hold"),
        (F32, 16_777_217.0, "`value` is the constant 16777217, which f32 does not hold"),
        (F32, -1e30, ""),
        (F32, 1e39, "the constant 1e39 does not fit an f32"),
    ] {
        check(&format!("fill {dtype} with {value}"), |tl| _ = tl.full([4], dtype, value), message);
        let chosen = |tl: &mut Tl| {
            let (mask, to) = (tl.full([4], U8, 1), tl.tile([4], dtype));
            tl.to(to).where_(mask, value, to);
        };
        check(&format!("where {dtype} or {value}"), chosen, &message.replace("`value`", "`x`"));
    }
}

#[test]
fn what_is_computed_with_fits_the_operands() {
    let binary = |tile: DType, value: TileOrConst, to: DType| {
        move |tl: &mut Tl| {
            let (x, to) = (tl.tile([4], tile), tl.tile([4], to));
            tl.to(to).add(x, value);
        }
    };
    for (tile, value, to, message) in [
        (I32, 16_777_217.into(), I32, ""),
        (I32, 16_777_217.into(), F32, ""),
        (F32, 16_777_217.into(), F32, "`y` is the constant 16777217, which f32 does not hold"),
        (I32, TileOrConst::from(0.5), F32, ""),
        (I32, 0.5.into(), I32, "`y` is the constant 0.5, which i32 does not hold"),
        (I32, f32::INFINITY.into(), I32, "which i32 does not hold"),
        (U8, 300.into(), I32, ""),
        (U8, 300.into(), U8, "`y` is the constant 300, which u8 does not hold"),
        (F16, 70_000.into(), F16, ""),
        (U32, 3e9.into(), U32, ""),
        (U32, 3e9.into(), I32, ""),
        (U32, (-1).into(), I32, "`y` is the constant -1, which u32 does not hold"),
        (I32, 3e9.into(), U32, "`y` is the constant 3000000000, which i32 does not hold"),
        (I8, 200.into(), I8, "`y` is the constant 200, which i8 does not hold"),
        (I8, 200.into(), I16, ""),
        (Bool, 2.into(), Bool, "which bool does not hold"),
        (Bool, 2.into(), U8, ""),
    ] {
        check(&format!("{tile} + {value:?} to {to}"), binary(tile, value, to), message);
    }
    for (tile, value, message) in [
        (I32, TileOrConst::from(16_777_217), ""),
        (I32, 16_777_216.5.into(), ""),
        (I32, 0.5.into(), "which i32 does not hold"),
        (U8, 256.into(), "which u8 does not hold"),
        (U32, 4_294_967_295.0.into(), ""),
        (U32, (-1).into(), "which u32 does not hold"),
        (I16, 40_000.into(), "which i16 does not hold"),
        (F16, 1e-30.into(), ""),
    ] {
        let compare = |tl: &mut Tl| {
            let x = tl.tile([4], tile);
            tl.compare(CompareFn::Eq, x, value);
        };
        check(&format!("{tile} = {value:?}"), compare, message);
    }
}

#[test]
fn an_integer_is_recorded_as_it_is() {
    let program = Recording::new("exact", 1).record(|tl| {
        let x = tl.full([1], I32, 16_777_217);
        tl.add(x, 16_777_219);
    });
    let ops = &program.expect("it records").ranks[0].ops;
    let [Op::Compute(ComputeOp::Fill { value, .. }), Op::Compute(ComputeOp::Binary { f, y, .. })] = ops[..]
    else {
        panic!("{ops:?}")
    };
    let Operand::Constant(added) = y else { panic!("{y:?}") };
    assert_eq!((value.integer(), f, added.integer()), (Some(16_777_217), BinaryFn::Add, Some(16_777_219)));
}
