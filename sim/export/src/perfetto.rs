//! A log as a Perfetto trace: for every rank, in the order of the mesh, what its units did and why they waited; an
//! arrow for every message; and counters of memory, rings and links.

mod counters;
mod lanes;
mod mesh;
mod slices;
mod trace;
mod wire;

#[cfg(test)]
mod tests;

use crate::chosen::Chosen;
use mesh::tracks;
use slices::Slices;
use trace::Trace;

/// A trace, and how much there is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Perfetto {
    pub bytes: Vec<u8>,
    /// Slices of ops.
    pub ops: usize,
    /// Slices of waits.
    pub waits: usize,
    /// Messages that are sent and received in the window.
    pub flows: usize,
    /// Tracks of counters.
    pub counters: usize,
}

/// The trace of a window.
pub fn perfetto(chosen: &Chosen<'_>) -> Perfetto {
    let log = chosen.log;
    let mut trace = Trace::default();
    let name = format!("{} on {}", log.program.kernel, log.machine.spec().name);
    let root = trace.track(None, &name);
    let mut slices = Slices::of(chosen);
    let mut counters = 0;
    for (rank, of_rank) in tracks(chosen, &mut trace, root) {
        slices.add(&mut trace, rank, of_rank);
        counters += counters::memory(chosen, &mut trace, rank, of_rank);
    }
    counters += counters::rings(chosen, &mut trace, root) + counters::links(chosen, &mut trace, root);
    let (ops, waits) = (chosen.ops.len(), chosen.stalls.len());
    Perfetto { bytes: trace.into_bytes(), ops, waits, flows: slices.n_flows(), counters }
}
