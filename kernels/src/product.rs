//! Sums of the references in a defined order, which no library or processor chooses.

use ndarray::{Array1, ArrayView1, ArrayView2};

/// `x · rows`: each element takes `add(sum, x, row)` for x ascending.
pub fn product<T: Copy + Default>(
    x: ArrayView1<T>,
    rows: ArrayView2<T>,
    add: impl Fn(T, T, T) -> T,
) -> Array1<T> {
    let mut sums = Array1::default(rows.ncols());
    for (&x, row) in x.iter().zip(rows.outer_iter()) {
        sums.zip_mut_with(&row, |sum, &element| *sum = add(*sum, x, element));
    }
    sums
}

pub fn in_f64(sum: f64, x: f64, y: f64) -> f64 {
    sum + x * y
}

/// A fused multiply-add but for the rare sum that f64 rounds onto a tie of f32: the hardware's is a slow call
/// where it may not be assumed.
pub fn in_f32(sum: f32, x: f32, y: f32) -> f32 {
    (f64::from(sum) + f64::from(x) * f64::from(y)) as f32
}
