//! Error bound of an op on a device, before the result is rounded to its dtype.

use program::op::{BinaryFn, Constant, UnaryFn};
use program::{ComputeOp, DType, Op, Operand, Sign};
use replay::SimdLevel;
use replay::cpu::{self, Dot, Input, Packed, Strided};

use super::number::{power, significand};
use super::{Allowance, Rule};

/// No sum of numbers of 24 bits, each of them zero or of this size at least, has a partial sum that is subnormal:
/// all are multiples of 2⁻¹²⁵.
const NEVER_SUBNORMAL: i32 = -102;
/// The same of numbers of 48 bits, which the products of two f32 are.
const NEVER_SUBNORMAL_WIDE: i32 = -78;

/// How far a device may differ from the CPU.
pub(super) enum ErrorBound {
    Exact,
    /// Ulps of f32.
    Ulps(u32),
    /// A bound for each element.
    Absolute(Vec<f64>),
}

impl ErrorBound {
    pub fn rule(&self, to: DType) -> Rule {
        match self {
            ErrorBound::Exact => Rule::T0,
            ErrorBound::Ulps(_) | ErrorBound::Absolute(_) if to.size() == 4 => Rule::T1,
            ErrorBound::Ulps(_) | ErrorBound::Absolute(_) => Rule::T2,
        }
    }
}

