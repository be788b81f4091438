use program::op::ReduceFn;
use program::{DType, Dims};

use super::{Random, at_every_level, bytes_of, floats_of, ints, room};
use crate::cpu::{CpuError, Reduce, SimdLevel, Strided, reduce};

fn sum(axis: u8, acc: DType, to: DType) -> Reduce {
    Reduce { f: ReduceFn::Sum, axis, acc, wrap: false, to }
}

fn max(axis: u8, to: DType) -> Reduce {
    Reduce { f: ReduceFn::Max, axis, acc: DType::F32, wrap: false, to }
}

fn min(axis: u8, to: DType) -> Reduce {
    Reduce { f: ReduceFn::Min, ..max(axis, to) }
}

#[test]
fn the_order_is_ascending() {
    let check = |values: &[f32], acc, expected: f32| {
        let bytes = bytes_of(values, DType::F32);
        let n = values.len() as u32;
        for shape in [[1, n], [n, 1]] {
            let axis = u8::from(shape[0] == 1);
            let x = Strided::packed(&bytes, &shape, DType::F32);
            let ours = at_every_level(|simd| reduce(sum(axis, acc, DType::F32), &x, room(), simd));
            assert_eq!(ours, Ok(bytes_of(&[expected], DType::F32)), "{values:?} in {acc}");
        }
    };
    check(&[1e8, 1.0, -1e8, 1.0], DType::F32, 1.0);
    check(&[1.0, 1e8, 1.0, -1e8], DType::F32, 0.0);
    check(&[-0.0, -0.0], DType::F32, 0.0);
    check(&[f32::NEG_INFINITY, 1.0], DType::F32, f32::NEG_INFINITY);
    check(&[f32::NEG_INFINITY, f32::INFINITY], DType::F32, f32::NAN);
    // Ones added one by one: f16 stops at 2048, bf16 at 256, and f32 does not.
    check(&[1.0; 3000], DType::F16, 2048.0);
    check(&[1.0; 3000], DType::Bf16, 256.0);
    check(&[1.0; 3000], DType::F32, 3000.0);
}

#[test]
fn every_shape_and_axis_is_the_definition() {
    let mut random = Random::seeded(41);
    for _ in 0..200 {
        let shape: Vec<u32> = (0..1 + random.below(4)).map(|_| 1 + random.below(20)).collect();
        let axis = random.below(shape.len() as u32) as usize;
        let dtype = [DType::F32, DType::F16, DType::F8e4m3][random.below(3) as usize];
        let n = shape.iter().product::<u32>() as usize;
        let bytes = bytes_of(&random.values(n), dtype);
        let values = floats_of(&bytes, dtype);
        let (extent, inner) = (shape[axis] as usize, shape[axis + 1..].iter().product::<u32>() as usize);
        let x = Strided::packed(&bytes, &shape, dtype);
        let outputs =
            (0..n / extent).map(|o| (0..extent).map(move |i| (o / inner * extent + i) * inner + o % inner));
        let (mut sums, mut maxima, mut minima) = (Vec::new(), Vec::new(), Vec::new());
        for places in outputs {
            let along: Vec<f32> = places.map(|place| values[place]).collect();
            sums.push(along.iter().fold(0.0, |sum, x| sum + x));
            let numbers = along.iter().copied().filter(|x| !x.is_nan());
            maxima.push(numbers.clone().max_by(f32::total_cmp).unwrap_or(f32::NAN));
            minima.push(numbers.min_by(f32::total_cmp).unwrap_or(f32::NAN));
        }
        let ours = at_every_level(|simd| reduce(sum(axis as u8, DType::F32, DType::F32), &x, room(), simd));
        assert_eq!(ours, Ok(bytes_of(&sums, DType::F32)), "sum of {shape:?} along {axis}");
        let ours = at_every_level(|simd| reduce(max(axis as u8, DType::Bf16), &x, room(), simd));
        assert_eq!(ours, Ok(bytes_of(&maxima, DType::Bf16)), "max of {shape:?} along {axis}");
        let ours = at_every_level(|simd| reduce(min(axis as u8, DType::Bf16), &x, room(), simd));
        assert_eq!(ours, Ok(bytes_of(&minima, DType::Bf16)), "min of {shape:?} along {axis}");
    }
}

