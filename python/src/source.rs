//! The author's place in Python: file, line and column of the innermost frame that is not of this package.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;

/// The places of code objects, each looked up once.
pub struct Authors {
    /// `sys._getframe`
    frame: Py<PyAny>,
    /// `kernmesh._source.describe`
    describe: Py<PyAny>,
    /// By address; an entry keeps its code object alive, so that no other one gets the address.
    known: BTreeMap<usize, Code>,
}

struct Code {
    _keep: Py<PyAny>,
    /// `None` for code of this package.
    file: Option<Arc<str>>,
    /// By instruction: line and column, both from 1.
    positions: Vec<(u32, u32)>,
}

#[derive(Clone, Debug)]
pub struct Place {
    pub file: Arc<str>,
    pub line: u32,
    pub column: u32,
}

impl Authors {
    pub fn new(py: Python<'_>) -> PyResult<Authors> {
        Ok(Authors {
            frame: py.import("sys")?.getattr("_getframe")?.unbind(),
            describe: py.import("kernmesh._source")?.getattr("describe")?.unbind(),
            known: BTreeMap::new(),
        })
    }

    /// Where the author calls from.
    pub fn place(&mut self, py: Python<'_>) -> PyResult<Place> {
        let mut frame = self.frame.bind(py).call0()?;
        loop {
            let code = frame.getattr(intern!(py, "f_code"))?;
            let known = self.code(&code)?;
            if let Some(file) = &known.file {
                let file = Arc::clone(file);
                let at: usize = frame.getattr(intern!(py, "f_lasti"))?.extract()?;
                let (line, column) = known.positions.get(at / 2).copied().unwrap_or((1, 1));
                return Ok(Place { file, line, column });
            }
            frame = frame.getattr(intern!(py, "f_back"))?;
            if frame.is_none() {
                return Ok(Place { file: "<unknown>".into(), line: 1, column: 1 });
            }
        }
    }

    fn code(&mut self, code: &Bound<'_, PyAny>) -> PyResult<&Code> {
        let address = code.as_ptr() as usize;
        if !self.known.contains_key(&address) {
            let (file, positions): (Option<String>, Vec<(u32, u32)>) =
                self.describe.bind(code.py()).call1((code,))?.extract()?;
            let known = Code { _keep: code.clone().unbind(), file: file.map(Arc::from), positions };
            self.known.insert(address, known);
        }
        Ok(&self.known[&address])
    }
}
