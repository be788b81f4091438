//! Tensors in HBM as a kernel sees them: the part of its rank of each input and output.

use kernmesh::program::TensorId;
use kernmesh::program::tl::{self, Tl};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::host::Part;
use crate::index::{Boxed, Key, boxed, keys};
use crate::recorder::Recorder;

/// A part of a tensor in HBM, or a box of it.
#[pyclass(frozen, subclass, module = "kernmesh._kernmesh")]
pub struct HbmTile {
    recorder: Py<Recorder>,
    known: Known,
    rank: u32,
    /// `None` of a part without elements.
    tile: Option<tl::HbmTile>,
}

/// What is known of a part of a tensor.
pub struct Known {
    pub name: String,
    pub shape: Vec<u32>,
    pub dtype: kernmesh::program::DType,
    /// Whether a kernel writes it, too.
    pub is_output: bool,
}

impl HbmTile {
    pub fn part(recorder: &Bound<'_, Recorder>, known: Known, tensor: Option<TensorId>) -> PyResult<HbmTile> {
        let (py, rank) = (recorder.py(), recorder.get().rank());
        let tile =
            tensor.map(|id| recorder.get().tl(py, |tl| tl.tensor(id))).transpose()?.map(|(tile, _)| tile);
        Ok(HbmTile { recorder: recorder.clone().unbind(), known, rank, tile })
    }
    fn seen(&self, recorder: &Bound<'_, Recorder>, tile: tl::HbmTile) -> PyResult<HbmTile> {
        let tile = recorder.get().viewed(recorder.py(), tile)?;
        let (name, shape) = (self.known.name.clone(), tile.shape().to_vec());
        let known = Known { name, shape, ..self.known };
        Ok(HbmTile { recorder: recorder.clone().unbind(), known, rank: self.rank, tile: Some(tile) })
    }
    /// The tile as an operand of this rank.
    pub fn here(&self, recorder: &Bound<'_, Recorder>) -> PyResult<tl::HbmTile> {
        let Self { known: Known { name, shape, .. }, rank, .. } = self;
        let now = recorder.get().rank();
        if self.recorder.as_ptr() != recorder.as_ptr() || *rank != now {
            let problem = format!("rank {rank}'s part of `{name}` is used on rank {now} of a recording");
            return Err(recorder.get().mistake(recorder.py(), problem, ARGUMENT));
        }
        self.tile.ok_or_else(|| {
            let problem = format!("rank {rank} has no element of `{name}`: its part is {shape:?}");
            recorder.get().mistake(recorder.py(), problem, "ask `.shape` first, or run fewer ranks")
        })
    }
    /// The place in HBM that a tile is stored to.
    pub fn target(&self, recorder: &Bound<'_, Recorder>) -> PyResult<tl::HbmTile> {
        if !self.known.is_output {
            let problem = format!("`{0}` is an input, and `tl.store` writes to it", self.known.name);
            let help =
                format!("annotate it as km.InOut, or store to an output: `{0}` is given", self.known.name);
            return Err(recorder.get().mistake(recorder.py(), problem, help));
        }
        self.here(recorder)
    }
    pub fn dtype_of(&self) -> kernmesh::program::DType {
        self.known.dtype
    }
}

impl HbmTile {
    /// What an operator of a tensor in HBM says.
    fn unloaded(&self, _: &Py<PyAny>) -> PyResult<Py<PyAny>> {
        let name = &self.known.name;
        Err(PyTypeError::new_err(format!(
            "`{name}` is in HBM: write `tl.load({name})` first, or of a box of it"
        )))
    }
}

