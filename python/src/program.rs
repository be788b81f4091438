//! Programs: what every rank does, as data.

use std::sync::Arc;

use kernmesh::program;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::errors::{Fault, guarded};

#[pyclass(frozen, module = "kernmesh")]
pub struct Program {
    pub program: Arc<program::Program>,
}

impl Program {
    pub fn new(program: program::Program) -> Program {
        Program { program: Arc::new(program) }
    }
}

/// An op: its kind, and its file, line and column, where the program says.
type Written = (&'static str, Option<(String, u32, u32)>);

/// A host tensor: name, shape, dtype.
type Host = (String, Vec<u32>, &'static str);

#[pymethods]
impl Program {
    /// Reads Program JSON, whoever wrote it.
    #[staticmethod]
    fn from_json(text: &str) -> PyResult<Program> {
        guarded(|| {
            program::Program::from_json(text).map(Program::new).map_err(|error| {
                let at =
                    error.at().map_or_else(String::new, |(line, column)| format!("line {line}:{column}: "));
                Fault::input(format!("{at}{}", error.problem()), "PROGRAM.md describes the format")
            })
        })
    }
    fn to_json(&self) -> String {
        self.program.to_json()
    }
    #[getter]
    fn kernel(&self) -> &str {
        &self.program.kernel
    }
    #[getter]
    fn params(&self) -> std::collections::BTreeMap<String, String> {
        self.program.params.clone()
    }
    #[getter]
    fn n_ranks(&self) -> u32 {
        self.program.n_ranks()
    }
    #[getter]
    fn n_ops(&self) -> usize {
        self.program.n_ops()
    }
    #[getter]
    fn inputs(&self) -> Vec<Host> {
        hosts(&self.program.inputs)
    }
    #[getter]
    fn outputs(&self) -> Vec<Host> {
        hosts(&self.program.outputs)
    }
    /// The kind and the place of each op of a rank: file, line and column, from 1.
    fn ops(&self, rank: u32) -> PyResult<Vec<Written>> {
        let Some(of_rank) = self.program.ranks.get(rank as usize) else {
            return Err(PyValueError::new_err(format!("rank {rank} of {}", self.n_ranks())));
        };
        let place = |index: usize| {
            let at = self.program.location(program::Rank(rank), program::OpIndex(index as u32))?;
            Some((at.file, at.line, at.column))
        };
        Ok(of_rank.ops.iter().enumerate().map(|(index, op)| (op.kind(), place(index))).collect())
    }
    fn __eq__(&self, other: &Bound<'_, Program>) -> bool {
        self.program == other.get().program
    }
    /// Pickles it as Program JSON.
    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<(Py<PyAny>, (String,))> {
        let read = slf.get_type().getattr("from_json")?.unbind();
        Ok((read, (slf.get().to_json(),)))
    }
    fn __repr__(&self) -> String {
        let program = &self.program;
        let name: String = program.kernel.chars().take(40).collect();
        format!("program of `{name}`: {} ops on {} ranks", program.n_ops(), program.n_ranks())
    }
    /// The first op that differs, in words; `None` when the programs are the same.
    fn first_difference(&self, other: &Bound<'_, Program>) -> Option<String> {
        let (a, b) = (&self.program, &other.get().program);
        if a == b {
            return None;
        }
        for (rank, (in_a, in_b)) in a.ranks.iter().zip(&b.ranks).enumerate() {
            for index in 0..in_a.ops.len().max(in_b.ops.len()) {
                let of =
                    |it: &program::RankProgram| Some((it.ops.get(index)?.clone(), *it.sources.get(index)?));
                if of(in_a) == of(in_b) {
                    continue;
                }
                let said = [a, b].map(|it| named(it, rank, index));
                if said[0] == said[1] {
                    return Some(format!("rank {rank}, op {index}: {} with other operands", said[0]));
                }
                return Some(format!("rank {rank}, op {index}: {} at first, then {}", said[0], said[1]));
            }
        }
        Some("the same ops on other tiles, tensors or rings".to_owned())
    }
}

fn named(program: &program::Program, rank: usize, index: usize) -> String {
    let Some(op) = program.ranks[rank].ops.get(index) else { return "none".to_owned() };
    let at = program.source(program::Rank(rank as u32), program::OpIndex(index as u32)).unwrap_or_default();
    format!("{} ({at})", op.kind())
}

fn hosts(list: &[program::program::HostTensor]) -> Vec<Host> {
    list.iter().map(|host| (host.name.clone(), host.shape.clone(), host.dtype.name())).collect()
}
