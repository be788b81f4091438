//! The verdict on an output: its errors against an oracle, measured by those of a naive computation or by a tolerance.

mod errors;
mod limits;
mod places;

use ndarray::ArrayD;
use oplog::{Against, Judgement, NotFinite, Worst};
use program::DType;

use crate::error::ReplayError;
use crate::inputs::{HostValue, extents};
use errors::{errors, histogram, largest};
use limits::Limits;
use places::Places;

/// Fewer elements than these say nothing about an average: then only the largest error decides.
const FEW: u64 = 64;
/// Elements that may be beyond 1 ulp by chance, whatever the naive computation has.
const BY_CHANCE: u64 = 32;

/// An output and what it should be.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    pub name: &'a str,
    /// The output, or its rows that are judged, as a matrix.
    pub output: &'a HostValue,
    /// Shape of the whole output.
    pub shape: &'a [u32],
    /// Rows of the output that `output` has; all without.
    pub rows: Option<&'a [usize]>,
    pub against: Against,
    pub oracle: &'a ArrayD<f64>,
    /// Dtype that the oracle was rounded to; `None` for f64.
    pub oracle_dtype: Option<DType>,
    pub measure: Measure<'a>,
}

/// What errors are held to.
#[derive(Clone, Debug)]
pub enum Measure<'a> {
    /// The errors of a naive computation against its own oracle.
    Naive {
        naive: &'a ArrayD<f64>,
        oracle: &'a ArrayD<f64>,
    },
    Tolerance(Tolerance),
}

/// Error that is allowed beside 1 ulp: `atol + rtol × |oracle|`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tolerance {
    pub rtol: f64,
    pub atol: f64,
}

/// Judges an output. NaN is equal to NaN and an infinity to one of its sign; any other value that is not finite, in the
/// output or in the oracle, fails. Where the naive computation has no number, it measures nothing, and so does one whose
/// errors are larger than a precision explains: `‖naive error‖₂ > ‖oracle‖₂ / 16 + ‖1 ulp‖₂`.
///
/// With a naive computation: `max_abs ≤ 2 × naive + 1 ulp` at max|oracle|; and of 64 elements or more
/// `‖error‖₂ ≤ 2 × ‖naive error‖₂ + ‖½ ulp‖₂ + 1 ulp` and `elements beyond 1 ulp ≤ 2 × naive + 1 % + 32`.
/// Without, or where it measures nothing: each error is at most 1 ulp at max|oracle| plus the tolerance; and of 64
/// elements or more `‖error‖₂ ≤ ‖1 ulp‖₂ + 1 ulp + ‖tolerance‖₂` and `elements beyond 1 ulp (8 of f32) and the
/// tolerance ≤ 1 % + 32`. Integers have no ulp: with a naive computation each error is at most twice its largest, where
/// `unequal elements ≤ 2 × naive + 1 %`, and else they are equal.
///
/// # Errors
/// [`ReplayError::Reference`] when output, oracle and naive computation differ in shape; [`ReplayError::NotComparable`] for
/// an i64 that f64 does not have.
pub fn judge(question: &Question<'_>) -> Result<Judgement, ReplayError> {
    judge_and_find(question).map(|(judgement, _)| judgement)
}

/// The elements of an output in f64, which has every number of every dtype but of i64.
fn comparable(name: &str, output: &HostValue) -> Result<Vec<f64>, ReplayError> {
    let values = output.wide();
    if output.dtype == DType::I64 {
        let exact = output.bytes.as_chunks::<8>().0.iter().map(|bytes| i64::from_le_bytes(*bytes));
        let between = values.iter().zip(exact).find(|(value, exact)| **value as i128 != i128::from(*exact));
        if let Some((_, value)) = between {
            return Err(ReplayError::NotComparable { output: name.to_owned(), value });
        }
    }
    Ok(values)
}

