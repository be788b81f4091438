//! Sums of products in a defined order: every sum takes its terms one by one, in ascending order of k.

use super::real::Real;

/// Rows of sums that are held in registers. The loops are written out: a closure would not be compiled for the level.
pub struct Tile<T: Real, const ROWS: usize>(pub [T::Line; ROWS]);

impl<T: Real, const ROWS: usize> Tile<T, ROWS> {
    /// The lines of `ROWS` rows, from `first` on, in a matrix with `stride` lines a row.
    #[inline(always)]
    pub fn load(lines: &[T::Line], first: usize, stride: usize) -> Tile<T, ROWS> {
        let mut held = [T::ZEROS; ROWS];
        for row in 0..ROWS {
            held[row] = lines[first + row * stride];
        }
        Tile(held)
    }

    #[inline(always)]
    pub fn store(&self, lines: &mut [T::Line], first: usize, stride: usize) {
        for row in 0..ROWS {
            lines[first + row * stride] = self.0[row];
        }
    }

    /// Adds `a · b`: `a` has `ROWS` rows of numbers, from `first` on and `stride` apart, `b` a line for each number of
    /// a row.
    #[inline(always)]
    pub fn add(&mut self, a: &[T], first: usize, stride: usize, b: &[T::Line]) {
        let mut rows = [&a[..0]; ROWS];
        for row in 0..ROWS {
            rows[row] = &a[first + row * stride..][..b.len()];
        }
        let mut held = self.0;
        for k in 0..b.len() {
            for row in 0..ROWS {
                T::add(&mut held[row], rows[row][k], &b[k]);
            }
        }
        self.0 = held;
    }
}

/// A matrix in panels: for each group of [`Real::WIDTH`] columns, a line for each row. Columns beyond the matrix are 0.
pub struct Panels<T: Real> {
    lines: Vec<T::Line>,
    rows: usize,
}

impl<T: Real> Panels<T> {
    /// Packs `rows` rows of values that lie one after another.
    #[inline(always)]
    pub fn by_rows(values: &[f64], columns: usize) -> Panels<T> {
        let rows = values.len() / columns;
        let mut lines = vec![T::ZEROS; columns.div_ceil(T::WIDTH) * rows];
        for (row, values) in values.chunks_exact(columns).enumerate() {
            for (panel, values) in values.chunks(T::WIDTH).enumerate() {
                for (to, &x) in T::numbers_mut(&mut lines[panel * rows + row]).iter_mut().zip(values) {
                    *to = T::narrow(x);
                }
            }
        }
        Panels { lines, rows }
    }

    /// As [`Panels::by_rows`], of values whose columns lie one after another.
    #[inline(always)]
    pub fn by_columns(values: &[f64], rows: usize) -> Panels<T> {
        let columns = values.len() / rows;
        let mut lines = vec![T::ZEROS; columns.div_ceil(T::WIDTH) * rows];
        for (panel, values) in lines.chunks_exact_mut(rows).zip(values.chunks(T::WIDTH * rows)) {
            for (row, line) in panel.iter_mut().enumerate() {
                for (to, column) in T::numbers_mut(line).iter_mut().zip(values.chunks_exact(rows)) {
                    *to = T::narrow(column[row]);
                }
            }
        }
        Panels { lines, rows }
    }

    /// The panels, from the first column on.
    #[inline(always)]
    pub fn iter(&self) -> impl Iterator<Item = &[T::Line]> {
        self.lines.chunks_exact(self.rows)
    }
}
