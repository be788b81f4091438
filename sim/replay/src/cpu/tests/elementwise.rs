use program::op::{BinaryFn, CompareFn, Constant, ReduceFn, UnaryFn};
use program::{DType, Dims, Reduction, RingId};

use super::{Random, at_every_level, bytes_of, floats_of, ints, packed, room, view};
use crate::cpu::{CpuError, Input, SimdLevel, Strided, binary, compare, fold, select, unary};

const NAN: f32 = f32::NAN;
const INF: f32 = f32::INFINITY;

fn constant(value: f32) -> Input<'static> {
    Input::Constant(Constant::of(value))
}

#[test]
fn unary_known_answers() {
    let check = |f, x: f32, expected: f32| {
        let bytes = bytes_of(&[x], DType::F32);
        let ours = at_every_level(|simd| {
            unary(f, &Strided::packed(&bytes, &[1], DType::F32), DType::F32, room(), simd)
        });
        assert_eq!(ours, Ok(bytes_of(&[expected], DType::F32)), "{} of {x}", f.name());
    };
    for (x, expected) in [(1.5, -1.5), (0.0, -0.0), (INF, -INF), (NAN, NAN)] {
        check(UnaryFn::Neg, x, expected);
    }
    for (x, expected) in [(-1.5, 1.5), (-0.0, 0.0), (-INF, INF), (-NAN, NAN)] {
        check(UnaryFn::Abs, x, expected);
    }
    for (x, expected) in [(4.0, 0.25), (0.0, INF), (-0.0, -INF), (-INF, -0.0), (3.0, 0.333_333_34)] {
        check(UnaryFn::Reciprocal, x, expected);
    }
    for (x, expected) in [(2.0, std::f32::consts::SQRT_2), (-1.0, NAN), (-0.0, -0.0), (INF, INF)] {
        check(UnaryFn::Sqrt, x, expected);
    }
    for (x, expected) in [(-INF, 0.0), (0.0, 1.0), (INF, INF), (NAN, NAN)] {
        check(UnaryFn::Exp, x, expected);
    }
}

#[test]
fn an_integer_stays_one_where_it_can() {
    let x = ints(&[(1 << 24) + 1, i32::MIN, -7]);
    let run = |f, to| unary(f, &Strided::packed(&x, &[3], DType::I32), to, room(), SimdLevel::detect());
    assert_eq!(run(UnaryFn::Cast, DType::I32), Ok(x.clone()));
    assert_eq!(run(UnaryFn::Neg, DType::I32), Ok(ints(&[-(1 << 24) - 1, i32::MIN, 7])));
    assert_eq!(run(UnaryFn::Abs, DType::I32), Ok(ints(&[(1 << 24) + 1, i32::MIN, 7])));
    assert_eq!(run(UnaryFn::Cast, DType::U8), Ok(vec![1, 0, 249]));
    let seventh = unary(
        UnaryFn::Reciprocal,
        &Strided::packed(&[7], &[1], DType::U8),
        DType::F32,
        room(),
        SimdLevel::Narrow,
    );
    assert_eq!(seventh, Ok(bytes_of(&[1.0 / 7.0], DType::F32)));
}

