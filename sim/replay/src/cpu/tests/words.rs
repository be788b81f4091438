//! Functions of integers alone, casts by their names, and powers.

use program::DType;
use program::op::{BinaryFn, Constant, UnaryFn};

use super::functions::error_in_ulps;
use super::{Random, at_every_level, bytes_of, ints, packed, room, view};
use crate::cpu::{CpuError, Input, SimdLevel, Strided, binary, unary};

const NAN: f32 = f32::NAN;
const INF: f32 = f32::INFINITY;

fn constant(value: f32) -> Input<'static> {
    Input::Constant(Constant::of(value))
}

/// Of constants alone, too: they take no floats.
#[test]
fn functions_of_integers_refuse_floats() {
    let run = |x: f32, y: f32| {
        binary(
            BinaryFn::And,
            &constant(x),
            &constant(y),
            packed(&[1], DType::I32),
            room(),
            SimdLevel::detect(),
        )
    };
    assert_eq!(run(12.0, 10.0), Ok(ints(&[8])));
    assert_eq!(run(12.0, 0.5), Err(CpuError::Integers { f: "and" }));
    let bytes = bytes_of(&[1.0], DType::F32);
    let x = Strided::packed(&bytes, &[1], DType::F32);
    let not = unary(UnaryFn::Not, &x, DType::F32, room(), SimdLevel::detect());
    assert_eq!(not, Err(CpuError::Integers { f: "not" }));
    let flipped = unary(
        UnaryFn::Not,
        &Strided::packed(&[0, 1, 255], &[3], DType::U8),
        DType::U8,
        room(),
        SimdLevel::Narrow,
    );
    assert_eq!(flipped, Ok(vec![255, 254, 0]));
}

#[test]
fn casts_to_integers_go_where_their_names_say() {
    let of = |f, to, values: &[f32]| {
        let bytes = bytes_of(values, DType::F32);
        let x = Strided::packed(&bytes, &[values.len() as u32], DType::F32);
        at_every_level(|simd| unary(f, &x, to, room(), simd))
    };
    let halves = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, NAN, INF, -INF];
    let (most, least) = (i32::MAX, i32::MIN);
    for (f, expected) in [
        (UnaryFn::Cast, [-2, -2, 0, 0, 2, 2, 0, most, least]),
        (UnaryFn::CastTrunc, [-2, -1, 0, 0, 1, 2, 0, most, least]),
        (UnaryFn::CastFloor, [-3, -2, -1, 0, 1, 2, 0, most, least]),
        (UnaryFn::CastSaturate, [-2, -2, 0, 0, 2, 2, 0, most, least]),
        (UnaryFn::CastWrap, [-2, -2, 0, 0, 2, 2, 0, 0, 0]),
    ] {
        assert_eq!(of(f, DType::I32, &halves), Ok(ints(&expected)), "{}", f.name());
    }
    let large = [300.0, -1.0, -300.5, 255.5, 4_294_967_808.0];
    for (f, bytes, words) in [
        (UnaryFn::Cast, [255, 0, 0, 255, 255], [300, -1, -300, 256, most]),
        (UnaryFn::CastWrap, [44, 255, 212, 0, 0], [300, -1, -300, 256, 512]),
    ] {
        assert_eq!(of(f, DType::U8, &large), Ok(bytes.to_vec()), "{}", f.name());
        assert_eq!(of(f, DType::I32, &large), Ok(ints(&words)), "{}", f.name());
    }
}

