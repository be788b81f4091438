//! Product of two matrices as plain maths.

use ndarray::{Array2, ArrayD, Axis, Ix2};
use program::DType;

use crate::product::{in_f32, in_f64, product};
use crate::round::round_to;

/// c [m, n] = a [m, k] · b [k, n], stored as `dtype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matmul {
    pub dtype: DType,
}

impl Matmul {
    /// In f64.
    pub fn oracle(&self, a: &ArrayD<f64>, b: &ArrayD<f64>) -> ArrayD<f64> {
        by_rows(&two_axes(a), &two_axes(b), in_f64).into_dyn()
    }

    /// Accumulated in f32, rounded once.
    pub fn naive(&self, a: &ArrayD<f64>, b: &ArrayD<f64>) -> ArrayD<f64> {
        let (a, b) = (two_axes(a).mapv(|x| x as f32), two_axes(b).mapv(|x| x as f32));
        by_rows(&a, &b, in_f32).mapv(|x| f64::from(round_to(x, self.dtype))).into_dyn()
    }
}

fn by_rows<T: Copy + Default>(a: &Array2<T>, b: &Array2<T>, add: impl Fn(T, T, T) -> T + Copy) -> Array2<T> {
    let mut c = Array2::default((a.len_of(Axis(0)), b.len_of(Axis(1))));
    for (a, mut c) in a.outer_iter().zip(c.outer_iter_mut()) {
        c.assign(&product(a, b.view(), add));
    }
    c
}

fn two_axes(x: &ArrayD<f64>) -> Array2<f64> {
    x.clone().into_dimensionality::<Ix2>().expect("the caller has checked the shapes")
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
        assert_eq!(matmul.oracle(&a, &b), c);
        assert_eq!(matmul.naive(&a, &b), c);
    }

    #[test]
    fn naive_rounds_once_at_the_end() {
        // 2048 + 1 + 1 is 2050 in f32; rounded to f16 after each step it would stay at 2048.
        let a = array![[2048.0, 1.0, 1.0]].into_dyn();
        let b = array![[1.0], [1.0], [1.0]].into_dyn();
        assert_eq!(Matmul { dtype: DType::F16 }.naive(&a, &b), array![[2050.0]].into_dyn());
        let b = array![[1.0], [1.0], [0.0]].into_dyn();
        assert_eq!(Matmul { dtype: DType::F16 }.naive(&a, &b), array![[2048.0]].into_dyn());
        assert_eq!(Matmul { dtype: DType::F16 }.oracle(&a, &b), array![[2049.0]].into_dyn());
    }
}