#[pymethods]
impl HbmTile {
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.known.shape)
    }
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.recorder.get().dtype(py, self.known.dtype)
    }
    #[getter]
    fn ndim(&self) -> usize {
        self.known.shape.len()
    }
    #[getter]
    fn name(&self) -> &str {
        &self.known.name
    }
    fn __getitem__(&self, py: Python<'_>, key: &Bound<'_, PyAny>) -> PyResult<HbmTile> {
        let recorder = self.recorder.bind(py);
        self.seen(recorder, sliced(recorder, self.here(recorder)?, key)?)
    }
    /// A matrix with its axes swapped; a load of it gathers by element.
    #[getter]
    #[pyo3(name = "T")]
    fn transposed(&self, py: Python<'_>) -> PyResult<HbmTile> {
        let recorder = self.recorder.bind(py);
        self.seen(recorder, self.here(recorder)?.trans())
    }
    /// The same elements in the same order; one extent may be -1.
    #[pyo3(signature = (*shape))]
    fn reshape(&self, py: Python<'_>, shape: &Bound<'_, PyTuple>) -> PyResult<HbmTile> {
        let recorder = self.recorder.bind(py);
        let tile = self.here(recorder)?;
        let shape = crate::index::extents(shape, tile.shape().product())?;
        self.seen(recorder, tile.reshape(shape))
    }
    fn __add__(&self, other: Py<PyAny>) -> PyResult<Py<PyAny>> {
        self.unloaded(&other)
    }
    fn __radd__(&self, other: Py<PyAny>) -> PyResult<Py<PyAny>> {
        self.unloaded(&other)
    }
    fn __sub__(&self, other: Py<PyAny>) -> PyResult<Py<PyAny>> {
        self.unloaded(&other)
    }
    fn __rsub__(&self, other: Py<PyAny>) -> PyResult<Py<PyAny>> {
        self.unloaded(&other)
    }
    fn __mul__(&self, other: Py<PyAny>) -> PyResult<Py<PyAny>> {
        self.unloaded(&other)
    }
    fn __rmul__(&self, other: Py<PyAny>) -> PyResult<Py<PyAny>> {
        self.unloaded(&other)
    }
    fn __truediv__(&self, other: Py<PyAny>) -> PyResult<Py<PyAny>> {
        self.unloaded(&other)
    }
    fn __rtruediv__(&self, other: Py<PyAny>) -> PyResult<Py<PyAny>> {
        self.unloaded(&other)
    }
    fn __matmul__(&self, other: Py<PyAny>) -> PyResult<Py<PyAny>> {
        self.unloaded(&other)
    }
    fn __rmatmul__(&self, other: Py<PyAny>) -> PyResult<Py<PyAny>> {
        self.unloaded(&other)
    }
    fn __setitem__(&self, key: Py<PyAny>, value: Py<PyAny>) -> PyResult<()> {
        let (_, _) = (key, value);
        let (name, is_output) = (&self.known.name, self.known.is_output);
        Err(PyTypeError::new_err(if is_output {
            format!("write `tl.store({name}[...], tile)`")
        } else {
            format!("`{name}` is an input, which a kernel does not write")
        }))
    }
    #[pyo3(signature = (ufunc, method, *inputs, **options))]
    fn __array_ufunc__(
        &self,
        ufunc: Py<PyAny>,
        method: &str,
        inputs: &Bound<'_, PyTuple>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        let (_, _, _) = (method, inputs, options);
        self.unloaded(&ufunc)
    }
    fn __len__(&self) -> usize {
        self.known.shape.first().map_or(0, |&n| n as usize)
    }
    fn __iter__(&self) -> PyResult<Py<PyAny>> {
        Err(PyTypeError::new_err("a tensor in HBM is no sequence: `tl.load` boxes of it"))
    }
    fn __repr__(&self) -> String {
        let Known { name, shape, dtype, .. } = &self.known;
        format!("{name} {dtype}{shape:?} in HBM of rank {}", self.rank)
    }
}