pub(super) fn error_bound(op: &Op, inputs: &[Input<'_>], to: Packed, allowed: &Allowance) -> ErrorBound {
    match op {
        Op::Compute(ComputeOp::Unary { f, .. }) => match ulps(*f, allowed) {
            0 => ErrorBound::Exact,
            ulps => ErrorBound::Ulps(ulps),
        },
        Op::Compute(ComputeOp::Binary { f: BinaryFn::Pow, y: Operand::Constant(exponent), .. }) => {
            let of_integers = matches!(&inputs[0], Input::View(x) if !x.dtype.is_float());
            match power_ulps(exponent.integer().map_or(0, |exponent| exponent as i32)) {
                ulps if ulps > 0 && !of_integers => ErrorBound::Ulps(ulps),
                _ => ErrorBound::Exact,
            }
        }
        Op::Compute(ComputeOp::Dot { acc, accumulate, .. }) if acc.is_float() => {
            let c = accumulate.then(|| view(inputs, 2));
            dot(view(inputs, 0), view(inputs, 1), c, *acc, allowed)
        }
        Op::Compute(ComputeOp::Fma { .. }) => fused(inputs, to, allowed),
        // Integer logic on bits, arithmetic that every device rounds correctly, or bytes that are moved.
        Op::Compute(_)
        | Op::Move(_)
        | Op::Send(_)
        | Op::Recv(_)
        | Op::Sync(_)
        | Op::Queue(_)
        | Op::Note(_)
        | Op::Time(_) => ErrorBound::Exact,
    }
}

/// How far a function may be off, in ulps of f32, before its result is rounded to its dtype. What the CPU computes in f64 the shaders have in f32: the sums of their roundings, each
/// half an ulp, and of what `exp` may be off; `functions_are_off_by_no_more_than_their_bounds` measures them.
pub const fn ulps(f: UnaryFn, allowed: &Allowance) -> u32 {
    match f {
        UnaryFn::Cast
        | UnaryFn::CastTrunc
        | UnaryFn::CastFloor
        | UnaryFn::CastSaturate
        | UnaryFn::CastWrap
        | UnaryFn::Not
        | UnaryFn::Neg
        | UnaryFn::Abs
        | UnaryFn::Reciprocal
        | UnaryFn::Sqrt
        | UnaryFn::Round
        | UnaryFn::Floor
        | UnaryFn::Ceil
        | UnaryFn::Trunc
        | UnaryFn::Sign => 0,
        UnaryFn::Exp => allowed.exp_ulps,
        UnaryFn::Rsqrt => 1,
        UnaryFn::Exp2 | UnaryFn::Log => 2,
        UnaryFn::Sin | UnaryFn::Cos | UnaryFn::Log2 | UnaryFn::Tanh | UnaryFn::Sigmoid | UnaryFn::Erf => 3,
    }
}

/// How far a power may be off, in ulps of f32: each of its factors, as many as the exponent says, is at most a rounding
/// off, which is half an ulp and at most an ulp of the result; where it is below 0 each is a quotient, too.
pub const fn power_ulps(exponent: i32) -> u32 {
    let size = exponent.unsigned_abs();
    if exponent < 0 { 2 * size } else { size.saturating_sub(1) }
}

/// `fma` of floats: where the device rounds its product, by an ulp of that; and where it takes subnormals for 0, by those
/// and what they are multiplied with.
fn fused(inputs: &[Input<'_>], to: Packed, allowed: &Allowance) -> ErrorBound {
    let dtypes = inputs.iter().filter_map(|input| match input {
        Input::View(view) => Some(view.dtype),
        Input::Constant(_) => None,
    });
    let sign = Sign::of(dtypes);
    let of_floats = |input: &Input<'_>| match input {
        Input::View(view) => view.dtype.is_float(),
        Input::Constant(constant) => constant.word(sign).is_none(),
    };
    if !inputs.iter().any(of_floats) || !(allowed.fma_rounds_twice || allowed.flushes) {
        return ErrorBound::Exact;
    }
    let sizes = |f: BinaryFn, x: &Input<'_>, y: &Input<'_>| {
        let to = Packed { dtype: DType::F32, ..to };
        let bytes = cpu::binary(f, x, y, to, Vec::new(), SimdLevel::detect()).unwrap_or_default();
        bytes.chunks_exact(4).map(|it| bytemuck::pod_read_unaligned::<f32>(it).abs()).collect::<Vec<f32>>()
    };
    let none = Input::Constant(Constant::of(0.0));
    let [x, y, z] = [0, 1, 2].map(|at| sizes(BinaryFn::Add, &inputs[at], &none));
    let products = sizes(BinaryFn::Mul, &inputs[0], &inputs[1]);
    let least = f64::from(if allowed.flushes { f32::MIN_POSITIVE } else { f32::from_bits(1) });
    let unit = 2.0 * power(-significand(DType::F32));
    let bound = |at: usize| {
        let (product, term) = (f64::from(products[at]), f64::from(z[at]));
        let is_lost = allowed.flushes && (x[at].is_subnormal() || y[at].is_subnormal());
        unit * (product + term) + 4.0 * least + if is_lost { product } else { 0.0 }
    };
    ErrorBound::Absolute((0..products.len()).map(bound).collect())
}

/// A product of few enough bits is exact in f32, so that it does not matter whether `fma` rounds once or twice.
/// Otherwise the bound is `2(k+1)·(u·Σ|terms| + least)`: k products and k sums, each wrong by `u` of what is at most
/// the sum of all, or by the least number there is; where subnormals are flushed, that is 2⁻¹²⁶, and all terms with a
/// subnormal operand may be gone. The sums here are rounded themselves, which is of second order. Where they overflow,
/// so may the device, and only NaN is wrong.
fn dot(
    a: &Strided<'_>,
    b: &Strided<'_>,
    c: Option<&Strided<'_>>,
    acc: DType,
    allowed: &Allowance,
) -> ErrorBound {
    let (size_a, size_b, size_c) = (magnitudes(a), magnitudes(b), c.map(magnitudes));
    let exact = significand(a.dtype) + significand(b.dtype) <= significand(DType::F32);
    let least_product = smallest(&size_a) * smallest(&size_b);
    let least = size_c.as_deref().map_or(least_product, |c| least_product.min(smallest(c)));
    let normal = least >= power(if exact { NEVER_SUBNORMAL } else { NEVER_SUBNORMAL_WIDE });
    if (normal || !allowed.flushes) && (exact || !allowed.fma_rounds_twice) {
        return ErrorBound::Exact;
    }
    let c = c.zip(size_c.as_deref()).map(|(c, sizes)| packed(sizes, c));
    let sum = |size_a: &[f32], size_b: &[f32], c| {
        let dot = Dot { a: packed(size_a, a), b: packed(size_b, b), c, acc: DType::F32, to: DType::F32 };
        let sums = cpu::dot(&dot, Vec::new(), SimdLevel::detect()).unwrap_or_default();
        sums.chunks_exact(4).map(bytemuck::pod_read_unaligned::<f32>).collect::<Vec<_>>()
    };
    let sums = sum(&size_a, &size_b, c);
    let tiny = |sizes: &[f32]| if allowed.flushes { subnormals(sizes) } else { vec![0.0; sizes.len()] };
    let (lost_a, lost_b) = (sum(&tiny(&size_a), &size_b, None), sum(&size_a, &tiny(&size_b), None));
    let least = f64::from(if allowed.flushes { f32::MIN_POSITIVE } else { f32::from_bits(1) });
    let unit = power(-significand(acc));
    let steps = 2.0 * (f64::from(a.shape.last().copied().unwrap_or(0)) + 1.0);
    let terms = sums.into_iter().zip(lost_a).zip(lost_b);
    let bounds = terms.map(|((sum, lost_a), lost_b)| {
        steps * (unit * f64::from(sum) + least) + f64::from(lost_a) + f64::from(lost_b)
    });
    ErrorBound::Absolute(bounds.collect())
}

fn magnitudes(x: &Strided<'_>) -> Vec<f32> {
    cpu::decode(x, SimdLevel::detect()).unwrap_or_default().into_iter().map(f32::abs).collect()
}

fn packed<'a>(values: &'a [f32], of: &Strided<'_>) -> Strided<'a> {
    Strided::packed(bytemuck::cast_slice(values), &of.shape, DType::F32)
}

/// The same with zero for every normal number.
fn subnormals(sizes: &[f32]) -> Vec<f32> {
    sizes.iter().map(|&size| if size.is_subnormal() { size } else { 0.0 }).collect()
}

/// Of those that are not zero.
fn smallest(sizes: &[f32]) -> f64 {
    sizes.iter().copied().filter(|&size| size > 0.0).map(f64::from).fold(f64::INFINITY, f64::min)
}

fn view<'a, 'b>(inputs: &'b [Input<'a>], at: usize) -> &'b Strided<'a> {
    match &inputs[at] {
        Input::View(view) => view,
        Input::Constant(_) => unreachable!("the CPU takes no constant here"),
    }
}
