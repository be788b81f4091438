//! The recording of one program: the state behind every call of `tl` while a kernel runs.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::thread::{self, ThreadId};

use kernmesh::machine::RankAxis;
use kernmesh::program::program::SlotPlace;
use kernmesh::program::tl::{self, Ranks, RecordError, Recording, Tcm, TileOf, Tl, Topology};
use kernmesh::program::{DType, OpIndex, TensorId};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::{Fault, guarded};
use crate::hbm::{HbmTile, Known, Output};
use crate::host::{Host, Place, drop_tensors, size_slots};
use crate::program::Program;
use crate::source::{Authors, Place as Author};
use crate::tile::Tile;
use crate::value::{Asked, Unclear, op_meant};

/// A tile that the kernel named, and the op after which it is meant.
struct Stage {
    name: String,
    tile: Py<Tile>,
    after: OpIndex,
}

/// Ranks are recorded one after the other, in the order of their numbers.
enum Phase {
    Declaring(Box<Recording>),
    Between(Box<Ranks>),
    Rank(Box<Tl>, Box<Ranks>),
    Done,
}

struct State {
    phase: Phase,
    authors: Authors,
    inputs: Vec<Host>,
    outputs: Vec<Host>,
    in_outs: Vec<Host>,
    /// Whether slots are as large as the largest message.
    sizes_slots: bool,
    /// The thread that the rank is recorded on.
    thread: Option<ThreadId>,
}

#[pyclass(frozen, module = "kernmesh._kernmesh")]
pub struct Recorder {
    state: Mutex<State>,
    /// The rank that is recorded.
    rank: AtomicU32,
    ranks: u32,
    /// What was recorded, once it is.
    finished: OnceLock<Arc<kernmesh::program::Program>>,
    /// By tile, the last op that wrote it.
    writers: Mutex<Vec<tl::Handle>>,
    /// Tiles that the kernel named, by rank and in their order, each with the op after which it is meant.
    stages: Mutex<Vec<Stage>>,
    /// Classes of `kernmesh.dtypes` by name.
    dtypes: Py<PyDict>,
}

/// A host tensor as Python declares it: name, dtype, shape, and the axis that is sharded.
type Declared = (String, String, Option<Vec<u32>>, Option<usize>);

#[pymethods]
impl Recorder {
    /// `grid` is the extents of `program_id`, and whether ranks are cubes. `links` is the topology, the slots of a ring,
    /// and their size, which messages tell if it is left out.
    #[new]
    #[pyo3(signature = (name, ranks, params, grid, links, dtypes))]
    fn new(
        py: Python<'_>,
        name: &str,
        ranks: u32,
        params: std::collections::BTreeMap<String, String>,
        grid: (Option<Vec<u32>>, bool),
        links: Option<(String, u32, Option<u64>)>,
        dtypes: Py<PyDict>,
    ) -> PyResult<Recorder> {
        let (mut recording, (grid, cubes)) = (Recording::new(name, ranks), grid);
        recording.params(params).rank_axis(if cubes { RankAxis::Cube } else { RankAxis::Pe });
        if let Some(grid) = grid {
            recording.grid(grid);
        }
        let mut sizes_slots = false;
        if let Some((topology, slots, bytes)) = links {
            sizes_slots = bytes.is_none();
            recording.links(topology_of(&topology)?, slots, bytes.unwrap_or(1), SlotPlace::Tcm);
        }
        let phase = Phase::Declaring(Box::new(recording));
        let (authors, inputs, outputs, in_outs) = (Authors::new(py)?, Vec::new(), Vec::new(), Vec::new());
        let state = Mutex::new(State { phase, authors, inputs, outputs, in_outs, sizes_slots, thread: None });
        let (rank, finished) = (AtomicU32::new(0), OnceLock::new());
        let (writers, stages) = (Mutex::default(), Mutex::default());
        Ok(Recorder { state, rank, ranks, finished, writers, stages, dtypes })
    }

    /// Declares the host tensors, then every rank's parts: those of sharded inputs, of replicated ones, of outputs,
    /// and of what is both.
    fn declare(&self, inputs: Vec<Declared>, outputs: Vec<Declared>, in_outs: Vec<Declared>) -> PyResult<()> {
        let mut state = self.state()?;
        let State {
            phase: Phase::Declaring(recording), inputs: given, outputs: taken, in_outs: both, ..
        } = &mut *state
        else {
            return Err(out_of_turn());
        };
        guarded(|| {
            for (name, dtype, shape, shard) in inputs {
                let shape = shape.unwrap_or_default();
                given.push(Host::input(recording, &name, dtype_of(&dtype)?, &shape, place_of(shard)));
            }
            for (name, dtype, shape, shard) in outputs {
                let shape = shape.as_deref();
                taken.push(Host::output(recording, &name, dtype_of(&dtype)?, shape, place_of(shard)));
            }
            for (name, dtype, shape, shard) in in_outs {
                let shape = shape.unwrap_or_default();
                both.push(Host::in_out(recording, &name, dtype_of(&dtype)?, &shape, place_of(shard)));
            }
            for _ in 0..self.ranks {
                for sharded in [true, false] {
                    for host in given.iter_mut().filter(|host| host.is_sharded() == sharded) {
                        host.declare(recording, self.ranks)?;
                    }
                }
                let rest = taken.iter_mut().chain(both.iter_mut());
                rest.into_iter().try_for_each(|host| host.declare(recording, self.ranks))?;
            }
            Ok(())
        })
    }

