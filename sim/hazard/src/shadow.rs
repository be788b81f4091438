//! Shadow memory: the last writer and the readers since of every byte, during the traversal of the event graph. An
//! access that is not ordered with them is a race.

use std::collections::BTreeSet;

use oplog::OpLog;
use order::traversal::{Start, Visitor};
use order::{EdgeSet, EventGraph, LastAccess, Touch, sequencer};
use program::program::Flow;
use program::{Base, Effect, Message, Rank, RingId, Space, Target, View, ViewId};

use crate::Options;
use crate::cells::Cell;
use crate::checks::{Check, CheckSet};
pub use crate::conflict::{Conflict, EarlyRelease, Race};
use crate::conflict::{is_given, is_ordered, is_own_message, is_unwritten, raw_or_war, unordered};
use crate::groups::Groups;
use crate::places::Places;
use crate::seen::Seen;
use crate::tracking::Tracking;
use crate::unwritten::Unwritten;

/// Uses of a message that has arrived.
#[derive(Clone, Default)]
struct Use {
    /// Its reads, until it is released.
    last: LastAccess<Touch>,
    /// The op that gave it back.
    released: Option<u32>,
    is_read: bool,
}

pub struct Shadow<'a> {
    graph: &'a EventGraph<'a>,
    edges: EdgeSet,
    checks: CheckSet,
    seen: &'a Seen<'a>,
    tracking: Tracking,
    places: Places<'a>,
    /// By ring, then number.
    messages: Vec<Vec<Use>>,
    /// Ops that may still read a slot when it is released: what overwrites it is no other mistake.
    late_readers: BTreeSet<(u32, RingId, u32)>,
    /// Messages of rings without credits that a later one may overtake on its way to the same slot.
    overtaken: Vec<(Message, Conflict)>,
    pub conflicts: Groups<Conflict>,
    pub early: Groups<EarlyRelease>,
    pub unwritten: Unwritten,
}

