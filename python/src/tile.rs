//! Tiles in TCM, with the operators of Python. Views record nothing.

use std::sync::Arc;

use kernmesh::program::tl;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::index::{Boxed, boxed};
use crate::ops::{Term, binary, compare, made, matmul, unary};
use crate::recorder::{Recorder, dtype_in};
use crate::source::Place;

/// An op that was recorded, to be waited for on its rank.
#[pyclass(frozen, module = "kernmesh._kernmesh")]
pub struct Handle {
    recorder: Py<Recorder>,
    rank: u32,
    handle: tl::Handle,
}

impl Handle {
    pub fn new(recorder: &Bound<'_, Recorder>, handle: tl::Handle) -> Handle {
        Handle { recorder: recorder.clone().unbind(), rank: recorder.get().rank(), handle }
    }
    /// The handle in this recording and rank: elsewhere its number is that of another op.
    pub fn here(&self, recorder: &Bound<'_, Recorder>) -> PyResult<tl::Handle> {
        let now = recorder.get().rank();
        let is_own = self.recorder.as_ptr() == recorder.as_ptr();
        if is_own && self.rank == now {
            return Ok(self.handle);
        }
        let of = if is_own { "" } else { " of another recording" };
        let problem = format!("the {} of rank {} is used on rank {now}{of}", self.__repr__(), self.rank);
        let repair = "a rank waits for its own ops: between ranks send a message, or signal a semaphore";
        Err(recorder.get().mistake(recorder.py(), problem, repair))
    }
}

#[pymethods]
impl Handle {
    /// The op's place in its rank's program; `None` when there is no op.
    #[getter]
    fn op(&self) -> Option<u32> {
        self.handle.op().map(|op| op.0)
    }
    fn __repr__(&self) -> String {
        self.handle.op().map_or_else(|| "handle of no op".to_owned(), |op| format!("handle of op {}", op.0))
    }
}

#[pyclass(frozen, module = "kernmesh._kernmesh")]
pub struct Tile {
    pub recorder: Py<Recorder>,
    pub tile: tl::Tile,
    /// The op that returned this object, or the tile that it is a view of.
    pub handle: tl::Handle,
    /// What its views share: the recording knows the last op that wrote it.
    id: u64,
    pub rank: u32,
    /// Where it was made.
    file: Arc<str>,
    line: u32,
}

impl Tile {
    pub fn new(recorder: &Bound<'_, Recorder>, tile: tl::Tile, place: Place) -> Tile {
        let (rank, Place { file, line, .. }) = (recorder.get().rank(), place);
        let id = recorder.get().new_tile(tile.handle());
        Tile { recorder: recorder.clone().unbind(), tile, handle: tile.handle(), id, rank, file, line }
    }
    /// The same tile after another op has written it.
    pub fn after(&self, recorder: &Bound<'_, Recorder>, handle: tl::Handle, place: Place) -> Tile {
        recorder.get().wrote(self.id, handle);
        let (recorder, Place { file, line, .. }) = (recorder.clone().unbind(), place);
        Tile { recorder, tile: self.tile, handle, id: self.id, rank: self.rank, file, line }
    }
    /// The last op that wrote the tile, or one that it is a view of.
    pub fn writer(&self) -> tl::Handle {
        self.recorder.get().writer(self.id).unwrap_or(self.handle)
    }
    fn seen(&self, py: Python<'_>, view: tl::Tile) -> PyResult<Tile> {
        let (recorder, file) = (self.recorder.clone_ref(py), Arc::clone(&self.file));
        let tile = recorder.get().viewed(py, view)?;
        Ok(Tile { recorder, tile, handle: self.handle, id: self.id, rank: self.rank, file, line: self.line })
    }
    /// The tile as an operand of this recording and rank.
    pub fn here(&self, recorder: &Bound<'_, Recorder>) -> PyResult<tl::Tile> {
        let now = recorder.get().rank();
        if self.recorder.as_ptr() == recorder.as_ptr() && self.rank == now {
            return Ok(self.tile);
        }
        let of = if self.recorder.as_ptr() == recorder.as_ptr() { "" } else { " of another recording" };
        let problem = format!("the {} is used on rank {now}{of}", self.__repr__());
        let repair = "a tile belongs to the rank that made it: `tl.send` it";
        Err(recorder.get().mistake(recorder.py(), problem, repair))
    }
    fn refuse(&self, what: &str, instead: &str) -> PyErr {
        PyTypeError::new_err(format!(
            "{what} of a {}: a tile has no values while the kernel is recorded, so Python cannot depend on them; \
             {instead}",
            self.__repr__()
        ))
    }
}