/// A box of a tensor in HBM.
fn sliced(
    recorder: &Bound<'_, Recorder>,
    tile: tl::HbmTile,
    key: &Bound<'_, PyAny>,
) -> PyResult<tl::HbmTile> {
    let Boxed { axes, dropped } = boxed(key, &tile.shape())?;
    let mut part = tile;
    for (axis, range) in axes.iter().enumerate() {
        if *range != (0..tile.shape()[axis]) {
            part = part.slice(axis, range.start, range.end - range.start);
        }
    }
    let kept: Vec<u32> =
        (0..axes.len()).filter(|axis| !dropped.contains(axis)).map(|axis| part.shape()[axis]).collect();
    if !dropped.is_empty() {
        part = part.reshape(if kept.is_empty() { &[1] } else { &kept[..] });
    }
    recorder.get().viewed(recorder.py(), part)
}

/// This rank's part of an output.
#[pyclass(frozen, subclass, module = "kernmesh._kernmesh")]
pub struct Output {
    recorder: Py<Recorder>,
    output: usize,
    rank: u32,
    /// The box that is written; all of the part without one.
    key: Option<Py<PyAny>>,
}

impl Output {
    pub fn new(recorder: Py<Recorder>, output: usize, rank: u32) -> Output {
        Output { recorder, output, rank, key: None }
    }
    fn known<T>(&self, of: impl FnOnce(&mut crate::host::Host, usize) -> T) -> PyResult<T> {
        let rank = self.rank as usize;
        self.recorder.get().output(self.output, |host| of(host, rank))
    }
    pub fn dtype_of(&self) -> PyResult<kernmesh::program::DType> {
        self.known(|host, _| host.dtype)
    }

    /// The place in HBM that a tile of this shape is stored to.
    pub fn target(&self, recorder: &Bound<'_, Recorder>, shape: &[u32]) -> PyResult<tl::HbmTile> {
        let py = recorder.py();
        let (name, dtype, tensor, part) = self.known(|host, rank| {
            (host.name.clone(), host.dtype, host.tensors[rank], host.parts[rank].clone())
        })?;
        let now = recorder.get().rank();
        if self.recorder.as_ptr() != recorder.as_ptr() || self.rank != now {
            let problem =
                format!("rank {}'s part of `{name}` is used on rank {now} of a recording", self.rank);
            return Err(recorder.get().mistake(py, problem, ARGUMENT));
        }
        let Some(id) = tensor else {
            let problem = format!("rank {now} has no element of `{name}`");
            let repair = "store only where `.shape` has elements, or run fewer ranks";
            return Err(recorder.get().mistake(py, problem, repair));
        };
        let whole = |tl: &mut Tl| tl.tensor(id);
        let (target, part) = match (&self.key, part) {
            (None, Part::Open) => {
                (recorder.get().tl(py, |tl| whole(tl).view(0, shape, dtype))?.0, Part::Known(shape.to_vec()))
            }
            (None, part) => {
                let of = part.shape().unwrap_or_default();
                (recorder.get().tl(py, |tl| whole(tl).view(0, &of, dtype))?.0, part)
            }
            (Some(key), Part::Known(of)) => {
                let tile = recorder.get().tl(py, |tl| whole(tl).view(0, &of, dtype))?.0;
                (sliced(recorder, tile, key.bind(py))?, Part::Known(of))
            }
            (Some(key), part) => {
                let asked = open_rows(key.bind(py), shape, &part).ok_or_else(|| unknown(recorder, &name))?;
                let part = grown(part, &asked, shape).ok_or_else(|| unknown(recorder, &name))?;
                let row: u64 = shape[1..].iter().map(|&n| u64::from(n)).product();
                let offset = u64::from(asked.start) * row * dtype.size();
                (recorder.get().tl(py, |tl| whole(tl).view(offset, shape, dtype))?.0, part)
            }
        };
        let target = recorder.get().viewed(py, target)?;
        self.known(|host, rank| (host.parts[rank], host.stored[rank]) = (part, true))?;
        Ok(target)
    }

    /// All of the part, which a box of it is stored to; its shape must be known.
    pub fn whole(&self, recorder: &Bound<'_, Recorder>) -> PyResult<tl::HbmTile> {
        if self.key.is_some() {
            let help = "name the tensor, and the place of the box in it";
            return Err(recorder.get().mistake(recorder.py(), "a box of a box of an output", help));
        }
        let shape = self.part(recorder.py())?;
        self.target(recorder, &shape)
    }

