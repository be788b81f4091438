//! The functions against those of `libm` in f64, which err by less than one ulp of f64.

use program::DType;
use program::op::UnaryFn;

use super::{at_every_level, bytes_of, digest, floats_of, room};
use crate::cpu::{SimdLevel, Strided, unary, unary_f64};

const NAN: f32 = f32::NAN;
const INF: f32 = f32::INFINITY;

/// Functions that are rounded once from f64, and the digest of their results: another computer that differs is found
/// out.
const ROUNDED_ONCE: [(UnaryFn, u64); 9] = [
    (UnaryFn::Exp2, 0x9420_d0da_fb4e_64ed),
    (UnaryFn::Log, 0x9f72_d65e_c532_0c23),
    (UnaryFn::Log2, 0x3767_b2dc_0bbd_7973),
    (UnaryFn::Tanh, 0xd16b_5cb2_880b_8609),
    (UnaryFn::Sigmoid, 0x6999_8479_9805_0f15),
    (UnaryFn::Erf, 0xf0bc_1353_efc6_c2e6),
    (UnaryFn::Rsqrt, 0xcf9c_d2c3_d5d7_a30f),
    (UnaryFn::Sin, 0x7325_d1f3_302b_27dc),
    (UnaryFn::Cos, 0xd5db_54b4_7ba8_fbcc),
];
const TO_WHOLE: [UnaryFn; 5] = [UnaryFn::Round, UnaryFn::Floor, UnaryFn::Ceil, UnaryFn::Trunc, UnaryFn::Sign];

fn of_all(f: UnaryFn, x: &[f32]) -> Vec<u8> {
    let (bytes, shape) = (bytes_of(x, DType::F32), [x.len() as u32]);
    let made = at_every_level(|simd| {
        unary(f, &Strided::packed(&bytes, &shape, DType::F32), DType::F32, room(), simd)
    });
    made.expect("it has a value everywhere")
}

/// Distance from f64's result in ulps of f32; those of subnormal results are 2⁻¹⁴⁹. Results that f32 has no number for
/// must be what f64 rounds to.
pub(super) fn error_in_ulps(exact: f64, y: f32) -> f64 {
    let nearest = exact as f32;
    if nearest.is_nan() || nearest.is_infinite() || nearest == 0.0 {
        let same = nearest.to_bits() == y.to_bits() || nearest.is_nan() && y.is_nan();
        return if same { 0.0 } else { f64::INFINITY };
    }
    let exponent = libm::frexp(exact).1 - 24;
    (f64::from(y) - exact).abs() / libm::ldexp(1.0, exponent.max(-149))
}

/// Every 1009th f32, and all that are f16 or bf16.
fn many() -> Vec<f32> {
    let halves: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
    let every = (0..=u32::MAX / 1009).map(|i| f32::from_bits(i * 1009));
    let halves = [DType::F16, DType::Bf16].into_iter().flat_map(|dtype| floats_of(&halves, dtype));
    every.chain(halves).collect()
}

#[test]
fn results_are_those_of_f64_rounded_once() {
    let x = many();
    for (f, expected) in ROUNDED_ONCE {
        let bytes = of_all(f, &x);
        let y: &[f32] = bytemuck::cast_slice(&bytes);
        let errors = x.iter().zip(y).map(|(&x, &y)| (error_in_ulps(unary_f64(f)(f64::from(x)), y), x));
        let (ulps, worst) = errors.max_by(|a, b| a.0.total_cmp(&b.0)).expect("there are values");
        assert!(ulps < 0.51, "{}: {ulps} ulp at {worst:e}", f.name());
        assert_eq!(digest(&bytes), expected, "{}: {:#x}", f.name(), digest(&bytes));
    }
}