/// As [`judge`], and of an output that fails the wrong elements, ascending. Where no element alone is beyond its limit,
/// they are those beyond 1 ulp.
///
/// # Errors
/// As [`judge`].
pub fn judge_and_find(question: &Question<'_>) -> Result<(Judgement, Vec<Wrong>), ReplayError> {
    let Question { name, output, against, oracle, oracle_dtype, measure, .. } = question;
    let grid = Grid { dtype: output.dtype, oracle: *oracle_dtype };
    same_shape(output, oracle)?;
    let values = comparable(name, output)?;
    let exact: Vec<f64> = oracle.iter().copied().collect();
    let found = errors(&values, &exact, grid);
    let ulp = if grid.is_float() { grid.ulp(largest(&exact)) } else { 0.0 };
    let places = Places { shape: question.shape, rows: question.rows };
    let mut not_finite = NotFinite {
        output: places.not_finite(&values),
        oracle: places.not_finite(&exact),
        unequal: places.of((0..values.len()).filter(|&at| errors::is_unequal(values[at], exact[at]))),
        ..NotFinite::default()
    };
    let naive = match measure {
        Measure::Tolerance(_) => None,
        Measure::Naive { naive, oracle } => {
            same_shape(output, naive)?;
            same_shape(output, oracle)?;
            let [naive, exact] = [naive, oracle].map(|of| of.iter().copied().collect::<Vec<f64>>());
            not_finite.naive = places.not_finite(&naive);
            Some(errors(&naive, &exact, grid))
        }
    };
    let limits = Limits::of(measure, &found, naive.as_ref(), ulp, grid);
    let (worst, beyond_own) = worst(&values, &exact, |exact| limits.element(exact), &places);
    let wrong = beyond_own + not_finite.unequal.elements;
    let ulp_histogram = histogram(&values, &exact, grid);
    let l2_limit = limits.norm(&found, &exact);
    let beyond_limit = limits.beyond(&found, &values, &exact);
    let mut judgement = Judgement {
        pass: false,
        output: (*name).to_owned(),
        against: *against,
        max_abs: found.max_abs,
        rel_l2: relative(found.l2, found.oracle_l2),
        max_ulp: found.max_ulp,
        naive_max_abs: naive.as_ref().map(|naive| naive.max_abs),
        ulp,
        ulp_histogram,
        rel_l2_limit: l2_limit
            .filter(|_| found.oracle_l2 > 0.0)
            .map(|limit| relative(limit, found.oracle_l2)),
        beyond_limit,
        worst,
        wrong,
        not_finite,
        rule: limits.rule(measure, l2_limit.is_some()),
    };
    judgement.pass = wrong == 0
        && l2_limit.is_none_or(|limit| found.l2 <= limit)
        && beyond_limit.is_none_or(|limit| judgement.beyond() <= limit);
    let own = |exact: f64| if judgement.wrong > 0 { limits.element(exact) } else { grid.ulp(exact) };
    let found = if judgement.pass { Vec::new() } else { wrong_elements(&values, &exact, own, &places) };
    Ok((judgement, found))
}

/// A wrong element of an output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wrong {
    /// Its number in the whole output, row-major.
    pub at: u64,
    /// Error beyond what is allowed; infinite where one value alone is not finite.
    pub excess: f64,
    pub value: f64,
    pub oracle: f64,
}

/// The elements of an output that are further off than `own` allows, ascending.
fn wrong_elements(
    values: &[f64],
    exact: &[f64],
    own: impl Fn(f64) -> f64,
    places: &Places<'_>,
) -> Vec<Wrong> {
    let pairs = values.iter().zip(exact).enumerate();
    let found = pairs.filter_map(|(at, (&value, &oracle))| {
        let excess = match errors::error(value, oracle) {
            None => f64::INFINITY,
            Some(error) => error - own(oracle),
        };
        (excess > 0.0).then(|| Wrong { at: places.flat(at), excess, value, oracle })
    });
    found.collect()
}

/// The element that is furthest beyond its limit, and how many are beyond theirs.
fn worst(
    values: &[f64],
    exact: &[f64],
    limit: impl Fn(f64) -> f64,
    places: &Places<'_>,
) -> (Option<Worst>, u64) {
    let (mut furthest, mut wrong): (Option<(usize, f64)>, u64) = (None, 0);
    for (at, (&value, &oracle)) in values.iter().zip(exact).enumerate() {
        let Some(error) = errors::error(value, oracle) else { continue };
        let excess = error - limit(oracle);
        wrong += u64::from(excess > 0.0);
        if oracle.is_finite() && furthest.is_none_or(|(_, most)| excess > most) {
            furthest = Some((at, excess));
        }
    }
    let worst = furthest.map(|(at, _)| Worst {
        index: places.index(at),
        value: values[at],
        oracle: exact[at],
        limit: limit(exact[at]),
    });
    (worst, wrong)
}

fn relative(error: f64, whole: f64) -> f64 {
    if error == 0.0 { 0.0 } else { (error / whole).min(f64::MAX) }
}

/// The values that an output and its oracle can have.
#[derive(Clone, Copy, Debug)]
struct Grid {
    dtype: DType,
    /// `None` for f64.
    oracle: Option<DType>,
}

impl Grid {
    const fn is_float(self) -> bool {
        self.dtype.is_float()
    }

    /// One ulp at `x`, of the coarser dtype: an oracle that was rounded is no more exact than that.
    fn ulp(self, x: f64) -> f64 {
        let own = ulp(self.dtype, x);
        let floats = self.oracle.filter(|oracle| self.is_float() && oracle.is_float());
        floats.map_or(own, |oracle| own.max(ulp(oracle, x)))
    }

    fn coarser(self) -> DType {
        let floats = self.oracle.filter(|oracle| self.is_float() && oracle.is_float());
        floats.filter(|&oracle| ulp(oracle, 1.0) > ulp(self.dtype, 1.0)).unwrap_or(self.dtype)
    }
}

fn same_shape(output: &HostValue, reference: &ArrayD<f64>) -> Result<(), ReplayError> {
    let shape: Vec<u32> = reference.shape().iter().map(|&n| u32::try_from(n).unwrap_or(u32::MAX)).collect();
    if output.shape == shape {
        return Ok(());
    }
    let [output, reference] = [&output.shape, &shape].map(|shape| extents(shape));
    Err(ReplayError::Reference { output, reference })
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
#[path = "verdict_tests.rs"]
mod tests;
