//! One global grid of routers, one a PE. Routes are dimension-ordered: first along x, then along y, and on the second
//! of two opposite networks first along y, then along x.

use crate::id::{LinkId, PeId};
use crate::networks::{Networks, Noc, Traffic};
use crate::spec::{Grid, LinkSpecs, Topology};

/// A place on the global grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Coord {
    pub x: u32,
    pub y: u32,
}

/// The boundary a link crosses decides its class, and the class its width and latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkClass {
    Pe,
    Cube,
    Sip,
}

/// Directions in the order of the four links of a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    East,
    West,
    South,
    North,
}

#[derive(Clone, Copy, Debug)]
pub struct Mesh {
    grid: Grid,
    width: u32,
    height: u32,
    /// Whether the outermost ring of x links, and of y links, is closed.
    wraps: [bool; 2],
    networks: Option<Networks>,
}

impl Mesh {
    /// `links` says whether the outermost level is a torus.
    pub fn new(grid: Grid, links: &LinkSpecs, networks: Option<Networks>) -> Mesh {
        let extent = |axis: usize| grid.pe[axis] * grid.cube[axis] * grid.sip[axis];
        // A ring of two would need a second pair of links between the same routers. Opposite networks have it: each
        // of them closes a ring with the link that the other does not use.
        let least = if networks.is_some() { 2 } else { 3 };
        let wraps = |axis: usize| extent(axis) >= least && outermost(grid, links, axis).1 == Topology::Torus;
        Mesh { grid, width: extent(0), height: extent(1), wraps: [wraps(0), wraps(1)], networks }
    }

    pub const fn grid(&self) -> Grid {
        self.grid
    }
    pub const fn width(&self) -> u32 {
        self.width
    }
    pub const fn height(&self) -> u32 {
        self.height
    }
    pub const fn n_pes(&self) -> u32 {
        self.width * self.height
    }
    /// Of all networks together: each of two opposite ones has the links of its headings.
    pub const fn n_links(&self) -> usize {
        4 * self.n_pes() as usize
    }
    pub fn coord(&self, pe: PeId) -> Coord {
        Coord { x: pe.0 % self.width, y: pe.0 / self.width }
    }
    pub fn pe(&self, at: Coord) -> PeId {
        PeId(at.y * self.width + at.x)
    }
    /// The cube a PE belongs to, numbered row by row over the whole system.
    pub fn cube_of(&self, pe: PeId) -> u32 {
        let Coord { x, y } = self.coord(pe);
        let cubes_across = self.grid.cube[0] * self.grid.sip[0];
        (y / self.grid.pe[1]) * cubes_across + x / self.grid.pe[0]
    }
    pub fn n_cubes(&self) -> u32 {
        self.grid.cube[0] * self.grid.sip[0] * self.grid.cube[1] * self.grid.sip[1]
    }
    /// The PE in the north-west corner of a cube: PE 0 of that cube.
    pub fn first_pe_of_cube(&self, cube: u32) -> PeId {
        let across = self.grid.cube[0] * self.grid.sip[0];
        self.pe(Coord { x: (cube % across) * self.grid.pe[0], y: (cube / across) * self.grid.pe[1] })
    }

    /// The class of a link, by the boundary between its two ends. A link that closes a torus crosses every
    /// boundary of its axis, so it has the class of the outermost level.
    pub fn class(&self, link: LinkId) -> LinkClass {
        let from = self.coord(PeId(link.0 / 4));
        let (at, axis, extent) = match Self::heading(link) {
            Heading::East => (from.x, 0, self.width),
            Heading::West => ((from.x + self.width - 1) % self.width, 0, self.width),
            Heading::South => (from.y, 1, self.height),
            Heading::North => ((from.y + self.height - 1) % self.height, 1, self.height),
        };
        // The link joins `at` and `at + 1`; a wrap link joins the last and the first.
        let next = (at + 1) % extent;
        let cube = self.grid.pe[axis];
        let sip = cube * self.grid.cube[axis];
        if at / sip != next / sip {
            LinkClass::Sip
        } else if at / cube != next / cube {
            LinkClass::Cube
        } else {
            LinkClass::Pe
        }
    }

    /// The PE whose router a link leads to; `None` where the mesh ends.
    pub fn target(&self, link: LinkId) -> Option<PeId> {
        let mut at = self.coord(PeId(link.0 / 4));
        let (along, extent, wraps, positive) = match Self::heading(link) {
            Heading::East => (&mut at.x, self.width, self.wraps[0], true),
            Heading::West => (&mut at.x, self.width, self.wraps[0], false),
            Heading::South => (&mut at.y, self.height, self.wraps[1], true),
            Heading::North => (&mut at.y, self.height, self.wraps[1], false),
        };
        let next = step(*along, extent, positive);
        let over_the_edge = if positive { next <= *along } else { next >= *along };
        if over_the_edge && !wraps {
            return None;
        }
        *along = next;
        Some(self.pe(at))
    }

