//! Tracks of the ranks, in the order of the mesh: SIPs row by row, in each its cubes, in each its PEs.

use machine::{Coord, PeId};
use program::Rank;

use super::trace::{Trace, TrackId};
use crate::chosen::Chosen;

/// Where a rank stands: SIP, cube and PE as `(y, x)`, so that they sort row by row.
type Place = [(u32, u32); 3];

/// The ranks of a window with a track for each, below those of its cube and its SIP.
pub fn tracks(chosen: &Chosen<'_>, trace: &mut Trace, root: TrackId) -> Vec<(Rank, TrackId)> {
    let log = chosen.log;
    let ranks = (0..log.program.n_ranks()).map(Rank).filter(|&rank| chosen.window.has_rank(rank));
    let mut placed: Vec<(Place, Rank)> =
        ranks.map(|rank| (place(chosen, log.placement[rank.index()]), rank)).collect();
    placed.sort_unstable();
    let mut tracks = Vec::new();
    let (mut sip, mut cube) = (None, None);
    for (place, rank) in placed {
        let [its_sip, its_cube, _] = place;
        let sip_track = match sip {
            Some((same, track)) if same == its_sip => track,
            Some(_) | None => {
                let track = trace.track(Some(root), &format!("SIP {}", sip_number(chosen, its_sip)));
                (sip, cube) = (Some((its_sip, track)), None);
                track
            }
        };
        let pe = log.placement[rank.index()];
        let cube_track = match cube {
            Some((same, track)) if same == its_cube => track,
            Some(_) | None => {
                let number = log.machine.mesh().cube_of(pe);
                let track = trace.track(Some(sip_track), &format!("cube {number}"));
                cube = Some((its_cube, track));
                track
            }
        };
        let Coord { x, y } = log.machine.mesh().coord(pe);
        tracks.push((rank, trace.track(Some(cube_track), &format!("rank {} on {pe} ({x}, {y})", rank.0))));
    }
    tracks
}

fn place(chosen: &Chosen<'_>, pe: PeId) -> Place {
    let mesh = chosen.log.machine.mesh();
    let (grid, Coord { x, y }) = (mesh.grid(), mesh.coord(pe));
    let cube = (y / grid.pe[1], x / grid.pe[0]);
    [(cube.0 / grid.cube[1], cube.1 / grid.cube[0]), cube, (y, x)]
}

/// SIPs are numbered row by row.
fn sip_number(chosen: &Chosen<'_>, (y, x): (u32, u32)) -> u32 {
    y * chosen.log.machine.mesh().grid().sip[0] + x
}
