//! Scans are the reductions of all beginnings; `fma` rounds once.

use program::DType;
use program::op::{Constant, ReduceFn};

use super::{Random, at_every_level, bytes_of, ints, packed, room, view};
use crate::cpu::{CpuError, Input, Reduce, SimdLevel, Strided, fma, reduce, scan};

const FOLDS: [ReduceFn; 6] =
    [ReduceFn::Sum, ReduceFn::Prod, ReduceFn::Max, ReduceFn::Min, ReduceFn::Maxnum, ReduceFn::Minnum];

#[test]
fn a_scan_has_the_reduction_of_every_beginning() {
    let mut random = Random::seeded(77);
    for round in 0..120 {
        let shape: Vec<u32> = (0..1 + random.below(3)).map(|_| 1 + random.below(9)).collect();
        let axis = random.below(shape.len() as u32) as u8;
        let n = shape.iter().product::<u32>() as usize;
        let dtype = [DType::F32, DType::F16, DType::I32][random.below(3) as usize];
        let acc =
            if dtype.is_float() { [DType::F32, DType::F16][random.below(2) as usize] } else { DType::I32 };
        let mut values = random.values(n);
        if dtype.is_float() && round % 3 == 0 {
            values[n / 2] = f32::NAN;
        }
        let bytes = bytes_of(&values, dtype);
        let x = Strided::packed(&bytes, &shape, dtype);
        for f in FOLDS {
            let how = Reduce { f, axis, acc, wrap: true, to: dtype };
            let made = at_every_level(|simd| scan(how, &x, room(), simd)).expect("a value");
            for end in 1..=shape[usize::from(axis)] {
                let beginning = Strided { shape: x.shape.with(axis.into(), end), ..x };
                let expected = reduce(how, &beginning, room(), SimdLevel::detect()).expect("a value");
                let last = Strided { bytes: &made, ..x };
                let skipped = u64::from(end - 1) * u64::from(x.strides[usize::from(axis)]) * dtype.size();
                let last = Strided { offset: skipped, shape: x.shape.with(axis.into(), 1), ..last };
                let last = crate::cpu::pack(&last).expect("it is whole");
                assert_eq!(last, expected, "{} of {shape:?} along {axis}, {end} of them", f.name());
            }
        }
    }
}

#[test]
fn a_scan_that_leaves_its_type_or_does_not_fold_is_refused() {
    let bytes = ints(&[1 << 30, 1 << 30, -5]);
    let x = Strided::packed(&bytes, &[3], DType::I32);
    let run = |f, acc, wrap| {
        scan(Reduce { f, axis: 0, acc, wrap, to: DType::I32 }, &x, room(), SimdLevel::detect())
    };
    let left = Err(CpuError::Overflow { acc: DType::I32, element: 0 });
    assert_eq!(run(ReduceFn::Sum, DType::I32, false), left);
    assert_eq!(run(ReduceFn::Sum, DType::I32, true), Ok(ints(&[1 << 30, i32::MIN, i32::MAX - 4])));
    assert_eq!(run(ReduceFn::Argmax, DType::I32, true), Err(CpuError::Fold { f: "argmax" }));
}

#[test]
fn fma_rounds_once_and_integers_wrap() {
    let run = |x: f32, y: f32, z: f32| {
        let bytes = [x, y, z].map(|value| bytes_of(&[value], DType::F32));
        let [x, y, z] = [0, 1, 2].map(|at| view(&bytes[at], &[1], DType::F32));
        at_every_level(|simd| fma([&x, &y, &z], packed(&[1], DType::F32), room(), simd))
    };
    let next = 1.0 + f32::EPSILON;
    for (x, y, z) in
        [(next, next, -next), (3.0, 4.0, 5.0), (f32::MAX, 2.0, f32::NEG_INFINITY), (1e-30, 1e-30, 1e-45)]
    {
        let exact = libm::fmaf(x, y, z);
        assert_eq!(run(x, y, z), Ok(bytes_of(&[exact], DType::F32)), "{x} · {y} + {z}");
    }
    let bytes = ints(&[i32::MAX, -7]);
    let x = view(&bytes, &[2], DType::I32);
    let two = Input::Constant(Constant::of(2.0));
    let made = fma([&x, &two, &x], packed(&[2], DType::I32), room(), SimdLevel::detect());
    assert_eq!(made, Ok(ints(&[i32::MAX.wrapping_mul(3), -21])));
}