    fn part(&self, py: Python<'_>) -> PyResult<Vec<u32>> {
        let (name, shape) = self.known(|host, rank| {
            let part = &host.parts[rank];
            (host.name.clone(), if matches!(part, Part::Known(_)) { part.shape() } else { None })
        })?;
        shape.ok_or_else(|| unknown(self.recorder.bind(py), &name))
    }
}

const ARGUMENT: &str = "use the argument that the kernel is called with";

fn unknown(recorder: &Bound<'_, Recorder>, name: &str) -> PyErr {
    let problem = format!("the shape of the output `{name}` is not known yet");
    let help = format!(
        "give it to the run with shapes={{\"{name}\": (…)}}, or store all of it or whole rows, as in \
         `tl.store({name}[i:i+n, :], tile)`"
    );
    recorder.get().mistake(recorder.py(), problem, help)
}

/// Rows of a part whose extent is not known: a slice of the first axis alone, with a start and an end from 0.
fn open_rows(key: &Bound<'_, PyAny>, shape: &[u32], part: &Part) -> Option<std::ops::Range<u32>> {
    let (keys, ellipsis) = keys(key).ok()?;
    let mut keys = keys.into_iter();
    if ellipsis == Some(0) || matches!(part, Part::Known(_)) {
        return None;
    }
    let Key::Slice(bounds) = keys.next()? else { return None };
    let (start, stop) = (u32::try_from(bounds.start.unwrap_or(0)).ok()?, u32::try_from(bounds.stop?).ok()?);
    let rest_is_whole = keys.all(|key| matches!(key, Key::All));
    let rows = shape.first()?;
    (rest_is_whole && stop.checked_sub(start) == Some(*rows)).then_some(start..stop)
}

/// The part with rows that a tile of this shape has; `None` when its rows are others.
fn grown(part: Part, asked: &std::ops::Range<u32>, shape: &[u32]) -> Option<Part> {
    match part {
        Part::Open => Some(Part::Rows { first: asked.start, rows: asked.end, row: shape[1..].to_vec() }),
        Part::Rows { first, rows, row } => (row == shape[1..]).then(|| {
            let (first, rows) = (first.min(asked.start), rows.max(asked.end));
            Part::Rows { first, rows, row }
        }),
        Part::Known(_) => None,
    }
}

#[pymethods]
impl Output {
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.part(py)?)
    }
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.recorder.get().dtype(py, self.dtype_of()?)
    }
    #[getter]
    fn name(&self) -> PyResult<String> {
        self.known(|host, _| host.name.clone())
    }
    fn __getitem__(&self, py: Python<'_>, key: Py<PyAny>) -> PyResult<Output> {
        if self.key.is_some() {
            let help = "write all slices in one pair of brackets";
            return Err(self.recorder.get().mistake(py, "a box of a box of an output", help));
        }
        Ok(Output { recorder: self.recorder.clone_ref(py), key: Some(key), ..*self })
    }
    fn __setitem__(&self, key: Py<PyAny>, value: Py<PyAny>) -> PyResult<()> {
        let (name, _, _) = (self.name()?, key, value);
        Err(PyTypeError::new_err(format!("write `tl.store({name}[...], tile)`")))
    }
    fn __iter__(&self) -> PyResult<Py<PyAny>> {
        Err(PyTypeError::new_err("an output is no sequence: `tl.store` boxes of it"))
    }
    fn __repr__(&self) -> PyResult<String> {
        self.known(|host, rank| match host.parts[rank].shape() {
            Some(shape) => format!("{} {}{shape:?} in HBM of rank {rank}", host.name, host.dtype),
            None => {
                format!("{} {} in HBM of rank {rank}, of a shape that its stores tell", host.name, host.dtype)
            }
        })
    }
}
