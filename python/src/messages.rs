//! Messages between neighbours, and the order of ops: each function is `tl`'s of the same name.

use kernmesh::program::op::BusyUnit;
use kernmesh::program::tl::{self, Direction};
use pyo3::prelude::*;

use crate::ops::{handled, made, named, written};
use crate::recorder::{Recorder, dtype_of};
use crate::tile::{Handle, Tile};

type Ops<'a, 'py> = &'a Bound<'py, Recorder>;

fn side(ops: Ops<'_, '_>, name: &str) -> PyResult<Direction> {
    named(ops, Direction::BOTH, Direction::name, name)
}

/// What is waited for: an op's handle, or the op that made a tile.
#[derive(FromPyObject)]
pub enum Awaited<'py> {
    Handle(Bound<'py, Handle>),
    Tile(Bound<'py, Tile>),
}

fn handles(ops: Ops<'_, '_>, awaited: Vec<Awaited<'_>>) -> PyResult<Vec<tl::Handle>> {
    let handle = |it: Awaited<'_>| match it {
        Awaited::Handle(handle) => handle.get().here(ops),
        Awaited::Tile(tile) => tile.get().here(ops).map(|_| tile.get().writer()),
    };
    awaited.into_iter().map(handle).collect()
}

#[pyfunction]
pub fn send(ops: Ops<'_, '_>, to: &str, tile: &Bound<'_, Tile>) -> PyResult<Handle> {
    let (to, tile) = (side(ops, to)?, tile.get().here(ops)?);
    handled(ops, |tl| tl.send(to, tile))
}
#[pyfunction]
pub fn forward(ops: Ops<'_, '_>, to: &str, tile: &Bound<'_, Tile>) -> PyResult<Handle> {
    let (to, tile) = (side(ops, to)?, tile.get().here(ops)?);
    handled(ops, |tl| tl.forward(to, tile))
}
#[pyfunction]
pub fn recv(ops: Ops<'_, '_>, from: &str, shape: Vec<u32>, dtype: &str) -> PyResult<Tile> {
    let (from, dtype) = (side(ops, from)?, dtype_of(dtype)?);
    made(ops, |tl| tl.recv(from, shape, dtype))
}
#[pyfunction]
pub fn recv_async(ops: Ops<'_, '_>, from: &str, shape: Vec<u32>, dtype: &str) -> PyResult<(Tile, Handle)> {
    let (from, dtype) = (side(ops, from)?, dtype_of(dtype)?);
    let tile = made(ops, |tl| tl.recv_async(from, shape, dtype).0)?;
    let handle = Handle::new(ops, tile.writer());
    Ok((tile, handle))
}
#[pyfunction]
pub fn recv_into(ops: Ops<'_, '_>, from: &str, out: &Bound<'_, Tile>) -> PyResult<Tile> {
    let from = side(ops, from)?;
    written(ops, out, |tl, to| tl.recv_into(from, to))
}
#[pyfunction]
pub fn release(ops: Ops<'_, '_>, tile: &Bound<'_, Tile>, after: Vec<Awaited<'_>>) -> PyResult<Handle> {
    let (tile, after) = (tile.get().here(ops)?, handles(ops, after)?);
    handled(ops, |tl| if after.is_empty() { tl.release(tile) } else { tl.release_after(tile, &after) })
}

#[pyfunction]
pub fn wait(ops: Ops<'_, '_>, awaited: Vec<Awaited<'_>>) -> PyResult<()> {
    let awaited = handles(ops, awaited)?;
    ops.get().tl(ops.py(), |tl| tl.wait(&awaited)).map(|_| ())
}
#[pyfunction]
pub fn barrier(ops: Ops<'_, '_>) -> PyResult<()> {
    ops.get().tl(ops.py(), |tl| tl.barrier()).map(|_| ())
}

/// A counter of which every rank has its own.
#[pyclass(frozen, module = "kernmesh._kernmesh")]
pub struct Semaphore {
    recorder: Py<Recorder>,
    semaphore: tl::Semaphore,
}

impl Semaphore {
    /// The semaphore in this recording: another one has other counters of that number.
    fn here(&self, ops: Ops<'_, '_>) -> PyResult<tl::Semaphore> {
        if self.recorder.as_ptr() == ops.as_ptr() {
            return Ok(self.semaphore);
        }
        let repair = "call `tl.semaphore()` in the kernel, on every rank";
        Err(ops.get().mistake(ops.py(), "a semaphore of another recording is used", repair))
    }
}

