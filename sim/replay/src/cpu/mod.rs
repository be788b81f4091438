//! The CPU backend: the definition of every op. Another backend is right when it agrees with this one.
//!
//! The bits are the same on every computer and at every [`SimdLevel`]:
//!
//! - An op on floats reads its operands as f32 (exactly; an integer beyond 2²⁴ is rounded to nearest), computes in
//!   f32, and rounds once, to nearest even, when it writes. There is no libm and no reassociation; `fma` is one
//!   rounding.
//! - When all operands are integers the op is done in 32 bits, wrapping: those of u32 where an operand is u32, else
//!   those of i32. Division truncates. A constant beside an integer operand counts as an integer when it is a whole
//!   number of these bits. An integer written to a narrower dtype keeps its low bits; written to a float dtype it is
//!   rounded once.
//! - A float written to an integer dtype is truncated towards zero and saturates; NaN becomes 0. `cast` rounds it to the
//!   nearest first, and its siblings as their names say.
//! - A bool is 1 where what is written to it is not 0, else 0; every byte but 0 is read as 1.
//! - A NaN is always written as one pattern per dtype: 7fc00000, 7e00, 7fc0, 7f (e4m3), 7e (e5m2).
//! - Overflow becomes infinity, in e4m3 NaN. Subnormals are kept, everywhere.
//! - The larger (smaller) of two numbers, or of an axis: a NaN operand gives NaN, but to `maxnum` and `minnum` it
//!   yields the other one; −0 is below +0.
//! - `dot`: for each output, `fma(a, b, sum)` for k ascending, from +0 or from c.
//! - `sum`: `sum + x` for the axis ascending, from +0; `prod`: `product · x`, from 1. All round after every step to the dtype they accumulate in.
//!
//! Ops return the packed row-major bytes of their result.

#[cfg(target_endian = "big")]
compile_error!("the CPU backend reads little-endian tensors in place");

mod blocks;
mod cast;
mod convert;
mod dot;
mod elementwise;
mod error;
mod exp;
mod fma;
mod functions;
mod gemm;
mod gemm_f64;
mod lanes;
#[cfg(target_arch = "x86_64")]
mod lanes_x86;
mod layout;
mod left;
mod operand;
mod pack;
mod pairs;
mod power;
mod reduce;
mod scaled;
mod scan;
mod simd;
mod stored;
mod sums;
#[cfg(test)]
mod tests;
mod tile;
mod turn;
mod whole;
mod wide;

pub(crate) use cast::cast_f64;
pub(crate) use convert::widen;
pub use convert::{decode, encode};
pub use dot::{Dot, dot};
pub use elementwise::{binary, compare, fma, fold, select, unary};
pub use error::CpuError;
pub use exp::exp_slice;
pub(crate) use functions::{
    binary_f64, compared, maximum_f64, maxnum_f64, minimum_f64, minnum_f64, unary_f64,
};
pub(crate) use gemm::AsStored;
pub(crate) use gemm_f64::gemm_f64;
pub use layout::{fill, iota, pack, unpack};
pub use operand::{Input, Packed, Strided};
pub(crate) use operand::{all_integers, sign_of};
pub(crate) use pairs::normal_pairs;
pub use reduce::{Reduce, reduce, temporary_bytes as reduction_bytes};
pub use scaled::{dequantize, quantize};
pub(crate) use scaled::{element, scale};
pub use scan::scan;
pub use simd::{SimdLevel, SimdLevelError};
