//! Histories: every write appends a version to the history of the bytes it wrote, in time order. A slot is a
//! range of bytes of its memory, so one structure serves slots and memories alike.

use std::collections::BTreeMap;

use machine::{SimTime, Span};
use oplog::OpLog;
use program::{DType, Dims, RingId, Space};

use crate::threads::side_by_side;
use crate::version::{Version, VersionId, Versions, Writer};

/// A run of bytes read, and the version it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// Address of the first byte.
    pub start: u64,
    pub length: u64,
    /// `None` when nothing was ever written there.
    pub version: Option<VersionId>,
    /// Where the run begins in the version's value, in bytes.
    pub at: u64,
}

impl Part {
    pub fn end(&self) -> u64 {
        self.start + self.length
    }
}

/// Time of a read: from the start of the op to its end.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// Global op number; [`Reader::HOST`] for the host, which reads after everything.
    pub op: u32,
    pub start: SimTime,
    pub done: SimTime,
}

impl Reader {
    pub const HOST: u32 = diagnostic::ObservedRead::HOST;
}

/// The histories of all memories, and so of all slots of rings, which lie in them.
pub struct Histories {
    spaces: BTreeMap<Space, SpaceHistory>,
}

/// One memory, cut at every address where a write begins or ends.
#[derive(Default)]
struct SpaceHistory {
    /// Ascending; cell i is `cuts[i]..cuts[i + 1]`.
    cuts: Vec<u64>,
    /// By cell: its writes in time order.
    cells: Vec<Vec<Write>>,
    /// The longest time a write took, so that those under way at some time are found in a history that is in
    /// the order of their ends.
    longest: Span,
}

/// A write of a cell. Its time stands here, too, so that a search does not touch the versions.
#[derive(Clone, Copy)]
struct Write {
    version: VersionId,
    /// Where the cell begins in the version's value.
    offset: u64,
    time: SimTime,
}

impl Histories {
    pub fn of(versions: &Versions) -> Histories {
        let mut spaces: BTreeMap<Space, Vec<(VersionId, &Version)>> = BTreeMap::new();
        for (id, version) in versions.iter() {
            spaces.entry(version.space).or_default().push((id, version));
        }
        let spaces: Vec<_> = spaces.into_iter().collect();
        let histories = side_by_side(spaces, |(space, writes)| (space, SpaceHistory::of(writes)));
        Histories { spaces: histories.into_iter().collect() }
    }

    /// The newest bytes of `start..start + length` when `reader` begins, in address order.
    pub fn newest(
        &self,
        versions: &Versions,
        space: Space,
        (start, length): (u64, u64),
        reader: Reader,
    ) -> Vec<Part> {
        let (mut parts, mut at) = (Vec::new(), start);
        for cell in self.cells(space, start, start + length) {
            push(&mut parts, unwritten(at, cell.from));
            let older = &cell.history[..until(cell.history, reader.start)];
            let seen = older.iter().rev().find(|write| sees(versions.get(write.version), reader));
            push(&mut parts, seen.map_or(unwritten(cell.from, cell.to), |write| cell.part(versions, write)));
            at = cell.to;
        }
        push(&mut parts, unwritten(at, start + length));
        parts
    }

    /// The bytes of the run when `reader` ends: the newest that were whole before, over them what moves under way have
    /// written. Such a move `streams`: its bytes come in the order of their addresses, in proportion to its time.
    pub fn at_end(
        &self,
        versions: &Versions,
        space: Space,
        (start, length): (u64, u64),
        reader: Reader,
        streams: impl Fn(&Version) -> bool,
    ) -> Vec<Part> {
        let (mut parts, mut at) = (Vec::new(), start);
        let longest = self.spaces.get(&space).map_or(Span::ZERO, |history| history.longest);
        for cell in self.cells(space, start, start + length) {
            push(&mut parts, unwritten(at, cell.from));
            let seen = cell.history.iter().rev().find(|write| finds(versions.get(write.version), reader));
            let before = cell.history.partition_point(|write| write.time < reader.done);
            let close = cell.history[before..].iter().take_while(|write| write.time <= reader.done + longest);
            let under_way = close.filter_map(|write| {
                let version = versions.get(write.version);
                let written = written_by(version, reader).filter(|_| streams(version))?;
                // Up to which address of the cell.
                Some(((cell.start + written.saturating_sub(write.offset)).min(cell.to), write))
            });
            cell.layers(versions, seen, &under_way.collect::<Vec<_>>(), &mut parts);
            at = cell.to;
        }
        push(&mut parts, unwritten(at, start + length));
        parts
    }

