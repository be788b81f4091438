//! Moves and compute ops: each function is `tl`'s of the same name.

use kernmesh::program::op::{BinaryFn, CompareFn, ReduceFn, UnaryFn};
use kernmesh::program::tl::{self, Tl};
use kernmesh::program::{DType, ScaledFormat, Sign};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::hbm::{HbmTile, Output};
use crate::index::axis_of;
use crate::recorder::{Recorder, dtype_of};
use crate::tile::{Handle, Tile};

type Ops<'a, 'py> = &'a Bound<'py, Recorder>;

/// An operand: a tile, or a number that broadcasts. Of an operator, anything else is a `TypeError` of Python's own.
#[derive(FromPyObject)]
pub enum Term<'py> {
    Tile(Bound<'py, Tile>),
    Number(f64),
}

impl Term<'_> {
    fn here(&self, ops: Ops<'_, '_>) -> PyResult<tl::TileOrConst> {
        Ok(match self {
            Term::Tile(tile) => tile.get().here(ops)?.into(),
            Term::Number(number) => (*number).into(),
        })
    }
}

/// Records an op that makes a tile.
pub fn made(ops: Ops<'_, '_>, record: impl FnOnce(&mut Tl) -> tl::Tile) -> PyResult<Tile> {
    let (tile, place) = ops.get().tl(ops.py(), record)?;
    Ok(Tile::new(ops, tile, place))
}
/// Records an op that writes into a tile; gives that tile, completed by the op.
pub fn written(
    ops: Ops<'_, '_>,
    out: &Bound<'_, Tile>,
    record: impl FnOnce(&mut Tl, tl::Tile) -> tl::Handle,
) -> PyResult<Tile> {
    let to = out.get().here(ops)?;
    let (handle, place) = ops.get().tl(ops.py(), |tl| record(tl, to))?;
    Ok(out.get().after(ops, handle, place))
}
/// Records an op of which only the handle is of use.
pub fn handled(ops: Ops<'_, '_>, record: impl FnOnce(&mut Tl) -> tl::Handle) -> PyResult<Handle> {
    Ok(Handle::new(ops, ops.get().tl(ops.py(), record)?.0))
}

#[pyfunction]
pub fn load(ops: Ops<'_, '_>, source: &Bound<'_, HbmTile>, out: Option<&Bound<'_, Tile>>) -> PyResult<Tile> {
    let from = source.get().here(ops)?;
    match out {
        Some(out) => written(ops, out, |tl, to| tl.load_into(from, to)),
        None => made(ops, |tl| tl.load(from)),
    }
}

/// A tile of another dtype is rounded first, to a tile of its own.
#[pyfunction]
pub fn store(ops: Ops<'_, '_>, target: &Bound<'_, PyAny>, tile: &Bound<'_, PyAny>) -> PyResult<Handle> {
    let wrong = || {
        let problem =
            "tl.store takes where and then what: `tl.store(y, tile)`, with y an output of the kernel";
        PyTypeError::new_err(problem)
    };
    let from = tile.cast::<Tile>().map_err(|_| wrong())?.get().here(ops)?;
    let (dtype, to) = if let Ok(output) = target.cast::<Output>() {
        (output.get().dtype_of()?, output.get().target(ops, &from.shape())?)
    } else {
        let both = target.cast::<HbmTile>().map_err(|_| wrong())?.get();
        (both.dtype_of(), both.target(ops)?)
    };
    handled(ops, |tl| {
        if from.dtype() == dtype {
            return tl.store(from, to);
        }
        let rounded = tl.cast(from, dtype);
        tl.store(rounded, to)
    })
}

#[pyfunction]
pub fn copy(ops: Ops<'_, '_>, from: &Bound<'_, Tile>, out: &Bound<'_, Tile>) -> PyResult<Tile> {
    let from = from.get().here(ops)?;
    written(ops, out, |tl, to| tl.copy(from, to))
}

#[pyfunction]
pub fn tile(ops: Ops<'_, '_>, shape: Vec<u32>, dtype: &str, at: Option<u64>) -> PyResult<Tile> {
    let dtype = dtype_of(dtype)?;
    made(ops, |tl| match at {
        Some(address) => tl.tile_at(address, shape, dtype),
        None => tl.tile(shape, dtype),
    })
}

#[pyfunction]
pub fn full(ops: Ops<'_, '_>, shape: Vec<u32>, dtype: &str, value: f64) -> PyResult<Tile> {
    let dtype = dtype_of(dtype)?;
    made(ops, |tl| tl.full(shape, dtype, value))
}
#[pyfunction]
pub fn fill(ops: Ops<'_, '_>, out: &Bound<'_, Tile>, value: f64) -> PyResult<Tile> {
    written(ops, out, |tl, to| tl.to(to).fill(value))
}
#[pyfunction]
pub fn iota(ops: Ops<'_, '_>, shape: Vec<u32>, axis: i64, start: i32, step: i32) -> PyResult<Tile> {
    let axis = axis_of(axis, shape.len())?;
    made(ops, |tl| tl.iota(shape, axis, start, step))
}