#[test]
fn an_integer_sum_that_leaves_its_type_is_refused_unless_it_wraps() {
    let check = |values: &[i32], how: Reduce, expected: Result<i32, CpuError>| {
        let bytes = ints(values);
        let x = Strided::packed(&bytes, &[values.len() as u32], DType::I32);
        let ours = at_every_level(|simd| reduce(how, &x, room(), simd));
        assert_eq!(ours, expected.map(|v| ints(&[v])), "{values:?} {how:?}");
    };
    let (u8_sum, i32_sum) = (sum(0, DType::U8, DType::I32), sum(0, DType::I32, DType::I32));
    let left = |acc| Err(CpuError::Overflow { acc, element: 0 });
    check(&[200, 55], u8_sum, Ok(255));
    check(&[200, 56], u8_sum, left(DType::U8));
    // Leaving on the way counts, even if the last sum would be back.
    check(&[200, 56, -1], u8_sum, left(DType::U8));
    check(&[200, 56, 1], Reduce { wrap: true, ..u8_sum }, Ok(1));
    check(&[i32::MAX, 1, -1], i32_sum, left(DType::I32));
    check(&[i32::MAX, 1], Reduce { wrap: true, ..i32_sum }, Ok(i32::MIN));
    check(&[i32::MIN, -1, 5], i32_sum, left(DType::I32));
    check(&[1 << 24, 1], i32_sum, Ok((1 << 24) + 1));

    let bytes = [200, 100];
    let x = Strided::packed(&bytes, &[2], DType::U8);
    let run = |how| reduce(how, &x, room(), SimdLevel::detect());
    assert_eq!(run(sum(0, DType::I32, DType::I32)), Ok(ints(&[300])));
    assert_eq!(run(sum(0, DType::F32, DType::F32)), Ok(bytes_of(&[300.0], DType::F32)));
    assert_eq!(run(sum(0, DType::I32, DType::U8)), left(DType::U8).map(|v: i32| ints(&[v])));
    assert_eq!(run(max(0, DType::U8)), Ok(vec![200]));
    assert_eq!(run(min(0, DType::U8)), Ok(vec![100]));
}

#[test]
fn edges() {
    let bytes = bytes_of(&[f32::NAN, f32::NAN], DType::F32);
    let run = |how, shape: &[u32]| {
        reduce(how, &Strided::packed(&bytes, shape, DType::F32), room(), SimdLevel::detect())
    };
    assert_eq!(run(max(0, DType::F32), &[2]), Ok(bytes_of(&[f32::NAN], DType::F32)));
    assert_eq!(run(max(1, DType::F32), &[2, 0]), Ok(bytes_of(&[f32::NEG_INFINITY; 2], DType::F32)));
    assert_eq!(run(min(0, DType::F32), &[2]), Ok(bytes_of(&[f32::NAN], DType::F32)));
    assert_eq!(run(min(1, DType::F32), &[2, 0]), Ok(bytes_of(&[f32::INFINITY; 2], DType::F32)));
    assert_eq!(run(sum(1, DType::F32, DType::F32), &[2, 0]), Ok(bytes_of(&[0.0; 2], DType::F32)));
    assert_eq!(run(sum(0, DType::F32, DType::F32), &[2, 0]), Ok(vec![]));
    assert_eq!(run(max(2, DType::F32), &[1, 2]), Err(CpuError::Axis { axis: 2, shape: Dims::new(&[1, 2]) }));
    assert_eq!(run(sum(0, DType::I32, DType::I32), &[2]), Err(CpuError::Accumulate { acc: DType::I32 }));
}
