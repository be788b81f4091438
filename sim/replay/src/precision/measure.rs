//! The error of a result, and the rule that says which errors are an op's own.

use program::DType;

use super::elements::Elements;
use crate::verdict::ulp;

/// An op is an error source when its error is more than this many times that of its worst input. Below it, an op hands on
/// what came in: a product adds the relative errors of two inputs, and a sum of numbers of one sign the larger.
pub const GROWTH_MAX: f64 = 4.0;
/// It must also be more than this many ulps of the result's dtype at the largest |value|. One rounding errs by at
/// most half of one.
pub const ULPS_MAX: f64 = 1.0;
/// No input counts as more exact than this many ulps of f32, in which every op computes, or √n of them for a sum of
/// n terms: so much do n roundings leave when they err either way (Higham and Mary, "A new approach to
/// probabilistic rounding error analysis", 2019). Without it every long sum in f32 is a source, because its inputs are
/// exact. It hides what is lost within f32, and nothing of what is lost in a narrower dtype.
pub const NOISE_ULPS: f64 = 4.0;
/// An ulp of f32 at 1: 2⁻²³.
const F32_ULP: f64 = f32::EPSILON as f64;

/// Error of a tensor of the declared run against the f64 run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Error {
    /// The largest |declared − f64|. Equal infinities, and NaN in both, are no error; NaN or infinity in one alone
    /// is an infinite one.
    pub max_abs: f64,
    /// What it is relative to: the largest finite |f64|, or |declared| where f64 has zeros alone.
    pub largest: f64,
}

impl Error {
    pub const NONE: Error = Error { max_abs: 0.0, largest: 0.0 };

    /// Elements that cannot be compared do not count.
    pub fn of(declared: &[f64], exact: &Elements) -> Error {
        let (mut error, mut largest_declared) = (Error::NONE, 0.0);
        let larger = |largest: f64, x: f64| if x.is_finite() { largest.max(x.abs()) } else { largest };
        for (at, (&declared, &exact_value)) in declared.iter().zip(&exact.values).enumerate() {
            if exact.lost.get(at) == Some(&true) {
                continue;
            }
            error.max_abs = error.max_abs.max(gap(declared, exact_value));
            error.largest = larger(error.largest, exact_value);
            largest_declared = larger(largest_declared, declared);
        }
        if error.largest == 0.0 {
            error.largest = largest_declared;
        }
        error
    }

    /// Relative to the largest |f64| of the whole tensor, not of each element: what is small beside its neighbours
    /// may be all noise without harm. Where f64 has zeros alone it is 1: the result is all error.
    pub fn relative(self) -> f64 {
        if self.max_abs == 0.0 { 0.0 } else { self.max_abs / self.largest }
    }

    /// Whether an op that sums `n_terms`, and whose worst input errs by `worst_input`, made this error itself.
    pub fn is_added(self, worst_input: f64, n_terms: u64, dtype: DType) -> bool {
        let noise = NOISE_ULPS.max((n_terms as f64).sqrt()) * F32_ULP;
        self.relative() > GROWTH_MAX * worst_input.max(noise)
            && self.max_abs > ULPS_MAX * ulp(dtype, self.largest)
    }
}

fn gap(declared: f64, exact: f64) -> f64 {
    if declared == exact || (declared.is_nan() && exact.is_nan()) {
        return 0.0;
    }
    let gap = (declared - exact).abs();
    if gap.is_nan() { f64::INFINITY } else { gap }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;
    const NAN: f64 = f64::NAN;

    #[test]
    fn an_error_is_relative_to_the_largest_value() {
        type Case = (&'static str, &'static [f64], &'static [f64], f64);
        let cases: &[Case] = &[
            ("equal", &[1.0, -2.0], &[1.0, -2.0], 0.0),
            ("a small element beside a large one", &[0.5, 8.0], &[1.0, 8.0], 0.0625),
            ("zeros", &[0.0, -0.0], &[0.0, 0.0], 0.0),
            ("not zero where f64 is", &[1e-9], &[0.0], 1.0),
            ("equal infinities", &[INF, -INF, 3.0], &[INF, -INF, 4.0], 0.25),
            ("other infinities", &[INF], &[-INF], INF),
            ("overflow", &[INF, 1.0], &[70_000.0, 1.0], INF),
            ("NaN in both", &[NAN, 1.0], &[NAN, 1.0], 0.0),
            ("NaN in the declared run alone", &[NAN, 1.0], &[1.0, 1.0], INF),
            ("NaN in the f64 run alone", &[1.0, 1.0], &[NAN, 1.0], INF),
            ("nothing", &[], &[], 0.0),
        ];
        for &(name, declared, exact, relative) in cases {
            let exact = Elements::of(exact.to_vec());
            assert_eq!(Error::of(declared, &exact).relative(), relative, "{name}");
        }
        let lost = Elements { values: vec![1.0, 4.0], lost: vec![true, false] };
        assert_eq!(Error::of(&[9.0, 5.0], &lost).relative(), 0.25, "what cannot be compared does not count");
    }

    #[test]
    fn an_op_is_a_source_beyond_four_times_its_input_and_one_ulp() {
        // An ulp of f16 at 1 is 2^-10.
        const ULP: f64 = 0.000_976_562_5;
        for (name, max_abs, worst_input, added) in [
            ("half an ulp from exact inputs", 0.5 * ULP, 0.0, false),
            ("one ulp", ULP, 0.0, false),
            ("more than one", 1.5 * ULP, 0.0, true),
            ("four times the input", 4.0 * ULP, ULP, false),
            ("more than four times", 4.5 * ULP, ULP, true),
            ("four times a tiny one, within an ulp", 0.9 * ULP, 0.1 * ULP, false),
            ("infinite", INF, 1.0, true),
            ("infinite from infinite", INF, INF, false),
        ] {
            assert_eq!(Error { max_abs, largest: 1.0 }.is_added(worst_input, 1, DType::F16), added, "{name}");
        }
        for (ulps, n_terms, added) in
            [(16.0, 1, false), (17.0, 1, true), (128.0, 1024, false), (129.0, 1024, true)]
        {
            let error = Error { max_abs: ulps * F32_ULP, largest: 1.0 };
            assert_eq!(
                error.is_added(0.0, n_terms, DType::F32),
                added,
                "{ulps} ulps, {n_terms} terms of f32"
            );
        }
    }
}