/// The largest number of a dtype in place of what is beyond it; NaN stays.
#[test]
fn casts_saturate() {
    let values = [464.0, 70_000.0, -INF, NAN, 447.0];
    let bytes = bytes_of(&values, DType::F32);
    let x = Strided::packed(&bytes, &[5], DType::F32);
    for (to, expected) in [
        (DType::F8e4m3, [448.0, 448.0, -448.0, NAN, 448.0]),
        (DType::F8e5m2, [448.0, 57_344.0, -57_344.0, NAN, 448.0]),
        (DType::F16, [464.0, 65_504.0, -65_504.0, NAN, 447.0]),
        (DType::F32, [464.0, 70_000.0, -f32::MAX, NAN, 447.0]),
    ] {
        let ours = at_every_level(|simd| unary(UnaryFn::CastSaturate, &x, to, room(), simd));
        assert_eq!(ours, Ok(bytes_of(&expected, to)), "{to}");
    }
    let x = ints(&[-1, 300, 1_000_000]);
    let x = Strided::packed(&x, &[3], DType::I32);
    let run = |to| unary(UnaryFn::CastSaturate, &x, to, room(), SimdLevel::detect());
    assert_eq!(run(DType::U8), Ok(vec![0, 255, 255]));
    assert_eq!(run(DType::F8e4m3), Ok(bytes_of(&[-1.0, 288.0, 448.0], DType::F8e4m3)));
}

#[test]
fn powers_square_and_wrap() {
    let power = |x: &[f32], n: f32| {
        let bytes = bytes_of(x, DType::F32);
        let (x, to) = (view(&bytes, &[x.len() as u32], DType::F32), packed(&[x.len() as u32], DType::F32));
        at_every_level(|simd| binary(BinaryFn::Pow, &x, &constant(n), to, room(), simd))
    };
    let x = [-2.0, -0.0, 0.5, 1.1, INF, -INF, NAN];
    for (n, expected) in [
        (0.0, [1.0; 7]),
        (1.0, x),
        (3.0, [-8.0, -0.0, 0.125, 1.331_000_1, INF, -INF, NAN]),
        (-1.0, [-0.5, -INF, 2.0, 0.909_090_9, 0.0, -0.0, NAN]),
        (-2.0, [0.25, INF, 4.0, 0.826_446_24, 0.0, 0.0, NAN]),
    ] {
        assert_eq!(power(&x, n), Ok(bytes_of(&expected, DType::F32)), "to the power {n}");
    }
    let x = ints(&[3, -3, 65_536, 0]);
    let (x, to) = (view(&x, &[4], DType::I32), packed(&[4], DType::I32));
    let whole = |n| binary(BinaryFn::Pow, &x, &constant(n), to, room(), SimdLevel::detect());
    assert_eq!(whole(3.0), Ok(ints(&[27, -27, 0, 0])));
    assert_eq!(whole(0.0), Ok(ints(&[1, 1, 1, 1])));
    assert_eq!(binary(BinaryFn::Pow, &x, &x, to, room(), SimdLevel::detect()), Err(CpuError::Exponent));
}

/// A power is at most 0.51 ulp off, for exponents of every length.
#[test]
fn powers_are_those_of_f64_rounded_once() {
    let mut random = Random::seeded(19);
    for exponent in [2, 3, 7, 10, 33, 100, 511, 1023, 1024, -1, -2, -5, -64, -1024] {
        // Bases whose powers f32 has.
        let spread = 80.0 / f64::from(exponent).abs();
        let x: Vec<f32> =
            random.values(4000).iter().map(|&x| libm::exp2(f64::from(x) * spread) as f32).collect();
        let bytes = bytes_of(&x, DType::F32);
        let (input, to) = (view(&bytes, &[4000], DType::F32), packed(&[4000], DType::F32));
        let y = constant(exponent as f32);
        let made =
            at_every_level(|simd| binary(BinaryFn::Pow, &input, &y, to, room(), simd)).expect("numbers");
        for (&x, &y) in x.iter().zip(bytemuck::cast_slice::<u8, f32>(&made)) {
            let exact = libm::pow(f64::from(x), f64::from(exponent));
            let ulps = error_in_ulps(exact, y);
            assert!(ulps < 0.51, "{x} to the power {exponent}: {ulps} ulp");
        }
    }
}
