//! Likeness of wrong values to what is expected: tests upon the two tensors, which know nothing of the program.

use oplog::provenance::{Likeness, Ranges};
use program::DType;

use super::boxes;
use crate::inputs::HostValue;
use crate::verdict::Wrong;

/// What is left of the norm of the errors where values are taken to be like others.
const LEFT: f64 = 0.03;
/// Factors that are no factor: all but nothing is left of what is expected.
const SMALL: f64 = 1e-6;
/// Fewer elements than these are like others by chance.
const FEW: usize = 3;
/// Places that have the value of one element, of which each is tried.
const PLACES: usize = 8;
/// Dtypes that values may have been rounded to, with their significant bits, coarsest last.
const DTYPES: [(DType, i32); 4] = [
    (DType::F16, bits_of(DType::F16)),
    (DType::Bf16, bits_of(DType::Bf16)),
    (DType::F8e4m3, bits_of(DType::F8e4m3)),
    (DType::F8e5m2, bits_of(DType::F8e5m2)),
];

/// Wrong elements of one part of an output.
pub struct Likened<'a> {
    pub wrong: &'a [Wrong],
    /// The smallest box that holds them.
    pub ranges: &'a Ranges,
    pub shape: Vec<u64>,
    pub dtype: DType,
    /// All that is expected of the output; empty where a sample of rows is.
    pub expected: &'a [f64],
}

/// What the values of a part are, the plainest first; empty where nothing fits. `dtypes` are those that the program has.
pub fn likeness(of: &Likened<'_>, dtypes: &[DType]) -> Vec<Likeness> {
    if of.overflows() {
        let (dtype, largest) = (of.dtype.to_string(), of.dtype.largest());
        return vec![Likeness::Overflow { dtype, largest }];
    }
    if of.wrong.len() < FEW {
        return Vec::new();
    }
    let first = of.wrong[0].value;
    // 0 and -0 are one value, and NaNs are.
    let is_first = |value: f64| value == first || value.to_bits() == first.to_bits();
    if of.wrong.iter().all(|it| is_first(it.value)) {
        return vec![Likeness::Constant { value: first + 0.0 }];
    }
    if of.wrong.iter().any(|it| !it.value.is_finite() || !it.oracle.is_finite()) {
        return Vec::new();
    }
    let plain = of.factor_or_offset().or_else(|| of.transposed()).or_else(|| of.row_factors());
    if let Some(plain) = plain {
        return vec![plain];
    }
    let elsewhere = of.elsewhere();
    if elsewhere.is_empty() { of.numbers(dtypes).into_iter().collect() } else { elsewhere }
}

/// Errors of the size of rounding to one of some dtypes: where nothing else explains them.
pub fn rounding(of: &Likened<'_>, dtypes: &[DType]) -> Option<Likeness> {
    let (error, coarser) = (of.error(), of.coarser().filter(|(dtype, _)| dtypes.contains(dtype)));
    // One rounding is off by half a unit at most; sums of many are by more.
    let times = |bits: i32| {
        let ratio = 2.0 * error / unit(bits);
        ratio.max(1.0 / ratio)
    };
    let nearest = coarser.min_by(|a, b| times(a.1).total_cmp(&times(b.1)));
    let (dtype, _) = nearest.filter(|(_, bits)| of.wrong.len() >= FEW && times(*bits) <= 6.0)?;
    Some(Likeness::Rounding { dtype: dtype.to_string(), error })
}

/// A unit in the last of so many bits, of a value of 1.
fn unit(bits: i32) -> f64 {
    1.0 / f64::from(1 << bits)
}

