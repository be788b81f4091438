//! Reductions along one axis, which stays with extent 1.

use program::op::ReduceFn;
use program::{DType, Dims, Sign};

use super::blocks::all;
use super::convert::{Kept, encode_in, encode_integers, number, range, whole};
use super::error::CpuError;
use super::functions::{maximum, maxnum, minimum, minnum};
use super::operand::Strided;
use super::simd::{Isa, Kernel, SimdLevel};
use super::stored::{Stored, with_stored};

/// Parameters of a reduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reduce {
    pub f: ReduceFn,
    pub axis: u8,
    /// What a sum accumulates in; the largest and the smallest do not accumulate.
    pub acc: DType,
    /// Whether an integer sum may leave its type, and that of `to`, by wrapping.
    pub wrap: bool,
    pub to: DType,
}

/// Elements that are widened at a time. A broadcast may have more of them than there is memory.
const PART: usize = 1 << 24;

/// Most bytes that a reduction of so many elements takes beside its operand and its result.
pub fn temporary_bytes(elements: u64, results: u64) -> u64 {
    let widest = (size_of::<i32>() + size_of::<i64>()) as u64;
    elements.min(results.max(PART as u64)).saturating_add(results).saturating_mul(widest)
}

/// The reduction of `x`. A sum takes the axis ascending, from +0, and a product from 1; both round to `acc` after every
/// step. Integers that accumulate in a float dtype become f32 first. The maximum of nothing is −inf, or the least
/// integer of its dtype; the minimum is inf, or the largest; a place in nothing is 0. The result lies in `room`.
pub fn reduce(how: Reduce, x: &Strided, room: Vec<u8>, simd: SimdLevel) -> Result<Vec<u8>, CpuError> {
    x.check()?;
    let along = Along::new(x.shape, how.axis)?;
    let axis = how.axis;
    if how.f.stays_integer(!x.dtype.is_float(), how.acc) {
        if x.dtype.is_float() {
            return Err(CpuError::Accumulate { acc: how.acc });
        }
        // A sum counts as what it accumulates in, and the largest as its operand.
        let counts = if how.f.accumulates() { how.acc } else { x.dtype };
        return Ok(encode_integers(&reduce_integers(x, along, how)?, Sign::of([counts]), how.to));
    }
    let floats = |fold| Ok(encode_in(&reduce_floats(x, along, axis, fold, simd)?, how.to, room, simd));
    match how.f {
        ReduceFn::Sum => floats(Fold::Sum(how.acc)),
        ReduceFn::Prod => floats(Fold::Prod(how.acc)),
        ReduceFn::Maxnum => floats(Fold::Maxnum),
        ReduceFn::Minnum => floats(Fold::Minnum),
        ReduceFn::Max => floats(Fold::Max),
        ReduceFn::Min => floats(Fold::Min),
        ReduceFn::Any => floats(Fold::Any),
        ReduceFn::All => floats(Fold::All),
        ReduceFn::Argmax => Ok(encode_integers(
            &float_places(x, along, axis, |x, best| x > best, simd)?,
            Sign::Signed,
            how.to,
        )),
        ReduceFn::Argmin => Ok(encode_integers(
            &float_places(x, along, axis, |x, best| x < best, simd)?,
            Sign::Signed,
            how.to,
        )),
    }
}

/// A packed tensor seen as [outer, axis, inner].
#[derive(Clone, Copy)]
pub(super) struct Along {
    outer: usize,
    pub axis: usize,
    pub inner: usize,
}

impl Along {
    pub fn new(shape: Dims, axis: u8) -> Result<Along, CpuError> {
        let at = usize::from(axis);
        let Some(&extent) = shape.get(at) else { return Err(CpuError::Axis { axis, shape }) };
        let product = |part: &[u32]| part.iter().map(|&n| n as usize).product();
        Ok(Along { outer: product(&shape[..at]), axis: extent as usize, inner: product(&shape[at + 1..]) })
    }

