//! Accepted and rejected differences: results of the CPU, changed on purpose.

use program::op::{BinaryFn, ReduceFn, UnaryFn};
use program::{ComputeOp, DType, Dims, Op, Operand, ViewId};
use replay::cpu::{Input, Packed, Strided, encode};
use replay::{Backend, CpuBackend, SimdLevel};

use super::{Agreement, Allowance, Rule, agree};
use DType::{Bf16, F16, F32, I32};

/// A device that may do all that a device may.
const LOOSE: Allowance = Allowance { fma_rounds_twice: true, flushes: true, exp_ulps: 4 };

const V: ViewId = ViewId(0);
const SUM: Op =
    Op::Compute(ComputeOp::Reduce { f: ReduceFn::Sum, axis: 1, x: V, to: V, acc: F32, wrap: false });
const EXP: Op = Op::Compute(ComputeOp::Unary { f: UnaryFn::Exp, x: V, to: V });
const CAST: Op = Op::Compute(ComputeOp::Unary { f: UnaryFn::Cast, x: V, to: V });
fn binary(f: BinaryFn) -> Op {
    Op::Compute(ComputeOp::Binary { f, x: Operand::View(V), y: Operand::View(V), to: V })
}
fn dot(acc: DType) -> Op {
    Op::Compute(ComputeOp::Dot { a: V, b: V, c: V, accumulate: false, acc })
}

/// An operand's dtype, shape and values.
struct Tile {
    dtype: DType,
    shape: [u32; 2],
    bytes: Vec<u8>,
}

fn tile(dtype: DType, shape: [u32; 2], values: &[f32]) -> Tile {
    Tile { dtype, shape, bytes: encode(values, dtype, SimdLevel::Narrow) }
}
/// Values of both signs and of size about 1.
fn random(dtype: DType, shape: [u32; 2], seed: u32) -> Tile {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let values: Vec<f32> = (0..shape[0] * shape[1]).map(|_| next()).collect();
    tile(dtype, shape, &values)
}
impl Tile {
    fn input(&self) -> Input<'_> {
        Input::View(Strided::packed(&self.bytes, &self.shape, self.dtype))
    }
}

fn cpu(op: &Op, tiles: &[&Tile], to: Packed) -> Vec<u8> {
    let inputs: Vec<Input<'_>> = tiles.iter().map(|tile| tile.input()).collect();
    CpuBackend { simd: SimdLevel::Narrow }.compute(op, &inputs, to, Vec::new()).expect("the CPU computes it")
}
fn judged(op: &Op, tiles: &[&Tile], to: Packed, device: &[u8], allowed: &Allowance) -> Agreement {
    let inputs: Vec<Input<'_>> = tiles.iter().map(|tile| tile.input()).collect();
    agree(op, &inputs, to, (&cpu(op, tiles, to), device), allowed)
}
fn packed(shape: [u32; 2], dtype: DType) -> Packed {
    Packed { shape: Dims::new(&shape), dtype }
}
/// The same, with the bits of some elements moved.
fn moved(bytes: &[u8], dtype: DType, elements: impl Iterator<Item = usize>, by: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for element in elements {
        let low = &mut bytes[element * dtype.size() as usize];
        // Away from the byte's end, so that it is as many ulps.
        *low = if *low < 128 { *low + by } else { *low - by };
    }
    bytes
}

/// An op on operands of one dtype and of 32×32 values, its result's dtype, the rule, and how many ulps one element
/// may be off.
fn cases() -> Vec<(Op, DType, DType, Rule, u8)> {
    let (add, div, larger) = (binary(BinaryFn::Add), binary(BinaryFn::Div), binary(BinaryFn::Maximum));
    vec![
        (CAST, F32, F16, Rule::T0, 0),
        (larger, F32, F32, Rule::T0, 0),
        (add.clone(), F32, F32, Rule::T0, 0),
        (add, I32, I32, Rule::T0, 0),
        (div.clone(), F32, F32, Rule::T0, 0),
        (div, F32, Bf16, Rule::T0, 0),
        (EXP, F32, F32, Rule::T1, 4),
        (EXP, F16, F16, Rule::T2, 1),
        (SUM, F32, F32, Rule::T0, 0),
        (dot(F32), F16, F32, Rule::T0, 0),
        (dot(F32), Bf16, Bf16, Rule::T0, 0),
        (dot(F32), F32, F16, Rule::T2, 1),
    ]
}

