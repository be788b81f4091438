//! An order of all PEs in which each is, as far as the shape allows, next to the one before it.
//!
//! Cubes are taken in boustrophedon order: the first row of cubes eastwards, the next westwards. Inside
//! a cube the PEs follow one of eight snakes: row by row or column by column, from one of four corners.
//! Of all choices the one with the fewest hops between cubes is taken.

use crate::id::PeId;
use crate::mesh::{Coord, Mesh};

const SNAKES: usize = 8;
/// Snakes from the west when even, from the east when odd; bits 1 and 2 likewise.
const FROM_EAST: usize = 1;
const FROM_SOUTH: usize = 2;
const BY_COLUMN: usize = 4;

/// Every PE of the mesh once. The order does not depend on how many of them are used.
pub(crate) fn order(mesh: &Mesh) -> Vec<PeId> {
    let cubes = cube_order(mesh);
    let snakes = choose(mesh, &cubes);
    let [width, height] = mesh.grid().pe;
    cubes
        .iter()
        .zip(snakes)
        .flat_map(|(&cube, snake)| (0..width * height).map(move |i| pe_at(mesh, cube, snake, i)))
        .collect()
}

fn cube_order(mesh: &Mesh) -> Vec<u32> {
    let across = mesh.grid().cube[0] * mesh.grid().sip[0];
    (0..mesh.n_cubes())
        .map(|i| {
            let (row, along) = (i / across, i % across);
            row * across + if row % 2 == 0 { along } else { across - 1 - along }
        })
        .collect()
}

/// The snake of each cube. Works backwards from the last cube, so that a turn is prepared for where the
/// row begins; ties go to the snake with the lower number.
fn choose(mesh: &Mesh, cubes: &[u32]) -> Vec<usize> {
    let jump = |i: usize, from: usize, to: usize| {
        u64::from(mesh.distance(last(mesh, cubes[i], from), pe_at(mesh, cubes[i + 1], to, 0)))
    };
    // The fewest hops between cubes from cube i on, by the snake of cube i.
    let mut ahead = vec![[0u64; SNAKES]; cubes.len()];
    for i in (0..cubes.len() - 1).rev() {
        let next = ahead[i + 1];
        ahead[i] = std::array::from_fn(|from| least(|to| jump(i, from, to) + next[to]).1);
    }
    let mut chosen = vec![least(|snake| ahead[0][snake]).0];
    for i in 0..cubes.len() - 1 {
        chosen.push(least(|to| jump(i, chosen[i], to) + ahead[i + 1][to]).0);
    }
    chosen
}

/// The snake of least cost, and that cost.
fn least(cost: impl Fn(usize) -> u64) -> (usize, u64) {
    let (cost, snake) = (0..SNAKES).map(|snake| (cost(snake), snake)).min().expect("there are eight snakes");
    (snake, cost)
}

fn last(mesh: &Mesh, cube: u32, snake: usize) -> PeId {
    let [width, height] = mesh.grid().pe;
    pe_at(mesh, cube, snake, width * height - 1)
}

/// The `i`-th PE of a cube along a snake.
fn pe_at(mesh: &Mesh, cube: u32, snake: usize, i: u32) -> PeId {
    let [width, height] = mesh.grid().pe;
    let zigzag = |length: u32| {
        let (line, along) = (i / length, i % length);
        (line, if line % 2 == 0 { along } else { length - 1 - along })
    };
    let (x, y) = if snake & BY_COLUMN == 0 {
        let (y, x) = zigzag(width);
        (x, y)
    } else {
        zigzag(height)
    };
    let corner = mesh.coord(mesh.first_pe_of_cube(cube));
    mesh.pe(Coord {
        x: corner.x + if snake & FROM_EAST == 0 { x } else { width - 1 - x },
        y: corner.y + if snake & FROM_SOUTH == 0 { y } else { height - 1 - y },
    })
}
