use program::op::ReduceFn;
use program::{DType, Dims};

use super::{Random, at_every_level, bytes_of, floats_of, ints, room};
use crate::cpu::{CpuError, Reduce, SimdLevel, Strided, reduce};

fn sum(axis: u8, acc: DType, to: DType) -> Reduce {
    Reduce { f: ReduceFn::Sum, axis, acc, wrap: false, to }
}

fn max(axis: u8, to: DType) -> Reduce {
    Reduce { f: ReduceFn::Maxnum, axis, acc: DType::F32, wrap: false, to }
}

fn min(axis: u8, to: DType) -> Reduce {
    Reduce { f: ReduceFn::Minnum, ..max(axis, to) }
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
        let mut others: [Vec<f32>; 7] = Default::default();
        for places in outputs {
            let along: Vec<f32> = places.map(|place| values[place]).collect();
            sums.push(along.iter().fold(0.0, |sum, x| sum + x));
            let numbers = along.iter().copied().filter(|x| !x.is_nan());
            maxima.push(numbers.clone().max_by(f32::total_cmp).unwrap_or(f32::NAN));
            minima.push(numbers.min_by(f32::total_cmp).unwrap_or(f32::NAN));
            let or_nan = |best: f32| if along.iter().any(|x| x.is_nan()) { f32::NAN } else { best };
            let is_best = |best: f32| move |x: &f32| x.is_nan() || *x == best;
            let place = |best: f32| {
                let nan = along.iter().position(|x| x.is_nan());
                nan.or_else(|| along.iter().position(is_best(best))).unwrap_or(0) as f32
            };
            let (largest, smallest) = (maxima[maxima.len() - 1], minima[minima.len() - 1]);
            let values = [
                or_nan(largest),
                or_nan(smallest),
                along.iter().product(),
                f32::from(along.iter().any(|&x| x != 0.0)),
                f32::from(along.iter().all(|&x| x != 0.0)),
                place(largest),
                place(smallest),
            ];
            others.iter_mut().zip(values).for_each(|(all, value)| all.push(value));
        }
        let functions = [
            (ReduceFn::Max, DType::F32),
            (ReduceFn::Min, DType::F32),
            (ReduceFn::Prod, DType::F32),
            (ReduceFn::Any, DType::U8),
            (ReduceFn::All, DType::U8),
            (ReduceFn::Argmax, DType::I32),
            (ReduceFn::Argmin, DType::I32),
        ];
        for ((f, to), expected) in functions.into_iter().zip(&others) {
            let how = Reduce { f, axis: axis as u8, acc: DType::F32, wrap: false, to };
            let ours = at_every_level(|simd| reduce(how, &x, room(), simd));
            assert_eq!(ours, Ok(bytes_of(expected, to)), "{} of {shape:?} along {axis}", f.name());
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
fn integers_reduce_in_their_own_type() {
    let bytes = ints(&[i32::MIN, 0, 7, i32::MAX, 7, -1]);
    let x = Strided::packed(&bytes, &[2, 3], DType::I32);
    let run = |f, to, wrap| {
        at_every_level(|simd| reduce(Reduce { f, axis: 1, acc: DType::I32, wrap, to }, &x, room(), simd))
    };
    for (f, to, expected) in [
        (ReduceFn::Max, DType::I32, [7, i32::MAX]),
        (ReduceFn::Minnum, DType::I32, [i32::MIN, -1]),
        (ReduceFn::Argmax, DType::I32, [2, 0]),
        (ReduceFn::Argmin, DType::I32, [0, 2]),
    ] {
        assert_eq!(run(f, to, false), Ok(ints(&expected)), "{}", f.name());
    }
    assert_eq!(run(ReduceFn::Any, DType::U8, false), Ok(vec![1, 1]));
    assert_eq!(run(ReduceFn::All, DType::U8, false), Ok(vec![0, 1]));
    assert_eq!(run(ReduceFn::Prod, DType::I32, true), Ok(ints(&[0, i32::MAX.wrapping_mul(-7)])));
    let left = Err(CpuError::Overflow { acc: DType::I32, element: 1 });
    assert_eq!(run(ReduceFn::Prod, DType::I32, false), left);
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

    check(&[100, 27], sum(0, DType::I8, DType::I32), Ok(127));
    check(&[100, 28], sum(0, DType::I8, DType::I32), left(DType::I8));
    check(&[100, 28], Reduce { wrap: true, ..sum(0, DType::I8, DType::I32) }, Ok(-128));
    check(&[i32::MAX, i32::MAX, 1], sum(0, DType::U32, DType::U32), Ok(-1));
    check(&[i32::MAX, i32::MAX, 2], sum(0, DType::U32, DType::U32), left(DType::U32));
    check(&[1, -2], sum(0, DType::U32, DType::U32), left(DType::U32));
    check(&[1 << 16], sum(0, DType::I32, DType::I16), left(DType::I16));

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
