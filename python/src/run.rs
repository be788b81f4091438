//! A run: both phases, and what came of them.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;

use kernmesh::oplog::Against;
use kernmesh::program::DType;
use kernmesh::program::program::HostTensor;
use kernmesh::replay::{self, HostValue, HostValues, ReadRule};
use kernmesh::summary::Summary;
use kernmesh::{
    Computed, Error, Expectations, Judged, NotJudged, Saved, Tensors, Timed, compare_saved, compute_watched,
    default_limit, diff_in_words, export, given_input, judged_by, page, save, time_watched, with_expected,
    write,
};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::{Fault, guarded};
use crate::interrupt::{Stop, interruptible};
use crate::judge::{self, expectations, told, told_of};
use crate::library::reference_of;
use crate::machine::Machine;
use crate::program::Program;
use crate::recorder::Recorder;
use crate::table::{Table, table_of};
use crate::tile::Tile;
use crate::value::{Asked, held, op_meant};

/// An array that Python gives: name, NumPy's name of its dtype, shape, and its bytes.
type Given = (String, String, Vec<usize>, PyBuffer<u8>);

/// What is known of a run.
#[pyclass(module = "kernmesh._kernmesh")]
pub struct Run {
    pub timed: Timed,
    pub computed: Computed,
    pub inputs: HostValues,
    /// What the references gave, and what they allow.
    expected: Expectations,
    seed: u64,
    pub options: replay::Options,
}

/// Runs a program. Inputs that are not given are drawn from the seed; one of the library is judged by its own reference
/// where that is asked for.
#[pyfunction]
pub fn simulate(
    py: Python<'_>,
    program: &Bound<'_, Program>,
    machine: &Bound<'_, Machine>,
    seed: u64,
    given: Vec<Given>,
    threads: Option<usize>,
    by_library: bool,
) -> PyResult<Run> {
    let (program, machine) = (Arc::clone(&program.get().program), machine.get().machine.clone());
    let tensors = guarded(|| tensors(py, &program, seed, given))?;
    let reference = guarded(|| if by_library { reference_of(&program) } else { Ok(None) })?;
    let threads =
        threads.filter(|&n| n > 0).unwrap_or_else(|| available_parallelism().map_or(1, usize::from));
    interruptible(py, move |stop: &Stop| {
        let watch = |_| stop.check();
        let timed = time_watched(program, &machine, seed, &watch)?.given(&tensors);
        let memory = default_limit();
        let options = replay::Options { threads, checksums: true, memory, ..replay::Options::default() };
        let computed =
            compute_watched(&timed, Judged::by_default(reference.as_ref()), &tensors, options, &watch)?;
        let drawn = || replay::inputs::seeded(&timed.log.program, seed);
        let inputs = tensors.inputs.unwrap_or_else(drawn);
        Ok(Run { timed, computed, inputs, expected: Expectations::default(), seed, options })
    })
}

/// The tensors of a run; those that are left out are drawn where others are given.
fn tensors(
    py: Python<'_>,
    program: &kernmesh::program::Program,
    seed: u64,
    given: Vec<Given>,
) -> Result<Tensors, Fault> {
    if given.is_empty() {
        return Ok(Tensors::default());
    }
    let mut inputs = HostValues::new();
    for (name, dtype, shape, buffer) in given {
        let Some(input) = program.inputs.iter().find(|input| input.name == name) else {
            let known: Vec<&str> = program.inputs.iter().map(|input| &*input.name).collect();
            let help = format!("the program has {}", known.join(", "));
            return Err(Fault::input(format!("the program has no input `{name}`"), help));
        };
        let value = value(py, input, &dtype, shape, &buffer)?;
        inputs.insert(name, value);
    }
    if inputs.len() < program.inputs.len() {
        for (name, value) in replay::inputs::seeded(program, seed) {
            inputs.entry(name).or_insert(value);
        }
    }
    Ok(Tensors { inputs: Some(inputs), ..Tensors::default() })
}

fn value(
    py: Python<'_>,
    input: &HostTensor,
    dtype: &str,
    shape: Vec<usize>,
    buffer: &PyBuffer<u8>,
) -> Result<HostValue, Fault> {
    Ok(given_input(input, (dtype, shape), &buffer.to_vec(py)?)?)
}

