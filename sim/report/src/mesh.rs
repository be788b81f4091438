//! The mesh: where ranks run, and how many bytes every link carried, in all and in equal pieces of the run.

use std::collections::{BTreeMap, BTreeSet};

use analysis::bounds::transfers::{Subject, Transfer};
use machine::{LinkClass, LinkId, Machine, Mesh, PeId, Rate, Traffic};
use oplog::OpLog;
use program::{OpIndex, Rank};
use serde::Serialize;

use crate::column::Column;

/// Pieces of the run in which the bytes of a link are counted.
const PIECES: usize = 256;

#[derive(Debug, Serialize)]
pub struct Map {
    width: u32,
    height: u32,
    /// PEs of a cube, and of a SIP, each as `[x, y]`.
    cube: [u32; 2],
    sip: [u32; 2],
    /// By rank: its PE, which is `y × width + x`.
    placement: Vec<u32>,
    /// Femtoseconds of a cycle of the network, and what a link of each class carries in one, as a fraction.
    cycle_fs: u64,
    rates: Vec<(&'static str, u64, u64)>,
    pieces: usize,
    /// Links that carried anything.
    links: Vec<Link>,
    /// Bytes of each piece of each of them.
    loads: Column,
    /// Bytes of all transfers that cross the network, each counted once however far it goes.
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct Link {
    from: u32,
    to: u32,
    class: usize,
    bytes: u64,
}

const CLASSES: [(LinkClass, &str); 3] =
    [(LinkClass::Pe, "PE"), (LinkClass::Cube, "cube"), (LinkClass::Sip, "SIP")];

impl Map {
    pub fn of(log: &OpLog) -> Map {
        let (machine, mesh) = (&log.machine, log.machine.mesh());
        let carried = Carried::of(log, mesh);
        let [cube, across] = [mesh.grid().pe, mesh.grid().cube];
        let mut map = Map {
            width: mesh.width(),
            height: mesh.height(),
            cube,
            sip: [cube[0] * across[0], cube[1] * across[1]],
            placement: log.placement.iter().map(|pe| pe.0).collect(),
            cycle_fs: machine.spec().clock.noc_fs.period.fs(),
            rates: CLASSES.iter().map(|&(class, name)| rate(machine, class, name)).collect(),
            pieces: PIECES,
            links: Vec::new(),
            loads: Column::default(),
            bytes: carried.bytes,
        };
        for (link, pieces) in &carried.links {
            pieces.iter().for_each(|&bytes| map.loads.put(bytes));
            map.links.push(named(&mesh, *link, pieces.iter().sum()));
        }
        map
    }
}

fn rate(machine: &Machine, class: LinkClass, name: &'static str) -> (&'static str, u64, u64) {
    let Rate { numerator, denominator } = machine.link(class).bytes_per_cycle;
    (name, numerator, denominator)
}

fn named(mesh: &Mesh, link: LinkId, bytes: u64) -> Link {
    let from = PeId(link.0 / 4);
    let to = mesh.target(link).unwrap_or(from);
    let class = CLASSES.iter().position(|(class, _)| *class == mesh.class(link));
    Link { from: from.0, to: to.0, class: class.expect("all classes are listed"), bytes }
}

/// What crossed the links. A transfer is taken to move evenly from its start to its end, and to be on all links of
/// its route at once: totals are exact, and a moment may be off by the latency of the route. A message that nobody
/// receives is left out, as in the bounds.
struct Carried<'a> {
    log: &'a OpLog,
    mesh: Mesh,
    makespan: u64,
    links: BTreeMap<LinkId, Vec<u64>>,
    routes: BTreeMap<(Traffic, PeId, PeId), Vec<LinkId>>,
    /// What the trees of a fabric have crossed: the members of a tree share a link.
    crossed: BTreeSet<(u32, LinkId)>,
    bytes: u64,
}

impl<'a> Carried<'a> {
    fn of(log: &'a OpLog, mesh: Mesh) -> Carried<'a> {
        let OpLog { program, machine, placement, layout, .. } = log;
        let makespan = log.makespan().fs().max(1);
        let (links, routes, crossed) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let mut carried = Carried { log, mesh, makespan, links, routes, crossed, bytes: 0 };
        let firsts = log.first_ops();
        Subject { program, machine, placement, layout }.for_each_transfer_of_op(|rank, op, transfer| {
            carried.add(&firsts, rank, op, &transfer);
        });
        carried
    }

    fn add(&mut self, firsts: &[usize], rank: Rank, op: OpIndex, transfer: &Transfer) {
        let Some(path) = transfer.path else { return };
        let op = firsts[rank.index()] + op.index();
        let entries = &self.log.entries;
        let arrived =
            transfer.message.and_then(|it| self.log.messages[it.ring.index()].get(it.number as usize));
        let (from, to) = (entries.start[op].fs(), arrived.map_or(entries.done[op], |it| it.filled).fs());
        let shares = spread(transfer.bytes, from, to.min(self.makespan), self.makespan);
        let (traffic, (from, to)) = (transfer.traffic, path);
        let way = self.routes.entry((traffic, from, to));
        let route = way.or_insert_with(|| self.mesh.route(traffic, from, to));
        let crossed = &mut self.crossed;
        let is_first = |link: &&LinkId| transfer.tree.is_none_or(|tree| crossed.insert((tree, **link)));
        for &link in route.iter().filter(is_first) {
            let pieces = self.links.entry(link).or_insert_with(|| vec![0; PIECES]);
            shares.iter().for_each(|&(piece, bytes)| pieces[piece] += bytes);
        }
        self.bytes += transfer.bytes;
    }
}

/// `bytes` that move evenly from `from` to `to`, by piece of the run. They add up to `bytes`.
fn spread(bytes: u64, from: u64, to: u64, makespan: u64) -> Vec<(usize, u64)> {
    let piece =
        |at: u64| (u128::from(at) * PIECES as u128 / u128::from(makespan)).min(PIECES as u128 - 1) as usize;
    let end = |piece: usize| (u128::from(makespan) * (piece as u128 + 1)).div_ceil(PIECES as u128) as u64;
    let mut moved = 0;
    let last = piece(to.max(from + 1) - 1);
    let share = |at: usize| {
        let by_then = end(at).clamp(from, to).saturating_sub(from);
        let all = if at == last || to <= from {
            bytes
        } else {
            (u128::from(bytes) * u128::from(by_then) / u128::from(to - from)) as u64
        };
        let share = all - moved;
        moved = all;
        (at, share)
    };
    (piece(from)..=last.max(piece(from))).map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_spread_evenly_and_none_is_lost() {
        for (bytes, from, to, expected) in [
            (100, 0, 256, vec![]),
            (10, 0, 2, vec![(0, 5), (1, 5)]),
            (10, 3, 3, vec![(3, 10)]),
            (7, 254, 256, vec![(254, 3), (255, 4)]),
            (7, 256, 256, vec![(255, 7)]),
        ] {
            let shares = spread(bytes, from, to, 256);
            assert_eq!(shares.iter().map(|(_, share)| share).sum::<u64>(), bytes, "{from}..{to}");
            assert!(expected.is_empty() || shares == expected, "{from}..{to}: {shares:?}");
        }
        assert_eq!(spread(12, 100, 400, 1000).iter().map(|(_, share)| share).sum::<u64>(), 12);
    }
}
