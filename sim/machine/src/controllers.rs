//! Location of the HBM slice of a PE: its router and its channels.

use serde::{Deserialize, Serialize};

use crate::id::PeId;
use crate::mesh::{Coord, Mesh};
use crate::networks::Traffic;
use crate::quantity::Bytes;
use crate::spec::{HbmPlacement, MachineSpec};

/// Memory controllers at routers of the mesh. A slice lies in the controller that is nearest to its PE, by the links
/// that a load crosses from controller to PE; of equally near ones, in the one that is listed first. So the slice of
/// the PE at a controller's own router lies in that controller, and names it in a program. The slices of a controller
/// lie one after another in the order of their PEs, striped over all its channels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ControllersSpec {
    /// As `[x, y]` on the grid of all PEs.
    pub at: Vec<[u32; 2]>,
    /// Channels of each.
    pub channels: u32,
    /// Capacity of each.
    pub bytes: Bytes,
}

/// The slice of one PE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HbmSlice {
    /// The PE at whose router it is reached.
    pub router: PeId,
    /// The channels over which it is striped, numbered over the whole machine. Others may share them.
    pub first_channel: u32,
    pub channels: u32,
    /// Where it begins in what lies in these channels.
    pub offset: u64,
}

/// The controller of every PE.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Homes {
    /// By PE: the number of its controller, and how many PEs before it have the same.
    of_pe: Vec<(u32, u32)>,
    /// By controller.
    counts: Vec<u32>,
}

impl Homes {
    pub(crate) fn of(controllers: &ControllersSpec, mesh: &Mesh) -> Homes {
        let routers: Vec<PeId> = controllers.at.iter().map(|&[x, y]| mesh.pe(Coord { x, y })).collect();
        let mut homes = Homes { of_pe: Vec::new(), counts: vec![0; routers.len()] };
        for pe in (0..mesh.n_pes()).map(PeId) {
            let hops = |&(_, &router): &(usize, &PeId)| mesh.hops(Traffic::Load, router, pe);
            let nearest = routers.iter().enumerate().min_by_key(hops);
            let (nearest, _) = nearest.expect("a checked machine has a controller");
            homes.of_pe.push((nearest as u32, homes.counts[nearest]));
            homes.counts[nearest] += 1;
        }
        homes
    }

    /// How many slices each controller has.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }
    pub fn controller(&self, pe: PeId) -> u32 {
        self.of_pe[pe.index()].0
    }
}

/// The slice of a PE, by the placement of the machine.
pub(crate) fn slice(spec: &MachineSpec, mesh: &Mesh, homes: Option<&Homes>, pe: PeId) -> HbmSlice {
    let hbm = &spec.hbm;
    let each = hbm.channels_per_pe;
    match (hbm.placement, &hbm.controllers, homes) {
        (HbmPlacement::Controllers, Some(controllers), Some(homes)) => {
            let (controller, before) = homes.of_pe[pe.index()];
            let [x, y] = controllers.at[controller as usize];
            HbmSlice {
                router: mesh.pe(Coord { x, y }),
                first_channel: controller * controllers.channels,
                channels: controllers.channels,
                offset: u64::from(before) * hbm.bytes_per_pe.0,
            }
        }
        (HbmPlacement::Striped, _, _) => {
            let (grid, at) = (spec.grid.pe, mesh.coord(pe));
            let in_cube = u64::from(at.y % grid[1]) * u64::from(grid[0]) + u64::from(at.x % grid[0]);
            let channels = grid[0] * grid[1] * each;
            HbmSlice {
                router: pe,
                first_channel: mesh.cube_of(pe) * channels,
                channels,
                offset: in_cube * hbm.bytes_per_pe.0,
            }
        }
        (HbmPlacement::PerPe | HbmPlacement::Controllers, _, _) => {
            HbmSlice { router: pe, first_channel: pe.0 * each, channels: each, offset: 0 }
        }
    }
}

#[cfg(test)]
#[path = "controllers_tests.rs"]
mod tests;
