//! Tolerances T0, T1 and T2: agreement of a device with the CPU on one op and the same operands.
//!
//! In the shaders nearly all is integer logic, or arithmetic that every device must round correctly, and so it is
//! equal to the bit: integers, masks, copies, casts, comparisons, max, sums, products, quotients and roots,
//! subnormals too. Two things are left to the device's `fma`: `exp`, and dots that it does not compute exactly.
//!
//! - T0: equal bits. So must be a dot whose products are exact in f32, as all of f16, bf16, fp8 and u8 are, as long
//!   as no sum can be subnormal.
//! - T1: a result in f32 within some ulps (`exp`), or within `2(K+1)·u·Σ|ab|` (a dot of f32).
//!   Truncated to i32 it may be 1 more.
//! - T2: the same, rounded to a narrower dtype: one ulp more, on at most one value in a hundred, or on one.

mod error_bound;
mod number;
#[cfg(test)]
mod tests;

use program::{DType, Op};
use replay::SimdLevel;
use replay::cpu::{Input, Packed, Strided, decode};
use serde::Serialize;

use crate::report::UlpHistogram;
pub use error_bound::ulps;
use error_bound::{ErrorBound, error_bound};
use number::{distance, step};

/// Rounding that a kind of device may do and the CPU does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// `fma` rounds its product before it adds.
    pub fma_rounds_twice: bool,
    /// `fma` takes subnormals of f32 for zero, and gives zero for them.
    pub flushes: bool,
    /// How far `exp` may be off, in ulps of f32.
    pub exp_ulps: u32,
}

impl Allowance {
    /// The shaders compiled for a CPU.
    pub const NONE: Allowance = Allowance { fma_rounds_twice: false, flushes: false, exp_ulps: 0 };
    /// Apple's guarantees in safe mode with precise functions: `fma` rounds once, and subnormals may be flushed.
    pub const METAL: Allowance = Allowance { fma_rounds_twice: false, flushes: true, exp_ulps: 1 };
    /// By the Vulkan specification `fma` may be two roundings, and without `shaderDenormPreserve` it may flush. `exp`
    /// is its polynomial then: see `exp_is_off_by_no_more_than_its_bound`.
    pub const VULKAN: Allowance = Allowance { fma_rounds_twice: true, flushes: true, exp_ulps: 1 };
}

/// The rule that judged an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Rule {
    T0,
    T1,
    T2,
}

/// Comparison of a device's result with the CPU's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Agreement {
    pub rule: Rule,
    pub pass: bool,
    pub elements: u64,
    /// Elements whose bits differ.
    pub differing: u64,
    /// The largest distance, in ulps of the result's dtype; `u64::MAX` when one of two is NaN.
    pub worst_ulp: u64,
    /// Of all elements.
    pub ulps: UlpHistogram,
    /// The first element that is too far off.
    pub first_wrong: Option<u64>,
}

/// Compares what both made of the same operands, packed and row-major. `op` and `inputs` are as in
/// [`replay::Backend::compute`]; an op that moves bytes has no inputs here.
///
/// # Panics
/// When the two results are not of the size of `to`.
pub fn agree(
    op: &Op,
    inputs: &[Input<'_>],
    to: Packed,
    (cpu, device): (&[u8], &[u8]),
    allowed: &Allowance,
) -> Agreement {
    let elements = to.shape.product();
    let bytes = elements * to.dtype.size();
    assert_eq!((cpu.len() as u64, device.len() as u64), (bytes, bytes), "a result has the size of its tile");
    let bound = error_bound(op, inputs, to, allowed);
    let judge = Judge { dtype: to.dtype, rule: bound.rule(to.dtype), bound };
    let mut found = Agreement {
        rule: judge.rule,
        pass: true,
        elements,
        differing: 0,
        worst_ulp: 0,
        first_wrong: None,
        ulps: UlpHistogram::default(),
    };
    if cpu == device {
        found.ulps.add(0, elements);
        return found;
    }
    let (cpu, device) = (Made::of(cpu, to.dtype), Made::of(device, to.dtype));
    for at in 0..elements as usize {
        let (cpu, device) = (cpu.at(at), device.at(at));
        if cpu.bytes == device.bytes {
            continue;
        }
        found.differing += 1;
        let apart = distance(to.dtype, cpu.bytes, device.bytes);
        found.worst_ulp = found.worst_ulp.max(apart);
        found.ulps.add(apart, 1);
        if !judge.lets_pass(at, apart, cpu.value, device.value) {
            found.first_wrong.get_or_insert(at as u64);
        }
    }
    found.ulps.add(0, elements - found.differing);
    // In a tile of a few values one may always be on the other side of a rounding.
    let too_many = judge.rule == Rule::T2 && found.differing > (elements / 100).max(1);
    found.pass = found.first_wrong.is_none() && !too_many;
    found
}

/// A result, as bytes and as values.
struct Made<'a> {
    bytes: &'a [u8],
    values: Vec<f32>,
    size: usize,
}

struct Element<'a> {
    bytes: &'a [u8],
    value: f64,
}

impl<'a> Made<'a> {
    fn of(bytes: &'a [u8], dtype: DType) -> Made<'a> {
        let n = u32::try_from(bytes.len() as u64 / dtype.size()).expect("a tile has fewer elements");
        let values = decode(&Strided::packed(bytes, &[n], dtype), SimdLevel::detect());
        Made { bytes, values: values.expect("it lies within its bytes"), size: dtype.size() as usize }
    }
    fn at(&self, at: usize) -> Element<'a> {
        Element { bytes: &self.bytes[at * self.size..][..self.size], value: f64::from(self.values[at]) }
    }
}

/// What elements are judged by.
struct Judge {
    dtype: DType,
    rule: Rule,
    bound: ErrorBound,
}

impl Judge {
    /// Whether an element whose bits differ, by `apart` steps of its dtype, is near enough.
    fn lets_pass(&self, at: usize, apart: u64, cpu: f64, device: f64) -> bool {
        // What rounding to the dtype can add: to f32 nothing, for that the bounds have.
        let rounding = match self.dtype.float() {
            Some(_) if self.dtype == DType::F32 => 0.0,
            Some(_) => step(self.dtype, cpu),
            None => 1.0,
        };
        let bound = match &self.bound {
            ErrorBound::Exact => return false,
            ErrorBound::Ulps(ulps) if self.dtype == DType::F32 => return apart <= u64::from(*ulps),
            ErrorBound::Ulps(ulps) => f64::from(*ulps) * step(DType::F32, cpu),
            ErrorBound::Absolute(bounds) => bounds[at],
        };
        (self.rule == Rule::T2 && apart <= 1) || (cpu - device).abs() <= bound + rounding
    }
}
