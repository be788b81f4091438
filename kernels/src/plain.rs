//! Reference that is a plain function of the inputs.

use ndarray::ArrayD;
use program::DType;

use crate::reference::{Inputs, Maths, Reference};
use crate::round::round_to;
use crate::shapes::Shapes;

/// An output as a function of the inputs in f64. It must share no code with the kernel.
#[derive(Clone, Copy, Debug)]
pub struct Plain {
    /// The name of the host output.
    pub output: &'static str,
    /// Dtype of that output.
    pub dtype: DType,
    pub of: fn(&Inputs) -> ArrayD<f64>,
    /// The same as one rank would compute it, in the kernel's own precision: its error is the measure of a verdict.
    /// `None`: `of`, rounded once; right for kernels that round once themselves.
    pub naive: Option<fn(&Inputs) -> ArrayD<f64>>,
}

impl Plain {
    /// With nothing but the rounding of the output.
    pub const fn rounded(output: &'static str, dtype: DType, of: fn(&Inputs) -> ArrayD<f64>) -> Plain {
        Plain { output, dtype, of, naive: None }
    }

    /// As the reference of a kernel whose host inputs have these shapes.
    pub fn reference(self, kernel: &'static str, inputs: Shapes) -> Reference {
        Reference { kernel, output: self.output, inputs, maths: Maths::Plain(self) }
    }

    /// Integers are exact.
    pub(crate) fn naive(self, inputs: &Inputs) -> ArrayD<f64> {
        match self.naive {
            Some(naive) => naive(inputs),
            None if self.dtype.is_float() => {
                (self.of)(inputs).mapv(|x| f64::from(round_to(x as f32, self.dtype)))
            }
            None => (self.of)(inputs),
        }
    }
}

impl PartialEq for Plain {
    fn eq(&self, other: &Plain) -> bool {
        let naive = match (self.naive, other.naive) {
            (Some(ours), Some(theirs)) => std::ptr::fn_addr_eq(ours, theirs),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        (self.output, self.dtype) == (other.output, other.dtype)
            && naive
            && std::ptr::fn_addr_eq(self.of, other.of)
    }
}
impl Eq for Plain {}
