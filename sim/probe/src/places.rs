//! Destinations of transfers from the first PE of a machine: one for each boundary that a transfer may cross.

use machine::{Coord, Machine, MachineSpec, RankAxis, place};

use crate::BenchError;

/// PEs among which ranks are looked for. On a larger machine a place beyond them is left out.
pub const PES: u32 = 1 << 13;

/// A PE, named as seen from the one in the north-west corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub name: &'static str,
    pub at: Coord,
    pub rank: u32,
}

/// The places that a machine has, the nearest first; the first is the PE itself, wherever its rank is. None is farther than half way
/// round a torus, so no route takes a link that closes one.
///
/// # Errors
/// [`BenchError::Machine`] when the spec is no machine.
pub fn places(spec: &MachineSpec) -> Result<Vec<Place>, BenchError> {
    let machine = Machine::new(spec.clone())?;
    let (grid, mesh) = (spec.grid, machine.mesh());
    let sip = [grid.pe[0] * grid.cube[0], grid.pe[1] * grid.cube[1]];
    let ranks = place(&machine, mesh.n_pes().min(PES), RankAxis::Pe)?;
    let half = [grid.pe[0] / 2, grid.pe[1] / 2];
    let far = (half[0] + half[1] > 1).then_some(half);
    let named = [
        ("itself", Some([0, 0])),
        ("a neighbour", next(grid.pe, [1, 1])),
        ("across the cube", far),
        ("the next cube", next(grid.cube, grid.pe)),
        ("the next SIP", next(grid.sip, sip)),
    ];
    let place_of = |(name, at): (&'static str, Option<[u32; 2]>)| {
        let [x, y] = at?;
        let at = Coord { x, y };
        let rank = ranks.iter().position(|&pe| pe == mesh.pe(at))?;
        Some(Place { name, at, rank: rank as u32 })
    };
    Ok(named.into_iter().filter_map(place_of).collect())
}

/// The first place of the next member of a level, to the east if there is one, else to the south.
fn next(members: [u32; 2], extent: [u32; 2]) -> Option<[u32; 2]> {
    let [across, down] = members;
    if across > 1 { Some([extent[0], 0]) } else { (down > 1).then_some([0, extent[1]]) }
}
