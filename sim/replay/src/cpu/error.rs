//! Errors of computing an op. The caller adds the rank and the op.

use program::{DType, Dims, ScaledFormat};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CpuError {
    #[error(
        "an operand of shape {shape} ends at byte {end}, but its buffer has {len} bytes: make the buffer larger or move the view"
    )]
    OutOfBounds { shape: Dims, end: u64, len: u64 },
    #[error("an operand has {shape} extents and {strides} strides: give one stride for each extent")]
    Strides { shape: usize, strides: usize },
    #[error(
        "an operand of shape {from} does not broadcast to {to}: each extent must be equal, 1 or missing in front"
    )]
    Broadcast { from: Dims, to: Dims },
    #[error("dot of {a} and {b} into {c}: the shapes must be [m, k], [k, n] and [m, n]")]
    DotShape { a: Dims, b: Dims, c: Dims },
    #[error(
        "{format} elements of {x} and scales of {scales} do not make {to}: its last axis is whole blocks"
    )]
    Blocks { format: ScaledFormat, x: Dims, scales: Dims, to: Dims },
    #[error("axis {axis} of shape {shape} does not exist: count axes from 0")]
    Axis { axis: u8, shape: Dims },
    #[error("floats cannot accumulate in {acc}: use a float dtype, or cast the operands to an integer first")]
    Accumulate { acc: DType },
    #[error(
        "the {acc} sum of output element {element} leaves its type: accumulate in i32 or f32, or declare that it wraps"
    )]
    Overflow { acc: DType, element: usize },
    #[error("`{f}` takes integers: cast the operands to i32 first")]
    Integers { f: &'static str },
    #[error("`pow` takes a constant exponent")]
    Exponent,
    #[error("`{f}` does not go on from one result to the next: use sum, prod, max, min, maxnum or minnum")]
    Fold { f: &'static str },
    #[error("integer division by zero at element {element}: mask the divisor, or divide floats")]
    DivisionByZero { element: usize },
}
