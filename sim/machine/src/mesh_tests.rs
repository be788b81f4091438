use super::*;
use crate::machine::Machine;

fn mesh(pe: [u32; 2], cube: [u32; 2], sip: [u32; 2], torus: bool) -> Mesh {
    let mut links = Machine::preset("sip").unwrap().spec().link;
    if torus {
        links.pe.topology = Topology::Torus;
        links.cube.topology = Topology::Torus;
        links.sip.topology = Topology::Torus;
    }
    Mesh::new(Grid { pe, cube, sip }, &links, None)
}

fn single(width: u32, height: u32, torus: bool) -> Mesh {
    mesh([width, height], [1, 1], [1, 1], torus)
}

/// The route as letters of the headings, after checking that it is one connected path.
fn path(mesh: &Mesh, from: u32, to: u32) -> String {
    path_of(mesh, Traffic::Message, from, to)
}

fn path_of(mesh: &Mesh, traffic: Traffic, from: u32, to: u32) -> String {
    let mut at = PeId(from);
    let mut letters = String::new();
    for link in mesh.route(traffic, PeId(from), PeId(to)) {
        assert_eq!(Mesh::source(link), at, "{link} leaves another router than {at}");
        at = mesh.target(link).unwrap_or_else(|| panic!("{link} leads nowhere"));
        letters.push(match Mesh::heading(link) {
            Heading::East => 'E',
            Heading::West => 'W',
            Heading::South => 'S',
            Heading::North => 'N',
        });
    }
    assert_eq!(at, PeId(to), "the route from pe{from} ends elsewhere");
    assert_eq!(
        mesh.hops(traffic, PeId(from), PeId(to)) as usize,
        letters.len(),
        "hops from pe{from} to pe{to}"
    );
    letters
}

#[test]
fn routes_go_along_x_and_then_along_y() {
    // PE numbers of a 4 × 3 grid:  0 1 2 3 / 4 5 6 7 / 8 9 10 11.
    let mesh = single(4, 3, false);
    for (from, to, route) in [(0, 0, ""), (0, 11, "EEESS"), (11, 0, "WWWNN"), (8, 2, "EENN"), (3, 4, "WWWS")]
    {
        assert_eq!(path(&mesh, from, to), route, "{from} to {to}");
    }
}

#[test]
fn a_torus_takes_the_shorter_way_and_the_positive_one_on_a_tie() {
    for (width, height, from, to, route) in [
        (1, 1, 0, 0, ""),
        (2, 1, 0, 1, "E"),
        (2, 1, 1, 0, "W"),
        (1, 2, 1, 0, "N"),
        (3, 1, 0, 2, "W"),
        (3, 1, 2, 0, "E"),
        (4, 1, 0, 2, "EE"),
        (4, 1, 2, 0, "EE"),
        (4, 1, 3, 1, "EE"),
        (5, 1, 0, 3, "WW"),
        (1, 4, 3, 0, "S"),
        (4, 4, 0, 15, "WN"),
        (4, 4, 15, 0, "ES"),
    ] {
        assert_eq!(path(&single(width, height, true), from, to), route, "{width}×{height}: {from} to {to}");
    }
}

#[test]
fn every_route_is_connected_and_as_long_as_its_hops() {
    for (width, height, torus) in [(5, 3, false), (5, 3, true), (2, 2, true), (4, 1, true), (1, 2, false)] {
        let mesh = single(width, height, torus);
        let n = mesh.n_pes();
        for (from, to) in (0..n).flat_map(|from| (0..n).map(move |to| (from, to))) {
            path(&mesh, from, to);
        }
    }
}

#[test]
fn links_that_exist_come_in_opposite_pairs() {
    // Directed links: 2 × (edges of the rows + edges of the columns).
    for (width, height, torus, links) in [
        (1, 1, true, 0),
        (2, 1, true, 2),
        (2, 1, false, 2),
        (3, 1, true, 6),
        (3, 1, false, 4),
        (4, 3, false, 2 * (3 * 3 + 4 * 2)),
        (4, 3, true, 2 * (4 * 3 + 4 * 3)),
    ] {
        let mesh = single(width, height, torus);
        let all = || (0..mesh.n_links() as u32).map(LinkId);
        let ends: Vec<_> = all().filter_map(|l| Some((PeId(l.0 / 4), mesh.target(l)?))).collect();
        assert_eq!(ends.len(), links, "{width}×{height} torus {torus}");
        for &(from, to) in &ends {
            let between = |a, b| ends.iter().filter(|&&ends| ends == (a, b)).count();
            assert_eq!((between(from, to), between(to, from)), (1, 1), "{from} and {to}");
        }
    }
}