#[test]
fn each_op_is_judged_by_its_rule_and_one_wrong_element_is_found() {
    for (op, from, to, rule, ulps) in cases() {
        let (a, b) = (random(from, [32, 32], 1), random(from, [32, 32], 2));
        let tiles: &[&Tile] = if matches!(op, Op::Compute(ComputeOp::Unary { .. } | ComputeOp::Reduce { .. }))
        {
            &[&a]
        } else {
            &[&a, &b]
        };
        let to = packed(if op == SUM { [32, 1] } else { [32, 32] }, to);
        let right = cpu(&op, tiles, to);
        for (by, pass) in [(0, true), (ulps, true), (ulps + 1, false), (100, false)] {
            let what = format!("{} {from} {} off by {by}", op.kind(), to.dtype);
            let device = moved(&right, to.dtype, std::iter::once(17), by);
            let found = judged(&op, tiles, to, &device, &LOOSE);
            assert_eq!((found.rule, found.pass), (rule, pass), "{what}");
            assert_eq!(found.worst_ulp, u64::from(by), "{what}");
            assert_eq!(found.first_wrong, (!pass).then_some(17), "{what}");
            assert_eq!(judged(&op, tiles, to, &device, &Allowance::NONE).pass, by == 0, "{what}, exactly");
        }
    }
}

#[test]
fn one_rounding_in_a_hundred_may_differ_and_no_more() {
    let x = random(F16, [32, 32], 3);
    let to = packed([32, 32], F16);
    let right = cpu(&EXP, &[&x], to);
    for (n, pass) in [(1, true), (10, true), (11, false), (1024, false)] {
        let found = judged(&EXP, &[&x], to, &moved(&right, F16, 0..n, 1), &LOOSE);
        assert_eq!((found.pass, found.differing, found.first_wrong), (pass, n as u64, None), "{n}");
    }
    let one = random(F16, [1, 2], 3);
    let to = packed([1, 2], F16);
    let right = cpu(&EXP, &[&one], to);
    for (n, pass) in [(1, true), (2, false)] {
        assert_eq!(judged(&EXP, &[&one], to, &moved(&right, F16, 0..n, 1), &LOOSE).pass, pass, "{n} of 2");
    }
}

/// `a · b` in f32 where every product is rounded before it is added; `k` terms of each sum.
fn unfused(a: &Tile, b: &Tile, k: usize) -> Vec<f32> {
    let (a, b): (&[f32], &[f32]) = (bytemuck::cast_slice(&a.bytes), bytemuck::cast_slice(&b.bytes));
    let sum = |at: usize| (0..k).fold(0.0, |sum, k| sum + a[at / 32 * 32 + k] * b[k * 32 + at % 32]);
    (0..1024).map(sum).collect()
}

#[test]
fn a_dot_of_f32_may_round_its_products_and_may_not_lose_one_or_accumulate_in_f16() {
    for to in [F32, F16, Bf16] {
        let (a, b) = (random(F32, [32, 32], 4), random(F32, [32, 32], 5));
        let to = packed([32, 32], to);
        let made = |values: &[f32]| encode(values, to.dtype, SimdLevel::Narrow);
        let judge = |device: &[u8], allowed| judged(&dot(F32), &[&a, &b], to, device, allowed).pass;
        let unfused_all = made(&unfused(&a, &b, 32));
        assert!(judge(&unfused_all, &LOOSE), "{}: products are rounded", to.dtype);
        assert!(to.dtype != F32 || !judge(&unfused_all, &Allowance::NONE), "and are not on an exact device");
        assert!(!judge(&made(&unfused(&a, &b, 31)), &LOOSE), "{}: the last term is dropped", to.dtype);
        let halves = cpu(&dot(F16), &[&a, &b], to);
        assert!(!judge(&halves, &LOOSE), "{}: it accumulates in f16", to.dtype);
    }
}

