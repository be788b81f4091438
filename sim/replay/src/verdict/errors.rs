//! Errors of values against exact ones.

use super::Grid;

/// Upper ends of the error classes of a histogram, in ulp; the last class has none.
const CLASSES: [f64; 6] = [0.0, 0.5, 1.0, 2.0, 4.0, 8.0];

/// Errors of the elements that are finite in both.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Errors {
    pub elements: u64,
    pub max_abs: f64,
    /// In units of the last place at each exact value.
    pub max_ulp: f64,
    /// Norm of the errors.
    pub l2: f64,
    /// Norm of the exact values.
    pub oracle_l2: f64,
    /// Norm of one ulp at each exact value: twice the most that rounding alone does.
    pub ulp_l2: f64,
    /// Elements with an error of more than 1 ulp.
    pub beyond: u64,
    /// Elements with an error.
    pub unequal: u64,
}

pub fn errors(values: &[f64], exact: &[f64], grid: Grid) -> Errors {
    let mut found = Errors::default();
    let [mut l2, mut oracle_l2, mut ulp_l2] = [Norm::default(); 3];
    for (&value, &exact) in values.iter().zip(exact) {
        let Some(error) = error(value, exact) else { continue };
        if exact.is_finite() {
            let ulp = grid.ulp(exact);
            found.elements += 1;
            found.max_abs = found.max_abs.max(error);
            found.max_ulp = found.max_ulp.max((error / ulp).min(f64::MAX));
            found.beyond += u64::from(error > ulp);
            found.unequal += u64::from(error > 0.0);
            l2.add(error);
            oracle_l2.add(exact.abs());
            ulp_l2.add(ulp);
        }
    }
    [found.l2, found.oracle_l2, found.ulp_l2] = [l2, oracle_l2, ulp_l2].map(Norm::root);
    found
}

/// |value − exact|; 0 for equal values that are not finite, `None` for others that are not.
pub fn error(value: f64, exact: f64) -> Option<f64> {
    if is_unequal(value, exact) {
        None
    } else if value == exact || value.is_nan() {
        Some(0.0)
    } else {
        Some((value - exact).abs().min(f64::MAX))
    }
}

/// The norm of magnitudes.
pub fn norm(magnitudes: impl Iterator<Item = f64>) -> f64 {
    let mut norm = Norm::default();
    magnitudes.for_each(|x| norm.add(x));
    norm.root()
}

/// Whether one of two values is not finite and the other is not the same.
pub fn is_unequal(value: f64, exact: f64) -> bool {
    let is_same = value == exact || (value.is_nan() && exact.is_nan());
    let is_measured = value.is_finite() && exact.is_finite();
    !(is_same || is_measured)
}

/// The largest finite magnitude.
pub fn largest(values: &[f64]) -> f64 {
    values.iter().map(|x| x.abs()).filter(|x| x.is_finite()).fold(0.0, f64::max)
}

/// Errors by size, in ulp at each exact value; those of unequal values that are not finite in the last class.
pub fn histogram(values: &[f64], exact: &[f64], grid: Grid) -> [u64; 7] {
    let mut histogram = [0; 7];
    for (&value, &exact) in values.iter().zip(exact) {
        let ulps = match error(value, exact) {
            None => f64::INFINITY,
            Some(error) if exact.is_finite() => error / grid.ulp(exact),
            Some(_) => 0.0,
        };
        histogram[CLASSES.iter().position(|end| ulps <= *end).unwrap_or(CLASSES.len())] += 1;
    }
    histogram
}

/// Sum of squares that does not overflow: squares of multiples of the largest magnitude so far.
#[derive(Clone, Copy, Debug, Default)]
struct Norm {
    largest: f64,
    squares: f64,
}

impl Norm {
    fn add(&mut self, x: f64) {
        if x > self.largest {
            self.squares = self.squares * (self.largest / x) * (self.largest / x) + 1.0;
            self.largest = x;
        } else if x > 0.0 {
            self.squares += (x / self.largest) * (x / self.largest);
        }
    }

    fn root(self) -> f64 {
        (self.largest * self.squares.sqrt()).min(f64::MAX)
    }
}
