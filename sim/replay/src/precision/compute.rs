//! Every op that computes, in f64: in the order of the definition, and nothing is rounded to a dtype.

use std::borrow::Cow;

use program::op::{Constant, ReduceFn, UnaryFn};
use program::{ComputeOp, DType, Dims, Effect, Op, RecvOp, Reduction, ScaledFormat, Sign};

use super::elements::{Both, laid};
use crate::cpu::{
    Input, SimdLevel, all_integers, binary_f64, cast_f64, compared, element, gemm_f64, maximum_f64,
    maxnum_f64, minimum_f64, minnum_f64, scale, sign_of, unary_f64,
};

/// Operand in the f64 run. All were checked when the declared run computed the op.
pub enum Argument<'a> {
    Tile(&'a Both),
    Constant(Constant),
}

impl Argument<'_> {
    fn filling(&self, shape: Dims) -> Cow<'_, [f64]> {
        match self {
            Argument::Tile(both) => laid(both.values(), &shape, &both.filling(shape)),
            Argument::Constant(constant) => vec![constant.exact(); shape.product() as usize].into(),
        }
    }
    /// As the declared run has it.
    fn declared(&self, shape: Dims) -> Cow<'_, [f64]> {
        match self {
            Argument::Tile(both) => laid(&both.declared, &shape, &both.filling(shape)),
            Argument::Constant(_) => self.filling(shape),
        }
    }
    fn lost(&self, shape: Dims) -> Cow<'_, [bool]> {
        match self {
            Argument::Tile(both) if !both.lost().is_empty() => {
                laid(both.lost(), &shape, &both.filling(shape))
            }
            Argument::Tile(_) | Argument::Constant(_) => Cow::Borrowed(&[]),
        }
    }
    fn is_lost(&self) -> bool {
        match self {
            Argument::Tile(both) => both.lost().contains(&true),
            Argument::Constant(_) => false,
        }
    }
    pub fn has_nan(&self) -> bool {
        match self {
            Argument::Tile(both) => both.declared.iter().any(|x| x.is_nan()),
            Argument::Constant(constant) => constant.value().is_nan(),
        }
    }
    /// Its extents; a constant has none.
    fn shape(&self) -> Dims {
        match self {
            Argument::Tile(both) => both.shape,
            Argument::Constant(_) => Dims::new(&[]),
        }
    }
}