    /// The bytes of the run that change, or are being changed, while `reader` reads, each with the first version
    /// that changes them.
    pub fn changes(
        &self,
        versions: &Versions,
        space: Space,
        (start, length): (u64, u64),
        reader: Reader,
    ) -> Vec<Part> {
        let mut parts = Vec::new();
        let longest = self.spaces.get(&space).map_or(Span::ZERO, |history| history.longest);
        for cell in self.cells(space, start, start + length) {
            // Few writes end while the reader reads: they are walked, not searched for.
            let newer = cell.history[until(cell.history, reader.start)..].iter();
            let mut close = newer.take_while(|write| write.time <= reader.done + longest);
            if let Some(write) = close.find(|write| disturbs(versions.get(write.version), reader)) {
                push(&mut parts, cell.part(versions, write));
            }
        }
        parts
    }

    /// The history of a slot: every message that filled it, and whatever else was written there, in the order of
    /// time.
    pub fn of_slot(&self, log: &OpLog, ring: RingId, slot: u32) -> Vec<VersionId> {
        let (space, address) = log.layout.slot(&log.program, ring, slot);
        self.cells(space, address, address + 1)
            .flat_map(|cell| cell.history.iter().map(|write| write.version))
            .collect()
    }

    /// The cells that `start..end` touches, clipped to it.
    fn cells(&self, space: Space, start: u64, end: u64) -> impl Iterator<Item = Cell<'_>> {
        let history = self.spaces.get(&space);
        let (cuts, cells) = history.map_or((&[][..], &[][..]), |h| (&h.cuts[..], &h.cells[..]));
        let first = cuts.partition_point(|&cut| cut <= start).saturating_sub(1).min(cells.len());
        let cells = cuts.get(first..).unwrap_or_default().windows(2).zip(&cells[first..]);
        cells.take_while(move |(cut, _)| cut[0] < end).filter(move |(cut, _)| cut[1] > start).map(
            move |(cut, history)| Cell {
                start: cut[0],
                from: cut[0].max(start),
                to: cut[1].min(end),
                history,
            },
        )
    }
}

/// A cell of a memory, or the part of it that is asked for.
struct Cell<'a> {
    start: u64,
    from: u64,
    to: u64,
    /// In time order.
    history: &'a [Write],
}

/// How many writes end up to and including a time.
fn until(history: &[Write], time: SimTime) -> usize {
    history.partition_point(|write| write.time <= time)
}

impl Cell<'_> {
    fn part(&self, versions: &Versions, write: &Write) -> Part {
        let at = write.offset + (self.from - self.start);
        let version = Some(versions.value_of(write.version));
        Part { start: self.from, length: self.to - self.from, version, at }
    }
    /// Appends what the cell holds: a write below, and others, each up to some address, over it in their order.
    fn layers(
        &self,
        versions: &Versions,
        below: Option<&Write>,
        over: &[(u64, &Write)],
        parts: &mut Vec<Part>,
    ) {
        let mut from = self.from;
        while from < self.to {
            let top = over.iter().rev().find(|(end, _)| *end > from);
            // What lies on top ends where it was written up to, or where one above it did.
            let to = top.map_or(self.to, |(end, _)| *end);
            let piece = Cell { from, to, ..*self };
            let write = top.map(|(_, write)| *write).or(below);
            push(parts, write.map_or(unwritten(from, to), |write| piece.part(versions, write)));
            from = to;
        }
    }
}

impl SpaceHistory {
    fn of(mut writes: Vec<(VersionId, &Version)>) -> SpaceHistory {
        writes.sort_by_key(|(_, version)| version.order());
        let mut history = SpaceHistory::default();
        for (_, version) in &writes {
            let ends = version.runs.iter().flat_map(|&(start, length)| [start, start + length]);
            history.cuts.extend(ends);
        }
        history.cuts.sort_unstable();
        history.cuts.dedup();
        history.cells = vec![Vec::new(); history.cuts.len().saturating_sub(1)];
        writes.into_iter().for_each(|(id, version)| history.append(id, version));
        history
    }