    pub fn heading(link: LinkId) -> Heading {
        match link.0 % 4 {
            0 => Heading::East,
            1 => Heading::West,
            2 => Heading::South,
            _ => Heading::North,
        }
    }

    /// The network that carries it: where there is one, that.
    pub fn carrier(&self, traffic: Traffic) -> Noc {
        self.networks.map(|networks| networks.carrier(traffic)).unwrap_or_default()
    }
    pub const fn nocs(&self) -> &'static [Noc] {
        if self.networks.is_some() { &Noc::ALL } else { &[Noc::Noc0] }
    }

    /// The links of the route, in order; empty when both ends are the same PE. On a torus the shorter
    /// way round is taken, and the positive one when both are equally long. Of two opposite networks each has only
    /// one way round.
    pub fn route(&self, traffic: Traffic, from: PeId, to: PeId) -> Vec<LinkId> {
        let (mut at, goal) = (self.coord(from), self.coord(to));
        let mut links = Vec::new();
        for axis in self.axes(traffic) {
            match axis {
                Axis::X => {
                    let (count, positive) = self.steps(traffic, axis, at.x, goal.x);
                    for _ in 0..count {
                        links.push(self.link(at, if positive { Heading::East } else { Heading::West }));
                        at.x = step(at.x, self.width, positive);
                    }
                }
                Axis::Y => {
                    let (count, positive) = self.steps(traffic, axis, at.y, goal.y);
                    for _ in 0..count {
                        links.push(self.link(at, if positive { Heading::South } else { Heading::North }));
                        at.y = step(at.y, self.height, positive);
                    }
                }
            }
        }
        links
    }

    /// How many links a route has.
    pub fn hops(&self, traffic: Traffic, from: PeId, to: PeId) -> u32 {
        let (a, b) = (self.coord(from), self.coord(to));
        self.steps(traffic, Axis::X, a.x, b.x).0 + self.steps(traffic, Axis::Y, a.y, b.y).0
    }

    /// The fewest links between two routers, either way round, whatever route a network takes: how near they are.
    pub fn distance(&self, a: PeId, b: PeId) -> u32 {
        let (a, b) = (self.coord(a), self.coord(b));
        shorter(a.x, b.x, self.width, self.wraps[0]).0 + shorter(a.y, b.y, self.height, self.wraps[1]).0
    }

    fn axes(&self, traffic: Traffic) -> [Axis; 2] {
        match self.carrier(traffic) {
            Noc::Noc0 => [Axis::X, Axis::Y],
            Noc::Noc1 => [Axis::Y, Axis::X],
        }
    }

    /// How many steps a route takes along an axis, and whether they go the positive way.
    fn steps(&self, traffic: Traffic, axis: Axis, from: u32, to: u32) -> (u32, bool) {
        let (extent, wraps) = match axis {
            Axis::X => (self.width, self.wraps[0]),
            Axis::Y => (self.height, self.wraps[1]),
        };
        if self.networks.is_none() {
            return shorter(from, to, extent, wraps);
        }
        let forward = (to + extent - from) % extent;
        match self.carrier(traffic) {
            Noc::Noc0 => (forward, true),
            Noc::Noc1 => ((extent - forward) % extent, false),
        }
    }

    /// The PE whose router a link leaves.
    pub const fn source(link: LinkId) -> PeId {
        PeId(link.0 / 4)
    }

    fn link(&self, at: Coord, heading: Heading) -> LinkId {
        LinkId(self.pe(at).0 * 4 + heading as u32)
    }
}

#[derive(Clone, Copy, Debug)]
enum Axis {
    X,
    Y,
}

/// How many steps lead from one position on an axis to another by the shorter way, and whether they go the positive
/// way.
fn shorter(from: u32, to: u32, extent: u32, wraps: bool) -> (u32, bool) {
    if !wraps {
        return (from.abs_diff(to), to >= from);
    }
    let forward = (to + extent - from) % extent;
    let backward = (extent - forward) % extent;
    (forward.min(backward), forward <= backward)
}

fn step(at: u32, extent: u32, positive: bool) -> u32 {
    if positive { (at + 1) % extent } else { (at + extent - 1) % extent }
}

/// The outermost level that has more than one member along `axis`, and its topology.
pub(crate) fn outermost(grid: Grid, links: &LinkSpecs, axis: usize) -> (LinkClass, Topology) {
    if grid.sip[axis] > 1 {
        (LinkClass::Sip, links.sip.topology)
    } else if grid.cube[axis] > 1 {
        (LinkClass::Cube, links.cube.topology)
    } else {
        (LinkClass::Pe, links.pe.topology)
    }
}

#[cfg(test)]
#[path = "mesh_tests.rs"]
mod tests;
