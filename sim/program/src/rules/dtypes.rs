//! Rules of the dtypes of an op's operands.

use super::{Checked, axis_of};
use crate::breach::Breach;
use crate::dtype::{DType, Float, Sign};
use crate::op::ReduceFn;
use crate::scaled::ScaledFormat;
use crate::view::{Dims, View};

/// Units compute on no dtype of the host alone.
pub fn computable(dtypes: impl IntoIterator<Item = DType>) -> Checked {
    let host = dtypes.into_iter().find(|dtype| dtype.is_host_only());
    host.map_or(Ok(()), |dtype| Err(Breach::HostOnly { dtype }))
}

/// Operands of one op on integers: beside a u32 none that may be below 0.
pub fn one_sign(mut dtypes: impl Iterator<Item = DType> + Clone) -> Checked {
    // Most ops begin with a float.
    if dtypes.clone().any(DType::is_float) || Sign::of(dtypes.clone()) == Sign::Signed {
        return Ok(());
    }
    dtypes.find(|dtype| dtype.is_signed()).map_or(Ok(()), |dtype| Err(Breach::Signs { dtype }))
}

/// What a comparison writes, or a mask.
pub fn truth(what: &'static str, view: &View) -> Checked {
    if view.dtype == DType::Bool { Ok(()) } else { dtype(what, view, DType::U8) }
}

pub fn dtype(what: &'static str, view: &View, wanted: DType) -> Checked {
    if view.dtype == wanted {
        return Ok(());
    }
    Err(Breach::Fixed { what, is: view.dtype, wanted })
}

/// `c = a · b` of floats, or of i8 and u8 to i32: matrices, or equally many of them along leading axes.
pub fn dot(a: &View, b: &View, c: &View, acc: DType) -> Checked {
    let shapes = [a.shape, b.shape, c.shape];
    let [Some((batch_a, [m, k])), Some((batch_b, [k2, n])), Some((batch_c, [m2, n2]))] = shapes.map(matrices)
    else {
        return Err(Breach::DotAxes { a: a.shape, b: b.shape, c: c.shape });
    };
    if (m, k, n) != (m2, k2, n2) || batch_a != batch_b || batch_b != batch_c {
        return Err(Breach::DotShapes { a: a.shape, b: b.shape, c: c.shape });
    }
    let dtypes @ [a, b, c] = [a, b, c].map(|view| view.dtype);
    let of_floats = dtypes.iter().all(|dtype| dtype.is_float());
    let of_bytes = [a, b].iter().all(|dtype| matches!(dtype, DType::I8 | DType::U8)) && c == DType::I32;
    if !of_floats && !of_bytes {
        return Err(Breach::DotOperands { a, b, c });
    }
    let accumulates = match acc.computed_float() {
        Some(Float::F32 | Float::F16 | Float::Bf16) => of_floats,
        Some(Float::F8e4m3 | Float::F8e5m2) => false,
        None => of_bytes && acc == DType::I32,
    };
    if accumulates { Ok(()) } else { Err(Breach::DotAccumulator { acc, of_integers: of_bytes }) }
}

/// The shape of a tile as equally many matrices: their axes, and the two of each.
fn matrices(shape: Dims) -> Option<(Dims, [u32; 2])> {
    let at = shape.len().checked_sub(2)?;
    Some((Dims::new(&shape[..at]), [shape[at], shape[at + 1]]))
}

pub fn reduce(f: ReduceFn, axis: u8, x: &View, to: &View, acc: DType) -> Checked {
    let axis = axis_of(axis, x)?;
    let kept = x.shape.with(axis, 1);
    if to.shape != kept {
        return Err(Breach::Reduced { axis, x: x.shape, kept, to: to.shape });
    }
    if let Some(wanted) = f.gives() {
        let what = "the result of a reduction to places or truths";
        if wanted.is_truth() { truth(what, to)? } else { dtype(what, to, wanted)? }
    }
    accumulates(f, x.dtype, acc)
}

pub fn accumulates(f: ReduceFn, dtype: DType, acc: DType) -> Checked {
    let is_fit = dtype.is_float() == acc.is_float() && acc != DType::Bool && !acc.is_host_only();
    if f.accumulates() && !is_fit { Err(Breach::SumAccumulator { dtype, acc }) } else { Ok(()) }
}

/// A block-scaled tensor and what it is unpacked to.
pub fn blocks(format: ScaledFormat, [x, scales, to]: [&View; 3]) -> Checked {
    dtype("the tile of elements", x, format.elements())?;
    dtype("the tile of scales", scales, format.scales())?;
    if !to.dtype.is_float() {
        return Err(Breach::Fixed { what: "the result of dequantize", is: to.dtype, wanted: DType::Bf16 });
    }
    if format.shapes(to.shape) == Some([x.shape, scales.shape]) {
        return Ok(());
    }
    Err(Breach::Blocks { format, x: x.shape, scales: scales.shape, to: to.shape })
}