#[test]
fn binary_known_answers() {
    let check = |f, x: f32, y: f32, expected: f32| {
        let (x_bytes, y_bytes) = (bytes_of(&[x], DType::F32), bytes_of(&[y], DType::F32));
        let (x_view, y_view) = (view(&x_bytes, &[1], DType::F32), view(&y_bytes, &[1], DType::F32));
        let ours = at_every_level(|simd| binary(f, &x_view, &y_view, packed(&[1], DType::F32), room(), simd));
        assert_eq!(ours, Ok(bytes_of(&[expected], DType::F32)), "{} of {x} and {y}", f.name());
    };
    for (x, y, number) in [(NAN, 1.0, 1.0), (1.0, NAN, 1.0), (NAN, NAN, NAN), (NAN, -INF, -INF)] {
        check(BinaryFn::Maxnum, x, y, number);
        check(BinaryFn::Minnum, x, y, number);
        check(BinaryFn::Maximum, x, y, NAN);
        check(BinaryFn::Minimum, x, y, NAN);
    }
    for (x, y, larger, smaller) in [
        (1.0, 2.0, 2.0, 1.0),
        (2.0, 1.0, 2.0, 1.0),
        (0.0, -0.0, 0.0, -0.0),
        (-0.0, 0.0, 0.0, -0.0),
        (-0.0, -0.0, -0.0, -0.0),
        (-INF, INF, INF, -INF),
    ] {
        check(BinaryFn::Maxnum, x, y, larger);
        check(BinaryFn::Minnum, x, y, smaller);
        check(BinaryFn::Maximum, x, y, larger);
        check(BinaryFn::Minimum, x, y, smaller);
    }
    check(BinaryFn::Sub, -INF, -INF, NAN);
    check(BinaryFn::Sub, -INF, 3.0, -INF);
    check(BinaryFn::Mul, INF, 0.0, NAN);
    check(BinaryFn::Div, 1.0, 0.0, INF);
    check(BinaryFn::Div, 0.0, 0.0, NAN);
    check(BinaryFn::Add, 1e8, 1.0, 1e8);
}

#[test]
fn a_result_is_rounded_once() {
    // In f32, 2048 + 1 is exact; f16 has no 2049, and rounds to even.
    let x = bytes_of(&[2048.0, 2050.0], DType::F16);
    let sum = binary(
        BinaryFn::Add,
        &view(&x, &[2], DType::F16),
        &constant(1.0),
        packed(&[2], DType::F16),
        room(),
        SimdLevel::detect(),
    );
    assert_eq!(sum, Ok(bytes_of(&[2048.0, 2052.0], DType::F16)));
    let x = bytes_of(&[60000.0], DType::F16);
    let sum = binary(
        BinaryFn::Add,
        &view(&x, &[1], DType::F16),
        &view(&x, &[1], DType::F16),
        packed(&[1], DType::F16),
        room(),
        SimdLevel::detect(),
    );
    assert_eq!(sum, Ok(bytes_of(&[INF], DType::F16)));
}

#[test]
fn integers_wrap_and_divide_towards_zero() {
    let check = |f, x: i32, y: i32, expected: Result<i32, CpuError>| {
        let (x_bytes, y_bytes) = (ints(&[x]), ints(&[y]));
        let (x_view, y_view) = (view(&x_bytes, &[1], DType::I32), view(&y_bytes, &[1], DType::I32));
        let ours = binary(f, &x_view, &y_view, packed(&[1], DType::I32), room(), SimdLevel::detect());
        assert_eq!(ours, expected.map(|v| ints(&[v])), "{} of {x} and {y}", f.name());
    };
    check(BinaryFn::Add, i32::MAX, 1, Ok(i32::MIN));
    check(BinaryFn::Sub, i32::MIN, 1, Ok(i32::MAX));
    check(BinaryFn::Mul, 1 << 16, 1 << 16, Ok(0));
    check(BinaryFn::Div, -7, 2, Ok(-3));
    check(BinaryFn::Div, i32::MIN, -1, Ok(i32::MIN));
    check(BinaryFn::Div, 1, 0, Err(CpuError::DivisionByZero { element: 0 }));
    check(BinaryFn::Maximum, -1, 1, Ok(1));
    check(BinaryFn::Minimum, -1, 1, Ok(-1));
    check(BinaryFn::Rem, -7, 2, Ok(-1));
    check(BinaryFn::Rem, i32::MIN, -1, Ok(0));
    check(BinaryFn::Rem, 1, 0, Err(CpuError::DivisionByZero { element: 0 }));
    check(BinaryFn::Shl, -3, 30, Ok(1 << 30));
    check(BinaryFn::Shl, 1, 31, Ok(i32::MIN));
    check(BinaryFn::Shl, 1, 32, Ok(0));
    check(BinaryFn::Shl, 1, -1, Ok(0));
    check(BinaryFn::Shr, -5, 1, Ok(-3));
    check(BinaryFn::Shr, -5, 32, Ok(-1));
    check(BinaryFn::Shr, 5, -1, Ok(0));
    check(BinaryFn::And, 0b1100, -6, Ok(0b1000));
    check(BinaryFn::Or, 0b1100, 0b1010, Ok(0b1110));
    check(BinaryFn::Xor, 0b1100, 0b1010, Ok(0b0110));
}

