//! Errors of this boundary as Python exceptions. Their classes are those of `kernmesh/_errors.py`.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use kernmesh::diagnostic::Diagnostic;
use kernmesh::program::tl::RecordError;
use kernmesh::{Error, Exit, deadlock, of_error};
use pyo3::prelude::*;

/// What can go wrong between Python and the simulator.
pub enum Fault {
    /// Of a run, or of its files.
    Run(Error),
    /// The first mistake of a kernel.
    Record(RecordError),
    /// Of what the caller gave: the problem, and what to do.
    Input(String, String),
    /// A bug of kernmesh.
    Panic(String),
    /// Raised by Python code that was called.
    Python(PyErr),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Run(error)
    }
}
impl From<PyErr> for Fault {
    fn from(error: PyErr) -> Fault {
        Fault::Python(error)
    }
}

impl Fault {
    pub fn input(problem: impl Into<String>, help: impl Into<String>) -> Fault {
        Fault::Input(problem.into(), help.into())
    }
    pub fn of_panic(payload: &(dyn Any + Send)) -> Fault {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        Fault::Panic(text.unwrap_or_else(|| "it does not say why".to_owned()))
    }
}

impl From<Fault> for PyErr {
    fn from(fault: Fault) -> PyErr {
        Python::attach(|py| match fault {
            Fault::Python(error) => error,
            Fault::Run(error) => of_run(py, &error),
            Fault::Record(RecordError { message, rank, source, repair }) => {
                let rank = rank.map_or_else(String::new, |rank| format!("rank {rank}, "));
                raised(py, "RecordError", &format!("{rank}{source}: {message}"), &repair, &[], &source)
            }
            Fault::Input(problem, help) => raised(py, "Refused", &problem, &help, &[], ""),
            Fault::Panic(text) => {
                let help = "please report it with the kernel and the arguments of the run";
                raised(py, "InternalError", &format!("this is a bug of kernmesh: {text}"), help, &[], "")
            }
        })
    }
}

fn of_run(py: Python<'_>, error: &Error) -> PyErr {
    let class = match (deadlock(error), error.exit_code()) {
        (Some(_), _) => "Deadlock",
        (None, Exit::Bug) => "InternalError",
        (None, Exit::Found) => "Findings",
        (None, Exit::Good | Exit::Refused) => "Refused",
    };
    let findings = of_error(error);
    let cycle = deadlock(error).map(|deadlock| deadlock.diagnostic(None));
    if let Some(first) = cycle.as_ref().or(findings.first()) {
        return raised(py, class, &first.to_string(), &first.repair_text(), &findings, "");
    }
    // What names an option of the command line is no place here, and some texts begin with their place.
    let (place, text) = (error.place(), error.to_string());
    let is_needless = place.is_empty() || place.starts_with("--") || text.starts_with(&place);
    let place = if is_needless { String::new() } else { format!("{place}: ") };
    raised(py, class, &format!("{place}{text}"), error.help(), &[], "")
}

/// An exception with its diagnostics; `source` is `file:line:column`, or empty.
fn raised(
    py: Python<'_>,
    class: &str,
    message: &str,
    repair: &str,
    findings: &[Diagnostic],
    source: &str,
) -> PyErr {
    let json = serde_json::to_string(findings).expect("diagnostics have a JSON form");
    let made = py
        .import("kernmesh._errors")
        .and_then(|module| module.getattr("made"))
        .and_then(|made| made.call1((class, message, repair, json, source)));
    made.map_or_else(|error| error, PyErr::from_value)
}

/// Runs what calls the simulator: a panic of it is an error.
pub fn guarded<T>(run: impl FnOnce() -> Result<T, Fault>) -> PyResult<T> {
    let done = catch_unwind(AssertUnwindSafe(run));
    done.unwrap_or_else(|payload| Err(Fault::of_panic(&*payload))).map_err(PyErr::from)
}