#[pymethods]
impl Tile {
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.tile.shape().iter())
    }
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.recorder.get().dtype(py, self.tile.dtype())
    }
    #[getter]
    fn ndim(&self) -> usize {
        self.tile.shape().len()
    }
    #[getter]
    fn nbytes(&self) -> u64 {
        self.tile.bytes()
    }
    /// The op that returned this tile, or the tile this is a view of.
    #[getter]
    fn handle(&self, py: Python<'_>) -> Handle {
        Handle { recorder: self.recorder.clone_ref(py), rank: self.rank, handle: self.handle }
    }
    #[getter]
    fn rank(&self) -> u32 {
        self.rank
    }
    /// A matrix with its axes swapped.
    #[getter]
    #[pyo3(name = "T")]
    fn transposed(&self, py: Python<'_>) -> PyResult<Tile> {
        if self.tile.shape().len() > 2 {
            let shape = self.tile.shape();
            let problem = format!("`.T` of a tile of {shape}");
            let repair = "write `.trans()`, which swaps the last two axes";
            return Err(self.recorder.get().mistake(py, problem, repair));
        }
        self.seen(py, self.tile.trans())
    }
    /// Swaps the last two axes.
    fn trans(&self, py: Python<'_>) -> PyResult<Tile> {
        self.seen(py, self.tile.trans())
    }
    /// The same elements in the same order; one extent may be -1.
    #[pyo3(signature = (*shape))]
    fn reshape(&self, py: Python<'_>, shape: &Bound<'_, PyTuple>) -> PyResult<Tile> {
        let shape = crate::index::extents(shape, self.tile.shape().product())?;
        self.seen(py, self.tile.reshape(shape))
    }
    /// Repeats extents of 1 and missing leading axes.
    #[pyo3(signature = (*shape))]
    fn broadcast(&self, py: Python<'_>, shape: &Bound<'_, PyTuple>) -> PyResult<Tile> {
        let shape = crate::index::extents(shape, 0)?;
        self.seen(py, self.tile.broadcast(shape))
    }
    /// The bytes from `offset` on as a packed tensor: for messages that carry several tensors.
    fn view(&self, py: Python<'_>, offset: u64, shape: Vec<u32>, dtype: &Bound<'_, PyAny>) -> PyResult<Tile> {
        self.seen(py, self.tile.view(offset, shape, dtype_in(dtype)?))
    }
    /// Elements `start` to `start + len` of an axis.
    fn slice(&self, py: Python<'_>, axis: i64, start: u32, len: u32) -> PyResult<Tile> {
        let axis = crate::index::axis_of(axis, self.tile.shape().len())?;
        self.seen(py, self.tile.slice(axis, start, len))
    }
    /// The values, rounded to another dtype.
    fn to(&self, py: Python<'_>, dtype: &Bound<'_, PyAny>) -> PyResult<Tile> {
        let (recorder, dtype) = (self.recorder.bind(py), dtype_in(dtype)?);
        let x = self.here(recorder)?;
        made(recorder, |tl| tl.cast(x, dtype))
    }
    fn __getitem__(&self, py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<Tile> {
        let Boxed { axes, dropped } = boxed(key, &self.tile.shape())?;
        let mut tile = self.tile;
        for (axis, range) in axes.iter().enumerate() {
            let whole = range.start == 0 && Some(&range.end) == tile.shape().get(axis);
            if !whole {
                tile = tile.slice(axis, range.start, range.end.saturating_sub(range.start));
            }
        }
        if !dropped.is_empty() {
            let kept: Vec<u32> = (0..axes.len())
                .filter(|axis| !dropped.contains(axis))
                .map(|axis| tile.shape()[axis])
                .collect();
            tile = tile.reshape(if kept.is_empty() { vec![1] } else { kept });
        }
        self.seen(py, tile)
    }

    fn __add__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        of_two(slf, other, "add", false)
    }
    fn __radd__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        of_two(slf, other, "add", true)
    }
    fn __sub__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        of_two(slf, other, "sub", false)
    }
    fn __rsub__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        of_two(slf, other, "sub", true)
    }
    fn __mul__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        of_two(slf, other, "mul", false)
    }
    fn __rmul__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        of_two(slf, other, "mul", true)
    }
    fn __truediv__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        of_two(slf, other, "div", false)
    }
    fn __rtruediv__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        of_two(slf, other, "div", true)
    }
    fn __pow__(slf: Bound<'_, Self>, exponent: Term<'_>, modulo: Option<Py<PyAny>>) -> PyResult<Tile> {
        if modulo.is_some() {
            return Err(PyTypeError::new_err(
                "a power of a tile has no modulus: take the remainder with `tl.rem`",
            ));
        }
        of_two(slf, exponent, "pow", false)
    }
    fn __lshift__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        of_two(slf, other, "shl", false)
    }
    fn __rshift__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        of_two(slf, other, "shr", false)
    }
    fn __and__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        of_two(slf, other, "and", false)
    }
    fn __rand__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        of_two(slf, other, "and", true)
    }
    fn __or__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        of_two(slf, other, "or", false)
    }
    fn __ror__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        of_two(slf, other, "or", true)
    }
    fn __xor__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        of_two(slf, other, "xor", false)
    }
    fn __rxor__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        of_two(slf, other, "xor", true)
    }
    /// Of the mask 1 it would be 254, which is true.
    fn __invert__(&self) -> PyResult<Tile> {
        Err(PyTypeError::new_err(
            "`~` of a tile: of a mask write `tl.logical_not(mask)`, of bits `tl.bit_not(x)`",
        ))
    }
    fn __matmul__(slf: Bound<'_, Self>, other: Bound<'_, Self>) -> PyResult<Tile> {
        let recorder = slf.get().recorder.bind(slf.py()).clone();
        matmul(&recorder, &slf, &other)
    }
    fn __neg__(slf: Bound<'_, Self>) -> PyResult<Tile> {
        let recorder = slf.get().recorder.bind(slf.py()).clone();
        unary(&recorder, "neg", slf, None)
    }
    fn __abs__(slf: Bound<'_, Self>) -> PyResult<Tile> {
        let recorder = slf.get().recorder.bind(slf.py()).clone();
        unary(&recorder, "abs", slf, None)
    }
    fn __lt__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        compared(slf, other, "lt")
    }
    fn __le__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        compared(slf, other, "le")
    }
    fn __gt__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        compared(slf, other, "gt")
    }
    fn __ge__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        compared(slf, other, "ge")
    }
    fn __eq__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        compared(slf, other, "eq")
    }
    fn __ne__(slf: Bound<'_, Self>, other: Term<'_>) -> PyResult<Tile> {
        compared(slf, other, "ne")
    }

    fn __bool__(&self) -> PyResult<bool> {
        Err(self.refuse("the truth", "choose between tiles with `tl.where(mask, a, b)`"))
    }
    fn __float__(&self) -> PyResult<f64> {
        Err(self
            .refuse("the number", "compute with the tile itself, and read values of outputs after the run"))
    }
    fn __int__(&self) -> PyResult<i64> {
        Err(self.refuse("the number", "take counts and indices from the kernel's arguments"))
    }
    fn __index__(&self) -> PyResult<i64> {
        Err(self.refuse("an index", "take counts and indices from the kernel's arguments"))
    }
    fn __len__(&self) -> PyResult<usize> {
        Err(PyTypeError::new_err("`len` of a tile: write `tile.shape[0]`"))
    }
    fn __iter__(&self) -> PyResult<Py<PyAny>> {
        Err(PyTypeError::new_err("a tile is no sequence: loop over `range(tile.shape[0])` and slice it"))
    }
    #[pyo3(signature = (dtype = None, copy = None))]
    fn __array__(&self, dtype: Option<Py<PyAny>>, copy: Option<bool>) -> PyResult<Py<PyAny>> {
        let (_, _) = (dtype, copy);
        Err(self.refuse("the array", "read values of outputs after the run"))
    }
    /// NumPy's functions: those that are operators record an op, and the others say what to write.
    #[pyo3(signature = (ufunc, method, *inputs, **options))]
    fn __array_ufunc__<'py>(
        &self,
        ufunc: Bound<'py, PyAny>,
        method: &str,
        inputs: Bound<'py, PyTuple>,
        options: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _ = options;
        let py = ufunc.py();
        py.import("kernmesh._numpy")?.getattr("of_tile")?.call1((ufunc, method, inputs))
    }
    fn __setitem__(&self, key: Py<PyAny>, value: Py<PyAny>) -> PyResult<()> {
        let (_, _) = (key, value);
        Err(PyTypeError::new_err(
            "a tile is written by an op: give it as `out=t[...]`, as in `tl.exp(x, out=t[0:4])`",
        ))
    }
    fn __hash__(slf: &Bound<'_, Self>) -> isize {
        slf.as_ptr() as isize >> 4
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }
    /// Releases a received message.
    #[pyo3(signature = (*error))]
    fn __exit__(slf: Bound<'_, Self>, error: &Bound<'_, PyTuple>) -> PyResult<bool> {
        if error.get_item(0)?.is_none() {
            let recorder = slf.get().recorder.bind(slf.py()).clone();
            crate::messages::release(&recorder, &slf, Vec::new())?;
        }
        Ok(false)
    }
    pub fn __repr__(&self) -> String {
        let (dtype, shape) = (self.tile.dtype(), self.tile.shape());
        let extents: Vec<String> = shape.iter().map(u32::to_string).collect();
        let file = self.file.rsplit('/').next().unwrap_or_default();
        format!("tile {dtype}[{}] on rank {} at {file}:{}", extents.join(", "), self.rank, self.line)
    }
}

fn of_two(slf: Bound<'_, Tile>, other: Term<'_>, name: &str, swapped: bool) -> PyResult<Tile> {
    let recorder = slf.get().recorder.bind(slf.py()).clone();
    let (x, y) = (Term::Tile(slf), other);
    if swapped { binary(&recorder, name, y, x, None) } else { binary(&recorder, name, x, y, None) }
}

fn compared(slf: Bound<'_, Tile>, other: Term<'_>, name: &str) -> PyResult<Tile> {
    let recorder = slf.get().recorder.bind(slf.py()).clone();
    compare(&recorder, name, Term::Tile(slf), other, None)
}
