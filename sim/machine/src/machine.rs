//! A machine that has been checked: every extent is positive, every rate exact, every memory a whole
//! number of bursts.

use std::sync::Arc;

use crate::check::check;
use crate::mesh::{LinkClass, Mesh};
use crate::quantity::Rate;
use crate::spec::{LinkSpec, MachineSpec};

/// A checked machine. Cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    spec: Arc<MachineSpec>,
}

/// Why a machine description is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MachineError {
    /// `file` carries the place: `name:line:column`.
    #[error("{file}: {message}")]
    Syntax { file: String, message: String },
    #[error("machine `{machine}`: `{key}` {problem}")]
    Value { machine: String, key: &'static str, problem: String },
    #[error("no machine is called `{name}`: the presets are {known}; a file ends in .toml")]
    Unknown { name: String, known: String },
    #[error("{ranks} ranks do not fit machine `{machine}`: {axis} placement has room for {room}; {repair}")]
    TooManyRanks { ranks: u32, machine: String, axis: &'static str, room: u32, repair: &'static str },
}

impl Machine {
    pub fn spec(&self) -> &MachineSpec {
        &self.spec
    }
    pub fn mesh(&self) -> Mesh {
        Mesh::new(self.spec.grid, &self.spec.link)
    }
    pub fn link(&self, class: LinkClass) -> &LinkSpec {
        match class {
            LinkClass::Pe => &self.spec.link.pe,
            LinkClass::Cube => &self.spec.link.cube,
            LinkClass::Sip => &self.spec.link.sip,
        }
    }
    /// What one HBM channel sustains, in bytes per HBM cycle: peak times efficiency.
    pub fn hbm_channel_rate(&self) -> Rate {
        let hbm = &self.spec.hbm;
        hbm.bytes_per_cycle.times(hbm.efficiency).expect("a checked machine's channel rate fits")
    }

    /// Checks a spec.
    ///
    /// # Errors
    /// [`MachineError::Value`] names the first key whose value cannot work, and why.
    pub fn new(spec: MachineSpec) -> Result<Machine, MachineError> {
        match check(&spec) {
            Ok(()) => Ok(Machine { spec: Arc::new(spec) }),
            Err((key, problem)) => Err(MachineError::Value { machine: spec.name, key, problem }),
        }
    }
}