#[test]
fn a_whole_constant_beside_an_integer_is_an_integer() {
    let x = ints(&[(1 << 24) + 1]);
    let add = |y| {
        binary(
            BinaryFn::Add,
            &view(&x, &[1], DType::I32),
            &constant(y),
            packed(&[1], DType::I32),
            room(),
            SimdLevel::detect(),
        )
    };
    assert_eq!(add(1.0), Ok(ints(&[(1 << 24) + 2])));
    // Half a one makes it a float op: 2^24 + 1 becomes 2^24 on the way in.
    assert_eq!(add(0.5), Ok(ints(&[1 << 24])));
    assert_eq!(add(INF), Ok(ints(&[i32::MAX])));
    let both = binary(
        BinaryFn::Div,
        &constant(1.0),
        &constant(2.0),
        packed(&[2], DType::F32),
        room(),
        SimdLevel::detect(),
    );
    assert_eq!(both, Ok(bytes_of(&[0.5, 0.5], DType::F32)));
}

#[test]
fn comparisons_with_nan_are_false_but_ne() {
    let check = |f, expected: [u8; 4]| {
        let (x, y) =
            (bytes_of(&[1.0, 2.0, NAN, -0.0], DType::F32), bytes_of(&[2.0, 2.0, NAN, 0.0], DType::F32));
        let (x, y) = (view(&x, &[4], DType::F32), view(&y, &[4], DType::F32));
        let ours = at_every_level(|simd| compare(f, &x, &y, Dims::new(&[4]), room(), simd));
        assert_eq!(ours, Ok(expected.to_vec()), "{f:?}");
    };
    check(CompareFn::Eq, [0, 1, 0, 1]);
    check(CompareFn::Ne, [1, 0, 1, 0]);
    check(CompareFn::Lt, [1, 0, 0, 0]);
    check(CompareFn::Le, [1, 1, 0, 1]);
    check(CompareFn::Gt, [0, 0, 0, 0]);
    check(CompareFn::Ge, [0, 1, 0, 1]);
    let (x, y) = (ints(&[(1 << 24) + 1]), ints(&[1 << 24]));
    let eq = compare(
        CompareFn::Eq,
        &view(&x, &[1], DType::I32),
        &view(&y, &[1], DType::I32),
        Dims::new(&[1]),
        room(),
        SimdLevel::detect(),
    );
    assert_eq!(eq, Ok(vec![0]), "as f32 they would be equal");
}

#[test]
fn select_takes_x_where_the_mask_is_not_zero() {
    let mask = [0, 1, 255];
    let mask = Strided::packed(&mask, &[3], DType::U8);
    let x = bytes_of(&[1.0, 2.0, 3.0], DType::Bf16);
    let chosen = at_every_level(|simd| {
        select(&mask, &view(&x, &[3], DType::Bf16), &constant(-INF), packed(&[3], DType::F32), room(), simd)
    });
    assert_eq!(chosen, Ok(bytes_of(&[-INF, 2.0, 3.0], DType::F32)));
    let x = ints(&[1, (1 << 24) + 1, 3]);
    let chosen = select(
        &mask,
        &view(&x, &[3], DType::I32),
        &constant(9.0),
        packed(&[3], DType::I32),
        room(),
        SimdLevel::detect(),
    );
    assert_eq!(chosen, Ok(ints(&[9, (1 << 24) + 1, 3])));
}