/// Drawn f32 and the f32 next to the result, as mpmath 1.3 has it with 60 digits: it shares nothing with either.
const SIXTY_DIGITS: [(UnaryFn, [(u32, u32); 7]); 9] = [
    (
        UnaryFn::Exp2,
        [
            (0xc25f_36c4, 0x2392_adcf),
            (0xc2c9_8ef5, 0x0d15_2ad1),
            (0x41e9_f197, 0x4e17_7a5a),
            (0xc2f2_5548, 0x02e4_160e),
            (0xbf2b_b19c, 0x3f20_d270),
            (0xc233_aefc, 0x2907_372c),
            (0xc314_8000, 0x0000_0001),
        ],
    ),
    (
        UnaryFn::Log,
        [
            (0x136f_3acd, 0xc274_4242),
            (0x4032_c836, 0x3f83_7e0f),
            (0x1161_49dd, 0xc27f_96df),
            (0x38da_f68e, 0xc112_accd),
            (0x1499_db30, 0xc26d_b4e9),
            (0x16ab_92d6, 0xc262_2e2b),
            (0x3f80_0001, 0x33ff_ffff),
        ],
    ),
    (
        UnaryFn::Log2,
        [
            (0x3fc7_d89d, 0x3f24_8aff),
            (0x4024_4bdd, 0x3fae_199c),
            (0x3f4f_3bb7, 0xbe9c_1a50),
            (0x3f87_6fbc, 0x3da6_dafe),
            (0x4004_63aa, 0x3f86_39ee),
            (0x4037_a229, 0x3fc2_a5ce),
            (0x3f7f_ffff, 0xb3b8_aa3c),
        ],
    ),
    (
        UnaryFn::Tanh,
        [
            (0x3f45_6230, 0x3f25_c460),
            (0xbf84_3fbe, 0xbf46_72a2),
            (0x4098_66d1, 0x3f7f_f66f),
            (0xc091_17f2, 0xbf7f_f0e5),
            (0x4065_6b79, 0x3f7f_9b2d),
            (0xc006_a66a, 0xbf78_7e64),
            (0x3a83_126f, 0x3a83_126c),
        ],
    ),
    (
        UnaryFn::Sigmoid,
        [
            (0xc2a5_60f8, 0x03d0_9343),
            (0xc2ab_bad8, 0x018b_668b),
            (0xc27b_edc1, 0x120c_a53c),
            (0xc004_264a, 0x3de6_86c6),
            (0xc29c_a02c, 0x0701_a5fc),
            (0xc1f1_a9f2, 0x29ab_25bb),
            (0xc2cf_0000, 0x0000_0001),
        ],
    ),
    (
        UnaryFn::Erf,
        [
            (0x3f8e_3f55, 0x3f62_4b63),
            (0xbf82_aa38, 0xbf59_e5eb),
            (0x3ec3_8fb3, 0x3ed2_63db),
            (0xc05f_da20, 0xbf7f_fff3),
            (0xc061_7bf5, 0xbf7f_fff5),
            (0xc016_8c94, 0xbf7f_c668),
            (0x3727_c5ac, 0x373d_4f84),
        ],
    ),
    (
        UnaryFn::Rsqrt,
        [
            (0x4b7a_e91d, 0x3981_4aa9),
            (0x3aa6_6b31, 0x41e0_83a4),
            (0x331e_11a9, 0x45a2_e503),
            (0x4525_54c3, 0x3c9f_46e0),
            (0x3c5b_aea9, 0x410a_2d0b),
            (0x3228_26af, 0x461d_ef85),
            (0x0000_02ca, 0x6258_c887),
        ],
    ),
    (
        UnaryFn::Sin,
        [
            (0x3ff3_acff, 0x3f71_f18b),
            (0x415e_dd42, 0x3f7a_796a),
            (0xc722_94da, 0xbf5b_be43),
            (0x51d8_d8da, 0xbe4d_7aed),
            (0xdf0f_b9a2, 0xbf76_f85e),
            (0x7f7f_ffff, 0xbf05_99b3),
            (0x4049_0fdb, 0xb3bb_bd2e),
        ],
    ),
    (
        UnaryFn::Cos,
        [
            (0x407a_d586, 0xbf36_68c9),
            (0x42a9_ed6f, 0xbf7d_780c),
            (0xc79c_d407, 0xbf7f_0218),
            (0x67d6_e4a7, 0x3f64_95b3),
            (0xdf0f_b9a2, 0x3e86_c8e4),
            (0x7f7f_ffff, 0x3f5a_5f96),
            (0x3fc9_0fdb, 0xb33b_bd2e),
        ],
    ),
];