#[pyfunction]
pub fn semaphore(ops: Ops<'_, '_>) -> PyResult<Semaphore> {
    let semaphore = ops.get().tl(ops.py(), |tl| tl.semaphore())?.0;
    Ok(Semaphore { recorder: ops.clone().unbind(), semaphore })
}
#[pyfunction]
pub fn signal(
    ops: Ops<'_, '_>,
    semaphore: &Bound<'_, Semaphore>,
    rank: u32,
    amount: u32,
    after: Vec<Awaited<'_>>,
) -> PyResult<Handle> {
    let (semaphore, after) = (semaphore.get().here(ops)?, handles(ops, after)?);
    handled(ops, |tl| tl.signal(semaphore, rank, amount, &after))
}
#[pyfunction]
pub fn signal_set(
    ops: Ops<'_, '_>,
    semaphore: &Bound<'_, Semaphore>,
    rank: u32,
    value: u32,
    after: Vec<Awaited<'_>>,
) -> PyResult<Handle> {
    let (semaphore, after) = (semaphore.get().here(ops)?, handles(ops, after)?);
    handled(ops, |tl| tl.signal_set(semaphore, rank, value, &after))
}
#[pyfunction]
pub fn set_semaphore(ops: Ops<'_, '_>, semaphore: &Bound<'_, Semaphore>, value: u32) -> PyResult<()> {
    let semaphore = semaphore.get().here(ops)?;
    ops.get().tl(ops.py(), |tl| tl.set_semaphore(semaphore, value)).map(|_| ())
}
#[pyfunction]
pub fn wait_eq(ops: Ops<'_, '_>, semaphore: &Bound<'_, Semaphore>, value: u32) -> PyResult<()> {
    let semaphore = semaphore.get().here(ops)?;
    ops.get().tl(ops.py(), |tl| tl.wait_eq(semaphore, value)).map(|_| ())
}
#[pyfunction]
pub fn take(ops: Ops<'_, '_>, semaphore: &Bound<'_, Semaphore>, value: u32) -> PyResult<()> {
    let semaphore = semaphore.get().here(ops)?;
    ops.get().tl(ops.py(), |tl| tl.take(semaphore, value)).map(|_| ())
}
#[pyfunction]
pub fn wait_ge(ops: Ops<'_, '_>, semaphore: &Bound<'_, Semaphore>, value: u32) -> PyResult<()> {
    let semaphore = semaphore.get().here(ops)?;
    ops.get().tl(ops.py(), |tl| tl.wait_ge(semaphore, value)).map(|_| ())
}

#[pyfunction]
pub fn busy(ops: Ops<'_, '_>, unit: &str, cycles: u64) -> PyResult<Handle> {
    let unit = named(ops, BusyUnit::ALL, BusyUnit::name, unit)?;
    handled(ops, |tl| tl.busy(unit, cycles))
}
#[pyfunction]
pub fn contribute(ops: Ops<'_, '_>, tile: &Bound<'_, Tile>, key: u32) -> PyResult<()> {
    let tile = tile.get().here(ops)?;
    ops.get().tl(ops.py(), |tl| tl.contribute(tile, key)).map(|_| ())
}
#[pyfunction]
pub fn expect(ops: Ops<'_, '_>, tile: &Bound<'_, Tile>, keys: Vec<u32>) -> PyResult<()> {
    let tile = tile.get().here(ops)?;
    ops.get().tl(ops.py(), |tl| tl.expect(tile, keys)).map(|_| ())
}

/// Begins a named span; the result ends it.
#[pyfunction]
pub fn open_span(ops: Ops<'_, '_>, name: &str) -> PyResult<usize> {
    Ok(ops.get().tl(ops.py(), |tl| tl.open_span(name))?.0)
}
#[pyfunction]
pub fn close_span(ops: Ops<'_, '_>, span: usize) -> PyResult<()> {
    ops.get().tl(ops.py(), |tl| tl.close_span(span)).map(|_| ())
}

#[pyfunction]
pub fn rank(ops: Ops<'_, '_>) -> u32 {
    ops.get().rank()
}
#[pyfunction]
pub fn num_ranks(ops: Ops<'_, '_>) -> u32 {
    ops.get().ranks()
}
/// This rank's coordinate on the grid of ranks.
#[pyfunction]
pub fn program_id(ops: Ops<'_, '_>, axis: usize) -> PyResult<u32> {
    Ok(ops.get().tl(ops.py(), |tl| tl.program_id(axis))?.0)
}
/// The rank on that side; `None` at the end of a line.
#[pyfunction]
pub fn neighbour(ops: Ops<'_, '_>, to: &str) -> PyResult<Option<u32>> {
    let to = side(ops, to)?;
    Ok(ops.get().tl(ops.py(), |tl| tl.neighbour(to))?.0)
}
