//! Kernels of the library: those of the command line, by name and with its parameters.

use std::collections::BTreeMap;

use kernmesh::kernels::{Catalogue, Param, Reference, find};
use kernmesh::{Error, machine};
use pyo3::prelude::*;

use crate::errors::{Fault, guarded};
use crate::machine::Machine;
use crate::program::Program;

/// A parameter: its name, its default or where that comes from, and what it is.
type Parameter = (&'static str, &'static str, &'static str);

/// Every kernel: its name, what it is for, and its parameters.
#[pyfunction]
pub fn library() -> Vec<(&'static str, &'static str, Vec<Parameter>)> {
    let of = |param: &Param| (param.name, param.default, param.doc);
    let kernels = Catalogue::BUILT_IN.iter();
    kernels.map(|kernel| (kernel.name, kernel.purpose, kernel.params.iter().map(of).collect())).collect()
}

/// A kernel's program with some parameters, as text, and its machine if only one will do.
#[pyfunction]
pub fn record_library(
    py: Python<'_>,
    name: &str,
    params: BTreeMap<String, String>,
) -> PyResult<(Program, Option<Machine>)> {
    guarded(|| {
        let recorded = py.detach(|| find(name)?.record(&params)).map_err(Error::from)?;
        let own = recorded.machine.map(machine::Machine::new).transpose().map_err(Error::from)?;
        Ok((Program::new(recorded.program), own.map(|machine| Machine { machine })))
    })
}

/// What judges a program of the library; `None` when it computes nothing.
pub fn reference_of(program: &kernmesh::program::Program) -> Result<Option<Reference>, Fault> {
    let kernel = find(&program.kernel).map_err(Error::from)?;
    Ok(kernel.reference(&program.params).map_err(Error::from)?)
}