impl Likened<'_> {
    fn overflows(&self) -> bool {
        let largest = self.dtype.largest();
        !self.wrong.is_empty()
            && self
                .wrong
                .iter()
                .all(|it| it.value.is_infinite() && it.oracle.is_finite() && it.oracle.abs() > largest)
    }

    fn norm(&self) -> f64 {
        norm(self.wrong.iter().map(|it| it.value - it.oracle))
    }

    /// What is left of the errors where values are taken for others; `None` where it is not little beside the error and
    /// the value of each element, or within what is allowed of it.
    fn left(&self, other: impl Fn(&Wrong) -> f64) -> Option<f64> {
        let is_little = |it: &Wrong| {
            let (error, left) = ((it.value - it.oracle).abs(), (it.value - other(it)).abs());
            left <= (error - it.excess).max(LEFT * error.min(it.value.abs()))
        };
        let all = self.wrong.iter().all(is_little);
        let left = norm(self.wrong.iter().map(|it| it.value - other(it)));
        (all && left <= LEFT * self.norm()).then_some(left)
    }

    /// A factor of what is expected, or an offset from it: what leaves less.
    fn factor_or_offset(&self) -> Option<Likeness> {
        let sum = |of: &dyn Fn(&Wrong) -> f64| self.wrong.iter().map(of).sum::<f64>();
        let factor = sum(&|it| it.value * it.oracle) / sum(&|it| it.oracle * it.oracle);
        let by = sum(&|it| it.value - it.oracle) / self.wrong.len() as f64;
        let left = |other: &dyn Fn(&Wrong) -> f64| self.left(other).unwrap_or(f64::INFINITY);
        let (of_factor, of_offset) = (left(&|it| factor * it.oracle), left(&|it| it.oracle + by));
        match of_factor.min(of_offset).is_finite() {
            true if factor.abs() > SMALL && of_factor < of_offset => Some(Likeness::Factor { factor }),
            true if by.is_finite() => Some(Likeness::Offset { by }),
            true | false => None,
        }
    }

    /// A factor of what is expected for each row, of two rows at least: a few elements of one say which, the others
    /// confirm it.
    fn row_factors(&self) -> Option<Likeness> {
        let width = self.shape.last().copied().unwrap_or(1).max(1);
        let of_row = |row: &[Wrong]| {
            let (part, own) = (Likened { wrong: row, shape: self.shape.clone(), ..*self }, row.len() >= FEW);
            match own.then(|| part.factor_or_offset()) {
                Some(Some(Likeness::Factor { factor })) => Some(factor),
                Some(_) | None => None,
            }
        };
        let rows = self.wrong.chunk_by(|a, b| a.at / width == b.at / width);
        let factors: Vec<f64> = rows.map(of_row).collect::<Option<_>>()?;
        let fold = |of: fn(f64, f64) -> f64| factors.iter().copied().reduce(of);
        let (least, most) = fold(f64::min).zip(fold(f64::max)).filter(|_| factors.len() > 1)?;
        Some(Likeness::RowFactors { rows: factors.len() as u64, least, most })
    }

    /// Rows and columns exchanged within square tiles, as large as the box allows.
    fn transposed(&self) -> Option<Likeness> {
        let [.., rows, columns] = self.ranges[..] else { return None };
        let extents = [rows, columns].map(|[first, end]| end - first);
        let tile = extents[0].min(extents[1]);
        if tile < 2 || extents.iter().any(|extent| extent % tile != 0) {
            return None;
        }
        let other = |it: &Wrong| {
            let mut index = boxes::index(&self.shape, it.at);
            let n = index.len();
            let [row, column] = [index[n - 2] - rows[0], index[n - 1] - columns[0]];
            index[n - 2] = index[n - 2] + column % tile - row % tile;
            index[n - 1] = index[n - 1] + row % tile - column % tile;
            self.expected.get(boxes::flat(&self.shape, index) as usize).copied()
        };
        self.left(|it| other(it).unwrap_or(f64::NAN)).map(|_| Likeness::Transposed { tile })
    }

    /// Shifts to where the values are expected: at most two, as of two tiles that are swapped.
    fn elsewhere(&self) -> Vec<Likeness> {
        if !self.are_told_apart() {
            return Vec::new();
        }
        let (mut found, mut left) = (Vec::new(), self.wrong.to_vec());
        while found.len() < 2 && left.len() >= FEW {
            let Some(worst) = left.iter().copied().reduce(further) else { break };
            let shift = self.places(&worst).into_iter().find(|shift| self.shifts(shift, &left));
            let Some(shift) = shift else { break };
            let before = left.len();
            left.retain(|it| !self.is_shifted(it, &shift));
            found.push(Likeness::Elsewhere { shift, elements: (before - left.len()) as u64 });
        }
        found
    }

    /// Whether most of the wrong values differ: few values are found anywhere.
    fn are_told_apart(&self) -> bool {
        let mut values: Vec<u64> = self.wrong.iter().map(|it| it.value.to_bits()).collect();
        values.sort_unstable();
        values.dedup();
        2 * values.len() > self.wrong.len()
    }

    /// Shifts from an element to places whose expected value it has.
    fn places(&self, it: &Wrong) -> Vec<Vec<i64>> {
        let from = boxes::index(&self.shape, it.at);
        let near = self.expected.iter().enumerate().filter(|(_, expected)| self.is_near(it, **expected));
        let shift = |(at, _): (usize, &f64)| {
            boxes::index(&self.shape, at as u64)
                .iter()
                .zip(&from)
                .map(|(to, from)| *to as i64 - *from as i64)
                .collect()
        };
        near.take(PLACES).map(shift).collect()
    }

    /// Whether a value is within what is allowed of another, and that is little beside the error.
    fn is_near(&self, it: &Wrong, expected: f64) -> bool {
        let error = (it.value - it.oracle).abs();
        let allowed = error - it.excess;
        (it.value - expected).abs() <= allowed.min(LEFT * error)
    }

    fn is_shifted(&self, it: &Wrong, shift: &[i64]) -> bool {
        let mut to = boxes::index(&self.shape, it.at);
        for ((to, by), extent) in to.iter_mut().zip(shift).zip(&self.shape) {
            match to.checked_add_signed(*by).filter(|to| to < extent) {
                Some(moved) => *to = moved,
                None => return false,
            }
        }
        let expected = self.expected[boxes::flat(&self.shape, to) as usize];
        // A small error may by chance be as large as what is allowed.
        (it.value - expected).abs() <= (it.value - it.oracle).abs() - it.excess
    }

    /// Whether a good part of these elements has the values expected so far away.
    fn shifts(&self, shift: &[i64], of: &[Wrong]) -> bool {
        let shifted = of.iter().filter(|it| self.is_shifted(it, shift)).count();
        // A few whole numbers are at every place.
        let are_whole = of.iter().all(|it| it.value.fract() == 0.0);
        let least = if are_whole { of.len() } else { (2 * of.len()).div_ceil(5) };
        shifted >= FEW.max(least)
    }

    /// Dtypes that are coarser than the output's.
    fn coarser(&self) -> impl DoubleEndedIterator<Item = &'static (DType, i32)> {
        let own = bits_of(self.dtype);
        DTYPES.iter().filter(move |(_, bits)| *bits < own)
    }

    /// The norm of the errors, relative to that of the values.
    fn error(&self) -> f64 {
        self.norm() / norm(self.wrong.iter().map(|it| it.oracle))
    }

    /// Whether all are numbers of a coarser dtype. Small whole numbers are so of every dtype.
    fn numbers(&self, dtypes: &[DType]) -> Option<Likeness> {
        if self.wrong.iter().all(|it| it.value.fract() == 0.0) {
            return None;
        }
        let error = self.error();
        let values: Vec<f32> = self.wrong.iter().map(|it| it.value as f32).collect();
        let are_of = |dtype| HostValue::of(&values, &[values.len() as u32], dtype).values() == values;
        let mut coarser = self.coarser().filter(|(dtype, _)| dtypes.contains(dtype));
        let (dtype, _) = coarser.rfind(|(dtype, bits)| error < unit(*bits) && are_of(*dtype))?;
        Some(Likeness::Numbers { dtype: dtype.to_string(), error })
    }
}