/// With `acc` the product is added to it, in place.
#[pyfunction]
pub fn dot(
    ops: Ops<'_, '_>,
    a: &Bound<'_, Tile>,
    b: &Bound<'_, Tile>,
    acc: Option<&Bound<'_, Tile>>,
    out: Option<&Bound<'_, Tile>>,
    dtype: Option<&str>,
    acc_dtype: Option<&str>,
) -> PyResult<Tile> {
    let (a, b) = (a.get().here(ops)?, b.get().here(ops)?);
    let plain = if a.dtype().is_float() { DType::F32 } else { DType::I32 };
    let sums = acc_dtype.map(dtype_of).transpose()?.unwrap_or(plain);
    match (acc, out, dtype.map(dtype_of).transpose()?) {
        (Some(acc), None, None) => written(ops, acc, |tl, acc| tl.dot_acc_by(acc, a, b, sums)),
        (None, Some(out), None) => written(ops, out, |tl, to| tl.to(to).dot_by(a, b, sums)),
        (None, None, dtype) => made(ops, |tl| tl.dot_by(a, b, sums, dtype.unwrap_or(plain))),
        (_, _, _) => {
            let help =
                "give one of the three: an accumulator and a tile to write to have a dtype of their own";
            Err(ops.get().mistake(ops.py(), "tl.dot with more than one of acc, out and dtype", help))
        }
    }
}
pub fn matmul(ops: Ops<'_, '_>, a: &Bound<'_, Tile>, b: &Bound<'_, Tile>) -> PyResult<Tile> {
    dot(ops, a, b, None, None, None, None)
}

#[pyfunction]
pub fn dequantize(
    ops: Ops<'_, '_>,
    format: &str,
    x: &Bound<'_, Tile>,
    scales: &Bound<'_, Tile>,
    dtype: &str,
    out: Option<&Bound<'_, Tile>>,
) -> PyResult<Tile> {
    let format = scaled(format)?;
    let (x, scales, dtype) = (x.get().here(ops)?, scales.get().here(ops)?, dtype_of(dtype)?);
    match out {
        Some(out) => written(ops, out, |tl, to| tl.to(to).dequantize(format, x, scales)),
        None => made(ops, |tl| tl.dequantize(format, x, scales, dtype)),
    }
}

fn scaled(name: &str) -> PyResult<ScaledFormat> {
    ScaledFormat::ALL.into_iter().find(|it| it.name() == name).ok_or_else(|| {
        let names = ScaledFormat::ALL.map(ScaledFormat::name).join(", ");
        PyValueError::new_err(format!("'{name}' is no block-scaled format: use one of {names}"))
    })
}

/// The bytes of elements and of scales of f32 numbers, whose last axis is whole blocks.
#[pyfunction]
pub fn quantize<'py>(
    py: Python<'py>,
    format: &str,
    numbers: &[u8],
) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
    let format = scaled(format)?;
    let numbers: Vec<f32> =
        numbers.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let [elements, scales] = kernmesh::replay::cpu::quantize(format, &numbers);
    Ok((PyBytes::new(py, &elements), PyBytes::new(py, &scales)))
}

/// How many elements a byte has and a scale serves, and the dtypes of the tiles of both.
#[pyfunction]
pub fn scaled_format(format: &str) -> PyResult<(u32, u32, &'static str, &'static str)> {
    let format = scaled(format)?;
    Ok((format.per_byte(), format.block(), format.elements().name(), format.scales().name()))
}

#[pyfunction]
pub fn unary(
    ops: Ops<'_, '_>,
    name: &str,
    x: Bound<'_, Tile>,
    out: Option<&Bound<'_, Tile>>,
) -> PyResult<Tile> {
    let f = named(ops, UnaryFn::ALL, UnaryFn::name, name)?;
    let x = x.get().here(ops)?;
    match out {
        Some(out) => written(ops, out, |tl, to| tl.to(to).unary(f, x)),
        None => made(ops, |tl| tl.unary(f, x)),
    }
}
#[pyfunction]
pub fn cast(ops: Ops<'_, '_>, name: &str, x: &Bound<'_, Tile>, dtype: &str) -> PyResult<Tile> {
    let f = named(ops, UnaryFn::CASTS, UnaryFn::name, name)?;
    let (x, dtype) = (x.get().here(ops)?, dtype_of(dtype)?);
    made(ops, |tl| tl.cast_by(f, x, dtype))
}

#[pyfunction]
pub fn binary(
    ops: Ops<'_, '_>,
    name: &str,
    x: Term<'_>,
    y: Term<'_>,
    out: Option<&Bound<'_, Tile>>,
) -> PyResult<Tile> {
    let f = named(ops, BinaryFn::ALL, BinaryFn::name, name)?;
    let (x, y) = (x.here(ops)?, y.here(ops)?);
    match out {
        Some(out) => written(ops, out, |tl, to| tl.to(to).binary(f, x, y)),
        None => made(ops, |tl| tl.binary(f, x, y)),
    }
}

