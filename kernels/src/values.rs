//! Values of a host input as a reference reads them: in pieces, so that no second copy of a large input exists.

use ndarray::{ArrayD, IxDyn};

/// A row-major tensor of numbers that f64 holds.
pub trait Values: Sync {
    fn shape(&self) -> &[usize];
    /// Fills `into` with the elements from `first` on, in row-major order.
    fn read(&self, first: usize, into: &mut [f64]);

    /// All elements.
    fn to_array(&self) -> ArrayD<f64> {
        let shape = self.shape();
        let mut values = vec![0.0; shape.iter().product()];
        self.read(0, &mut values);
        ArrayD::from_shape_vec(IxDyn(shape), values).expect("a tensor has the elements of its shape")
    }
}

impl Values for ArrayD<f64> {
    fn shape(&self) -> &[usize] {
        ndarray::LayoutRef::shape(self)
    }
    fn read(&self, first: usize, into: &mut [f64]) {
        match self.as_slice() {
            Some(values) => into.copy_from_slice(&values[first..first + into.len()]),
            None => into.iter_mut().zip(self.iter().skip(first)).for_each(|(to, &x)| *to = x),
        }
    }
}
