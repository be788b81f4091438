//! The exponential function of the references, in f64 and without branches, so that it is computed in vectors.

/// Adding it to a number below 2^51 in size rounds the number to a whole one, ties to even, in the low bits.
const TO_WHOLE: f64 = 6_755_399_441_055_744.0;
/// ln 2 in two parts; the first has 20 zero bits at its end, so its product with an exponent is exact (fdlibm).
const LN_2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];
/// Beyond these the result is 0 or infinite.
const ENDS: [f64; 2] = [-746.0, 710.0];
/// 1/n! for n from 2 on: the Taylor series up to r^13. Its remainder for |r| ≤ ln 2 / 2 is below 2^-57 of the result.
const TAYLOR: [f64; 12] = [
    1.0 / 2.0,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5_040.0,
    1.0 / 40_320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
    1.0 / 39_916_800.0,
    1.0 / 479_001_600.0,
    1.0 / 6_227_020_800.0,
];

/// e^x with an error of at most one ulp where the result is a normal number; NaN stays NaN.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let x = if x < ENDS[0] { ENDS[0] } else { x };
    let x = if x > ENDS[1] { ENDS[1] } else { x };
    let shifted = x * std::f64::consts::LOG2_E + TO_WHOLE;
    let whole = shifted - TO_WHOLE;
    let high = x - whole * LN_2[0];
    let low = whole * LN_2[1];
    let r = high - low;
    // What the subtraction lost.
    let lost = (high - r) - low;
    let series = TAYLOR.iter().rev().fold(0.0, |sum, &factor| sum * r + factor);
    let value = 1.0 + (r + (r * r * series + lost));
    // The exponent in the low bits, and 2^exponent as the product of two numbers, either of which is normal.
    let exponent = shifted.to_bits().wrapping_sub(TO_WHOLE.to_bits()).wrapping_add(4096);
    let half = exponent >> 1;
    let power = |biased: u64| f64::from_bits(biased.wrapping_sub(2048).wrapping_add(1023) << 52);
    value * power(half) * power(exponent.wrapping_sub(half))
}

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn an_exponential_is_within_an_ulp_of_the_library_s() {
        let mut most = 0;
        for at in 0..400_000 {
            let x = -708.0 + f64::from(at) * (1417.0 / 400_000.0);
            let (ours, theirs) = (exp(x), libm::exp(x));
            let ulps = ours.to_bits().abs_diff(theirs.to_bits());
            assert!(ulps <= 1, "exp({x}) is {ours}, not {theirs}");
            most = most.max(ulps);
        }
        assert_eq!(most, 1, "two libraries do not agree by chance");
    }

    #[test]
    fn exponentials_have_the_limits_of_the_function() {
        for (x, expected) in [
            (0.0, 1.0),
            (-0.0, 1.0),
            (f64::NEG_INFINITY, 0.0),
            (-745.2, 0.0),
            (-745.1, 5e-324),
            (-1e300, 0.0),
            (709.8, f64::INFINITY),
            (f64::INFINITY, f64::INFINITY),
        ] {
            assert_eq!(exp(x), expected, "exp({x})");
        }
        assert!(exp(f64::NAN).is_nan());
        for at in 0..100 {
            let x = -745.0 + f64::from(at) * 0.37;
            assert!((exp(x) - libm::exp(x)).abs() <= 5e-324, "exp({x}) is subnormal");
        }
    }
}
