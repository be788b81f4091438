//! Words of memory and order that record several ops: rows by a table, boxes beyond a tensor, sums in HBM, teams.

use std::sync::{Mutex, PoisonError};

use kernmesh::program::DType;
use kernmesh::program::tl::{self, Tl};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::hbm::{HbmTile, Output};
use crate::index::axis_of;
use crate::ops::{handled, made};
use crate::recorder::Recorder;
use crate::tile::{Handle, Tile};

type Ops<'a, 'py> = &'a Bound<'py, Recorder>;

#[pyfunction]
pub fn gather(ops: Ops<'_, '_>, source: &Bound<'_, HbmTile>, rows: Vec<u32>, axis: i64) -> PyResult<Tile> {
    let from = source.get().here(ops)?;
    let axis = axis_of(axis, from.shape().len())?;
    made(ops, |tl| tl.gather(from, axis, &rows))
}
#[pyfunction]
pub fn scatter(
    ops: Ops<'_, '_>,
    target: &Bound<'_, PyAny>,
    rows: Vec<u32>,
    tile: &Bound<'_, Tile>,
    axis: i64,
) -> PyResult<Handle> {
    let (dtype, to) = whole(ops, target)?;
    let axis = axis_of(axis, to.shape().len())?;
    stored(ops, tile, dtype, |tl, from| tl.scatter(from, to, axis, &rows))
}
#[pyfunction]
pub fn load_box(
    ops: Ops<'_, '_>,
    source: &Bound<'_, HbmTile>,
    starts: Vec<i64>,
    shape: Vec<u32>,
    other: f64,
) -> PyResult<Tile> {
    let from = source.get().here(ops)?;
    made(ops, |tl| tl.load_box(from, &starts, shape, other))
}
#[pyfunction]
pub fn store_box(
    ops: Ops<'_, '_>,
    target: &Bound<'_, PyAny>,
    starts: Vec<i64>,
    tile: &Bound<'_, Tile>,
) -> PyResult<Handle> {
    let (dtype, to) = whole(ops, target)?;
    stored(ops, tile, dtype, |tl, from| tl.store_box(from, to, &starts))
}
#[pyfunction]
pub fn store_add(ops: Ops<'_, '_>, target: &Bound<'_, HbmTile>, tile: &Bound<'_, Tile>) -> PyResult<Handle> {
    let (to, from) = (target.get().target(ops)?, tile.get().here(ops)?);
    handled(ops, |tl| tl.store_add(from, to))
}

/// A tensor that is written, of which a place is named beside it.
fn whole(ops: Ops<'_, '_>, target: &Bound<'_, PyAny>) -> PyResult<(DType, tl::HbmTile)> {
    if let Ok(output) = target.cast::<Output>() {
        return Ok((output.get().dtype_of()?, output.get().whole(ops)?));
    }
    let both = target.cast::<HbmTile>().map_err(|_| {
        PyTypeError::new_err("give an output of the kernel, then the place in it, and then the tile")
    })?;
    Ok((both.get().dtype_of(), both.get().target(ops)?))
}

/// A tile of another dtype is rounded first, to a tile of its own.
fn stored(
    ops: Ops<'_, '_>,
    tile: &Bound<'_, Tile>,
    dtype: DType,
    store: impl FnOnce(&mut Tl, tl::Tile) -> tl::Handle,
) -> PyResult<Handle> {
    let from = tile.get().here(ops)?;
    handled(ops, |tl| {
        let rounded = if from.dtype() == dtype { from } else { tl.cast(from, dtype) };
        store(tl, rounded)
    })
}

/// Ranks that meet at barriers of their own.
#[pyclass(frozen, module = "kernmesh._kernmesh")]
pub struct Team {
    recorder: Py<Recorder>,
    rank: u32,
    team: Mutex<tl::Team>,
}

#[pyfunction]
pub fn team(ops: Ops<'_, '_>, ranks: Vec<u32>) -> PyResult<Team> {
    let team = ops.get().tl(ops.py(), |tl| tl.team(&ranks))?.0;
    Ok(Team { recorder: ops.clone().unbind(), rank: ops.get().rank(), team: Mutex::new(team) })
}
#[pyfunction]
pub fn meet(ops: Ops<'_, '_>, team: &Bound<'_, Team>) -> PyResult<()> {
    let team = team.get();
    if team.recorder.as_ptr() != ops.as_ptr() || team.rank != ops.get().rank() {
        let repair = "call `tl.team(ranks)` in the kernel, on every rank";
        return Err(ops.get().mistake(ops.py(), "a team of another rank or recording is used", repair));
    }
    let mut own = team.team.lock().unwrap_or_else(PoisonError::into_inner);
    ops.get().tl(ops.py(), |tl| tl.meet(&mut own)).map(|_| ())
}