    fn append(&mut self, id: VersionId, version: &Version) {
        if version.message.is_none() {
            self.longest = self.longest.max(version.t_write.since(version.t_start));
        }
        let mut offset = 0;
        for &(start, length) in &version.runs {
            let first = self.cuts.partition_point(|&cut| cut < start);
            for cell in first.. {
                if self.cuts[cell] >= start + length {
                    break;
                }
                let offset = offset + self.cuts[cell] - start;
                self.cells[cell].push(Write { version: id, offset, time: version.t_write });
            }
            offset += length;
        }
    }
}

/// All versions in the order they were written.
fn in_time_order(versions: &Versions) -> Vec<(VersionId, &Version)> {
    let mut ordered: Vec<(VersionId, &Version)> = versions.iter().collect();
    ordered.sort_by_key(|(_, version)| version.order());
    ordered
}

/// The histories that the shape rule reads: by place, shape and dtype, in time order.
pub struct ShapeHistories(BTreeMap<(Space, u64, Dims, DType), Vec<VersionId>>);

impl ShapeHistories {
    pub fn of(versions: &Versions) -> ShapeHistories {
        let mut histories = ShapeHistories(BTreeMap::new());
        for (id, version) in in_time_order(versions) {
            histories.0.entry(place(version)).or_default().push(id);
        }
        histories
    }
    /// The newest version of the place, shape and dtype of `like` that `reader` sees.
    pub fn newest(&self, versions: &Versions, like: &Version, reader: Reader) -> Option<VersionId> {
        let history = self.0.get(&place(like))?;
        let newest = history.iter().rev().copied().find(|&id| sees(versions.get(id), reader));
        newest.map(|id| versions.value_of(id))
    }
}

fn place(version: &Version) -> (Space, u64, Dims, DType) {
    (version.space, version.address(), version.shape, version.dtype)
}

/// Whether the write is over when the reader begins. Among ops of no length at one instant, log order decides.
fn sees(version: &Version, reader: Reader) -> bool {
    let after = matches!(version.writer, Writer::Op(op) if op >= reader.op);
    let instant = version.t_start == version.t_write && version.t_write == reader.start;
    version.t_write <= reader.start && !(after && instant)
}

/// Whether the write is over when the reader ends, as its own is not. What was over when it began counts by the rule of
/// that; what ends when it ends comes too late.
fn finds(version: &Version, reader: Reader) -> bool {
    let own = version.writer == Writer::Op(reader.op);
    let during = version.t_write > reader.start && version.t_write < reader.done && !own;
    sees(version, reader) || during
}

/// Bytes of its value that a write under way has written when the reader ends; `None` of one that is not, and of a
/// message, most of whose time passes on the way.
fn written_by(version: &Version, reader: Reader) -> Option<u64> {
    let own = version.writer == Writer::Op(reader.op);
    let is_under_way = version.t_start < reader.done && version.t_write >= reader.done;
    if own || version.message.is_some() || !is_under_way || version.t_write <= reader.start {
        return None;
    }
    let (so_far, all) = (reader.done.since(version.t_start), version.t_write.since(version.t_start));
    let written = u128::from(version.bytes()) * u128::from(so_far.fs()) / u128::from(all.fs().max(1));
    Some(u64::try_from(written).unwrap_or(u64::MAX))
}

/// Whether the write is under way while the reader reads: it may change any byte at any time of it. An op
/// overwriting its own operand does so at its end, and a write that starts when the reader is done comes too
/// late to matter. Most of a message's time passes on the way, so that it disturbs only where it ends.
fn disturbs(version: &Version, reader: Reader) -> bool {
    let own = version.writer == Writer::Op(reader.op);
    let late = version.message.is_some() && version.t_write > reader.done;
    !own && !late && version.t_write > reader.start && version.t_start < reader.done
}

fn unwritten(start: u64, end: u64) -> Part {
    Part { start, length: end.saturating_sub(start), version: None, at: 0 }
}

/// Appends a part, joined to the last one when the value goes on without a gap.
pub fn push(parts: &mut Vec<Part>, part: Part) {
    if part.length == 0 {
        return;
    }
    match parts.last_mut() {
        Some(last)
            if last.end() == part.start
                && last.version == part.version
                && (part.version.is_none() || last.at + last.length == part.at) =>
        {
            last.length += part.length;
        }
        Some(_) | None => parts.push(part),
    }
}
