//! The backend that computes ops. The CPU backend is the definition of every op; any other backend must agree with
//! it.

use program::{ComputeOp, Effect, Op};

use crate::cpu::{self, CpuError, Dot, Input, Packed, Reduce, SimdLevel, Strided};

/// Computes ops, one at a time and from any thread. Moves (loads, stores, copies, messages) never get here:
/// the executor does them.
pub trait Backend: Sync {
    /// The packed row-major bytes of what `op` writes. `inputs` are its operands in the order of its fields;
    /// the accumulator of a dot comes last. `room` is a vector that the result may lie in; its bytes are free.
    ///
    /// # Errors
    /// [`ComputeError`] says why this op has no value on these operands.
    fn compute(
        &self,
        op: &Op,
        inputs: &[Input<'_>],
        to: Packed,
        room: Vec<u8>,
    ) -> Result<Vec<u8>, ComputeError>;
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComputeError {
    #[error(transparent)]
    Cpu(#[from] CpuError),
    /// What another backend says.
    #[error("{0}")]
    Backend(String),
}

/// The definition of every op, at a chosen SIMD level; all levels give the same bits.
#[derive(Clone, Copy, Debug)]
pub struct CpuBackend {
    pub simd: SimdLevel,
}

impl Backend for CpuBackend {
    fn compute(
        &self,
        op: &Op,
        inputs: &[Input<'_>],
        to: Packed,
        room: Vec<u8>,
    ) -> Result<Vec<u8>, ComputeError> {
        let simd = self.simd;
        let compute = match op.effect() {
            Effect::Compute(compute) => compute,
            Effect::Fold(reduction) => return Ok(cpu::fold(reduction, inputs, to, room, simd)?),
            Effect::Move { .. } | Effect::Nothing => {
                unreachable!("the executor asks only for ops that compute")
            }
        };
        let bytes = match compute {
            ComputeOp::Dot { acc, accumulate, .. } => {
                let c = if accumulate { Some(view(inputs, 2)?) } else { None };
                let (a, b) = (view(inputs, 0)?, view(inputs, 1)?);
                cpu::dot(&Dot { a, b, c, acc, to: to.dtype }, room, simd)?
            }
            ComputeOp::Unary { f, .. } => cpu::unary(f, &view(inputs, 0)?, to.dtype, room, simd)?,
            ComputeOp::Binary { f, .. } => cpu::binary(f, &inputs[0], &inputs[1], to, room, simd)?,
            ComputeOp::Compare { f, .. } => {
                compared(cpu::compare(f, &inputs[0], &inputs[1], to.shape, room, simd)?, to)?
            }
            ComputeOp::Where { .. } => {
                cpu::select(&view(inputs, 0)?, &inputs[1], &inputs[2], to, room, simd)?
            }
            ComputeOp::Reduce { f, axis, acc, wrap, .. } => {
                let how = Reduce { f, axis, acc, wrap, to: to.dtype };
                cpu::reduce(how, &view(inputs, 0)?, room, simd)?
            }
            ComputeOp::Fma { .. } => cpu::fma([&inputs[0], &inputs[1], &inputs[2]], to, room, simd)?,
            ComputeOp::Scan { f, axis, acc, wrap, .. } => {
                let how = Reduce { f, axis, acc, wrap, to: to.dtype };
                cpu::scan(how, &view(inputs, 0)?, room, simd)?
            }
            ComputeOp::Dequantize { format, .. } => {
                cpu::dequantize(format, &view(inputs, 0)?, &view(inputs, 1)?, to, room, simd)?
            }
            ComputeOp::Fill { value, .. } => cpu::fill(value, to),
            ComputeOp::Iota { axis, start, step, .. } => cpu::iota(axis, start, step, to)?,
        };
        let expected = to.shape.product() * to.dtype.size();
        if bytes.len() as u64 == expected {
            Ok(bytes)
        } else {
            let made = bytes.len();
            Err(ComputeError::Backend(format!("it makes {made} bytes, not a {} of {}", to.shape, to.dtype)))
        }
    }
}

/// A comparison gives bytes 1 or 0; a destination of another dtype would need a rounding that the op does not state.
fn compared(bytes: Vec<u8>, to: Packed) -> Result<Vec<u8>, ComputeError> {
    if to.dtype.is_truth() {
        Ok(bytes)
    } else {
        Err(ComputeError::Backend(format!(
            "a comparison gives bool or u8, not {}: declare its tile as bool",
            to.dtype
        )))
    }
}

fn view<'a>(inputs: &[Input<'a>], at: usize) -> Result<Strided<'a>, ComputeError> {
    match inputs[at] {
        Input::View(view) => Ok(view),
        Input::Constant(_) => Err(ComputeError::Backend(format!("operand {at} must be a tile"))),
    }
}