#[test]
fn the_boundary_a_link_crosses_decides_its_class() {
    // (grid.pe, grid.cube, grid.sip, torus, route from, to, one letter a link: its class).
    for (pe, cube, sip, torus, from, to, classes) in [
        // One row of cubes of `sip` is 16 PEs wide, four a cube; a column is 8 high, two a cube.
        ([4, 2], [4, 4], [1, 1], false, 0, 15, "pppcpppcpppcppp"),
        ([4, 2], [4, 4], [1, 1], false, 15, 0, "pppcpppcpppcppp"),
        ([4, 2], [4, 4], [1, 1], false, 0, 112, "pcpcpcp"),
        ([4, 2], [4, 4], [1, 1], false, 112, 0, "pcpcpcp"),
        ([2, 1], [2, 1], [2, 1], false, 0, 7, "pcpspcp"),
        // A link that closes a ring belongs to the outermost level.
        ([2, 1], [2, 1], [2, 1], true, 0, 7, "s"),
        ([2, 1], [2, 1], [1, 1], true, 0, 3, "c"),
        ([2, 1], [2, 1], [1, 1], true, 3, 0, "c"),
        ([4, 1], [1, 1], [1, 1], true, 0, 3, "p"),
        ([2, 1], [1, 1], [1, 1], true, 1, 0, "p"),
        ([1, 1], [2, 1], [1, 1], true, 1, 0, "c"),
        ([1, 1], [1, 1], [1, 2], true, 1, 0, "s"),
        ([1, 1], [1, 3], [1, 1], true, 0, 2, "c"),
    ] {
        let mesh = mesh(pe, cube, sip, torus);
        let letter = |link| match mesh.class(link) {
            LinkClass::Pe => 'p',
            LinkClass::Cube => 'c',
            LinkClass::Sip => 's',
        };
        let found: String =
            mesh.route(Traffic::Message, PeId(from), PeId(to)).into_iter().map(letter).collect();
        assert_eq!(found, classes, "{pe:?} {cube:?} {sip:?} torus {torus}: {from} to {to}");
    }
}

#[test]
fn both_directions_of_a_link_have_one_class() {
    for mesh in [mesh([4, 2], [4, 4], [1, 1], false), mesh([3, 2], [2, 2], [2, 2], true)] {
        for link in (0..mesh.n_links() as u32).map(LinkId) {
            let Some(to) = mesh.target(link) else { continue };
            let back = mesh.route(Traffic::Message, to, Mesh::source(link));
            assert_eq!(back.len(), 1, "{link}");
            assert_eq!(mesh.class(link), mesh.class(back[0]), "{link} and {}", back[0]);
        }
    }
}

#[test]
fn cubes_are_numbered_row_by_row_over_the_whole_system() {
    let mesh = mesh([4, 2], [4, 4], [1, 1], false);
    assert_eq!((mesh.width(), mesh.height(), mesh.n_pes(), mesh.n_cubes()), (16, 8, 128, 16));
    for (pe, cube) in [(0, 0), (3, 0), (4, 1), (19, 0), (32, 4), (127, 15)] {
        assert_eq!(mesh.cube_of(PeId(pe)), cube, "pe{pe}");
    }
    for cube in 0..16 {
        assert_eq!(mesh.cube_of(mesh.first_pe_of_cube(cube)), cube);
    }
}

/// NoC 0 right then down, NoC 1 up then left, both closed: what Tenstorrent documents of Wormhole, in small.
fn opposite(width: u32, height: u32) -> Mesh {
    let networks = Networks::Opposite { loads: Noc::Noc0, stores: Noc::Noc1, messages: Noc::Noc0 };
    let mut links = Machine::preset("sip").unwrap().spec().link;
    links.pe.topology = Topology::Torus;
    Mesh::new(Grid { pe: [width, height], cube: [1, 1], sip: [1, 1] }, &links, Some(networks))
}

#[test]
fn opposite_networks_go_one_way_round_each() {
    // PE numbers of a 4 × 3 grid:  0 1 2 3 / 4 5 6 7 / 8 9 10 11.
    for (width, height, from, to, loads, stores) in [
        (4, 3, 0, 0, "", ""),
        (4, 3, 0, 5, "ES", "NNWWW"),
        (4, 3, 5, 0, "EEESS", "NW"),
        (4, 3, 0, 1, "E", "WWW"),
        (4, 3, 1, 0, "EEE", "W"),
        (4, 3, 0, 8, "SS", "N"),
        (4, 3, 3, 8, "ESS", "NWWW"),
        (2, 1, 0, 1, "E", "W"),
        (2, 1, 1, 0, "E", "W"),
        (1, 2, 1, 0, "S", "N"),
    ] {
        let mesh = opposite(width, height);
        let name = format!("{width}×{height}: {from} to {to}");
        assert_eq!(path_of(&mesh, Traffic::Load, from, to), loads, "{name}");
        assert_eq!(path_of(&mesh, Traffic::Message, from, to), loads, "{name}");
        assert_eq!(path_of(&mesh, Traffic::Store, from, to), stores, "{name}");
    }
}

/// There and back is all the way round, in each dimension in which the ends differ.
#[test]
fn opposite_networks_share_no_link_and_go_all_the_way_round() {
    let mesh = opposite(5, 3);
    let mut carriers = vec![None; mesh.n_links()];
    for (from, to) in (0..15).flat_map(|from| (0..15).map(move |to| (from, to))) {
        let (a, b) = (mesh.coord(PeId(from)), mesh.coord(PeId(to)));
        let round = u32::from(a.x != b.x) * 5 + u32::from(a.y != b.y) * 3;
        for traffic in Traffic::ALL {
            let there = path_of(&mesh, traffic, from, to).len() + path_of(&mesh, traffic, to, from).len();
            assert_eq!(there as u32, round, "{traffic:?} {from} {to}");
            for link in mesh.route(traffic, PeId(from), PeId(to)) {
                let carrier = carriers[link.index()].get_or_insert(mesh.carrier(traffic));
                assert_eq!(*carrier, mesh.carrier(traffic), "{link} belongs to both");
            }
        }
    }
    assert_eq!(carriers.iter().flatten().count(), mesh.n_links(), "every link of a torus belongs to one");
}
