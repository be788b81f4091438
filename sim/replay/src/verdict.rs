//! The verdict on outputs: their error against an f64 oracle, measured by the error of a naive reference.

use ndarray::ArrayViewD;
use oplog::Verdict;
use program::DType;

use crate::error::ReplayError;
use crate::inputs::{HostValue, extents};

/// Upper ends of the error classes of [`Verdict::ulp_histogram`], in ulp; the last class has none.
const CLASSES: [f64; 6] = [0.0, 0.5, 1.0, 2.0, 4.0, 8.0];

/// Stands for an error that is not finite, so that a verdict is finite numbers in every encoding.
const HOPELESS: f64 = f64::MAX;

/// Distance of two tensors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distance {
    pub max_abs: f64,
    pub rel_l2: f64,
}

/// Judges an output: passes when `max_abs ≤ 2 × naive_max_abs + ulp`, the ulp being that of the output's dtype at
/// max|oracle|, and 0 for integers, which are exact. A value that is not finite where the oracle is, in the output or in the naive reference, fails.
///
/// # Errors
/// [`ReplayError::Reference`] when the three differ in shape.
pub fn judge(
    output: &HostValue,
    oracle: ArrayViewD<'_, f64>,
    naive: ArrayViewD<'_, f64>,
) -> Result<Verdict, ReplayError> {
    let values = output.wide();
    same_shape(output, &shape_of(&oracle))?;
    same_shape(output, &shape_of(&naive))?;
    let (oracle, naive): (Vec<f64>, Vec<f64>) =
        (oracle.iter().copied().collect(), naive.iter().copied().collect());
    let largest = oracle.iter().map(|x| x.abs()).filter(|x| x.is_finite()).fold(0.0, f64::max);
    let (of_output, of_naive) = (distance(&values, &oracle), distance(&naive, &oracle));
    let ulp = slack(output.dtype, largest);
    let in_ulps: Vec<f64> = values
        .iter()
        .zip(&oracle)
        .map(|(&value, &exact)| finite(error(value, exact) / self::ulp(output.dtype, exact)))
        .collect();
    let measurable = of_output.max_abs < HOPELESS && of_naive.max_abs < HOPELESS;
    let dtype = output.dtype;
    Ok(Verdict {
        pass: measurable && of_output.max_abs <= 2.0 * of_naive.max_abs + ulp,
        max_abs: of_output.max_abs,
        rel_l2: of_output.rel_l2,
        max_ulp: in_ulps.iter().copied().fold(0.0, f64::max),
        naive_max_abs: of_naive.max_abs,
        ulp,
        ulp_histogram: histogram(&in_ulps),
        rule: format!("max_abs ≤ 2 × naive_max_abs + 1 ulp of {dtype} at max|oracle|"),
        sample: None,
    })
}

/// What rounding alone may cost.
fn slack(dtype: DType, largest: f64) -> f64 {
    if dtype.is_float() { ulp(dtype, largest) } else { 0.0 }
}

/// Distance of an output from an expected tensor.
///
/// # Errors
/// [`ReplayError::Reference`] when the two differ in shape.
pub fn compare(output: &HostValue, expected: &HostValue) -> Result<Distance, ReplayError> {
    same_shape(output, &expected.shape)?;
    Ok(distance(&output.wide(), &expected.wide()))
}

fn shape_of(values: &ArrayViewD<'_, f64>) -> Vec<u32> {
    values.shape().iter().map(|&n| u32::try_from(n).unwrap_or(u32::MAX)).collect()
}

fn same_shape(output: &HostValue, reference: &[u32]) -> Result<(), ReplayError> {
    if output.shape == reference {
        return Ok(());
    }
    let [output, reference] = [&output.shape[..], reference].map(extents);
    Err(ReplayError::Reference { output, reference })
}

fn distance(values: &[f64], exact: &[f64]) -> Distance {
    let (mut max_abs, mut error_2, mut exact_2) = (0.0f64, 0.0, 0.0);
    for (&value, &exact) in values.iter().zip(exact) {
        let error = error(value, exact);
        max_abs = max_abs.max(error);
        error_2 += error * error;
        exact_2 += if exact.is_finite() { exact * exact } else { 0.0 };
    }
    let rel_l2 = if error_2 == 0.0 { 0.0 } else { finite((error_2 / exact_2).sqrt()) };
    Distance { max_abs, rel_l2 }
}

/// |value − exact|. Equal infinities agree; any other value that is not finite has no hope, NaN least of all.
fn error(value: f64, exact: f64) -> f64 {
    if value == exact { 0.0 } else { finite((value - exact).abs()) }
}

fn finite(x: f64) -> f64 {
    if x.is_finite() { x } else { HOPELESS }
}

fn histogram(in_ulps: &[f64]) -> [u64; 7] {
    let mut histogram = [0; 7];
    for ulps in in_ulps {
        histogram[CLASSES.iter().position(|end| ulps <= end).unwrap_or(CLASSES.len())] += 1;
    }
    histogram
}