/// Significant bits.
const fn bits_of(dtype: DType) -> i32 {
    match dtype.float() {
        Some((bits, _)) => bits,
        None => 0,
    }
}

fn further(a: Wrong, b: Wrong) -> Wrong {
    if b.excess > a.excess { b } else { a }
}

fn norm(of: impl Iterator<Item = f64>) -> f64 {
    of.map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of rows of four, where 1, 2, 3 and 4 are expected.
    fn likeness_of_rows(rows: &[[f64; 4]]) -> Vec<Likeness> {
        let expected: Vec<f64> = rows.iter().flat_map(|_| [1.0, 2.0, 3.0, 4.0]).collect();
        let wrong = |(at, &value): (usize, &f64)| {
            let oracle = expected[at];
            let excess = (value - oracle).abs() - 0.001;
            (excess > 0.0).then_some(Wrong { at: at as u64, value, oracle, excess })
        };
        let wrong: Vec<Wrong> = rows.as_flattened().iter().enumerate().filter_map(wrong).collect();
        let ranges = vec![[0, rows.len() as u64], [0, 4]];
        let shape = vec![rows.len() as u64, 4];
        let of = Likened { wrong: &wrong, ranges: &ranges, shape, dtype: DType::F32, expected: &expected };
        likeness(&of, &[])
    }

    #[test]
    fn a_factor_of_each_row_is_told_where_every_row_has_one() {
        let times = |by: f64| [1.0, 2.0, 3.0, 4.0].map(|x| by * x);
        let two = Likeness::RowFactors { rows: 2, least: 0.5, most: 1.5 };
        assert_eq!(likeness_of_rows(&[times(1.5), times(0.5)]), std::slice::from_ref(&two));
        assert_eq!(likeness_of_rows(&[times(1.5), times(1.0), times(0.5)]), [two], "a row is right");
        let one = Likeness::Factor { factor: 1.5 };
        assert_eq!(likeness_of_rows(&[times(1.5), times(1.5)]), std::slice::from_ref(&one));
        assert_eq!(likeness_of_rows(&[times(1.5), times(1.0)]), [one], "one row");
        let other = [1.5, 3.0, 4.5, 6.5];
        assert_eq!(likeness_of_rows(&[other, times(0.5)]), [], "one element is another");
        let short = [1.0, 2.0, 1.5, 2.0];
        assert_eq!(likeness_of_rows(&[times(1.5), short]), [], "two elements say nothing");
    }

    fn likeness_of(values: &[f64]) -> Vec<Likeness> {
        let wrong = |(at, &value): (usize, &f64)| Wrong { at: at as u64, value, oracle: 0.179, excess: 0.1 };
        let wrong: Vec<Wrong> = values.iter().enumerate().map(wrong).collect();
        let n = values.len() as u64;
        let ranges = vec![[0, n]];
        let expected = vec![0.179; values.len()];
        let of = Likened {
            wrong: &wrong,
            ranges: &ranges,
            shape: vec![n],
            dtype: DType::F32,
            expected: &expected,
        };
        likeness(&of, &[])
    }

    #[test]
    fn zeros_of_both_signs_are_one_constant() {
        let zero = vec![Likeness::Constant { value: 0.0 }];
        for values in [[0.0, -0.0, 0.0], [-0.0, 0.0, -0.0], [-0.0; 3]] {
            assert_eq!(likeness_of(&values), zero);
            assert!(
                matches!(likeness_of(&values)[..], [Likeness::Constant { value }] if value.is_sign_positive())
            );
        }
        assert!(matches!(likeness_of(&[f64::NAN; 3])[..], [Likeness::Constant { value }] if value.is_nan()));
        assert!(!matches!(likeness_of(&[0.0, 0.5, 0.0])[..], [Likeness::Constant { .. }]));
    }
}