#[test]
fn a_dot_of_halves_may_not_differ_at_all() {
    for from in [F16, Bf16] {
        let (a, b) = (random(from, [32, 32], 6), random(from, [32, 32], 7));
        let to = packed([32, 32], F32);
        let judge = |device: &[u8]| judged(&dot(F32), &[&a, &b], to, device, &LOOSE);
        assert!(!judge(&cpu(&dot(F16), &[&a, &b], to)).pass, "{from}: it accumulates in f16");
        let turned = cpu(&dot(F32), &[&a, &b], to);
        let turned: Vec<u8> = turned.chunks(4).rev().flatten().copied().collect();
        assert!(!judge(&turned).pass, "{from}: the elements are in another order");
    }
}

#[test]
fn only_a_dot_may_take_subnormals_for_zero_and_only_on_a_device_that_does() {
    let exact = Allowance { flushes: false, ..LOOSE };
    let add = binary(BinaryFn::Add);
    // Op, operands, their dtype, what the device gives in f32, whether one that flushes may and whether others may.
    let cases = [
        (dot(F32), 1e-20, 1e-20, Bf16, 0.0, true, false),
        (dot(F32), 1e-20, 1e-20, Bf16, 1e-36, false, false),
        (dot(F32), 1e-20, 1e-20, F32, 0.0, true, false),
        (dot(F32), 1e-15, 1e-15, Bf16, 0.0, false, false),
        (dot(F32), 1e-40, 1e30, F32, 0.0, true, false),
        (dot(F32), 1e-40, 1e30, F32, 1e-9, false, false),
        (dot(F32), 1.0, 1.0, F32, f32::NAN, false, false),
        (dot(F32), f32::MAX, 1.0, F32, f32::INFINITY, false, false),
        (dot(F32), f32::MAX, 2.0, F32, f32::NAN, false, false),
        (add.clone(), 1e-40, 1e-40, F32, 0.0, false, false),
        (add.clone(), 1.0, -1.0, F32, -0.0, false, false),
        (add, 1.0, f32::NAN, F32, 1.0, false, false),
    ];
    for (op, x, y, from, device, flushes, keeps) in cases {
        let (a, b) = (tile(from, [1, 1], &[x]), tile(from, [1, 1], &[y]));
        let to = packed([1, 1], F32);
        let judge = |allowed| judged(&op, &[&a, &b], to, &device.to_le_bytes(), allowed).pass;
        let what = format!("{} {x:e} {y:e} {from} gives {device:e}", op.kind());
        assert_eq!(
            (judge(&LOOSE), judge(&exact), judge(&Allowance::NONE)),
            (flushes, keeps, false),
            "{what}"
        );
    }
}

#[test]
fn an_operand_may_be_strided_and_accumulated_into() {
    let (a, b, c) = (random(F32, [32, 32], 8), random(F32, [32, 32], 9), random(F32, [32, 32], 10));
    let Input::View(turned) = a.input() else { unreachable!("a tile is a view") };
    let inputs = [Input::View(turned.transposed()), b.input(), c.input()];
    let op = Op::Compute(ComputeOp::Dot { a: V, b: V, c: V, accumulate: true, acc: F32 });
    let to = packed([32, 32], F32);
    let right = CpuBackend { simd: SimdLevel::Narrow }
        .compute(&op, &inputs, to, Vec::new())
        .expect("the CPU computes it");
    for (by, pass) in [(1, true), (127, false)] {
        let device = moved(&right, F32, 0..1024, by);
        assert_eq!(agree(&op, &inputs, to, (&right, &device), &LOOSE).pass, pass, "off by {by}");
    }
}