#[test]
fn operands_broadcast() {
    let mut random = Random::seeded(31);
    let shapes: [(&[u32], &[u32]); 6] = [
        (&[3, 5], &[3, 5]),
        (&[3, 1], &[1, 5]),
        (&[5], &[3, 5]),
        (&[3, 5], &[1]),
        (&[], &[3, 5]),
        (&[1, 5], &[3, 1]),
    ];
    for (x_shape, y_shape) in shapes {
        let mut bytes =
            |shape: &[u32]| bytes_of(&random.values(shape.iter().product::<u32>() as usize), DType::F16);
        let (x, y) = (bytes(x_shape), bytes(y_shape));
        let ours = at_every_level(|simd| {
            binary(
                BinaryFn::Sub,
                &view(&x, x_shape, DType::F16),
                &view(&y, y_shape, DType::F16),
                packed(&[3, 5], DType::F32),
                room(),
                simd,
            )
        });
        let element = |bytes: &[u8], shape: &[u32], i: usize, j: usize| {
            let index = [i, j];
            let place = shape.iter().enumerate().fold(0, |place, (axis, &n)| {
                let i = index[axis + 2 - shape.len()];
                place * n as usize + if n == 1 { 0 } else { i }
            });
            floats_of(&bytes[place * 2..][..2], DType::F16)[0]
        };
        let slow: Vec<f32> = (0..15)
            .map(|e| element(&x, x_shape, e / 5, e % 5) - element(&y, y_shape, e / 5, e % 5))
            .collect();
        assert_eq!(ours, Ok(bytes_of(&slow, DType::F32)), "{x_shape:?} {y_shape:?}");
    }
    let x = bytes_of(&[0.0; 4], DType::F32);
    let wrong = binary(
        BinaryFn::Add,
        &view(&x, &[4], DType::F32),
        &constant(0.5),
        packed(&[2, 2], DType::F32),
        room(),
        SimdLevel::Narrow,
    );
    assert_eq!(wrong, Err(CpuError::Broadcast { from: Dims::new(&[4]), to: Dims::new(&[2, 2]) }));
}

/// 2048 + 1 + 1 + 1 in f16 is 2048 when every step is rounded, 2051 rounded once to 2052 when f32 carries it; and a
/// NaN yields to what it meets.
#[test]
fn a_reduction_rounds_every_step_to_its_accumulator_and_the_result_once() {
    let how = |f, acc| Reduction {
        f,
        acc,
        messages: [program::Message { ring: RingId(0), number: 0 }; 3].into(),
        views: [program::ViewId(0); 3].into(),
        x: program::ViewId(0),
        to: program::ViewId(0),
    };
    for (f, acc, values, expected) in [
        (ReduceFn::Sum, DType::F32, [2048.0, 1.0, 1.0, 1.0], 2052.0),
        (ReduceFn::Sum, DType::F16, [2048.0, 1.0, 1.0, 1.0], 2048.0),
        (ReduceFn::Sum, DType::F16, [1.0, 1.0, 1.0, 2048.0], 2052.0),
        (ReduceFn::Prod, DType::F32, [2048.0, 3.0, 0.5, 0.5], 1536.0),
        (ReduceFn::Max, DType::F32, [-1.0, NAN, 3.0, 2.0], NAN),
        (ReduceFn::Maxnum, DType::F32, [-1.0, NAN, 3.0, 2.0], 3.0),
        (ReduceFn::Maxnum, DType::F32, [NAN, -INF, -INF, -2.0], -2.0),
    ] {
        let bytes = values.map(|value| bytes_of(&[value], DType::F16));
        let inputs: Vec<Input<'_>> = bytes.iter().map(|bytes| view(bytes, &[1], DType::F16)).collect();
        let ours = at_every_level(|simd| fold(&how(f, acc), &inputs, packed(&[1], DType::F16), room(), simd));
        assert_eq!(ours, Ok(bytes_of(&[expected], DType::F16)), "{f:?} of {values:?} in {acc}");
    }
}