impl<'a> Shadow<'a> {
    pub fn new(
        graph: &'a EventGraph<'a>,
        log: &'a OpLog,
        seen: &'a Seen<'a>,
        Options { checks, edges }: Options,
    ) -> Shadow<'a> {
        Shadow {
            graph,
            edges,
            checks,
            seen,
            tracking: Tracking::of(graph.program, &log.machine, edges),
            places: Places::new(graph.program, &log.layout),
            messages: vec![Vec::new(); graph.program.rings.len()],
            late_readers: BTreeSet::new(),
            overtaken: Vec::new(),
            conflicts: Groups::default(),
            early: Groups::default(),
            unwritten: Unwritten::default(),
        }
    }

    fn view(&self, rank: Rank, view: ViewId) -> &'a View {
        &self.graph.program.ranks[rank.index()].views[view.index()]
    }

    fn read(&mut self, at: &Start<'_>, view: &View) {
        if self.tracking.ignores(view) {
            return;
        }
        let touch = at.touch;
        if let Base::Message(message) = view.base {
            self.read_message(at, touch, message);
        }
        if self.tracking.is_held(view) {
            return self.read_held(at, view);
        }
        self.take_over(at, view, touch);
        let (mut found, mut is_missing) = (Vec::new(), false);
        let (graph, edges) = (self.graph, self.edges);
        let place = self.places.of(at.rank, view);
        if let Some(new) = place.taken_by {
            found.push((new, Race::War, [view.offset, view.end()]));
        }
        view.for_each_span(|start, end| {
            place.cells.update(place.shift + start, place.shift + end, |cell| {
                if let Some(writer) = cell.last.writer
                    && !is_ordered(edges, at.clock, writer, touch)
                    && !is_own_message(graph, writer.op, view.base)
                {
                    found.push((writer, raw_or_war(graph, cell, writer, at), [start, end]));
                }
                is_missing |= is_unwritten(graph.program, at.rank, cell, view.base);
                cell.last.read_by(touch);
            });
        });
        if is_missing {
            self.note_unwritten(at, view);
        }
        let (space, base) = self.places.locate(at.rank, view.base);
        for (writer, kind, bytes) in found {
            let bytes = bytes.map(|byte| base + byte);
            match kind {
                Race::Raw | Race::Waw => self.conflict(kind, at, writer.op, view.base, space, bytes),
                // A slot that was released too early is reported once.
                Race::War if self.reads_late(at.op, view.base) => {}
                Race::War => {
                    let (rank, _) = self.graph.op(writer.op);
                    let (late, early, issue_known) = (writer.op, at.op, rank == at.rank);
                    self.push(Conflict { kind, late, early, space, base: view.base, bytes, issue_known });
                }
            }
        }
    }

    /// A read that can only come before any write.
    fn read_held(&mut self, at: &Start<'_>, view: &View) {
        let (program, mut is_missing) = (self.graph.program, false);
        let place = self.places.of(at.rank, view);
        view.for_each_span(|start, end| {
            place.cells.update(place.shift + start, place.shift + end, |cell| {
                is_missing |= is_unwritten(program, at.rank, cell, view.base);
            });
        });
        if is_missing {
            self.note_unwritten(at, view);
        }
    }

    /// Notes the bytes of a read that nothing has written.
    fn note_unwritten(&mut self, at: &Start<'_>, view: &View) {
        let (program, mut bytes) = (self.graph.program, Vec::new());
        let place = self.places.of(at.rank, view);
        view.for_each_span(|start, end| {
            let cells = place.cells.overlapping(place.shift + start, place.shift + end).into_iter();
            let unwritten = cells.filter(|(.., cell)| is_unwritten(program, at.rank, cell, view.base));
            bytes.extend(unwritten.map(|(from, to, _)| [from, to].map(|byte| byte - place.shift)));
        });
        let (space, base) = self.places.locate(at.rank, view.base);
        let bytes = bytes.into_iter().map(|range| range.map(|byte| base + byte));
        self.unwritten.add(at.op, space, view.base, bytes);
    }

    /// A buffer that gets its bytes from others comes after all that was done with them.
    fn take_over(&mut self, at: &Start<'_>, view: &View, touch: Touch) {
        let edges = self.edges;
        self.places.take_over(at.rank, view, touch, |early| is_ordered(edges, at.clock, early, touch));
    }

    fn message(&mut self, message: Message) -> &mut Use {
        let ring = &mut self.messages[message.ring.index()];
        let number = message.number as usize;
        if ring.len() <= number {
            ring.resize(number + 1, Use::default());
        }
        &mut ring[number]
    }

    fn read_message(&mut self, at: &Start<'_>, touch: Touch, message: Message) {
        let used = self.message(message);
        used.last.read_by(touch);
        used.is_read = true;
        if let Some(release) = used.released {
            // The release did not wait for an op that was issued before it.
            self.too_early(release, at.op, message);
        }
        if !at.arrived
            && let Some(send) = self.graph.sender(message)
        {
            let (rank, index) = self.graph.op(send);
            let Effect::Move { from, .. } = self.graph.program.op(rank, index).effect() else { return };
            let (space, start) = self.places.locate(at.rank, Base::Message(message));
            let bytes = [start, start + self.view(rank, from).bytes()];
            self.conflict(Race::Raw, at, send, Base::Message(message), space, bytes);
        }
    }

    /// Two messages are on their way to one slot. With credits the earlier one's release did not wait for its receive.
    /// Without, it is told of where nothing reads the earlier one: a reader races with the later send as well.
    fn two_on_their_way(&mut self, at: &Start<'_>, message: Message, before: Message) {
        let ring = &self.graph.program.rings[message.ring.index()];
        let (release, receive) = (self.graph.releaser(before), self.graph.receiver(before));
        if let (Flow::Credit, Some(release), Some(receive)) = (ring.flow, release, receive) {
            return self.too_early(release, receive, before);
        }
        let Some(early) = self.graph.sender(before) else { return };
        let (base, late) = (Base::Message(message), at.op);
        let (space, start) = self.places.locate(at.rank, base);
        let (kind, bytes) = (Race::Waw, [start, start + ring.slot_bytes]);
        let conflict = Conflict { kind, late, early, space, base, bytes, issue_known: false };
        self.overtaken.push((before, conflict));
    }

    /// Tells of what is known only in the end.
    pub fn settle(&mut self) {
        for (message, conflict) in std::mem::take(&mut self.overtaken) {
            if !self.message(message).is_read {
                self.push(conflict);
            }
        }
    }

    fn slot(&self, message: Message) -> (RingId, u32) {
        (message.ring, message.number % self.graph.program.rings[message.ring.index()].n_slots)
    }
    /// Whether the op may read this slot after it was released.
    fn reads_late(&self, op: u32, base: Base) -> bool {
        let Base::Message(message) = base else { return false };
        let (ring, slot) = self.slot(message);
        self.late_readers.contains(&(op, ring, slot))
    }

    fn too_early(&mut self, release: u32, reader: u32, message: Message) {
        if self.checks.has(Check::Release) {
            let (ring, slot) = self.slot(message);
            self.late_readers.insert((reader, ring, slot));
            let early = EarlyRelease { release, reader, message };
            let overwritten = [reader, early.overwriting(self.graph).unwrap_or(reader)];
            let (space, start) = self.places.locate(self.graph.op(reader).0, Base::Message(message));
            let bytes = [start, start + self.graph.program.rings[message.ring.index()].slot_bytes];
            let shown = self.seen.about(overwritten, space, bytes);
            self.early.add(self.graph, "", [release, reader], early).shown.extend(shown);
        }
    }

    fn write(&mut self, at: &Start<'_>, view: &View) {
        let touch = at.touch;
        if !self.tracking.is_held(view) {
            self.take_over(at, view, touch);
        }
        let (edges, given, mut found) = (self.edges, is_given(self.graph.program, view.base), Vec::new());
        let place = self.places.of(at.rank, view);
        view.for_each_span(|start, end| {
            let old = |from: u64, to: u64, cell: &Cell| {
                let others = unordered(edges, at.clock, touch, cell);
                found.extend(
                    others.map(|(kind, other)| (kind, other, [from - place.shift, to - place.shift])),
                );
            };
            let new = |readers, had_writer| {
                let last = LastAccess { writer: Some(touch), readers };
                Cell { last, base: Some(view.base), had_value: given || had_writer }
            };
            place.cells.write(place.shift + start, place.shift + end, old, new);
        });
        if found.is_empty() {
            return;
        }
        let own = match view.base {
            // Who reads this very message before it has arrived was found when it read.
            Base::Message(message) => self.message(message).last.readers.clone(),
            Base::Buffer(_) | Base::Tensor(_) => Vec::new(),
        };
        found.retain(|(kind, other, _)| {
            let told = *kind == Race::War && self.reads_late(other.op, view.base);
            !told && !own.contains(other)
        });
        let (space, base) = self.places.locate(at.rank, view.base);
        for (kind, other, bytes) in found {
            self.conflict_of_write(kind, at, other.op, view.base, space, bytes.map(|byte| base + byte));
        }
    }

    /// A read that nothing orders with a write visited later: what should come first is the write when the bytes
    /// have no other value.
    fn conflict_of_write(
        &mut self,
        kind: Race,
        at: &Start<'_>,
        other: u32,
        base: Base,
        space: Space,
        bytes: [u64; 2],
    ) {
        let (rank, _) = self.graph.op(other);
        let unwritten = kind == Race::War && rank != at.rank && self.unwritten.take(other, space, bytes);
        if !unwritten {
            return self.conflict(kind, at, other, base, space, bytes);
        }
        let (late, early) = (other, at.op);
        self.push(Conflict { kind: Race::Raw, late, early, space, base, bytes, issue_known: false });
    }

    fn conflict(
        &mut self,
        kind: Race,
        at: &Start<'_>,
        other: u32,
        base: Base,
        space: Space,
        bytes: [u64; 2],
    ) {
        let (rank, index) = self.graph.op(other);
        let issue_known = rank == at.rank || at.clock.get(sequencer(self.graph, rank)) > index.0;
        self.push(Conflict { kind, late: at.op, early: other, space, base, bytes, issue_known });
    }

    fn push(&mut self, conflict: Conflict) {
        let check = match conflict.kind {
            Race::War => Check::WriteAfterRead,
            Race::Waw => Check::WriteAfterWrite,
            Race::Raw => Check::ReadAfterWrite,
        };
        if self.checks.has(check) {
            let Conflict { kind, late, early, space, bytes, .. } = conflict;
            let shown = self.seen.about([late, early], space, bytes);
            self.conflicts.add(self.graph, kind.name(), [late, early], conflict).shown.extend(shown);
        }
    }
}

