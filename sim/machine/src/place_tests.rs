use std::collections::BTreeSet;

use super::*;
use crate::spec::Grid;

const NO_JUMPS: [u32; 0] = [];

fn machine(pe: [u32; 2], cube: [u32; 2], sip: [u32; 2]) -> Machine {
    let mut spec = Machine::preset("sip").unwrap().spec().clone();
    spec.grid = Grid { pe, cube, sip };
    Machine::new(spec).unwrap()
}

/// Places ranks on every PE, checks that each PE is used once and each cube is filled before the next,
/// and returns the hops between consecutive ranks that are not adjacent.
fn check(machine: &Machine) -> Vec<u32> {
    let mesh = machine.mesh();
    let pes = place(machine, mesh.n_pes(), RankAxis::Pe).unwrap();
    assert_eq!(pes.iter().collect::<BTreeSet<_>>().len(), mesh.n_pes() as usize);
    let mut cubes: Vec<u32> = pes.iter().map(|&pe| mesh.cube_of(pe)).collect();
    cubes.dedup();
    assert_eq!(cubes.len() as u32, mesh.n_cubes(), "cubes are filled one after the other: {cubes:?}");
    pes.windows(2).map(|pair| mesh.distance(pair[0], pair[1])).filter(|&hops| hops != 1).collect()
}

#[test]
fn consecutive_ranks_are_one_hop_apart_where_the_shape_allows() {
    assert_eq!(check(&Machine::preset("tiny").unwrap()), NO_JUMPS, "tiny");
    assert_eq!(check(&Machine::preset("sip").unwrap()), NO_JUMPS, "sip");
    for (pe, cube, sip) in [
        ([1, 1], [1, 1], [1, 1]),
        ([1, 1], [5, 3], [1, 1]),
        ([5, 1], [3, 1], [1, 1]),
        ([1, 4], [1, 3], [1, 2]),
        ([3, 3], [1, 1], [1, 1]),
        ([3, 3], [3, 3], [1, 1]),
        ([2, 4], [4, 4], [1, 1]),
        ([4, 2], [2, 2], [2, 2]),
        ([4, 2], [4, 4], [2, 1]),
    ] {
        assert_eq!(check(&machine(pe, cube, sip)), NO_JUMPS, "{pe:?} {cube:?} {sip:?}");
    }
}

#[test]
fn cubes_of_an_odd_width_may_jump_where_a_row_of_cubes_ends() {
    // A snake crosses an odd width on the diagonal, so after an even number of such cubes it leaves a row
    // on the side where it entered and the next row lies across the cube.
    assert_eq!(check(&machine([3, 3], [2, 3], [1, 1])), [3]);
    assert_eq!(check(&machine([3, 2], [4, 4], [1, 1])), [2, 2]);
}

#[test]
fn a_rank_keeps_its_pe_when_ranks_are_added() {
    let sip = Machine::preset("sip").unwrap();
    let all = place(&sip, 128, RankAxis::Pe).unwrap();
    for n in [0, 1, 7, 8, 64] {
        assert_eq!(place(&sip, n, RankAxis::Pe).unwrap(), all[..n as usize], "{n} ranks");
    }
}

#[test]
fn tiny_goes_round() {
    let pes = place(&Machine::preset("tiny").unwrap(), 4, RankAxis::Pe).unwrap();
    assert_eq!(pes, [PeId(0), PeId(1), PeId(3), PeId(2)]);
}

#[test]
fn a_rank_that_is_a_cube_is_its_first_pe() {
    let pes = place(&Machine::preset("sip").unwrap(), 6, RankAxis::Cube).unwrap();
    assert_eq!(pes, [0, 4, 8, 12, 32, 36].map(PeId));
}

#[test]
fn ranks_that_do_not_fit_are_refused_with_a_repair() {
    let sip = Machine::preset("sip").unwrap();
    for (n, axis, message) in [
        (
            129,
            RankAxis::Pe,
            "129 ranks do not fit machine `sip`: pe placement has room for 128; \
             use fewer ranks, or a machine with more PEs",
        ),
        (
            17,
            RankAxis::Cube,
            "17 ranks do not fit machine `sip`: cube placement has room for 16; \
             use fewer ranks, rank_axis = pe, or a machine with more cubes",
        ),
    ] {
        assert_eq!(place(&sip, n, axis).unwrap_err().to_string(), message);
    }
}