/// Whether an op computes on integers, which wrap and truncate: what it gives is the same in both runs.
pub fn is_integer(op: &Op, inputs: &[Input<'_>]) -> bool {
    let integers = |inputs: &[Input<'_>]| all_integers(&inputs.iter().collect::<Vec<_>>());
    match op.effect() {
        Effect::Compute(ComputeOp::Unary { f, .. }) => f.of_integers().is_some() && integers(inputs),
        Effect::Compute(ComputeOp::Binary { f, .. }) => f.is_of_integers_alone() || integers(inputs),
        Effect::Compute(ComputeOp::Compare { .. } | ComputeOp::Fma { .. }) => integers(inputs),
        // The mask does not decide.
        Effect::Compute(ComputeOp::Where { .. }) => integers(&inputs[1..]),
        Effect::Compute(ComputeOp::Reduce { f, acc, .. } | ComputeOp::Scan { f, acc, .. }) => {
            f.stays_integer(integers(inputs), acc)
        }
        Effect::Fold(reduction) => reduction.f.stays_integer(integers(inputs), reduction.acc),
        Effect::Compute(ComputeOp::Dot { acc, .. }) => !acc.is_float(),
        Effect::Compute(ComputeOp::Iota { .. }) => true,
        Effect::Compute(ComputeOp::Fill { .. } | ComputeOp::Dequantize { .. })
        | Effect::Move { .. }
        | Effect::Nothing => false,
    }
}

/// How the 32 bits count that an op on integers gives.
pub fn counts_in(op: &Op, inputs: &[Input<'_>]) -> Sign {
    let of = |inputs: &[Input<'_>]| sign_of(&inputs.iter().collect::<Vec<_>>());
    match op.effect() {
        Effect::Compute(ComputeOp::Where { .. }) => of(&inputs[1..]),
        Effect::Compute(ComputeOp::Reduce { f, acc, .. } | ComputeOp::Scan { f, acc, .. }) => {
            if f.accumulates() { Sign::of([acc]) } else { of(inputs) }
        }
        Effect::Fold(reduction) => Sign::of([reduction.acc]),
        Effect::Compute(ComputeOp::Dot { acc, .. }) => Sign::of([acc]),
        Effect::Compute(
            ComputeOp::Unary { .. }
            | ComputeOp::Binary { .. }
            | ComputeOp::Compare { .. }
            | ComputeOp::Fma { .. }
            | ComputeOp::Iota { .. }
            | ComputeOp::Dequantize { .. }
            | ComputeOp::Fill { .. },
        )
        | Effect::Move { .. }
        | Effect::Nothing => of(inputs),
    }
}

/// The row-major elements of what `op` gives on floats, `shape` and `dtype` being those of what it writes.
pub fn compute(op: &Op, on: &[Argument<'_>], shape: Dims, dtype: DType, simd: SimdLevel) -> Vec<f64> {
    let zip = |f: fn(f64, f64) -> f64| {
        let (x, y) = (on[0].filling(shape), on[1].filling(shape));
        x.iter().zip(&*y).map(|(&x, &y)| f(x, y)).collect()
    };
    let what = match op.effect() {
        Effect::Compute(compute) => compute,
        Effect::Fold(reduction) => return folded(reduction, on, shape),
        Effect::Move { .. } | Effect::Nothing => unreachable!("it computes"),
    };
    match what {
        ComputeOp::Dot { accumulate, .. } => dot(on, shape, accumulate, simd),
        ComputeOp::Unary { f, .. } if UnaryFn::CASTS.contains(&f) => {
            on[0].filling(shape).iter().map(|&x| cast_f64(f, x, dtype)).collect()
        }
        ComputeOp::Unary { f, .. } => {
            let f = unary_f64(f);
            on[0].filling(shape).iter().map(|&x| f(x)).collect()
        }
        ComputeOp::Binary { f, .. } => zip(binary_f64(f)),
        ComputeOp::Compare { f, .. } => {
            let (x, y) = (on[0].filling(shape), on[1].filling(shape));
            let mut truths = vec![0; x.len()];
            compared(f, &x, &y, &mut truths);
            truths.into_iter().map(f64::from).collect()
        }
        // The branch is the declared run's, so that both runs take the same.
        ComputeOp::Where { .. } => {
            let (x, y) = (on[1].filling(shape), on[2].filling(shape));
            let choices = on[0].declared(shape);
            choices
                .iter()
                .zip(x.iter().zip(&*y))
                .map(|(&mask, (&x, &y))| if mask != 0.0 { x } else { y })
                .collect()
        }
        ComputeOp::Reduce { f, axis, .. } => {
            let x = on[0].shape();
            reduced(f, &Along::of(x, axis), &on[0].filling(x))
        }
        ComputeOp::Fma { .. } => {
            let [x, y, z] = [0, 1, 2].map(|at| on[at].filling(shape));
            x.iter().zip(&*y).zip(&*z).map(|((&x, &y), &z)| libm::fma(x, y, z)).collect()
        }
        ComputeOp::Scan { f, axis, .. } => {
            let f = binary_f64(f.of_two().expect("the verifier refuses what does not fold"));
            Along::of(shape, axis).scan(on[0].filling(shape).into_owned(), f)
        }
        ComputeOp::Dequantize { format, .. } => dequantized(format, on, shape),
        ComputeOp::Fill { value, .. } => vec![f64::from(value.value()); shape.product() as usize],
        ComputeOp::Iota { .. } => unreachable!("it counts in integers"),
    }
}

fn reduced(f: ReduceFn, along: &Along, x: &[f64]) -> Vec<f64> {
    match f {
        ReduceFn::Sum => along.fold(x, 0.0, |sum, x| sum + x),
        ReduceFn::Prod => along.fold(x, 1.0, |product, x| product * x),
        // From NaN, which yields to every number; of nothing they are −inf and inf.
        ReduceFn::Maxnum if along.axis > 0 => along.fold(x, f64::NAN, maxnum_f64),
        ReduceFn::Minnum if along.axis > 0 => along.fold(x, f64::NAN, minnum_f64),
        ReduceFn::Maxnum | ReduceFn::Max => along.fold(x, f64::NEG_INFINITY, maximum_f64),
        ReduceFn::Minnum | ReduceFn::Min => along.fold(x, f64::INFINITY, minimum_f64),
        ReduceFn::Any => along.fold(x, 0.0, |any, x| if x == 0.0 { any } else { 1.0 }),
        ReduceFn::All => along.fold(x, 1.0, |all, x| if x == 0.0 { 0.0 } else { all }),
        ReduceFn::Argmax => along.places(x, |x, best| x > best),
        ReduceFn::Argmin => along.places(x, |x, best| x < best),
    }
}

/// Elements times scales. Codes of bytes are integers, which both runs have.
fn dequantized(format: ScaledFormat, on: &[Argument<'_>], shape: Dims) -> Vec<f64> {
    let [x, scales] = [0, 1].map(|at| on[at].filling(on[at].shape()));
    let [per_byte, block] = [format.per_byte(), format.block()].map(|n| n as usize);
    let of = |at: usize| {
        let (number, by) = (x[at / per_byte], scales[at / block]);
        let code = (number as u8) >> (at % per_byte * 4);
        let code = if per_byte == 2 { code & 0xf } else { code };
        let number = if format.elements().is_float() { number } else { element(format, code).into() };
        number * if format.scales().is_float() { by } else { f64::from(scale(format, by as u8)) }
    };
    (0..shape.product() as usize).map(of).collect()
}

fn folded(reduction: &Reduction, on: &[Argument<'_>], shape: Dims) -> Vec<f64> {
    let f = binary_f64(reduction.f.of_two().expect("the verifier refuses what does not fold"));
    let mut out = on[0].filling(shape).into_owned();
    for argument in &on[1..] {
        for (sum, &x) in out.iter_mut().zip(&*argument.filling(shape)) {
            *sum = f(*sum, x);
        }
    }
    out
}

/// How many terms each element of what `op` gives is the sum of.
pub fn n_terms(op: &Op, on: &[Argument<'_>]) -> u64 {
    if let Op::Compute(ComputeOp::Dot { .. }) = op {
        u64::from(matrix(on[0].shape())[1])
    } else if let Op::Compute(
        ComputeOp::Reduce { f: ReduceFn::Sum | ReduceFn::Prod, axis, .. }
        | ComputeOp::Scan { f: ReduceFn::Sum | ReduceFn::Prod, axis, .. },
    ) = op
    {
        u64::from(on[0].shape()[usize::from(*axis)])
    } else if let Op::Recv(RecvOp::RecvReduce { reduction }) = op
        && reduction.f == ReduceFn::Sum
    {
        on.len() as u64
    } else {
        1
    }
}

/// Which row-major elements of what `op` gives are made of lost ones; empty when none is.
pub fn lost(op: &Op, on: &[Argument<'_>], shape: Dims) -> Vec<bool> {
    if !on.iter().any(Argument::is_lost) {
        return Vec::new();
    }
    let mut lost = vec![false; shape.product() as usize];
    if let Op::Compute(ComputeOp::Reduce { axis, .. }) = op {
        let x = on[0].shape();
        return Along::of(x, *axis).fold(&on[0].lost(x), false, |any, x| any | x);
    }
    if let Op::Compute(ComputeOp::Scan { axis, .. }) = op {
        return Along::of(shape, *axis).scan(on[0].lost(shape).into_owned(), |any, x| any | x);
    }
    if let Op::Compute(ComputeOp::Dequantize { format, .. }) = op {
        let [x, scales] = [0, 1].map(|at| on[at].lost(on[at].shape()));
        for (at, lost) in lost.iter_mut().enumerate() {
            *lost = x[at / format.per_byte() as usize] || scales[at / format.block() as usize];
        }
        return lost;
    }
    let whole = if let Op::Compute(ComputeOp::Dot { .. }) = op {
        let [a, b] = [on[0].lost(on[0].shape()), on[1].lost(on[1].shape())];
        let ([m, k], [_, n]) = (matrix(on[0].shape()).map(|n| n as usize), matrix(shape).map(|n| n as usize));
        for (at, lost) in lost.iter_mut().enumerate() {
            let (row, before) = (at / n * k, at / (m * n) * k * n);
            let column = b.iter().skip(before + at % n).step_by(n).take(k);
            *lost = a.iter().skip(row).take(k).any(|&x| x) || column.into_iter().any(|&x| x);
        }
        &on[2..]
    } else {
        on
    };
    for argument in whole {
        for (lost, also) in lost.iter_mut().zip(&*argument.lost(shape)) {
            *lost |= also;
        }
    }
    lost
}

fn dot(on: &[Argument<'_>], shape: Dims, accumulate: bool, simd: SimdLevel) -> Vec<f64> {
    let (of_a, of_b) = (on[0].shape(), on[1].shape());
    let mut c =
        if accumulate { on[2].filling(shape).into_owned() } else { vec![0.0; shape.product() as usize] };
    let ([m, k], [_, n]) = (matrix(of_a).map(|n| n as usize), matrix(of_b).map(|n| n as usize));
    let (a, b) = (on[0].filling(of_a), on[1].filling(of_b));
    for (at, c) in c.chunks_exact_mut((m * n).max(1)).enumerate() {
        gemm_f64(&a[at * m * k..][..m * k], &b[at * k * n..][..k * n], c, [m, k, n], simd);
    }
    c
}

/// The extents of a matrix, or of each of several.
fn matrix(shape: Dims) -> [u32; 2] {
    let n = shape.len();
    [shape[n - 2], shape[n - 1]]
}

/// A packed tensor seen as [outer, axis, inner].
struct Along {
    axis: usize,
    inner: usize,
    /// Elements that are left.
    n: usize,
}

impl Along {
    fn of(shape: Dims, axis: u8) -> Along {
        let at = usize::from(axis);
        let product = |part: &[u32]| part.iter().map(|&n| n as usize).product::<usize>();
        let inner = product(&shape[at + 1..]);
        Along { axis: shape[at] as usize, inner, n: product(&shape[..at]) * inner }
    }

    /// The first place of the best of each row, and the first NaN, if one is.
    fn places(&self, x: &[f64], is_better: fn(f64, f64) -> bool) -> Vec<f64> {
        let at = |output: usize, place: usize| {
            x[(output / self.inner * self.axis + place) * self.inner + output % self.inner]
        };
        let of = |output: usize| {
            let place = (1..self.axis).fold(0, |best, place| {
                let (x, so_far) = (at(output, place), at(output, best));
                if is_better(x, so_far) || x.is_nan() && !so_far.is_nan() { place } else { best }
            });
            place as f64
        };
        (0..self.n).map(of).collect()
    }

    /// In place of each element what `step` makes of it and those before it; the first stays.
    fn scan<T: Copy>(&self, mut x: Vec<T>, step: impl Fn(T, T) -> T) -> Vec<T> {
        for part in x.chunks_exact_mut((self.axis * self.inner).max(1)) {
            for at in self.inner..part.len() {
                part[at] = step(part[at - self.inner], part[at]);
            }
        }
        x
    }

    fn fold<T: Copy>(&self, x: &[T], start: T, step: impl Fn(T, T) -> T) -> Vec<T> {
        let mut out = vec![start; self.n];
        if self.n == 0 || self.axis == 0 {
            return out;
        }
        for (sums, rows) in out.chunks_exact_mut(self.inner).zip(x.chunks_exact(self.axis * self.inner)) {
            for row in rows.chunks_exact(self.inner) {
                for (sum, &x) in sums.iter_mut().zip(row) {
                    *sum = step(*sum, x);
                }
            }
        }
        out
    }
}

/// How many elements of an integer result the f64 run would have decided otherwise: none of a float one.
pub fn n_decided_otherwise(exact: &[f64], declared: &[f64], dtype: DType) -> u64 {
    let Some([least, most]) = dtype.integers() else { return 0 };
    // A float is truncated towards zero and saturates; NaN becomes 0. Of a truth value it is whether it is not 0.
    let is_truth = dtype == DType::Bool;
    let stored = |x: f64| {
        if is_truth { f64::from(u8::from(x != 0.0)) } else { (x as i64).clamp(least, most) as f64 }
    };
    exact.iter().zip(declared).filter(|&(&exact, &declared)| stored(exact) != declared).count() as u64
}
