//! Limits of a judgement: what each element, the norm and the share beyond 1 ulp are held to.

use program::DType;

use super::errors::{self, Errors};
use super::{BY_CHANCE, FEW, Grid, Measure, Tolerance};

/// A naive computation that is further off than this share of the values, beside what one rounding of its output does,
/// is another computation.
const NAIVE_SHARE: f64 = 1.0 / 16.0;

/// What errors are held to.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    by: By<'a>,
    /// One ulp at max|oracle|.
    ulp: f64,
    grid: Grid,
}

#[derive(Clone, Copy, Debug)]
enum By<'a> {
    Naive(&'a Errors),
    Tolerance(Tolerance),
}

impl<'a> Limits<'a> {
    /// `found` are the errors that are judged, and `naive` those of the naive computation, where there is one.
    pub fn of(
        measure: &Measure<'_>,
        found: &Errors,
        naive: Option<&'a Errors>,
        ulp: f64,
        grid: Grid,
    ) -> Limits<'a> {
        let is_measure = |naive: &&Errors| measures(naive) && (grid.is_float() || excuses(naive, found));
        let by = match (measure, naive.filter(is_measure)) {
            (Measure::Naive { .. }, Some(naive)) => By::Naive(naive),
            (Measure::Naive { .. }, None) => By::Tolerance(Tolerance::default()),
            (Measure::Tolerance(tolerance), _) => By::Tolerance(*tolerance),
        };
        Limits { by, ulp, grid }
    }

    /// Of the error of one element.
    pub fn element(&self, exact: f64) -> f64 {
        let limit = match self.by {
            By::Naive(naive) => 2.0 * naive.max_abs + self.ulp,
            By::Tolerance(tolerance) => self.ulp + tolerance.at(exact),
        };
        // What has overflowed is no limit.
        if limit.is_finite() { limit } else { self.ulp }
    }

    /// Of the norm of all errors; `None` where averages do not decide.
    pub fn norm(&self, found: &Errors, exact: &[f64]) -> Option<f64> {
        self.has_averages(found).then(|| match self.by {
            By::Naive(naive) => 2.0 * naive.l2 + 0.5 * found.ulp_l2 + self.ulp,
            By::Tolerance(tolerance) => {
                let finite = exact.iter().filter(|exact| exact.is_finite());
                found.ulp_l2 + self.ulp + errors::norm(finite.map(|&exact| tolerance.at(exact)))
            }
        })
    }

    /// Of the elements beyond 1 ulp. Without a naive computation those count that are beyond some ulps of their own, and
    /// beyond the tolerance: the others may be.
    pub fn beyond(&self, found: &Errors, values: &[f64], exact: &[f64]) -> Option<u64> {
        let by_chance = found.elements / 100 + BY_CHANCE;
        self.has_averages(found).then(|| match self.by {
            By::Naive(naive) => 2 * naive.beyond + by_chance,
            By::Tolerance(tolerance) => {
                let may = |(&value, &exact): (&f64, &f64)| {
                    let (error, ulp) = (errors::error(value, exact)?, self.grid.ulp(exact));
                    let allowed = ulps(self.grid.coarser()) * ulp + tolerance.at(exact);
                    Some(exact.is_finite() && error > ulp && error <= allowed)
                };
                let may = values.iter().zip(exact).filter(|pair| may(*pair) == Some(true));
                may.count() as u64 + by_chance
            }
        })
    }

    fn has_averages(&self, found: &Errors) -> bool {
        self.grid.is_float() && found.elements >= FEW
    }

    /// The rule in words. `against` is what the oracle is called, `averages` whether they decide.
    pub fn rule(&self, measure: &Measure<'_>, averages: bool) -> String {
        let (dtype, n) = (self.grid.coarser(), ulps(self.grid.coarser()));
        let is_float = self.grid.is_float();
        match (self.by, measure) {
            (By::Naive(_), _) if !is_float => {
                "max_abs ≤ 2 × naive_max_abs, unequal elements ≤ 2 × naive + 1 %".to_owned()
            }
            (By::Naive(_), _) => {
                let largest = format!("max_abs ≤ 2 × naive_max_abs + 1 ulp of {dtype} at max|oracle|");
                let averages = if averages {
                    ", rel_l2 ≤ 2 × naive + ½ ulp of each + 1 ulp, elements beyond 1 ulp ≤ 2 × naive + 1 % + 32"
                } else {
                    ""
                };
                largest + averages
            }
            (By::Tolerance(Tolerance { rtol, atol }), _) => {
                let oracle = if matches!(measure, Measure::Naive { .. }) { "oracle" } else { "expected" };
                let ulp =
                    if is_float { format!("1 ulp of {dtype} at max|{oracle}|") } else { "0".to_owned() };
                let part = |value: f64, of: &str| {
                    if value == 0.0 { String::new() } else { format!(" + {value:e}{of}") }
                };
                let tolerance = format!("{}{}", part(atol, ""), part(rtol, &format!(" × |{oracle}|")));
                let averages = match (averages, tolerance.is_empty()) {
                    (false, _) => String::new(),
                    (true, true) => {
                        format!(", rel_l2 ≤ 1 ulp of each + 1 ulp, elements beyond {n} ulp ≤ 1 % + 32")
                    }
                    (true, false) => format!(
                        ", rel_l2 ≤ 1 ulp of each + 1 ulp + the tolerance, elements beyond {n} ulp and the \
                         tolerance ≤ 1 % + 32"
                    ),
                };
                let excluded = match (measure, is_float) {
                    (Measure::Tolerance(_), _) => "",
                    (Measure::Naive { .. }, true) => {
                        "; the naive computation is off by more than 1/16 of the values and 1 ulp of each, and \
                         does not count"
                    }
                    (Measure::Naive { .. }, false) => {
                        "; more than 1 % and twice as many elements are unequal as of the naive computation, which \
                         does not count"
                    }
                };
                format!("each error ≤ {ulp}{tolerance}{averages}{excluded}")
            }
        }
    }
}

impl Tolerance {
    /// What it allows of one element.
    fn at(self, exact: f64) -> f64 {
        self.atol + self.rtol * exact.abs()
    }
}

/// Ulps of its own that an element may be off without being counted. An output of 16 bits or fewer is rounded once from
/// a wider sum; f32 has nothing wider, so that a few roundings of each element are its own.
fn ulps(dtype: DType) -> f64 {
    if dtype == DType::F32 { 8.0 } else { 1.0 }
}

/// Whether a naive computation of integers is off in enough elements. Rounding to integers moves a few of them.
fn excuses(naive: &Errors, found: &Errors) -> bool {
    found.unequal <= 2 * naive.unequal + found.elements / 100
}

/// Whether errors of a naive computation say how exact a right one is: where they are larger than any precision
/// explains, it computes something else. The ulp of each is that of its output, which for 8 bits is a share of its own.
fn measures(naive: &Errors) -> bool {
    let most = NAIVE_SHARE * naive.oracle_l2 + naive.ulp_l2;
    (2.0 * naive.max_abs).is_finite() && (naive.l2 == 0.0 || naive.l2 <= most)
}
