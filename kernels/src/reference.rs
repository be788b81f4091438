//! Reference of a kernel: the maths that judges its output.

use std::collections::BTreeMap;

use ndarray::ArrayD;

use crate::attention_reference::Attention;
use crate::error::KernelError;
use crate::gemm_reference::Matmul;
use crate::plain::Plain;
use crate::rows::Rows;
use crate::shapes::{Shapes, check};
use crate::values::Values;

/// Host inputs by name, as the values they hold after rounding to their dtype.
pub type Inputs = BTreeMap<String, ArrayD<f64>>;

/// The maths of a kernel and the shapes it was recorded for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub kernel: &'static str,
    /// The name of the host output it computes.
    pub output: &'static str,
    pub(crate) inputs: Shapes,
    pub(crate) maths: Maths,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Maths {
    Attention(Attention),
    Matmul(Matmul),
    Plain(Plain),
}

impl Reference {
    /// Rows of the output in f64: of the output's shape if they are all, else a matrix. A plain function computes all
    /// rows, whichever are asked for.
    ///
    /// # Errors
    /// [`KernelError::Input`] for an input that is missing or has another shape than was recorded.
    pub fn oracle(
        &self,
        inputs: &BTreeMap<String, impl Values>,
        rows: &Rows,
    ) -> Result<ArrayD<f64>, KernelError> {
        let input = self.checked(inputs)?;
        Ok(match &self.maths {
            Maths::Attention(maths) => maths.oracle(input("q"), input("k"), input("v"), rows),
            Maths::Matmul(maths) => maths.oracle(input("a"), input("b"), rows),
            Maths::Plain(maths) => (maths.of)(&arrays(inputs)),
        })
    }

    /// One element of [`Reference::oracle`], with the same bits, by its number in row-major order. A plain function computes
    /// all; of the others only what the element is made of is read. NaN where a plain function gives no such element.
    ///
    /// # Errors
    /// As [`Reference::oracle`].
    pub fn element(&self, inputs: &BTreeMap<String, impl Values>, at: usize) -> Result<f64, KernelError> {
        let input = self.checked(inputs)?;
        Ok(match &self.maths {
            Maths::Attention(maths) => maths.element(input("q"), input("k"), input("v"), at),
            Maths::Matmul(maths) => maths.element(input("a"), input("b"), at),
            Maths::Plain(maths) => (maths.of)(&arrays(inputs)).iter().nth(at).copied().unwrap_or(f64::NAN),
        })
    }

    /// The output as one rank would compute it without tiles, in f32 and rounded where the kernel rounds. Rows as in
    /// [`Reference::oracle`].
    ///
    /// # Errors
    /// As [`Reference::oracle`].
    pub fn naive(
        &self,
        inputs: &BTreeMap<String, impl Values>,
        rows: &Rows,
    ) -> Result<ArrayD<f64>, KernelError> {
        let input = self.checked(inputs)?;
        Ok(match &self.maths {
            Maths::Attention(maths) => maths.naive(input("q"), input("k"), input("v"), rows),
            Maths::Matmul(maths) => maths.naive(input("a"), input("b"), rows),
            Maths::Plain(maths) => maths.naive(&arrays(inputs)),
        })
    }

    /// Rows of the output; `None` when they cannot be computed one without the others.
    pub fn rows(&self) -> Option<u64> {
        match self.maths {
            Maths::Attention(_) => Some(self.extent(0, 0) * self.extent(0, 1)),
            Maths::Matmul(_) => Some(self.extent(0, 0)),
            Maths::Plain(_) => None,
        }
    }

    /// Floating-point operations of both computations of all rows, from the shapes: a multiply-add is two, and what
    /// grows with the outputs alone is left out. 0 when they are not known.
    pub fn flops(&self) -> u64 {
        let multiply_adds = match self.maths {
            Maths::Attention(maths) => {
                let scores = maths.scores(self.extent(0, 1), self.extent(1, 1));
                scores.saturating_mul(u128::from(2 * self.extent(0, 0) * self.extent(0, 2)))
            }
            Maths::Matmul(_) => {
                let made = u128::from(self.extent(0, 0)) * u128::from(self.extent(0, 1));
                made.saturating_mul(u128::from(self.extent(1, 1)))
            }
            Maths::Plain(_) => 0,
        };
        u64::try_from(multiply_adds.saturating_mul(4)).unwrap_or(u64::MAX)
    }

    /// Whether it copies whole inputs to f64; if not, it reads them in pieces.
    pub fn copies_inputs(&self) -> bool {
        match self.maths {
            Maths::Plain(_) => true,
            Maths::Attention(_) | Maths::Matmul(_) => false,
        }
    }

    /// Memory of a computation beside inputs and outputs: for each thread, the scores of a block of rows.
    pub fn scratch_bytes(&self, threads: usize) -> u64 {
        match self.maths {
            Maths::Attention(_) => Attention::block_bytes(self.extent(1, 1)).saturating_mul(threads as u64),
            Maths::Matmul(_) => Matmul::rows_bytes(self.extent(1, 1)),
            Maths::Plain(_) => 0,
        }
    }

    fn extent(&self, input: usize, axis: usize) -> u64 {
        u64::from(self.inputs[input].1[axis])
    }

    fn checked<'a, V: Values>(
        &self,
        inputs: &'a BTreeMap<String, V>,
    ) -> Result<impl Fn(&str) -> &'a dyn Values, KernelError> {
        let shapes = inputs.iter().map(|(name, values)| (name.clone(), values.shape().to_vec())).collect();
        check(self.kernel, &self.inputs, &shapes)?;
        Ok(|name: &str| &inputs[name] as &dyn Values)
    }
}

/// The inputs as a plain function takes them.
fn arrays(inputs: &BTreeMap<String, impl Values>) -> Inputs {
    inputs.iter().map(|(name, values)| (name.clone(), values.to_array())).collect()
}
