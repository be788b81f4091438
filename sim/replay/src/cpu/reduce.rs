//! Reductions along one axis, which stays with extent 1.

use program::op::ReduceFn;
use program::{DType, Dims};

use super::convert::{decode, encode, encode_integers, low_bits, range, whole};
use super::error::CpuError;
use super::functions::maximum;
use super::operand::Strided;
use super::simd::{Isa, Kernel, SimdLevel};
use super::stored::{Stored, with_stored};

/// Parameters of a reduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reduce {
    pub f: ReduceFn,
    pub axis: u8,
    /// What a sum accumulates in; a maximum does not accumulate.
    pub acc: DType,
    /// Whether an integer sum may leave its type, and that of `to`, by wrapping.
    pub wrap: bool,
    pub to: DType,
}

/// The reduction of `x`. A sum takes the axis ascending, from +0, and rounds to `acc` after every step. Integers
/// that accumulate in a float dtype become f32 first. The maximum of nothing is −inf, or the least integer.
pub fn reduce(how: Reduce, x: &Strided, simd: SimdLevel) -> Result<Vec<u8>, CpuError> {
    x.check()?;
    let along = Along::new(x.shape, how.axis)?;
    let (from_float, in_float) = (x.dtype.is_float(), how.acc.is_float());
    match how.f {
        ReduceFn::Max if from_float => {
            let largest = simd.run(Floats { x: &decode(x, simd)?, along, fold: Fold::Max });
            Ok(encode(&largest, how.to, simd))
        }
        ReduceFn::Max => Ok(encode_integers(&max_integers(&whole(x), x.dtype, along), how.to)),
        ReduceFn::Sum if in_float => {
            let sums = simd.run(Floats { x: &decode(x, simd)?, along, fold: Fold::Sum(how.acc) });
            Ok(encode(&sums, how.to, simd))
        }
        ReduceFn::Sum if from_float => Err(CpuError::Accumulate { acc: how.acc }),
        ReduceFn::Sum => Ok(encode_integers(&sum_integers(&whole(x), along, how)?, how.to)),
    }
}

/// A packed tensor seen as [outer, axis, inner].
#[derive(Clone, Copy)]
struct Along {
    outer: usize,
    axis: usize,
    inner: usize,
}

impl Along {
    fn new(shape: Dims, axis: u8) -> Result<Along, CpuError> {
        let at = usize::from(axis);
        let Some(&extent) = shape.get(at) else { return Err(CpuError::Axis { axis, shape }) };
        let product = |part: &[u32]| part.iter().map(|&n| n as usize).product();
        Ok(Along { outer: product(&shape[..at]), axis: extent as usize, inner: product(&shape[at + 1..]) })
    }

    /// Folds the axis ascending. Sums of different outputs run side by side; the order within each is the axis.
    #[inline(always)]
    fn fold<T: Copy>(self, x: &[T], start: T, step: impl Fn(&mut T, T)) -> Vec<T> {
        let mut out = vec![start; self.outer * self.inner];
        if self.inner == 1 {
            self.fold_rows(x, &mut out, &step);
        }
        if self.inner <= 1 {
            return out;
        }
        for o in 0..self.outer {
            let sums = &mut out[o * self.inner..][..self.inner];
            for row in x[o * self.axis * self.inner..][..self.axis * self.inner].chunks_exact(self.inner) {
                for (sum, &x) in sums.iter_mut().zip(row) {
                    step(sum, x);
                }
            }
        }
        out
    }

    /// The same with the axis innermost. One row is a chain of dependent steps, so eight rows go together.
    #[inline(always)]
    fn fold_rows<T: Copy>(self, x: &[T], out: &mut [T], step: impl Fn(&mut T, T)) {
        let mut blocks = out.chunks_exact_mut(8);
        let mut done = 0;
        for sums in blocks.by_ref() {
            let rows: [&[T]; 8] = std::array::from_fn(|r| &x[(done + r) * self.axis..][..self.axis]);
            let mut lanes: [T; 8] = std::array::from_fn(|r| sums[r]);
            for i in 0..self.axis {
                for (lane, row) in lanes.iter_mut().zip(&rows) {
                    step(lane, row[i]);
                }
            }
            sums.copy_from_slice(&lanes);
            done += 8;
        }
        for (r, sum) in blocks.into_remainder().iter_mut().enumerate() {
            for &x in &x[(done + r) * self.axis..][..self.axis] {
                step(sum, x);
            }
        }
    }
}

enum Fold {
    Max,
    Sum(DType),
}

struct Floats<'a> {
    x: &'a [f32],
    along: Along,
    fold: Fold,
}

impl Kernel for Floats<'_> {
    type Out = Vec<f32>;
    #[inline(always)]
    fn run<I: Isa>(self) -> Vec<f32> {
        let Floats { x, along, fold } = self;
        match fold {
            // From NaN, which yields to every other operand: a row of NaN alone has no larger value.
            Fold::Max if along.axis > 0 => along.fold(x, f32::NAN, |sum, x| *sum = maximum(*sum, x)),
            Fold::Max => vec![f32::NEG_INFINITY; along.outer * along.inner],
            Fold::Sum(DType::F32) => along.fold(x, 0.0, |sum, x| *sum += x),
            Fold::Sum(acc) => with_stored!(acc, T => {
                along.fold(x, 0.0, |sum, x| *sum = T::decode(T::encode(*sum + x)))
            }),
        }
    }
}

fn max_integers(x: &[i32], dtype: DType, along: Along) -> Vec<i32> {
    let [least, _] = range(dtype);
    along.fold(x, least, |largest, x| *largest = x.max(*largest))
}

fn sum_integers(x: &[i32], along: Along, how: Reduce) -> Result<Vec<i32>, CpuError> {
    if how.wrap {
        let keep = low_bits(how.acc);
        return Ok(along.fold(x, 0, |sum, x| *sum = sum.wrapping_add(x) & keep));
    }
    // Sums are exact in i64; a sum that has left its type is marked, and stays so.
    let wide: Vec<i64> = x.iter().map(|&x| i64::from(x)).collect();
    let fits = |dtype: DType, sum: i64| {
        let [least, most] = range(dtype).map(i64::from);
        (least..=most).contains(&sum)
    };
    const LEFT: i64 = i64::MAX;
    let sums = along.fold(&wide, 0, |sum, x| {
        let next = sum.saturating_add(x);
        *sum = if *sum != LEFT && fits(how.acc, next) { next } else { LEFT };
    });
    let narrow = |(element, sum): (usize, &i64)| {
        let refused = |acc| Err(CpuError::Overflow { acc, element });
        match i32::try_from(*sum) {
            Err(_) => refused(how.acc),
            Ok(_) if !how.to.is_float() && !fits(how.to, *sum) => refused(how.to),
            Ok(sum) => Ok(sum),
        }
    };
    sums.iter().enumerate().map(narrow).collect()
}
