//! Counters: what is live in every TCM, how full the rings are, and what is on its way over every link.

use std::collections::{BTreeMap, BTreeSet};

use analysis::bounds::Subject;
use machine::{Heading, LinkId, Mesh, SimTime};
use program::program::Flow;
use program::{Message, Rank, RingId};

use super::trace::{Trace, TrackId, Unit};
use crate::chosen::Chosen;
use crate::window::Window;

/// By how much something changes, and when; in any order.
type Changes = Vec<(SimTime, i64)>;

/// The levels that changes lead to from `before`: one for each time at which something changes, from the level at the
/// opening of the window on.
fn levels(mut changes: Changes, before: i64, window: &Window) -> Vec<(SimTime, i64)> {
    changes.sort_by_key(|&(at, _)| at);
    let mut levels = vec![(window.from, before)];
    let mut level = before;
    for (at, change) in changes.into_iter().filter(|&(at, _)| at < window.to) {
        level += change;
        let at = at.max(window.from);
        match levels.last_mut() {
            Some(last) if last.0 == at => last.1 = level,
            Some(_) | None => levels.push((at, level)),
        }
    }
    levels
}

fn add(trace: &mut Trace, window: &Window, track: TrackId, before: i64, changes: Changes) {
    for (at, level) in levels(changes, before, window) {
        trace.count(track, at, level);
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Bytes live in the TCM and in the HBM of a rank, as [`analysis::memory`] counts them: buffers that the author laid
/// over each other count one by one.
pub fn memory(chosen: &Chosen<'_>, trace: &mut Trace, rank: Rank, parent: TrackId) -> usize {
    let mut counters = 0;
    for (memory, scale) in chosen.memories_of(rank) {
        let unit = Unit { name: "bytes", scale };
        let track = trace.counter(parent, &format!("rank {} {scale} live", rank.0), &unit);
        let (mut changes, mut before) = (Changes::new(), 0);
        for (at, level) in memory.levels() {
            let level = signed(level);
            changes.push((at, level - before));
            before = level;
        }
        add(trace, chosen.window, track, 0, changes);
        counters += 1;
    }
    counters
}

/// For every ring the slots that are filled, and the credits that its producer has.
pub fn rings(chosen: &Chosen<'_>, trace: &mut Trace, root: TrackId) -> usize {
    let (log, window) = (chosen.log, chosen.window);
    let rings = log.program.rings.iter().enumerate();
    let rings = rings.filter(|(n, ring)| {
        !log.messages[*n].is_empty() && (window.has_rank(ring.producer) || window.has_rank(ring.consumer))
    });
    let (mut parent, mut counters) = (None, 0);
    for (n, ring) in rings {
        let parent = *parent.get_or_insert_with(|| trace.track(Some(root), "rings"));
        let (mut filled, mut credits) = (Changes::new(), Changes::new());
        for (times, number) in log.messages[n].iter().zip(0..) {
            let ends = chosen.index.ops(Message { ring: RingId(n as u32), number });
            filled.push((times.filled, 1));
            filled.extend(ends.releaser.map(|op| (log.entries.done[op as usize], -1)));
            credits.extend(ends.sender.map(|op| (log.entries.start[op as usize], -1)));
            credits.extend(times.credit.map(|at| (at, 1)));
        }
        let name = format!("ring{n} rank {} to rank {}", ring.producer.0, ring.consumer.0);
        let unit = Unit { name: "slots", scale: "slots" };
        let track = trace.counter(parent, &format!("{name} filled"), &unit);
        add(trace, window, track, 0, filled);
        counters += 1;
        if ring.flow == Flow::Credit {
            let track = trace.counter(parent, &format!("{name} credits"), &unit);
            add(trace, window, track, ring.n_slots.into(), credits);
            counters += 1;
        }
    }
    counters
}

/// For every link that carries something, the bytes of the transfers of all ranks whose route has it, from the start
/// of the transfer to its end. The log does not say when which packet passed which link, so this errs high: bytes
/// that are before or past the link count too.
pub fn links(chosen: &Chosen<'_>, trace: &mut Trace, root: TrackId) -> usize {
    let log = chosen.log;
    let mesh = log.machine.mesh();
    let mut changes: BTreeMap<LinkId, Changes> = BTreeMap::new();
    let (mut routes, mut crossed, firsts) = (BTreeMap::new(), BTreeSet::new(), log.first_ops());
    subject(chosen).for_each_transfer_of_op(|rank, index, transfer| {
        let Some((from, to)) = transfer.path else { return };
        let (bytes, global) = (signed(transfer.bytes), firsts[rank.index()] + index.index());
        let arrived = transfer.message.map(|it| log.messages[it.ring.index()][it.number as usize].filled);
        let (begin, end) = (log.entries.start[global], arrived.unwrap_or(log.entries.done[global]));
        let route = routes.entry((transfer.traffic, from, to));
        for &link in route.or_insert_with(|| mesh.route(transfer.traffic, from, to)).iter() {
            // The members of a tree of a fabric share a link.
            if transfer.tree.is_none_or(|tree| crossed.insert((tree, link))) {
                changes.entry(link).or_default().extend([(begin, bytes), (end, -bytes)]);
            }
        }
    });
    let parent = (!changes.is_empty()).then(|| trace.track(Some(root), "links"));
    let counters = changes.len();
    for (link, changes) in changes {
        let Some(parent) = parent else { break };
        let unit = Unit { name: "bytes", scale: "links" };
        let track = trace.counter(parent, &link_name(&mesh, link), &unit);
        add(trace, chosen.window, track, 0, changes);
    }
    counters
}

fn subject<'a>(chosen: &Chosen<'a>) -> Subject<'a> {
    let log = chosen.log;
    Subject { program: &log.program, machine: &log.machine, placement: &log.placement, layout: &log.layout }
}

/// `pe3 east to pe4`.
fn link_name(mesh: &Mesh, link: LinkId) -> String {
    let heading = match Mesh::heading(link) {
        Heading::East => "east",
        Heading::West => "west",
        Heading::South => "south",
        Heading::North => "north",
    };
    let to = mesh.target(link).map_or_else(String::new, |to| format!(" to {to}"));
    format!("pe{} {heading}{to}", link.0 / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_begin_as_the_window_opens_and_say_each_time_once() {
        let at = SimTime::from_fs;
        let changes = || vec![(at(9), -2), (at(1), 3), (at(5), 1), (at(5), -1), (at(7), 4)];
        let window = |from, to| Window { from: at(from), to: at(to), ranks: None };
        let all = [(0, 10), (1, 13), (5, 13), (7, 17), (9, 15)];
        let part = [(5, 13), (7, 17)];
        for (window, expected) in
            [(window(0, 99), &all[..]), (window(5, 9), &part), (window(6, 7), &[(6, 13)])]
        {
            let found: Vec<(u64, i64)> =
                levels(changes(), 10, &window).into_iter().map(|(at, level)| (at.fs(), level)).collect();
            assert_eq!(found, expected, "{window:?}");
        }
    }
}
