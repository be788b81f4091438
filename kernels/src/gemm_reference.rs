//! Product of two matrices as plain maths.

use ndarray::{ArrayD, IxDyn};
use program::DType;
use rayon::prelude::*;

use crate::dense::{Level, Loop, Panels, Real, Tile};
use crate::round::round_to;
use crate::rows::Rows;
use crate::values::Values;

/// Rows of b that are converted at once.
const DEPTH: usize = 256;
/// Rows of c in a block: enough work for a thread.
const ROWS: usize = 64;

/// c [m, n] = a [m, k] · b [k, n], stored as `dtype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matmul {
    pub dtype: DType,
}

impl Matmul {
    /// Rows of b that are converted at once, and the same in panels.
    pub(crate) fn rows_bytes(columns: u64) -> u64 {
        columns.saturating_mul((2 * DEPTH * size_of::<f64>()) as u64)
    }

    /// In f64.
    pub fn oracle(&self, a: &dyn Values, b: &dyn Values, rows: &Rows) -> ArrayD<f64> {
        product::<f64>(a, b, rows, |x| x, Level::detect())
    }

    /// One element of the oracle, with the bits that it has there: the sum runs along k in the same order.
    pub fn element(&self, a: &dyn Values, b: &dyn Values, at: usize) -> f64 {
        let (k, n) = (a.shape()[1], b.shape()[1]);
        let (row, column) = (at / n, at % n);
        let (mut xs, mut y) = (vec![0.0; k], [0.0]);
        a.read(row * k, &mut xs);
        let mut sum = 0.0;
        for (depth, x) in xs.iter().enumerate() {
            b.read(depth * n + column, &mut y);
            sum += x * y[0];
        }
        sum
    }

    /// Accumulated in f32, rounded once.
    pub fn naive(&self, a: &dyn Values, b: &dyn Values, rows: &Rows) -> ArrayD<f64> {
        product::<f32>(a, b, rows, |x| round_to(x, self.dtype), Level::detect())
    }
}

fn product<T: Real>(
    a: &dyn Values,
    b: &dyn Values,
    rows: &Rows,
    stored: impl Fn(T) -> T,
    level: Level,
) -> ArrayD<f64> {
    let (&[m, k], &[_, n]) = (a.shape(), b.shape()) else { panic!("the caller has checked the shapes") };
    let (chosen, width) = (&*rows.of(m), n.div_ceil(T::WIDTH));
    let mut sums = vec![T::ZEROS; chosen.len().next_multiple_of(Level::MOST_ROWS) * width];
    for first in (0..k).step_by(DEPTH) {
        let depth = DEPTH.min(k - first);
        let mut values = vec![0.0; depth * n];
        b.read(first * n, &mut values);
        let b = &Panels::<T>::by_rows(&values, n);
        sums.par_chunks_mut(ROWS * width).zip(chosen.par_chunks(ROWS)).for_each(|(sums, rows)| {
            level.run(Block { a, b, rows, sums, first, depth, width });
        });
    }
    let numbers = sums.chunks_exact(width.max(1)).take(chosen.len()).flat_map(|row| {
        let numbers = row.iter().flat_map(|line| T::numbers(line));
        numbers.take(n).map(|&sum| stored(sum).wide())
    });
    ArrayD::from_shape_vec(IxDyn(&rows.shape(&[m, n])), numbers.collect()).expect("c has m rows of n numbers")
}

/// Rows of c, and the part of k that is added to them.
struct Block<'a, T: Real> {
    a: &'a dyn Values,
    b: &'a Panels<T>,
    rows: &'a [usize],
    sums: &'a mut [T::Line],
    /// The first column of a.
    first: usize,
    depth: usize,
    width: usize,
}

