//! Scans: the reductions of all beginnings of an axis.

use program::op::ReduceFn;
use program::{DType, Sign};

use super::blocks::all;
use super::convert::{Kept, encode_in, encode_integers, number, range, whole};
use super::error::CpuError;
use super::functions::{maximum, maxnum, minimum, minnum};
use super::operand::Strided;
use super::reduce::{Along, PRODUCT, Reduce, SUM, fits, larger_u32, smaller_u32};
use super::simd::SimdLevel;
use super::stored::{Stored, with_stored};

/// Element i along the axis is what [`super::reduce`] gives of the elements up to it; of the shape of `x`, in `room`.
pub fn scan(how: Reduce, x: &Strided, room: Vec<u8>, simd: SimdLevel) -> Result<Vec<u8>, CpuError> {
    x.check()?;
    let along = Along::new(x.shape, how.axis)?;
    if how.f.of_two().is_none() {
        return Err(CpuError::Fold { f: how.f.name() });
    }
    if how.f.stays_integer(!x.dtype.is_float(), how.acc) {
        if x.dtype.is_float() {
            return Err(CpuError::Accumulate { acc: how.acc });
        }
        let mut values = whole(x);
        integers(&mut values, along, how, x.dtype)?;
        let counts = if how.f.accumulates() { how.acc } else { x.dtype };
        return Ok(encode_integers(&values, Sign::of([counts]), how.to));
    }
    let mut values = all(x, simd)?.into_owned();
    floats(&mut values, along, how);
    Ok(encode_in(&values, how.to, room, simd))
}

fn floats(x: &mut [f32], along: Along, how: Reduce) {
    match how.f {
        ReduceFn::Sum => {
            with_stored!(how.acc, T => each(x, along, 0.0, |sum, x| T::decode(T::encode(sum + x))))
        }
        ReduceFn::Prod => {
            with_stored!(how.acc, T => each(x, along, 1.0, |sum, x| T::decode(T::encode(sum * x))))
        }
        ReduceFn::Maxnum => each(x, along, f32::NAN, maxnum),
        ReduceFn::Minnum => each(x, along, f32::NAN, minnum),
        ReduceFn::Max => each(x, along, f32::NEG_INFINITY, maximum),
        ReduceFn::Min => each(x, along, f32::INFINITY, minimum),
        ReduceFn::Any | ReduceFn::All | ReduceFn::Argmax | ReduceFn::Argmin => unreachable!("refused before"),
    }
}

fn integers(x: &mut [i32], along: Along, how: Reduce, dtype: DType) -> Result<(), CpuError> {
    let ([least, most], sign) = (range(dtype).map(|number| number as i32), Sign::of([dtype]));
    match how.f {
        ReduceFn::Maxnum | ReduceFn::Max if sign == Sign::Unsigned => each(x, along, least, larger_u32),
        ReduceFn::Minnum | ReduceFn::Min if sign == Sign::Unsigned => each(x, along, most, smaller_u32),
        ReduceFn::Maxnum | ReduceFn::Max => each(x, along, least, i32::max),
        ReduceFn::Minnum | ReduceFn::Min => each(x, along, most, i32::min),
        ReduceFn::Sum | ReduceFn::Prod => {
            let (first, wrapping, exact) = if how.f == ReduceFn::Sum { SUM } else { PRODUCT };
            let (keep, sign_of_sum, mut left) = (Kept::by(how.acc), Sign::of([how.acc]), None);
            each(x, along, first, |so_far, x| {
                let next = exact(number(so_far, sign_of_sum), number(x, sign));
                let is_whole = |dtype: DType| dtype.is_float() || dtype == DType::Bool || fits(dtype, next);
                if !how.wrap && left.is_none() {
                    left = [how.acc, how.to].into_iter().find(|&dtype| !is_whole(dtype));
                }
                keep.of(wrapping(so_far, x))
            });
            if let Some(acc) = left {
                return Err(CpuError::Overflow { acc, element: 0 });
            }
        }
        ReduceFn::Any | ReduceFn::All | ReduceFn::Argmax | ReduceFn::Argmin => unreachable!("refused before"),
    }
    Ok(())
}

/// In place of each element what `step` has made of it and those before it.
fn each<T: Copy>(x: &mut [T], along: Along, first: T, mut step: impl FnMut(T, T) -> T) {
    for part in x.chunks_exact_mut((along.axis * along.inner).max(1)) {
        let mut so_far = vec![first; along.inner];
        for row in part.chunks_exact_mut(along.inner.max(1)) {
            for (so_far, x) in so_far.iter_mut().zip(row) {
                *so_far = step(*so_far, *x);
                *x = *so_far;
            }
        }
    }
}
