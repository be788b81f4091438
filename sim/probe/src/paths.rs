//! Paths of a machine, and one transfer on each.

use machine::{Machine, MachineSpec, Noc, Traffic};

use crate::probe::LOG2_SIZES;
use crate::{Bench, BenchError, message, moved, pe_cycles, places};

/// A path from the PE in the north-west corner: an op, and the memory that it touches.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    pub op: &'static str,
    pub to: &'static str,
    /// Links that the bytes cross.
    pub hops: u32,
    /// Whose links, where a machine has two networks.
    pub network: Option<Noc>,
    /// The ranks of both ends.
    ends: (u32, u32),
}

/// Loads and stores to every place, and sends to every place but the PE itself.
pub fn paths(bench: &Bench) -> Result<Vec<Path>, BenchError> {
    let places = places(&bench.spec())?;
    let machine = Machine::new(bench.spec())?;
    let mesh = machine.mesh();
    let corner = &places[0];
    let mut paths = Vec::new();
    for (op, traffic) in [("load", Traffic::Load), ("store", Traffic::Store), ("send", Traffic::Message)] {
        let own = usize::from(op == "send");
        paths.extend(places[own..].iter().map(|place| {
            let pe = mesh.pe(place.at);
            let far = if op == "send" { pe } else { machine.hbm_slice(pe).router };
            let near = mesh.pe(corner.at);
            let (from, to) = if op == "load" { (far, near) } else { (near, far) };
            let crosses = from != to && mesh.nocs().len() > 1;
            let network = crosses.then(|| mesh.carrier(traffic));
            let hops = mesh.hops(traffic, from, to);
            Path { op, to: place.name, hops, network, ends: (corner.rank, place.rank) }
        }));
    }
    Ok(paths)
}

impl Path {
    /// Duration of one transfer: an op from its start to its end, a message until it has filled its slot.
    pub fn cycles(&self, bench: &Bench, spec: &MachineSpec, bytes: u32) -> Result<f64, BenchError> {
        let took = match self.op {
            "send" => message(bench, spec, self.ends, bytes)?.filled,
            op => moved(bench, spec, op, self.ends, bytes)?,
        };
        Ok(pe_cycles(spec, took))
    }

    /// Bytes per cycle of the second half of the largest transfer, which excludes the fixed costs of a transfer.
    pub fn rate(&self, bench: &Bench, spec: &MachineSpec) -> Result<f64, BenchError> {
        let all = 1 << LOG2_SIZES.end();
        let half = all / 2;
        let took = self.cycles(bench, spec, all)? - self.cycles(bench, spec, half)?;
        Ok(f64::from(all - half) / took)
    }

    /// Time from the release of a message to the return of its credit.
    pub fn credit(&self, bench: &Bench) -> Result<f64, BenchError> {
        let spec = bench.spec();
        Ok(pe_cycles(&spec, message(bench, &spec, self.ends, 1 << LOG2_SIZES.start())?.credit))
    }
}