#[pyfunction]
pub fn compare(
    ops: Ops<'_, '_>,
    name: &str,
    x: Term<'_>,
    y: Term<'_>,
    out: Option<&Bound<'_, Tile>>,
) -> PyResult<Tile> {
    let f = named(ops, CompareFn::ALL, CompareFn::name, name)?;
    let (x, y) = (x.here(ops)?, y.here(ops)?);
    match out {
        Some(out) => written(ops, out, |tl, to| tl.to(to).compare(f, x, y)),
        None => made(ops, |tl| tl.compare(f, x, y)),
    }
}

#[pyfunction]
pub fn where_(
    ops: Ops<'_, '_>,
    mask: &Bound<'_, Tile>,
    x: Term<'_>,
    y: Term<'_>,
    out: Option<&Bound<'_, Tile>>,
) -> PyResult<Tile> {
    let (mask, x, y) = (mask.get().here(ops)?, x.here(ops)?, y.here(ops)?);
    match out {
        Some(out) => written(ops, out, |tl, to| tl.to(to).where_(mask, x, y)),
        None => made(ops, |tl| tl.where_(mask, x, y)),
    }
}

/// The sum along an axis, accumulated in `acc` and rounded to `dtype` or that of `out`.
#[pyfunction]
pub fn sum(
    ops: Ops<'_, '_>,
    x: &Bound<'_, Tile>,
    axis: i64,
    rounding: (Option<String>, Option<String>, bool),
    out: Option<&Bound<'_, Tile>>,
) -> PyResult<Tile> {
    let x = x.get().here(ops)?;
    let axis = axis_of(axis, x.shape().len())?;
    let own = if x.dtype().is_float() { DType::F32 } else { Sign::of([x.dtype()]).dtype() };
    let (acc, dtype, wrap) = rounding;
    let acc = acc.as_deref().map(dtype_of).transpose()?.unwrap_or(own);
    let dtype = dtype.as_deref().map(dtype_of).transpose()?.unwrap_or(x.dtype());
    match out {
        Some(out) => written(ops, out, |tl, to| tl.to(to).sum_as(x, axis, acc, wrap)),
        None => made(ops, |tl| tl.sum_as(x, axis, acc, dtype, wrap)),
    }
}
#[pyfunction]
pub fn reduce(
    ops: Ops<'_, '_>,
    name: &str,
    x: &Bound<'_, Tile>,
    axis: i64,
    out: Option<&Bound<'_, Tile>>,
) -> PyResult<Tile> {
    let f = named(ops, ReduceFn::ALL, ReduceFn::name, name)?;
    let x = x.get().here(ops)?;
    let axis = axis_of(axis, x.shape().len())?;
    match out {
        Some(out) => written(ops, out, |tl, to| tl.to(to).reduce(f, x, axis)),
        None => made(ops, |tl| tl.reduce(f, x, axis)),
    }
}

#[pyfunction]
pub fn fma(
    ops: Ops<'_, '_>,
    x: Term<'_>,
    y: Term<'_>,
    z: Term<'_>,
    out: Option<&Bound<'_, Tile>>,
) -> PyResult<Tile> {
    let (x, y, z) = (x.here(ops)?, y.here(ops)?, z.here(ops)?);
    match out {
        Some(out) => written(ops, out, |tl, to| tl.to(to).fma(x, y, z)),
        None => made(ops, |tl| tl.fma(x, y, z)),
    }
}

/// The reductions of all beginnings of an axis.
#[pyfunction]
pub fn scan(
    ops: Ops<'_, '_>,
    name: &str,
    x: &Bound<'_, Tile>,
    axis: i64,
    out: Option<&Bound<'_, Tile>>,
) -> PyResult<Tile> {
    let f = named(ops, ReduceFn::ALL, ReduceFn::name, name)?;
    let x = x.get().here(ops)?;
    let axis = axis_of(axis, x.shape().len())?;
    match out {
        Some(out) => written(ops, out, |tl, to| tl.to(to).scan(f, x, axis)),
        None => made(ops, |tl| tl.scan(f, x, axis)),
    }
}

/// The k largest along an axis, and their places.
#[pyfunction]
pub fn topk(ops: Ops<'_, '_>, x: &Bound<'_, Tile>, k: u32, axis: i64) -> PyResult<(Tile, Tile)> {
    let x = x.get().here(ops)?;
    let axis = axis_of(axis, x.shape().len())?;
    let ((values, places), place) = ops.get().tl(ops.py(), |tl| tl.topk(x, k, axis))?;
    Ok((Tile::new(ops, values, place.clone()), Tile::new(ops, places, place)))
}

/// The value of a closed list that has this name.
pub fn named<T: Copy, const N: usize>(
    ops: Ops<'_, '_>,
    all: [T; N],
    name: fn(T) -> &'static str,
    asked: &str,
) -> PyResult<T> {
    all.into_iter().find(|value| name(*value) == asked).ok_or_else(|| {
        let known = all.map(name).join(", ");
        ops.get().mistake(ops.py(), format!("`{asked}` is not known here"), format!("use one of {known}"))
    })
}
