use super::{at_every_level, digest};
use crate::cpu::{SimdLevel, exp_slice};

fn exp(x: f32) -> f32 {
    let mut values = [x];
    exp_slice(&mut values, SimdLevel::Narrow);
    values[0]
}

/// The distance from f64's `exp` in ulps of the result, which for subnormal results are 2^-149.
fn error_in_ulps(x: f32, y: f32) -> f64 {
    let exact = libm::exp(f64::from(x));
    let exponent = libm::frexp(exact).1 - 24;
    (f64::from(y) - exact).abs() / libm::ldexp(1.0, exponent.max(-149))
}

#[test]
fn it_is_within_one_ulp_at_every_level() {
    // Every 3001st f32 between where results vanish and where they overflow. The bench tries all of them.
    let x: Vec<f32> = (0..=u32::MAX / 3001)
        .map(|i| f32::from_bits(i * 3001))
        .filter(|x| *x > -104.0 && *x < 88.72)
        .collect();
    let bytes = at_every_level(|simd| {
        let mut y = x.clone();
        exp_slice(&mut y, simd);
        bytemuck::cast_slice::<f32, u8>(&y).to_vec()
    });
    let y: &[f32] = bytemuck::cast_slice(&bytes);
    let worst = x.iter().zip(y).map(|(&x, &y)| (error_in_ulps(x, y), x)).max_by(|a, b| a.0.total_cmp(&b.0));
    let (ulps, x_worst) = worst.expect("there are values");
    assert!(ulps < 0.80, "{ulps} ulp at {x_worst:e}");
    assert!(ulps > 0.5, "an error of {ulps} ulp is too good: is the oracle the same code?");
    // The bits themselves, so that another computer that differs is found out.
    assert_eq!(digest(&bytes), EXP_DIGEST, "{:#x}", digest(&bytes));
}
const EXP_DIGEST: u64 = 0xaf20_126f_6289_e7bc;

#[test]
fn known_answers() {
    let least = f32::from_bits(1);
    let check = |x: f32, expected: f32| assert_eq!(exp(x).to_bits(), expected.to_bits(), "exp({x:e})");
    check(0.0, 1.0);
    check(-0.0, 1.0);
    check(1.0, std::f32::consts::E);
    check(f32::NEG_INFINITY, 0.0);
    check(f32::INFINITY, f32::INFINITY);
    check(f32::MAX, f32::INFINITY);
    check(f32::MIN, 0.0);
    // The last finite result and the first that is not; the last subnormal one and the first zero.
    check(88.722_83, f32::from_bits(0x7f7f_ff84));
    check(88.722_84, f32::INFINITY);
    check(-103.972_07, least);
    check(-103.972_1, 0.0);
    check(-87.5, f32::from_bits(0x006c_b2bc));
    assert!(exp(f32::NAN).is_nan());
}
