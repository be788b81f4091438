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
    joined(&[(title(chosen), chosen)])
}

/// Kernel and machine, as the trace of one log is called.
pub fn title(chosen: &Chosen<'_>) -> String {
    format!("{} on {}", chosen.log.program.kernel, chosen.log.machine.spec().name)
}

/// One trace of several logs, each below a track of the name that it is given. All begin at time 0.
pub fn joined(logs: &[(String, &Chosen<'_>)]) -> Perfetto {
    let mut trace = Trace::default();
    let mut all = Perfetto { bytes: Vec::new(), ops: 0, waits: 0, flows: 0, counters: 0 };
    let mut before = 0;
    for (name, chosen) in logs {
        let root = trace.track(None, name);
        let mut slices = Slices::of(chosen, before);
        for (rank, of_rank) in tracks(chosen, &mut trace, root) {
            slices.add(&mut trace, rank, of_rank);
            all.counters += counters::memory(chosen, &mut trace, rank, of_rank);
        }
        all.counters += counters::rings(chosen, &mut trace, root) + counters::links(chosen, &mut trace, root);
        all.ops += chosen.ops.len();
        all.waits += chosen.stalls.len();
        all.flows += slices.n_flows();
        before += chosen.index.n_messages() as u64;
    }
    Perfetto { bytes: trace.into_bytes(), ..all }
}
