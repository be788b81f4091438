//! Ops whose results both runs hold exactly: a twin that computed something else would differ.

use program::op::{BinaryFn, UnaryFn};
use program::{ComputeOp, DType, Op, Operand, ScaledFormat};

use super::*;

#[test]
fn products_of_several_matrices_agree() {
    let mut line = Line::new();
    let a = line.load("a", &[2, 1, 3], &[1.0, 2.0, 3.0, -4.0, 5.0, 0.5]);
    let b = line.load("b", &[2, 3, 2], &[1.0, 0.0, 2.0, -1.0, 0.25, 8.0, 7.0, 3.0, -1.0, 2.0, 0.5, 9.0]);
    let c = line.tile(&[2, 1, 2], DType::F16);
    line.then(Op::Compute(ComputeOp::Dot { a, b, c, accumulate: false, acc: DType::F32 }));
    line.then(Op::Compute(ComputeOp::Dot { a, b, c, accumulate: true, acc: DType::F16 }));
    line.unary(UnaryFn::Abs, c, DType::F32);
    let found = line.bisect();
    assert_eq!((found.n_flagged, &found.worst), (0, &None));
    assert_eq!(found.not_comparable, NotComparable::default());
}

/// A twin that wrapped u32 as i32, or a truth value by its low bits, would differ.
#[test]
fn integers_of_every_width_agree() {
    let mut line = Line::new();
    let x = line.load("x", &[4], &[0.25, 2.0, 32_768.0, -4.0]);
    let wide = line.unary(UnaryFn::CastSaturate, x, DType::U32);
    // 3 · 2³⁰, beyond i32; and once more 3 · 2³¹, which wraps.
    let large = line.binary(BinaryFn::Mul, wide, number(98_304.0), DType::U32);
    line.binary(BinaryFn::Maximum, large, number(7.0), DType::F32);
    line.binary(BinaryFn::Add, large, Operand::View(large), DType::F32);
    let narrow = line.unary(UnaryFn::CastWrap, x, DType::I8);
    line.binary(BinaryFn::Sub, narrow, number(100.0), DType::I16);
    let truth = line.unary(UnaryFn::Cast, x, DType::Bool);
    line.unary(UnaryFn::Not, truth, DType::F32);
    let found = line.bisect();
    assert_eq!((found.n_flagged, &found.worst), (0, &None));
}

#[test]
fn unpacked_blocks_agree() {
    let mut line = Line::new();
    let whole: Vec<f32> = (0..16u8).map(|at| f32::from(at * 16 + at)).collect();
    let x = line.load("x", &[16], &whole);
    let x = line.unary(UnaryFn::Cast, x, DType::U8);
    let scales = line.load("scales", &[2], &[0.75, 3.0]);
    let scales = line.unary(UnaryFn::Cast, scales, DType::F8e4m3);
    let to = line.tile(&[32], DType::F32);
    line.then(Op::Compute(ComputeOp::Dequantize { format: ScaledFormat::Nvfp4, x, scales, to }));
    let found = line.bisect();
    assert_eq!((found.n_flagged, &found.worst), (0, &None));
}