    /// The axis in parts, ascending.
    fn parts<'a>(self, x: &Strided<'a>, axis: u8) -> impl Iterator<Item = (Strided<'a>, Along)> {
        let (x, axis) = (*x, usize::from(axis));
        let step = (PART / (self.outer * self.inner).max(1)).max(1);
        (0..self.axis).step_by(step).map(move |from| {
            let extent = step.min(self.axis - from);
            let skipped = from as u64 * u64::from(x.strides[axis]) * x.dtype.size();
            let part = Strided { offset: x.offset + skipped, shape: x.shape.with(axis, extent as u32), ..x };
            (part, Along { axis: extent, ..self })
        })
    }

    /// Folds the axis into `out`, ascending. Sums of different outputs run side by side; the order within each is the
    /// axis.
    #[inline(always)]
    fn fold<T: Copy, S: Copy>(self, x: &[T], out: &mut [S], step: impl Fn(&mut S, T)) {
        if self.inner == 1 {
            self.fold_rows(x, out, &step);
        }
        if self.inner <= 1 {
            return;
        }
        for o in 0..self.outer {
            let sums = &mut out[o * self.inner..][..self.inner];
            for row in x[o * self.axis * self.inner..][..self.axis * self.inner].chunks_exact(self.inner) {
                for (sum, &x) in sums.iter_mut().zip(row) {
                    step(sum, x);
                }
            }
        }
    }

    /// The same with the axis innermost. One row is a chain of dependent steps, so eight rows go together.
    #[inline(always)]
    fn fold_rows<T: Copy, S: Copy>(self, x: &[T], out: &mut [S], step: impl Fn(&mut S, T)) {
        let mut blocks = out.chunks_exact_mut(8);
        let mut done = 0;
        for sums in blocks.by_ref() {
            let rows: [&[T]; 8] = std::array::from_fn(|r| &x[(done + r) * self.axis..][..self.axis]);
            let mut lanes: [S; 8] = std::array::from_fn(|r| sums[r]);
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

#[derive(Clone, Copy)]
enum Fold {
    Maxnum,
    Minnum,
    Max,
    Min,
    Any,
    All,
    Sum(DType),
    Prod(DType),
}

fn reduce_floats(
    x: &Strided,
    along: Along,
    axis: u8,
    fold: Fold,
    simd: SimdLevel,
) -> Result<Vec<f32>, CpuError> {
    let first = match fold {
        // NaN yields to every other operand: a row of NaN alone has no other value.
        Fold::Maxnum | Fold::Minnum if along.axis > 0 => f32::NAN,
        Fold::Maxnum | Fold::Max => f32::NEG_INFINITY,
        Fold::Minnum | Fold::Min => f32::INFINITY,
        Fold::Sum(_) | Fold::Any => 0.0,
        Fold::Prod(_) | Fold::All => 1.0,
    };
    let mut out = vec![first; along.outer * along.inner];
    for (part, along) in along.parts(x, axis) {
        simd.run(Floats { x: &all(&part, simd)?, along, fold, out: &mut out });
    }
    Ok(out)
}

struct Floats<'a> {
    x: &'a [f32],
    along: Along,
    fold: Fold,
    out: &'a mut [f32],
}

impl Kernel for Floats<'_> {
    type Out = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Floats { x, along, fold, out } = self;
        match fold {
            Fold::Maxnum => along.fold(x, out, |so_far, x| *so_far = maxnum(*so_far, x)),
            Fold::Minnum => along.fold(x, out, |so_far, x| *so_far = minnum(*so_far, x)),
            Fold::Max => along.fold(x, out, |so_far, x| *so_far = maximum(*so_far, x)),
            Fold::Min => along.fold(x, out, |so_far, x| *so_far = minimum(*so_far, x)),
            Fold::Any => along.fold(x, out, |so_far, x| *so_far = if x == 0.0 { *so_far } else { 1.0 }),
            Fold::All => along.fold(x, out, |so_far, x| *so_far = if x == 0.0 { 0.0 } else { *so_far }),
            Fold::Sum(DType::F32) => along.fold(x, out, |sum, x| *sum += x),
            Fold::Sum(acc) => with_stored!(acc, T => {
                along.fold(x, out, |sum, x| *sum = T::decode(T::encode(*sum + x)))
            }),
            Fold::Prod(DType::F32) => along.fold(x, out, |product, x| *product *= x),
            Fold::Prod(acc) => with_stored!(acc, T => {
                along.fold(x, out, |product, x| *product = T::decode(T::encode(*product * x)))
            }),
        }
    }
}

/// The best so far along a row, its place, and the place of the element that comes next.
#[derive(Clone, Copy)]
struct Best<T> {
    value: T,
    place: i32,
    next: i32,
}

impl<T> Best<T> {
    #[inline(always)]
    fn meet(&mut self, x: T, is_better: bool) {
        if is_better {
            (self.value, self.place) = (x, self.next);
        }
        self.next = self.next.wrapping_add(1);
    }
}

/// Places of the best of each row: the first, where several are equal, and the first NaN, if one is.
fn float_places(
    x: &Strided,
    along: Along,
    axis: u8,
    is_better: fn(f32, f32) -> bool,
    simd: SimdLevel,
) -> Result<Vec<i32>, CpuError> {
    // What nothing is better than but by being better than all: the infinity that loses.
    let worst = if is_better(1.0, 0.0) { f32::NEG_INFINITY } else { f32::INFINITY };
    let mut best = vec![Best { value: worst, place: 0, next: 0 }; along.outer * along.inner];
    for (part, along) in along.parts(x, axis) {
        along.fold(&all(&part, simd)?, &mut best, |best: &mut Best<f32>, x: f32| {
            best.meet(x, is_better(x, best.value) || x.is_nan() && !best.value.is_nan());
        });
    }
    Ok(best.into_iter().map(|best| best.place).collect())
}