    /// Begins the next rank; `None` when all are recorded.
    fn begin_rank(&self) -> PyResult<Option<u32>> {
        let mut state = self.state()?;
        let mut ranks = match std::mem::replace(&mut state.phase, Phase::Done) {
            // Nothing of the kernel was recorded yet: the mistake is one of the run's arguments.
            Phase::Declaring(recording) => Box::new(
                recording
                    .ranks()
                    .map_err(|RecordError { message, repair, .. }| Fault::Input(message, repair))?,
            ),
            Phase::Between(ranks) => ranks,
            Phase::Rank(..) | Phase::Done => return Err(out_of_turn()),
        };
        let Some(tl) = ranks.next_rank() else {
            state.phase = Phase::Between(ranks);
            return Ok(None);
        };
        let rank = tl.rank();
        self.rank.store(rank, Ordering::Relaxed);
        state.thread = Some(thread::current().id());
        state.phase = Phase::Rank(Box::new(tl), ranks);
        Ok(Some(rank))
    }

    fn end_rank(&self) -> PyResult<()> {
        let mut state = self.state()?;
        let Phase::Rank(tl, mut ranks) = std::mem::replace(&mut state.phase, Phase::Done) else {
            return Err(out_of_turn());
        };
        ranks.done(*tl).map_err(Fault::Record)?;
        state.phase = Phase::Between(ranks);
        Ok(())
    }

    /// The program, once all ranks are recorded.
    fn finish(&self) -> PyResult<Program> {
        let mut state = self.state()?;
        let Phase::Between(ranks) = std::mem::replace(&mut state.phase, Phase::Done) else {
            return Err(out_of_turn());
        };
        let sizes_slots = state.sizes_slots;
        guarded(|| {
            let mut program = ranks.finish();
            let mut dropped = vec![false; program.tensors.len()];
            state.outputs.iter().try_for_each(|host| host.settle(&mut program, &mut dropped))?;
            drop_tensors(&mut program, &dropped);
            if sizes_slots {
                size_slots(&mut program);
            }
            let program = Program::new(program);
            let _ = self.finished.set(Arc::clone(&program.program));
            Ok(program)
        })
    }

    /// Names what a tile holds now.
    fn stage(slf: Bound<'_, Self>, name: &str, tile: &Bound<'_, Tile>) -> PyResult<()> {
        let (of, it) = (tile.get(), slf.get());
        of.here(&slf)?;
        let unclear = |Unclear { problem, help }| it.mistake(slf.py(), problem, help);
        let after = op_meant(of, Some("last")).map_err(unclear)?;
        let mut stages = it.stages.lock().unwrap_or_else(PoisonError::into_inner);
        if stages.iter().any(|known| known.name == name && known.tile.get().rank == of.rank) {
            let problem = format!("the stage `{name}` is named twice on rank {}", of.rank);
            return Err(it.mistake(slf.py(), problem, "give each a name of its own, as f\"scores {block}\""));
        }
        stages.push(Stage { name: name.to_owned(), tile: tile.clone().unbind(), after });
        Ok(())
    }

    /// This rank's part of an input.
    fn input_part(slf: Bound<'_, Self>, input: usize) -> PyResult<HbmTile> {
        let (known, tensor) = slf.get().input(input, |host| known_part(host, slf.get().rank()))?;
        HbmTile::part(&slf, known, tensor)
    }
    /// This rank's part of a tensor that is an input and an output.
    fn in_out_part(slf: Bound<'_, Self>, in_out: usize) -> PyResult<HbmTile> {
        let rank = slf.get().rank();
        let found = slf.get().state()?.in_outs.get(in_out).map(|host| known_part(host, rank));
        let (known, tensor) = found.ok_or_else(out_of_turn)?;
        HbmTile::part(&slf, Known { is_output: true, ..known }, tensor)
    }
    /// This rank's part of an output.
    fn output_part(slf: Bound<'_, Self>, output: usize) -> PyResult<Output> {
        let rank = slf.get().rank();
        Ok(Output::new(slf.unbind(), output, rank))
    }
}

