//! Distance of every PE from the memory controller that holds its slice.

use machine::{Machine, PeId, Traffic};
use serde::Serialize;

use crate::{Bench, BenchError};

/// A memory controller, and the PEs whose slices lie in it.
#[derive(Clone, Debug, Serialize)]
pub struct Controller {
    /// Its router, as `[x, y]`.
    pub at: [u32; 2],
    pub pes: u32,
    /// Links that a load crosses from it to the nearest of these PEs, and to the farthest.
    pub nearest: u32,
    pub farthest: u32,
    /// Of all of them together.
    pub hops: u64,
}

/// Memory controllers in the order of the machine; none where memory is beside the PEs. Hops are counted, not measured.
pub fn controllers(bench: &Bench) -> Result<Vec<Controller>, BenchError> {
    let machine = Machine::new(bench.spec())?;
    let (mesh, spec) = (machine.mesh(), machine.spec());
    let (Some(homes), Some(listed)) = (machine.homes(), &spec.hbm.controllers) else { return Ok(Vec::new()) };
    let mut hops = vec![Vec::new(); listed.at.len()];
    for pe in (0..mesh.n_pes()).map(PeId) {
        let way = mesh.hops(Traffic::Load, machine.hbm_slice(pe).router, pe);
        hops[homes.controller(pe) as usize].push(way);
    }
    let controller = |(&at, hops): (&[u32; 2], &Vec<u32>)| Controller {
        at,
        pes: hops.len() as u32,
        nearest: hops.iter().copied().min().unwrap_or(0),
        farthest: hops.iter().copied().max().unwrap_or(0),
        hops: hops.iter().map(|&hops| u64::from(hops)).sum(),
    };
    Ok(listed.at.iter().zip(&hops).map(controller).collect())
}
