//! All legal orders of a small program, by brute force.

use std::collections::BTreeSet;

use oplog::{Digest, OpLog};
use order::{Dependencies, EventGraph};

use super::compare::Values;
use super::memory::Memory;
use super::progress::Progress;
use super::steps::{Step, Steps};
use crate::error::ReplayError;
use crate::inputs;
use crate::reads::Reads;
use crate::run::Options;
use crate::version::Versions;

/// Results of all legal orders of a program, with the seeded inputs of its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct All {
    /// The digests of the outputs; `None` where an op had no value.
    pub outputs: BTreeSet<Option<Digest>>,
    /// Number of distinct resolutions of the reads. When it is 1, no value can depend on the order.
    pub n_ways: usize,
    /// Number of distinct final memory contents. When it is 1, no conflicting accesses are left unordered.
    pub n_ends: usize,
    /// Whether the limit was enough to try all orders.
    pub complete: bool,
}

/// Tries all legal orders. Two orders count as one when they access memory in the same order, or when they have read
/// the same and leave the same contents. `limit` is the number of distinct states, and bounds time and space.
///
/// # Errors
/// [`ReplayError`] when the log contradicts itself.
pub fn all(log: &OpLog, dependencies: &Dependencies, limit: usize) -> Result<All, ReplayError> {
    let versions = Versions::of(log)?;
    let graph = EventGraph::of(&log.program, &log.machine, dependencies);
    let steps = Steps::of(&graph);
    let Explored { ways, ends, complete } = ways(&steps, log, &versions, limit);
    let inputs = inputs::seeded(&log.program, log.id.seed);
    let values = Values { log, versions: &versions, inputs: &inputs, options: Options::default() };
    let mut outputs = BTreeSet::new();
    for reads in &ways {
        outputs.insert(match values.of(reads) {
            Ok(made) => Some(made.data),
            Err(ReplayError::Op { .. }) => None,
            Err(error) => return Err(error),
        });
    }
    Ok(All { outputs, n_ways: ways.len(), n_ends: ends.len(), complete })
}

/// A state of the search: the steps that have happened, and the ready steps that touch memory.
#[derive(Clone)]
struct State<'a> {
    progress: Progress<'a>,
    memory: Memory<'a>,
    next: Vec<Step>,
    /// The steps that happened and touch memory, ascending.
    happened: BTreeSet<Step>,
}

/// Distinct resolutions of the reads, and distinct final memory contents.
struct Explored {
    ways: BTreeSet<Reads>,
    ends: BTreeSet<Vec<u64>>,
    complete: bool,
}

fn ways(steps: &Steps<'_>, log: &OpLog, versions: &Versions, limit: usize) -> Explored {
    let (progress, memory) = (Progress::new(steps), Memory::new(log, versions));
    let first = progress.first();
    let mut start = State { progress, memory, next: Vec::new(), happened: BTreeSet::new() };
    start.settle(first);
    let mut found = Explored { ways: BTreeSet::new(), ends: BTreeSet::new(), complete: true };
    let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
    while let Some(state) = open.pop() {
        if state.next.is_empty() {
            found.ways.insert(state.memory.reads());
            found.ends.insert(state.memory.key());
        }
        for &step in &state.next {
            let after = state.after(step);
            if seen.insert((after.happened.clone(), after.memory.key())) {
                open.push(after);
            }
        }
        if seen.len() > limit {
            return Explored { complete: false, ..found };
        }
    }
    found
}

impl<'a> State<'a> {
    fn after(&self, step: Step) -> State<'a> {
        let mut state = self.clone();
        state.next.retain(|other| *other != step);
        state.happened.insert(step);
        state.memory.step(step);
        let mut ready = Vec::new();
        state.progress.happen(step, |next| ready.push(next));
        state.settle(ready);
        state
    }

    /// Lets happen what touches no memory: it can only let others happen, so that sooner is never wrong.
    fn settle(&mut self, mut ready: Vec<Step>) {
        while let Some(step) = ready.pop() {
            if self.memory.is_touched_by(step) {
                self.next.push(step);
            } else {
                self.progress.happen(step, |next| ready.push(next));
            }
        }
    }
}