impl<T: Real> Loop for Block<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run<const ROWS: usize>(self) {
        let Block { a, b, rows: chosen, sums, first, depth, width } = self;
        let (n_rows, &[_, k]) = (sums.len() / width, a.shape()) else { return };
        let (mut rows, mut values) = (vec![T::default(); n_rows * depth], vec![0.0; depth]);
        for (row, to) in chosen.iter().zip(rows.chunks_exact_mut(depth)) {
            a.read(row * k + first, &mut values);
            to.iter_mut().zip(&values).for_each(|(to, &x)| *to = T::narrow(x));
        }
        for (panel, b) in b.iter().enumerate() {
            for row in (0..n_rows).step_by(ROWS) {
                let mut tile = Tile::<T, ROWS>::load(sums, row * width + panel, width);
                tile.add(&rows, row * depth, depth, b);
                tile.store(sums, row * width + panel, width);
            }
        }
    }
}
#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_product_is_summed_along_k() {
        let a = array![[1.0, 2.0, 3.0], [0.0, -1.0, 0.5]].into_dyn();
        let b = array![[1.0, 0.0], [2.0, 1.0], [4.0, 1.0]].into_dyn();
        let c = array![[17.0, 5.0], [0.0, -0.5]].into_dyn();
        let matmul = Matmul { dtype: DType::F16 };
        assert_eq!(matmul.oracle(&a, &b, &Rows::All), c);
        assert_eq!(matmul.naive(&a, &b, &Rows::All), c);
    }

    #[test]
    fn naive_rounds_once_at_the_end() {
        // 2048 + 1 + 1 is 2050 in f32; rounded to f16 after each step it would stay at 2048.
        let a = array![[2048.0, 1.0, 1.0]].into_dyn();
        let b = array![[1.0], [1.0], [1.0]].into_dyn();
        assert_eq!(Matmul { dtype: DType::F16 }.naive(&a, &b, &Rows::All), array![[2050.0]].into_dyn());
        let b = array![[1.0], [1.0], [0.0]].into_dyn();
        assert_eq!(Matmul { dtype: DType::F16 }.naive(&a, &b, &Rows::All), array![[2048.0]].into_dyn());
        assert_eq!(Matmul { dtype: DType::F16 }.oracle(&a, &b, &Rows::All), array![[2049.0]].into_dyn());
    }

    #[test]
    fn some_rows_have_the_bits_of_all() {
        let value = |row: usize, column: usize| ((row * 37 + column * 101) % 97) as f64 / 7.0 - 3.0;
        let a = ndarray::Array2::from_shape_fn((70, 300), |(row, column)| value(row, column)).into_dyn();
        let b = ndarray::Array2::from_shape_fn((300, 21), |(row, column)| value(column, row)).into_dyn();
        let matmul = Matmul { dtype: DType::F16 };
        let all = [matmul.oracle(&a, &b, &Rows::All), matmul.naive(&a, &b, &Rows::All)];
        for some in [vec![69], vec![0, 1, 63, 64, 65], (0..70).collect()] {
            let rows = Rows::Some(some.clone());
            let of_some = [matmul.oracle(&a, &b, &rows), matmul.naive(&a, &b, &rows)];
            for (all, of_some) in all.iter().zip(of_some) {
                assert_eq!(of_some, all.select(ndarray::Axis(0), &some), "{some:?}");
            }
        }
    }

    #[test]
    fn an_element_has_the_bits_of_all() {
        let value = |row: usize, column: usize| ((row * 37 + column * 101) % 97) as f64 / 7.0 - 3.0;
        let a = ndarray::Array2::from_shape_fn((7, 300), |(row, column)| value(row, column)).into_dyn();
        let b = ndarray::Array2::from_shape_fn((300, 21), |(row, column)| value(column, row)).into_dyn();
        let matmul = Matmul { dtype: DType::F16 };
        for (at, all) in matmul.oracle(&a, &b, &Rows::All).iter().enumerate() {
            assert_eq!(matmul.element(&a, &b, at).to_bits(), all.to_bits(), "element {at}");
        }
    }

    /// Extents that fill no tile and no part of k.
    #[test]
    fn every_level_sums_one_by_one() {
        let [m, k, n] = [70, 300, 21];
        let value = |row: usize, column: usize| ((row * 37 + column * 101) % 97) as f64 / 16.0 - 3.0;
        let a = ndarray::Array2::from_shape_fn((m, k), |(row, column)| value(row, column)).into_dyn();
        let b = ndarray::Array2::from_shape_fn((k, n), |(row, column)| value(column, row) / 7.0).into_dyn();
        for level in Level::ALL {
            let (exact, naive) = (
                product::<f64>(&a, &b, &Rows::All, |x| x, level),
                product::<f32>(&a, &b, &Rows::All, |x| x, level),
            );
            for row in 0..m {
                for column in 0..n {
                    let terms = || (0..k).map(|at| (a[[row, at]], b[[at, column]]));
                    let sum = terms().fold(0.0, |sum, (x, y)| sum + x * y);
                    let narrow = terms().fold(0.0f32, |sum, (x, y)| sum + x as f32 * y as f32);
                    assert_eq!(exact[[row, column]], sum, "{level:?}, row {row}, column {column}");
                    assert_eq!(
                        naive[[row, column]],
                        f64::from(narrow),
                        "{level:?}, row {row}, column {column}"
                    );
                }
            }
        }
    }
}
