//! The GEMM of the f64 run of a precision bisect: it defines no op, it measures those that are defined.

use super::simd::{Isa, Kernel, SimdLevel};

/// Rows and columns of c whose sums are held in registers.
const TILE: [usize; 2] = [4, 16];

/// `c += a · b`, all packed, a [m, k], b [k, n]: for each output `sum + a·b` for k ascending, the product rounded
/// to f64 as well. No `fma`: it would be a slow call where no instruction does it, and the bits would be the same
/// only then. What that costs is 2⁻²⁹ of what f32 loses.
pub(crate) fn gemm_f64(a: &[f64], b: &[f64], c: &mut [f64], [m, k, n]: [usize; 3], simd: SimdLevel) {
    assert!(a.len() == m * k && b.len() == k * n && c.len() == m * n, "the GEMM stays inside its operands");
    if m * k * n > 0 {
        simd.run(Gemm { a, b, c, k, n });
    }
}

struct Gemm<'a> {
    a: &'a [f64],
    b: &'a [f64],
    c: &'a mut [f64],
    k: usize,
    n: usize,
}

impl Kernel for Gemm<'_> {
    type Out = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Gemm { a, b, c, k, n } = self;
        let [rows, columns] = TILE;
        let mut panel = vec![0.0; k * columns];
        for column in (0..n).step_by(columns) {
            let width = columns.min(n - column);
            for (to, from) in panel.chunks_exact_mut(columns).zip(b.chunks_exact(n)) {
                to[..width].copy_from_slice(&from[column..][..width]);
            }
            for (a, c) in a.chunks(rows * k).zip(c.chunks_mut(rows * n)) {
                tile(a, &panel, c, (column, width), (k, n));
            }
        }
    }
}

/// Up to four rows of c over one panel of b. Rows that a lacks repeat its last one and are dropped.
#[inline(always)]
fn tile(a: &[f64], panel: &[f64], c: &mut [f64], (column, width): (usize, usize), (k, n): (usize, usize)) {
    const ROWS: usize = TILE[0];
    const COLUMNS: usize = TILE[1];
    let last = a.len() / k - 1;
    let a: [&[f64]; ROWS] = std::array::from_fn(|row| &a[row.min(last) * k..][..k]);
    let mut sums = [[0.0f64; COLUMNS]; ROWS];
    for (row, sums) in sums.iter_mut().enumerate().take(last + 1) {
        sums[..width].copy_from_slice(&c[row * n + column..][..width]);
    }
    for (at, b) in panel.chunks_exact(COLUMNS).enumerate() {
        for row in 0..ROWS {
            let x = a[row][at];
            for lane in 0..COLUMNS {
                sums[row][lane] += x * b[lane];
            }
        }
    }
    for (row, sums) in sums.iter().enumerate().take(last + 1) {
        c[row * n + column..][..width].copy_from_slice(&sums[..width]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_and_level_sums_in_the_order_of_k() {
        for [m, k, n] in [[1, 1, 1], [4, 5, 16], [5, 3, 17], [3, 7, 31], [9, 2, 40], [2, 0, 3], [0, 4, 2]] {
            let value = |seed: usize| move |i: usize| 1.0 / (1 + (i * 7 + seed) % 13) as f64;
            let a: Vec<f64> = (0..m * k).map(value(1)).collect();
            let b: Vec<f64> = (0..k * n).map(value(2)).collect();
            let c: Vec<f64> = (0..m * n).map(value(3)).collect();
            let one = |at: usize| (0..k).fold(c[at], |sum, i| sum + a[at / n * k + i] * b[i * n + at % n]);
            let expected: Vec<f64> = (0..m * n).map(one).collect();
            for simd in SimdLevel::ALL {
                let mut found = c.clone();
                gemm_f64(&a, &b, &mut found, [m, k, n], simd);
                assert_eq!(found, expected, "[{m}, {k}, {n}] at {simd}");
            }
        }
    }
}
