//! A machine that has been checked: every extent is positive, every rate exact, every memory a whole
//! number of bursts.

use std::sync::Arc;

use crate::check::{capacity, check};
use crate::controllers::{HbmSlice, Homes, slice};
use crate::id::PeId;
use crate::mesh::{LinkClass, Mesh};
use crate::networks::Traffic;
use crate::quantity::{Rate, Span};
use crate::spec::{LinkSpec, MachineSpec, QueueModel, QueueSpec, Sync};

/// A checked machine. Cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    spec: Arc<MachineSpec>,
    /// Of a machine with memory controllers.
    homes: Option<Arc<Homes>>,
}

/// Error of a machine description.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MachineError {
    /// `at` is the line and column, both from 1, of a text that has them.
    #[error("{file}{}: {message}", place(*at))]
    Syntax { file: String, at: Option<(usize, usize)>, message: String },
    #[error("machine `{machine}`: `{key}` {problem}")]
    Value { machine: String, key: &'static str, problem: String },
    #[error("no machine is called `{name}`: the presets are {known}; a file ends in .toml")]
    Unknown { name: String, known: String },
    #[error("{ranks} ranks do not fit machine `{machine}`: {axis} placement has room for {room}; {repair}")]
    TooManyRanks { ranks: u32, machine: String, axis: &'static str, room: u32, repair: &'static str },
}

/// `:line:column`
fn place(at: Option<(usize, usize)>) -> String {
    at.map_or_else(String::new, |(line, column)| format!(":{line}:{column}"))
}

impl Machine {
    pub fn spec(&self) -> &MachineSpec {
        &self.spec
    }
    /// The command queues of the virtual devices; `None` on a machine of PEs.
    pub fn queue(&self) -> Option<QueueSpec> {
        self.spec.queue
    }
    pub fn mesh(&self) -> Mesh {
        Mesh::new(self.spec.grid, &self.spec.link, self.spec.noc.networks)
    }
    pub fn link(&self, class: LinkClass) -> &LinkSpec {
        match class {
            LinkClass::Pe => &self.spec.link.pe,
            LinkClass::Cube => &self.spec.link.cube,
            LinkClass::Sip => &self.spec.link.sip,
        }
    }
    /// Sustained read rate of one HBM channel, in bytes per HBM cycle: peak times efficiency.
    pub fn hbm_channel_rate(&self) -> Rate {
        let hbm = &self.spec.hbm;
        hbm.bytes_per_cycle.times(hbm.efficiency).expect("a checked machine's channel rate fits")
    }

    /// Sustained write rate of one HBM channel.
    pub fn hbm_write_rate(&self) -> Rate {
        let hbm = &self.spec.hbm;
        let share = hbm.write_efficiency.unwrap_or(hbm.efficiency);
        hbm.bytes_per_cycle.times(share).expect("a checked machine's channel rate fits")
    }
    /// Memory controller of each PE's slice; `None` where there are no controllers.
    pub fn homes(&self) -> Option<&Homes> {
        self.homes.as_deref()
    }
    /// Location of the HBM slice of a PE.
    pub fn hbm_slice(&self, pe: PeId) -> HbmSlice {
        slice(&self.spec, &self.mesh(), self.homes(), pe)
    }
    /// Number of memory channels of the machine.
    pub fn n_hbm_channels(&self) -> u32 {
        match &self.spec.hbm.controllers {
            Some(controllers) => controllers.at.len() as u32 * controllers.channels,
            None => self.mesh().n_pes() * self.spec.hbm.channels_per_pe,
        }
    }

    /// Latency of a message without payload from one PE to another: into the network, over every hop, and out.
    pub fn latency(&self, traffic: Traffic, from: PeId, to: PeId) -> Span {
        if from == to { Span::ZERO } else { self.way(traffic, from, to) }
    }
    /// Latency of the first byte of a transfer from PE to PE, also when both are the same: the port, every hop, the
    /// port.
    pub fn way(&self, traffic: Traffic, from: PeId, to: PeId) -> Span {
        let (spec, mesh) = (self.spec(), self.mesh());
        let noc = spec.clock.noc_fs;
        let links = mesh.route(traffic, from, to).into_iter();
        let hops: Span = links.map(|link| noc.span(self.link(mesh.class(link)).hop_cycles)).sum();
        noc.span(spec.noc.inject_cycles) + hops + noc.span(spec.noc.eject_cycles)
    }

    /// Checks a spec.
    ///
    /// # Errors
    /// [`MachineError::Value`] names the first key whose value cannot work, and why.
    pub fn new(spec: MachineSpec) -> Result<Machine, MachineError> {
        match check(&spec).and_then(|()| capacity(&spec)) {
            Ok(homes) => Ok(Machine { spec: Arc::new(spec), homes: homes.map(Arc::new) }),
            Err((key, problem)) => Err(MachineError::Value { machine: spec.name, key, problem }),
        }
    }

    /// The same machine with other rules of order.
    ///
    /// # Errors
    /// As [`Machine::new`]: a machine with command queues is explicit.
    pub fn with_sync(&self, sync: Sync) -> Result<Machine, MachineError> {
        Machine::new(MachineSpec { sync, ..MachineSpec::clone(&self.spec) })
    }
    /// The same machine with another queue model.
    ///
    /// # Errors
    /// [`MachineError::Value`] when the machine has no command queues.
    pub fn with_queue_model(&self, model: QueueModel) -> Result<Machine, MachineError> {
        self.with_queue(|queue| QueueSpec { model, ..queue })
    }
    /// The same machine, whose queues order conflicting passes or do not.
    ///
    /// # Errors
    /// [`MachineError::Value`] when the machine has no command queues.
    pub fn with_tracked(&self, tracked: bool) -> Result<Machine, MachineError> {
        self.with_queue(|queue| QueueSpec { tracked, ..queue })
    }

    fn with_queue(&self, change: impl FnOnce(QueueSpec) -> QueueSpec) -> Result<Machine, MachineError> {
        let Some(queue) = self.spec.queue else {
            let problem = "is absent, so there is nothing to change: choose a machine with command queues, \
                           such as `metal4`";
            let (machine, problem) = (self.spec.name.clone(), problem.to_owned());
            return Err(MachineError::Value { machine, key: "queue", problem });
        };
        Machine::new(MachineSpec { queue: Some(change(queue)), ..MachineSpec::clone(&self.spec) })
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