impl Shadow<'_> {
    /// The first bytes of a tensor that nothing has written.
    pub fn gap(&self, tensor: usize, bytes: u64) -> Option<[u64; 2]> {
        let mut next = 0;
        for (from, to, cell) in self.places.tensor(tensor).overlapping(0, bytes) {
            if from > next || cell.last.writer.is_none() {
                return Some([next, if from > next { from } else { to }]);
            }
            next = to;
        }
        (next < bytes).then_some([next, bytes])
    }
}

impl Visitor for Shadow<'_> {
    fn start(&mut self, at: &Start<'_>) {
        let access = at.what.access();
        for view in access.reads() {
            self.read(at, self.view(at.rank, view));
        }
        if let Some(view) = access.write {
            self.write(at, self.view(at.rank, view));
        }
        if let Effect::Move { from, to: Target::Slots(messages) } = at.what.effect() {
            let from = *self.view(at.rank, from);
            for &message in messages {
                self.write(at, &View::packed(Base::Message(message), from.shape, from.dtype));
            }
        }
    }

    fn overtakes(&mut self, send: &Start<'_>, message: Message, before: Message) {
        self.two_on_their_way(send, message, before);
    }

    fn released(&mut self, by: &Start<'_>) {
        for &message in by.what.frees() {
            let used = self.message(message);
            used.released = Some(by.op);
            for reader in std::mem::take(&mut used.last.readers) {
                if by.clock.get(reader.queue) <= reader.number && reader.op != by.op {
                    self.too_early(by.op, reader.op, message);
                }
            }
        }
    }
}