impl Recorder {
    fn state(&self) -> PyResult<MutexGuard<'_, State>> {
        let other_thread = || {
            let help = "record each kernel on one thread; two threads can record two kernels";
            Fault::input("two threads record one kernel", help)
        };
        let state = match self.state.try_lock() {
            Ok(state) => state,
            // A panic was told when it happened; the state is whole, for nothing is taken out of it meanwhile.
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(other_thread().into()),
        };
        if state.thread.is_some_and(|thread| thread != thread::current().id()) {
            return Err(other_thread().into());
        }
        Ok(state)
    }
    fn writers(&self) -> MutexGuard<'_, Vec<tl::Handle>> {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// The number of a tile that an op made.
    pub fn new_tile(&self, made_by: tl::Handle) -> u64 {
        let mut writers = self.writers();
        writers.push(made_by);
        writers.len() as u64 - 1
    }
    /// An op wrote a tile.
    pub fn wrote(&self, tile: u64, handle: tl::Handle) {
        if let Some(writer) = self.writers().get_mut(tile as usize) {
            *writer = handle;
        }
    }
    pub fn writer(&self, tile: u64) -> Option<tl::Handle> {
        self.writers().get(tile as usize).copied()
    }
    /// The program; `None` while it is recorded.
    pub fn finished(&self) -> Option<&Arc<kernmesh::program::Program>> {
        self.finished.get()
    }
    /// What the kernel named: the name, the tile, and the op after which it is meant.
    pub fn stages<'py>(&self, py: Python<'py>) -> Vec<(String, Asked<'py>)> {
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = |it: &Stage| Asked { tile: it.tile.bind(py).clone(), after: it.after };
        stages.iter().map(|it| (it.name.clone(), asked(it))).collect()
    }
    pub fn rank(&self) -> u32 {
        self.rank.load(Ordering::Relaxed)
    }
    pub fn ranks(&self) -> u32 {
        self.ranks
    }
    /// The class of a dtype.
    pub fn dtype<'py>(&self, py: Python<'py>, dtype: DType) -> PyResult<Bound<'py, PyAny>> {
        self.dtypes.bind(py).as_any().get_item(dtype.name())
    }
    /// A mistake of the author that is not one of an op, at its line.
    pub fn mistake(&self, py: Python<'_>, message: impl Into<String>, repair: impl Into<String>) -> PyErr {
        let place = self.state().and_then(|mut state| state.authors.place(py));
        place.map_or_else(
            |error| error,
            |Author { file, line, column }| {
                let (rank, source) = (Some(self.rank()), format!("{file}:{line}:{column}"));
                let (message, repair) = (message.into(), repair.into());
                Fault::Record(RecordError { message, rank, source, repair }).into()
            },
        )
    }
    /// What is known of an input or output.
    pub fn input<T>(&self, input: usize, of: impl FnOnce(&mut Host) -> T) -> PyResult<T> {
        self.state()?.inputs.get_mut(input).map(of).ok_or_else(out_of_turn)
    }
    pub fn output<T>(&self, output: usize, of: impl FnOnce(&mut Host) -> T) -> PyResult<T> {
        self.state()?.outputs.get_mut(output).map(of).ok_or_else(out_of_turn)
    }

    /// Records ops of this rank, written where the author calls from.
    pub fn tl<T>(&self, py: Python<'_>, record: impl FnOnce(&mut Tl) -> T) -> PyResult<(T, Author)> {
        let mut state = self.state()?;
        let State { phase, authors, .. } = &mut *state;
        let Phase::Rank(tl, _) = phase else { return Err(out_of_turn()) };
        let place = authors.place(py)?;
        tl.written_at(&place.file, place.line, place.column);
        let made = guarded(|| Ok(record(tl)))?;
        match tl.mistake::<Tcm>(None) {
            Some(error) => Err(Fault::Record(error.clone()).into()),
            None => Ok((made, place)),
        }
    }
    /// A view, whose mistake is told here and not by the op that uses it.
    pub fn viewed<M: Copy>(&self, py: Python<'_>, view: TileOf<M>) -> PyResult<TileOf<M>> {
        if view.is_mistaken() {
            self.tl(py, |tl| _ = tl.mistake(Some(view)))?;
        }
        Ok(view)
    }
}

/// A rank's part of what the host gives.
fn known_part(host: &Host, rank: u32) -> (Known, Option<TensorId>) {
    let at = rank as usize;
    let (name, shape) = (host.name.clone(), host.parts[at].shape().unwrap_or_default());
    (Known { name, shape, dtype: host.dtype, is_output: false }, host.tensors[at])
}

fn place_of(shard: Option<usize>) -> Place {
    shard.map_or(Place::Replicate, Place::Shard)
}

fn topology_of(name: &str) -> PyResult<Topology> {
    match name {
        "ring" => Ok(Topology::Ring),
        "line" => Ok(Topology::Line),
        other => {
            let problem = format!("no topology is called `{other}`");
            Err(Fault::input(problem, "it is \"ring\", \"line\" or None").into())
        }
    }
}

pub fn dtype_of(name: &str) -> PyResult<DType> {
    name.parse().map_err(|error: kernmesh::program::dtype::DTypeError| {
        Fault::input(error.to_string(), "write km.f16, km.f32 and so on").into()
    })
}

/// The dtype that an author wrote: `km.f16`, `"f16"` or `np.float16`.
pub fn dtype_in(written: &Bound<'_, PyAny>) -> PyResult<DType> {
    let class = written.py().import("kernmesh.dtypes")?.getattr("dtype_of")?.call1((written,))?;
    dtype_of(&class.getattr("name")?.extract::<String>()?)
}

fn out_of_turn() -> PyErr {
    let help = "call `tl` in the body of a `@km.kernel`, while it is recorded";
    Fault::input("no rank of this kernel is being recorded", help).into()
}
