//! Machines by name, by file, or with other numbers.

use std::path::PathBuf;

use kernmesh::machine::{self, Sync};
use kernmesh::{Error, cli};
use pyo3::prelude::*;

use crate::errors::{Fault, guarded};

#[pyclass(frozen, module = "kernmesh")]
pub struct Machine {
    pub machine: machine::Machine,
}

#[pymethods]
impl Machine {
    /// A preset or a file; `changes` is JSON of the keys that differ.
    #[new]
    #[pyo3(signature = (name, changes = None))]
    fn new(name: PathBuf, changes: Option<&str>) -> PyResult<Machine> {
        guarded(|| {
            let base = cli::machine_at(&name)?;
            let Some(changes) = changes else { return Ok(Machine { machine: base }) };
            changed(&base, changes)
        })
    }
    /// The machine with `sync` `"interlocked"` or `"explicit"`.
    fn with_sync(&self, sync: &str) -> PyResult<Machine> {
        guarded(|| {
            let sync = match sync {
                "interlocked" => Sync::Interlocked,
                "explicit" => Sync::Explicit,
                other => {
                    let problem = format!("no order of ops is called `{other}`");
                    return Err(Fault::input(problem, "sync is \"interlocked\" or \"explicit\""));
                }
            };
            Ok(Machine { machine: self.machine.with_sync(sync).map_err(Error::from)? })
        })
    }
    #[getter]
    fn name(&self) -> &str {
        &self.machine.spec().name
    }
    /// Whether its ranks are devices with command queues.
    #[getter]
    fn has_queues(&self) -> bool {
        self.machine.queue().is_some()
    }
    fn to_toml(&self) -> String {
        self.machine.to_toml()
    }
    fn __eq__(&self, other: &Bound<'_, Machine>) -> bool {
        self.machine == other.get().machine
    }
    fn __repr__(&self) -> String {
        let spec = self.machine.spec();
        format!("machine `{}` of {} PEs", spec.name, self.machine.mesh().n_pes())
    }
}

/// The machine with other values of some keys. A file of it would have these keys and the rest as they are.
fn changed(base: &machine::Machine, changes: &str) -> Result<Machine, Fault> {
    let problem =
        |error: String| Fault::input(format!("the changes are no keys of a machine: {error}"), KEYS);
    let changes: toml::Table = serde_json::from_str(changes).map_err(|error| problem(error.to_string()))?;
    let mut whole: toml::Table =
        base.to_toml().parse().map_err(|error: toml::de::Error| problem(error.to_string()))?;
    lay(&mut whole, changes);
    let text = toml::to_string(&whole).map_err(|error| problem(error.to_string()))?;
    let machine = machine::Machine::from_toml(&text, "changes").map_err(Error::from)?;
    Ok(Machine { machine })
}

const KEYS: &str =
    "write them as in a machine file: km.machine(\"sip\", link={\"pe\": {\"bytes_per_cycle\": 64}})";

fn lay(over: &mut toml::Table, changes: toml::Table) {
    for (key, value) in changes {
        match (over.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(value)) => lay(below, value),
            (_, value) => _ = over.insert(key, value),
        }
    }
}
