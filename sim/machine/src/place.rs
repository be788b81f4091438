//! Placement of ranks on PEs.

use serde::{Deserialize, Serialize};

use crate::id::PeId;
use crate::machine::{Machine, MachineError};
use crate::snake;

/// Meaning of a rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RankAxis {
    /// Rank = PE: ranks fill cube after cube along a snake, so that neighbours are adjacent.
    #[default]
    Pe,
    /// Rank = cube: rank r is PE 0 of cube r, with its own HBM slice. Cubes are numbered row by row, so
    /// the last cube of a row and the first of the next are ranks in sequence but not neighbours.
    Cube,
}

/// The PE of each rank, in rank order. A rank keeps its PE when more ranks are added.
///
/// # Errors
/// [`MachineError::TooManyRanks`] when the machine has fewer PEs, or cubes, than ranks.
pub fn place(machine: &Machine, n_ranks: u32, axis: RankAxis) -> Result<Vec<PeId>, MachineError> {
    let mesh = machine.mesh();
    let (room, name, repair) = match axis {
        RankAxis::Pe => (mesh.n_pes(), "pe", "use fewer ranks, or a machine with more PEs"),
        RankAxis::Cube => {
            (mesh.n_cubes(), "cube", "use fewer ranks, rank_axis = pe, or a machine with more cubes")
        }
    };
    if n_ranks > room {
        let machine = machine.spec().name.clone();
        return Err(MachineError::TooManyRanks { ranks: n_ranks, machine, axis: name, room, repair });
    }
    Ok(match axis {
        RankAxis::Pe => snake::order(&mesh).into_iter().take(n_ranks as usize).collect(),
        RankAxis::Cube => (0..n_ranks).map(|cube| mesh.first_pe_of_cube(cube)).collect(),
    })
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