fn integer_places(x: &Strided, along: Along, axis: u8, is_better: fn(i32, i32) -> bool) -> Vec<i32> {
    let (worst, flip) = (if is_better(1, 0) { i32::MIN } else { i32::MAX }, flip(x.dtype));
    let mut best = vec![Best { value: worst, place: 0, next: 0 }; along.outer * along.inner];
    for (part, along) in along.parts(x, axis) {
        along.fold(&whole(&part), &mut best, |best: &mut Best<i32>, x: i32| {
            best.meet(x ^ flip, is_better(x ^ flip, best.value));
        });
    }
    best.into_iter().map(|best| best.place).collect()
}

/// Bits to flip so that the order of the dtype is that of i32.
pub(super) fn flip(dtype: DType) -> i32 {
    match Sign::of([dtype]) {
        Sign::Signed => 0,
        Sign::Unsigned => i32::MIN,
    }
}

fn reduce_integers(x: &Strided, along: Along, how: Reduce) -> Result<Vec<i32>, CpuError> {
    let [least, most] = range(x.dtype);
    let fold = |first, step| Ok(fold_integers(x, along, how.axis, first as i32, step));
    let is_signed = Sign::of([x.dtype]) == Sign::Signed;
    let larger: fn(i32, i32) -> i32 = if is_signed { i32::max } else { larger_u32 };
    let smaller: fn(i32, i32) -> i32 = if is_signed { i32::min } else { smaller_u32 };
    match how.f {
        ReduceFn::Sum => accumulate(x, along, how, SUM),
        ReduceFn::Prod => accumulate(x, along, how, PRODUCT),
        ReduceFn::Maxnum | ReduceFn::Max => fold(least, larger),
        ReduceFn::Minnum | ReduceFn::Min => fold(most, smaller),
        ReduceFn::Any => fold(0, |x, so_far| i32::from(x != 0 || so_far != 0)),
        ReduceFn::All => fold(1, |x, so_far| i32::from(x != 0 && so_far != 0)),
        ReduceFn::Argmax => Ok(integer_places(x, along, how.axis, |x, best| x > best)),
        ReduceFn::Argmin => Ok(integer_places(x, along, how.axis, |x, best| x < best)),
    }
}

pub(super) fn larger_u32(x: i32, y: i32) -> i32 {
    x.cast_unsigned().max(y.cast_unsigned()).cast_signed()
}

pub(super) fn smaller_u32(x: i32, y: i32) -> i32 {
    x.cast_unsigned().min(y.cast_unsigned()).cast_signed()
}

fn fold_integers(x: &Strided, along: Along, axis: u8, first: i32, step: fn(i32, i32) -> i32) -> Vec<i32> {
    let mut out = vec![first; along.outer * along.inner];
    for (part, along) in along.parts(x, axis) {
        along.fold(&whole(&part), &mut out, |so_far, x| *so_far = step(x, *so_far));
    }
    out
}

/// What a row begins with, the step that wraps, and the one that is exact in i64.
type Steps = (i32, fn(i32, i32) -> i32, fn(i64, i64) -> i64);

pub(super) const SUM: Steps = (0, i32::wrapping_add, i64::saturating_add);
pub(super) const PRODUCT: Steps = (1, i32::wrapping_mul, i64::saturating_mul);

/// Whether an integer dtype holds a number.
pub(super) fn fits(dtype: DType, number: i64) -> bool {
    let [least, most] = range(dtype);
    (least..=most).contains(&number)
}

fn accumulate(x: &Strided, along: Along, how: Reduce, steps: Steps) -> Result<Vec<i32>, CpuError> {
    let (n, (first, wrapping, exact)) = (along.outer * along.inner, steps);
    if how.wrap {
        let (keep, mut sums) = (Kept::by(how.acc), vec![first; n]);
        for (part, along) in along.parts(x, how.axis) {
            along.fold(&whole(&part), &mut sums, |sum, x| *sum = keep.of(wrapping(*sum, x)));
        }
        return Ok(sums);
    }
    // Steps are exact in i64; what has left its type is marked, and stays so.
    const LEFT: i64 = i64::MAX;
    let mut sums = vec![i64::from(first); n];
    for (part, along) in along.parts(x, how.axis) {
        let wide: Vec<i64> = whole(&part).into_iter().map(|x| number(x, Sign::of([part.dtype]))).collect();
        along.fold(&wide, &mut sums, |sum, x| {
            let next = exact(*sum, x);
            *sum = if *sum != LEFT && fits(how.acc, next) { next } else { LEFT };
        });
    }
    let narrow = |(element, sum): (usize, &i64)| {
        let refused = |acc| Err(CpuError::Overflow { acc, element });
        let leaves = |dtype: DType| !dtype.is_float() && dtype != DType::Bool && !fits(dtype, *sum);
        match [how.acc, how.to].into_iter().find(|&dtype| leaves(dtype)) {
            Some(dtype) => refused(dtype),
            None => Ok(*sum as i32),
        }
    };
    sums.iter().enumerate().map(narrow).collect()
}
