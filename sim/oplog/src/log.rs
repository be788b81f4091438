//! The op log in memory: columns over all ops in (rank, program index) order.

use std::sync::Arc;

use machine::{Machine, PeId, SimTime};
use program::program::HostTensor;
use program::{Layout, OpIndex, Program, Rank};
use serde::{Deserialize, Serialize};

use crate::digest::{self, Digest};
use crate::stall::{Stall, UnitId};

/// A whole run of Phase 1. Self-contained: a replay needs nothing else but tensors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpLog {
    pub id: RunId,
    pub program: Arc<Program>,
    pub machine: Machine,
    pub placement: Vec<PeId>,
    pub layout: Arc<Layout>,
    pub entries: Entries,
    /// By ring, then message number.
    pub messages: Vec<Vec<MessageTimes>>,
    /// In the order of the op they belong to, then of time.
    pub stalls: Vec<Stall>,
}

/// Inputs of a run, beyond program and machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunId {
    /// Seed of the input tensors.
    pub seed: u64,
    /// The inputs that were given instead of drawn from the seed, in the order of the program: all or none.
    pub inputs: Vec<GivenInput>,
    /// The job of several processes that the run is a part of, where its author named one. It has no influence on the run.
    pub job: Option<String>,
}

/// A given input. The log has the digest of its values, not the values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct GivenInput {
    pub name: String,
    /// Of its name, shape, dtype and bytes as the program takes them: see [`digest::data`].
    pub digest: Digest,
}

impl RunId {
    /// A run whose inputs are drawn from a seed.
    pub fn seeded(seed: u64) -> RunId {
        RunId { seed, ..RunId::default() }
    }
}

impl GivenInput {
    pub fn of(tensor: &HostTensor, bytes: &[u8]) -> GivenInput {
        GivenInput { name: tensor.name.clone(), digest: digest::data([(tensor, bytes)]) }
    }
}

/// Issue, start and done times of every op, and its unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries {
    pub unit: Vec<UnitId>,
    /// The sequencer gave the op to its unit, or, for an op of its own, began it.
    pub issue: Vec<SimTime>,
    /// The unit began. A send starts when it has its credit: its setup, and its wait for the port, come after. An op of the
    /// sequencer starts when it is issued.
    pub start: Vec<SimTime>,
    /// The last byte is written, or has left; for a receive, the message has arrived; for a release, the credit leaves.
    pub done: Vec<SimTime>,
}

/// Times of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessageTimes {
    /// Its last byte was written to its slot.
    pub filled: SimTime,
    /// Its credit came back to the producer; `None` when it was never released.
    pub credit: Option<SimTime>,
}

impl OpLog {
    /// The number of the first op of each rank, and after them the number of all ops.
    pub fn first_ops(&self) -> Vec<usize> {
        self.program.first_ops()
    }
    /// Time at which the last op is done. Credits still on their way do not count.
    pub fn makespan(&self) -> SimTime {
        self.entries.done.iter().copied().max().unwrap_or_default()
    }
    /// Every op with its rank and index, in (rank, program index) order.
    pub fn ops(&self) -> impl Iterator<Item = (Rank, OpIndex)> + '_ {
        self.program.ranks.iter().enumerate().flat_map(|(rank, program)| {
            (0..program.ops.len()).map(move |op| (Rank(rank as u32), OpIndex(op as u32)))
        })
    }
}