#[pymethods]
impl Run {
    #[getter]
    fn program(&self) -> Program {
        Program { program: Arc::clone(&self.timed.log.program) }
    }
    /// The result as `kernmesh run --json` writes it.
    fn summary(&self) -> PyResult<String> {
        guarded(|| {
            let (log, rule) = (&self.timed.log, ReadRule::Identity.to_string());
            let mut summary = Summary::of(&log.program, &log.machine, self.seed, rule);
            summary.add_times(&self.timed);
            summary.add_values(&self.computed);
            summary.notes = crate::judge::notes(&log.program, &self.expected);
            let mut told = serde_json::to_value(&summary).expect("a summary has a JSON form");
            if self.computed.not_judged == Some(NotJudged::NoReference) {
                told["not_judged"] = "the values were not judged: no reference was given".into();
            }
            Ok(told.to_string())
        })
    }
    /// An output: its dtype, shape and bytes.
    fn output<'py>(&self, py: Python<'py>, name: &str) -> Option<Stored<'py>> {
        Some(stored(py, self.computed.outputs.as_ref()?.get(name)?))
    }
    /// An input as it was used: its dtype, shape and bytes.
    fn input<'py>(&self, py: Python<'py>, name: &str) -> Option<Stored<'py>> {
        Some(stored(py, self.inputs.get(name)?))
    }
    /// An input in f64: its shape and bytes.
    fn wide_input<'py>(&self, py: Python<'py>, name: &str) -> Option<Wide<'py>> {
        Some(wide(py, self.inputs.get(name)?))
    }
    /// An output in f64: its shape and bytes.
    fn wide_output<'py>(&self, py: Python<'py>, name: &str) -> Option<Wide<'py>> {
        Some(wide(py, self.computed.outputs.as_ref()?.get(name)?))
    }

    /// What a tile held: its dtype, shape and bytes, and its values in f64.
    fn value<'py>(&self, py: Python<'py>, tile: &Bound<'py, Tile>, at: Option<&str>) -> PyResult<Value<'py>> {
        let asked = [Asked { tile: tile.clone(), after: op_meant(tile.get(), at)? }];
        let values = guarded(|| held(py, self, tile.get().recorder.get(), &asked))?;
        Ok((stored(py, &values[0]), wide(py, &values[0])))
    }
    /// What the stages of a recording held: name, rank and value of each, as the kernel named them.
    fn stages<'py>(&self, py: Python<'py>, recorder: &Bound<'py, Recorder>) -> PyResult<Vec<Staged<'py>>> {
        let (names, asked): (Vec<_>, Vec<_>) = recorder.get().stages(py).into_iter().unzip();
        let values = guarded(|| held(py, self, recorder.get(), &asked))?;
        let of = |((name, asked), value): ((String, &Asked<'_>), &HostValue)| {
            (name, asked.tile.get().rank, (stored(py, value), wide(py, value)))
        };
        Ok(names.into_iter().zip(&asked).zip(&values).map(of).collect())
    }

    /// The judgements by the kernel's own reference, as `judge` gives them.
    fn judged(&self) -> String {
        told_of(self.computed.verdict.as_ref())
    }

    /// A table of `kernmesh export` by its name.
    fn table<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Table<'py>> {
        guarded(|| table_of(py, &self.timed.log, name))
    }

    /// Judges the outputs by references in f64, and keeps the verdict. Gives the judgements as JSON, each with its text
    /// and with whether rounding may be all that is wrong.
    fn judge(
        &mut self,
        py: Python<'_>,
        references: Vec<judge::Asked>,
        tolerance: [f64; 2],
    ) -> PyResult<String> {
        guarded(|| {
            self.expected = expectations(py, &self.timed.log.program, references, tolerance)?;
            let outputs = self.computed.outputs.as_ref().ok_or_else(|| {
                Fault::input("the run has no values, and a reference is given", "the program is timing only")
            })?;
            let by = (&self.expected, Against::Reference);
            let options = replay::Options { checksums: false, ..self.options };
            let verdict = py.detach(|| judged_by(&self.timed, &self.inputs, outputs, by, options))?;
            let told = told(&verdict);
            if !verdict.judgements.is_empty() {
                self.computed.verdict = Some(verdict);
                self.computed.not_judged = None;
            }
            if let Some(sums) = &mut self.computed.checksums {
                sums.replay.verdict.clone_from(&self.computed.verdict);
            }
            Ok(told)
        })
    }

    /// Writes the inputs, and what the references gave, as a file of tensors.
    fn save_tensors(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let bytes = with_expected(&self.inputs, &self.expected.outputs);
        guarded(|| Ok(py.detach(|| write(&path, &bytes))?))
    }
    /// Writes the log and the checksums of its replay.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        guarded(|| Ok(py.detach(|| save(&self.timed, &self.computed, &path))?))
    }
    /// The HTML report.
    fn page(&self, py: Python<'_>) -> PyResult<String> {
        guarded(|| Ok(py.detach(|| page(&self.timed, &self.computed))))
    }
    fn report(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let page = self.page(py)?;
        guarded(|| Ok(py.detach(|| write(&path, page.as_bytes()))?))
    }
    fn perfetto(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        guarded(|| {
            Ok(py.detach(|| {
                let chosen = export::Chosen::of(&self.timed.log, &export::Window::ALL);
                write(&path, &export::perfetto(&chosen).bytes)
            })?)
        })
    }
}

type Wide<'py> = (Vec<u32>, Bound<'py, PyBytes>);
type Stored<'py> = (&'static str, Vec<u32>, Bound<'py, PyBytes>);
type Value<'py> = (Stored<'py>, Wide<'py>);
/// Name, rank and value of a stage.
type Staged<'py> = (String, u32, Value<'py>);

fn wide<'py>(py: Python<'py>, value: &HostValue) -> Wide<'py> {
    let bytes: Vec<u8> = value.wide().into_iter().flat_map(f64::to_le_bytes).collect();
    (value.shape.clone(), PyBytes::new(py, &bytes))
}

fn stored<'py>(py: Python<'py>, value: &HostValue) -> Stored<'py> {
    (DType::name(value.dtype), value.shape.clone(), PyBytes::new(py, &value.bytes))
}

/// A run, or the path of a saved one.
#[derive(FromPyObject)]
pub enum Compared<'py> {
    Run(Bound<'py, Run>),
    Path(PathBuf),
}

impl Compared<'_> {
    fn saved(&self) -> Result<Saved, Error> {
        match self {
            Compared::Path(path) => Saved::open(path),
            Compared::Run(run) => {
                let run = run.borrow();
                Ok(Saved { timed: run.timed.clone(), checksums: run.computed.checksums.clone() })
            }
        }
    }
}

/// What changed between two runs, as `kernmesh diff --json` and `kernmesh diff` write it.
#[pyfunction]
pub fn diff(py: Python<'_>, a: Compared<'_>, b: Compared<'_>) -> PyResult<(String, String)> {
    guarded(|| {
        let (a, b) = (a.saved()?, b.saved()?);
        let comparison = py.detach(|| compare_saved(&a, &b));
        let json = serde_json::to_string(&comparison).expect("a comparison has a JSON form");
        Ok((json, diff_in_words(&comparison)))
    })
}
