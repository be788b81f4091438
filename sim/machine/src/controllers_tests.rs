use super::*;
use crate::machine::Machine;

fn machine(keys: &str) -> Machine {
    let text = format!("base = \"tiny\"\n{keys}");
    Machine::from_toml(&text, "controllers.toml").unwrap_or_else(|e| panic!("{e}"))
}

/// Of each PE, row by row: its controller.
fn homes(machine: &Machine) -> Vec<u32> {
    let homes = machine.homes().expect("controllers");
    (0..machine.mesh().n_pes()).map(|pe| homes.controller(PeId(pe))).collect()
}

fn hbm(at: &str) -> String {
    format!("placement = \"controllers\"\n[hbm.controllers]\nat = {at}\nchannels = 2\nbytes = 1073741824\n")
}

#[test]
fn a_slice_lies_in_the_nearest_controller_and_in_the_first_of_equally_near_ones() {
    for (width, height, at, expected) in [
        (4, 1, "[[0, 0]]", vec![0, 0, 0, 0]),
        (4, 1, "[[0, 0], [3, 0]]", vec![0, 0, 1, 1]),
        // The one in the middle is as near to both ends.
        (5, 1, "[[0, 0], [4, 0]]", vec![0, 0, 0, 1, 1]),
        (5, 1, "[[4, 0], [0, 0]]", vec![1, 1, 0, 0, 0]),
        // West and south edges, as SoftHier has them: the nearer edge wins, and on a tie the west, listed first.
        (3, 3, "[[0, 0], [0, 1], [0, 2], [1, 2], [2, 2]]", vec![0, 0, 0, 1, 1, 4, 2, 3, 4]),
    ] {
        let machine = machine(&format!("[grid]\npe = [{width}, {height}]\n[hbm]\n{}", hbm(at)));
        assert_eq!(homes(&machine), expected, "{width}×{height}: {at}");
    }
}

/// Over a network that goes east alone, the data of the controller to the east goes all the way round.
#[test]
fn near_is_what_a_load_crosses() {
    let opposite = |loads: &str| {
        machine(&format!(
            "[grid]\npe = [4, 1]\n[link.pe]\ntopology = \"torus\"\n[noc.networks]\nmodel = \"opposite\"\n\
             loads = \"{loads}\"\nstores = \"noc0\"\nmessages = \"noc0\"\n[hbm]\n{}",
            hbm("[[0, 0], [3, 0]]")
        ))
    };
    assert_eq!(homes(&opposite("noc0")), [0, 0, 0, 1]);
    assert_eq!(homes(&opposite("noc1")), [0, 1, 1, 1]);
}

#[test]
fn slices_of_a_controller_lie_one_after_another_in_its_channels() {
    let machine =
        machine(&format!("[grid]\npe = [4, 1]\n[hbm]\nbytes_per_pe = 64\n{}", hbm("[[0, 0], [3, 0]]")));
    let slices: Vec<_> = (0..4)
        .map(|pe| machine.hbm_slice(PeId(pe)))
        .map(|slice| (slice.router.0, slice.first_channel, slice.channels, slice.offset))
        .collect();
    assert_eq!(slices, [(0, 0, 2, 0), (0, 0, 2, 64), (3, 2, 2, 0), (3, 2, 2, 64)]);
}

/// The twelve channels of Wormhole, each at the tile that Tenstorrent's soc descriptor prefers for workers: every tile
/// has a channel whose data crosses fewer links than all the way round, and every channel has its own tile.
#[test]
fn wormholes_channels_are_all_named_by_their_own_tile() {
    let tiles =
        [[0, 11], [0, 1], [0, 5], [0, 7], [5, 1], [5, 11], [5, 2], [5, 9], [5, 8], [5, 3], [5, 5], [5, 7]];
    let machine = machine(&format!(
        "[grid]\npe = [10, 12]\n[link.pe]\ntopology = \"torus\"\n[noc.networks]\nmodel = \"opposite\"\n\
         loads = \"noc0\"\nstores = \"noc1\"\nmessages = \"noc0\"\n[hbm]\nbytes_per_pe = 16777216\n{}",
        hbm(&format!("{tiles:?}"))
    ));
    let (mesh, homes) = (machine.mesh(), machine.homes().expect("controllers"));
    for (number, &[x, y]) in tiles.iter().enumerate() {
        assert_eq!(homes.controller(mesh.pe(Coord { x, y })), number as u32, "[{x}, {y}]");
    }
    assert_eq!(homes.counts().iter().sum::<u32>(), 120);
    for pe in (0..120).map(PeId) {
        let hops = mesh.hops(Traffic::Load, machine.hbm_slice(pe).router, pe);
        assert!(hops <= 4 + 1 + 3, "{pe}: {hops} hops");
    }
}