#[test]
fn drawn_results_are_those_of_sixty_digits() {
    for (f, known) in SIXTY_DIGITS {
        let (x, y): (Vec<f32>, Vec<f32>) =
            known.into_iter().map(|(x, y)| (f32::from_bits(x), f32::from_bits(y))).unzip();
        assert_eq!(of_all(f, &x), bytes_of(&y, DType::F32), "{}", f.name());
    }
}

#[test]
fn whole_numbers_are_exact() {
    let mut x = many();
    x.extend((-9..=9).map(|half| half as f32 / 2.0));
    for f in TO_WHOLE {
        let bytes = of_all(f, &x);
        let y: &[f32] = bytemuck::cast_slice(&bytes);
        for (&x, &y) in x.iter().zip(y) {
            let exact = unary_f64(f)(f64::from(x)) as f32;
            let same = exact.to_bits() == y.to_bits() || exact.is_nan() && y.is_nan();
            assert!(same, "{} of {x:e} is {y:e}, not {exact:e}", f.name());
        }
    }
}

/// What docs/words.md says of each function at the ends.
#[test]
fn the_ends() {
    let x = [-INF, -1.0, -0.0, 0.0, 1.0, INF, NAN];
    for (f, expected) in [
        (UnaryFn::Exp2, [0.0, 0.5, 1.0, 1.0, 2.0, INF, NAN]),
        (UnaryFn::Log, [NAN, NAN, -INF, -INF, 0.0, INF, NAN]),
        (UnaryFn::Log2, [NAN, NAN, -INF, -INF, 0.0, INF, NAN]),
        (UnaryFn::Tanh, [-1.0, -0.761_594_2, -0.0, 0.0, 0.761_594_2, 1.0, NAN]),
        (UnaryFn::Sigmoid, [0.0, 0.268_941_43, 0.5, 0.5, 0.731_058_6, 1.0, NAN]),
        (UnaryFn::Erf, [-1.0, -0.842_700_8, -0.0, 0.0, 0.842_700_8, 1.0, NAN]),
        (UnaryFn::Rsqrt, [NAN, NAN, -INF, INF, 1.0, 0.0, NAN]),
        (UnaryFn::Sin, [NAN, -0.841_470_96, -0.0, 0.0, 0.841_470_96, NAN, NAN]),
        (UnaryFn::Cos, [NAN, 0.540_302_3, 1.0, 1.0, 0.540_302_3, NAN, NAN]),
        (UnaryFn::Round, [-INF, -1.0, -0.0, 0.0, 1.0, INF, NAN]),
        (UnaryFn::Sign, [-1.0, -1.0, -0.0, 0.0, 1.0, 1.0, NAN]),
    ] {
        assert_eq!(of_all(f, &x), bytes_of(&expected, DType::F32), "{}", f.name());
    }
    let halves = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 8_388_609.0];
    for (f, expected) in [
        (UnaryFn::Round, [-2.0, -2.0, -0.0, 0.0, 2.0, 2.0, 8_388_609.0]),
        (UnaryFn::Floor, [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 8_388_609.0]),
        (UnaryFn::Ceil, [-2.0, -1.0, -0.0, 1.0, 2.0, 3.0, 8_388_609.0]),
        (UnaryFn::Trunc, [-2.0, -1.0, -0.0, 0.0, 1.0, 2.0, 8_388_609.0]),
    ] {
        assert_eq!(of_all(f, &halves), bytes_of(&expected, DType::F32), "{}", f.name());
    }
}

#[test]
fn whole_numbers_of_integers_stay_what_they_are() {
    let x = super::ints(&[i32::MIN, -7, 0, (1 << 24) + 1]);
    let run = |f| unary(f, &Strided::packed(&x, &[4], DType::I32), DType::I32, room(), SimdLevel::detect());
    for f in [UnaryFn::Round, UnaryFn::Floor, UnaryFn::Ceil, UnaryFn::Trunc] {
        assert_eq!(run(f).as_ref(), Ok(&x), "{}", f.name());
    }
    assert_eq!(run(UnaryFn::Sign), Ok(super::ints(&[-1, -1, 0, 1])));
}