/// The distance between neighbouring values of `dtype` in the binade of `x`; 1 for integers. Below the smallest
/// normal number, the smallest subnormal.
pub fn ulp(dtype: DType, x: f64) -> f64 {
    let Some((significand, least_exponent)) = dtype.float() else { return 1.0 };
    // The exponent field of an f64, which every value and ulp of these dtypes has as a normal number.
    let exponent = (((x.abs().to_bits() >> 52) as i64) - 1023).clamp(least_exponent, 1023);
    let exponent = exponent + 1 - i64::from(significand);
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use ndarray::ArrayD;

    use super::*;

    fn array(values: &[f64]) -> ArrayD<f64> {
        ArrayD::from_shape_vec(vec![values.len()], values.to_vec()).expect("one axis")
    }

    fn check(output: &[f32], oracle: &[f64], naive: &[f64]) -> Verdict {
        let output = HostValue::of(output, &[output.len() as u32], DType::F16);
        judge(&output, array(oracle).view(), array(naive).view()).expect("one shape")
    }

    #[test]
    fn an_error_is_measured_by_the_naive_one() {
        type Case = (&'static str, &'static [f32], &'static [f64], &'static [f64], bool);
        /// Of f16 at 1.5.
        const ULP: f64 = 1.0 / 1024.0;
        let cases: &[Case] = &[
            ("exact", &[1.5, 0.5], &[1.5, 0.5], &[1.5, 0.5], true),
            ("one ulp off", &[1.5 + 1.0 / 1024.0, 0.5], &[1.5, 0.5], &[1.5, 0.5], true),
            ("two ulp off", &[1.5 + 2.0 / 1024.0, 0.5], &[1.5, 0.5], &[1.5, 0.5], false),
            (
                "two naive errors and one ulp",
                &[1.5, 0.5],
                &[1.5 + 3.0 * ULP, 0.5],
                &[1.5 + 2.0 * ULP, 0.5],
                true,
            ),
            ("more than that", &[1.5, 0.5], &[1.5 + 4.0 * ULP, 0.5], &[1.5 + 3.0 * ULP, 0.5], false),
            ("NaN", &[f32::NAN, 0.5], &[1.5, 0.5], &[1.5, 0.5], false),
            ("NaN in all three", &[f32::NAN, 0.5], &[f64::NAN, 0.5], &[f64::NAN, 0.5], false),
            ("infinite", &[f32::INFINITY, 0.5], &[1.5, 0.5], &[1.5, 0.5], false),
            (
                "infinite as it should be",
                &[f32::INFINITY, 0.5],
                &[f64::INFINITY, 0.5],
                &[f64::INFINITY, 0.5],
                true,
            ),
            ("a naive reference without a value", &[1.5, 9.0], &[1.5, 0.5], &[f64::NAN, 0.5], false),
        ];
        for (name, output, oracle, naive, pass) in cases {
            let verdict = check(output, oracle, naive);
            assert_eq!(verdict.pass, *pass, "{name}: {verdict:?}");
            assert!(verdict.max_abs.is_finite() && verdict.rel_l2.is_finite(), "{name}: {verdict:?}");
        }
    }

    #[test]
    fn errors_are_sorted_by_size() {
        let ulp = 1.0 / 1024.0;
        let oracle: Vec<f64> = [0.0, 0.5, 0.75, 1.5, 3.0, 7.0, 9.0].iter().map(|n| 1.5 - n * ulp).collect();
        let verdict = check(&[1.5; 7], &oracle, &oracle);
        assert_eq!(verdict.ulp_histogram, [1; 7]);
        assert_eq!(verdict.max_ulp, 9.0);
    }

    #[test]
    fn an_ulp_is_the_gap_at_its_own_value() {
        let cases = [
            (DType::F16, 1.0, 2f64.powi(-10)),
            (DType::F16, 0.0, 2f64.powi(-24)),
            (DType::F16, 65504.0, 32.0),
            (DType::Bf16, 3.0, 2f64.powi(-6)),
            (DType::F32, -1.0, 2f64.powi(-23)),
            (DType::F32, 1e-44, 2f64.powi(-149)),
            (DType::F8e4m3, 448.0, 32.0),
            (DType::F8e5m2, 1.0, 0.25),
            (DType::U8, 200.0, 1.0),
        ];
        for (dtype, x, gap) in cases {
            assert_eq!(ulp(dtype, x), gap, "{dtype} at {x}");
        }
    }

    #[test]
    fn a_reference_of_another_shape_is_refused() {
        let refused = |reference: &str| {
            let (output, reference) = ("2×3".to_owned(), reference.to_owned());
            Some(ReplayError::Reference { output, reference })
        };
        let output = HostValue::of(&[1.0; 6], &[2, 3], DType::F32);
        let right = ArrayD::from_elem(vec![2, 3], 1.0);
        for (shape, said) in [(vec![2, 2], "2×2"), (vec![3, 2], "3×2"), (vec![6], "6"), (vec![], "scalar")]
        {
            let other = ArrayD::from_elem(shape.clone(), 1.0);
            assert_eq!(judge(&output, other.view(), right.view()).err(), refused(said));
            assert_eq!(judge(&output, right.view(), other.view()).err(), refused(said));
            let n = shape.iter().product();
            let shape: Vec<u32> = shape.iter().map(|&n| n as u32).collect();
            let other = HostValue::of(&vec![1.0; n], &shape, DType::F32);
            assert_eq!(compare(&output, &other).err(), refused(said));
        }
        assert!(judge(&output, right.view(), right.view()).is_ok_and(|verdict| verdict.pass));
    }

    #[test]
    fn integers_are_compared_exactly() {
        let of = |x: i32| HostValue { shape: vec![1], dtype: DType::I32, bytes: x.to_le_bytes().to_vec() };
        // Neighbours that are one value in f32.
        let apart = compare(&of(16_777_217), &of(16_777_216)).map(|distance| distance.max_abs);
        assert_eq!(apart, Ok(1.0));
        assert_eq!(
            compare(&of(i32::MIN), &of(i32::MAX)).map(|distance| distance.max_abs),
            Ok(4_294_967_295.0)
        );
        let oracle = array(&[16_777_214.0]);
        let verdict = judge(&of(16_777_217), oracle.view(), oracle.view()).expect("one shape");
        assert_eq!((verdict.pass, verdict.max_abs), (false, 3.0));
    }
}
