//! Shadow memory: the last writer and the readers since of every byte, during the traversal of the event graph. An
//! access that is not ordered with them is a race.

use std::cell::RefCell;
use std::collections::BTreeSet;

use oplog::OpLog;
use order::traversal::{Start, Visitor};
use order::{Dataflow, EdgeSet, EventGraph, LastAccess, Readers, Touch};
use program::program::Flow;
use program::{Base, Effect, Message, Rank, RingId, Target, View, ViewId};

use crate::Options;
use crate::cells::{Cell, Passed, keep};
use crate::checks::{Check, CheckSet};
pub use crate::conflict::{Conflict, EarlyRelease, Race};
use crate::conflict::{is_given, is_ordered, is_own_message, is_unwritten, is_written, unordered};
use crate::direction::{Direction, Directions, Met};
use crate::groups::Groups;
use crate::places::Places;
use crate::seen::Seen;
use crate::tracking::Tracking;
use crate::unwritten::Unwritten;

mod conflicts;

/// Uses of a message that has arrived.
#[derive(Clone, Default)]
struct Use {
    /// Its reads, until it is released.
    last: LastAccess<Touch>,
    /// The op that gave it back.
    released: Option<u32>,
}

pub struct Shadow<'a> {
    graph: &'a EventGraph<'a>,
    edges: EdgeSet,
    checks: CheckSet,
    seen: &'a Seen<'a>,
    tracking: &'a Tracking,
    places: Places<'a>,
    directions: Directions<'a>,
    /// By ring, then number.
    messages: Vec<Vec<Use>>,
    /// Ops that may still read a slot when it is released: what overwrites it is no other mistake.
    late_readers: BTreeSet<(u32, RingId, u32)>,
    /// Of rings without credits: a message may overtake the one before it on the way to their slot.
    overtaken: Vec<(RingId, Conflict)>,
    /// Sends that a reader of an earlier message in the slot races with.
    raced: BTreeSet<(u32, RingId)>,
    pub conflicts: Groups<Conflict>,
    pub early: Groups<EarlyRelease>,
    pub unwritten: Unwritten,
}

impl<'a> Shadow<'a> {
    pub fn new(
        graph: &'a EventGraph<'a>,
        log: &'a OpLog,
        flow: &'a Dataflow,
        seen: &'a Seen<'a>,
        tracking: &'a Tracking,
        Options { checks, edges }: Options,
    ) -> Shadow<'a> {
        Shadow {
            graph,
            edges,
            checks,
            seen,
            tracking,
            places: Places::new(graph.program, &log.layout),
            directions: Directions::new(graph, flow),
            messages: vec![Vec::new(); graph.program.rings.len()],
            late_readers: BTreeSet::new(),
            overtaken: Vec::new(),
            raced: BTreeSet::new(),
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
            self.read_message(at, touch, view, message);
        }
        if self.tracking.is_held(view) {
            return self.read_held(at, view);
        }
        self.take_over(at, view, touch);
        let (mut found, mut is_missing) = (Met::default(), false);
        let (graph, edges, directions) = (self.graph, self.edges, &self.directions);
        let place = self.places.of(at.rank, view);
        if let Some(new) = place.taken_by {
            found.note(new, Direction::decided(Race::War), [view.offset, view.end()]);
        }
        let shift = place.shift;
        view.for_each_span(|start, end| {
            place.cells.update(shift + start, shift + end, |from, to, cell| {
                let is_over = |writer: &Touch| is_ordered(edges, at.clock, *writer, touch);
                let last = cell.last.writer.filter(|&writer| !is_written(edges, at, writer, cell));
                let last = last.map(|touch| Passed { touch, writes: true, bytes: [from, to] });
                let passed = cell.passed_in([from, to]).filter(|it| it.writes && !is_over(&it.touch));
                for Passed { touch: writer, bytes, .. } in last.into_iter().chain(passed) {
                    if !is_own_message(graph, writer.op, view.base) {
                        let direction = directions.of_late_read(cell, writer.op, at, view.base);
                        found.note(writer, direction, bytes.map(|byte| byte - shift));
                    }
                }
                is_missing |= is_unwritten(graph.program, at.rank, cell, view.base);
                cell.last.read_by(touch);
            });
        });
        if is_missing {
            self.note_unwritten(at, view);
        }
        let (space, base) = self.places.locate(at.rank, view.base);
        for (writer, direction, bytes) in found.all {
            // A slot that was released too early is reported once.
            if direction.kind == Race::War && self.reads_late(at.op, view.base) {
                continue;
            }
            let bytes = bytes.map(|byte| base + byte);
            self.read_and_write(direction, at, [at.op, writer.op], (space, view.base, bytes));
        }
    }

    /// A read that can only come before any write.
    fn read_held(&mut self, at: &Start<'_>, view: &View) {
        let (program, mut is_missing) = (self.graph.program, false);
        let place = self.places.of(at.rank, view);
        view.for_each_span(|start, end| {
            place.cells.update(place.shift + start, place.shift + end, |_, _, cell| {
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

    fn read_message(&mut self, at: &Start<'_>, touch: Touch, view: &View, message: Message) {
        let used = self.message(message);
        used.last.read_by(touch);
        if let Some(release) = used.released {
            // The release did not wait for an op that was issued before it.
            self.too_early(release, at.op, message);
        }
        if !(at.has_arrived)(message)
            && let Some(send) = self.graph.sender(message)
        {
            let (rank, index) = self.graph.op(send);
            let Effect::Move { from, .. } = self.graph.program.op(rank, index).effect() else { return };
            let (space, start) = self.places.locate(at.rank, Base::Message(message));
            let sent = self.view(rank, from).bytes();
            let bytes = [view.offset, view.end()].map(|byte| start + byte.min(sent));
            self.conflict(Race::Raw, at, send, (space, Base::Message(message), bytes));
        }
    }

    /// Two messages are on their way to one slot. With credits the earlier one's release did not wait for its receive.
    /// Without, it is told of unless a reader of the earlier one is told to race with the later send as well.
    fn two_on_their_way(&mut self, at: &Start<'_>, message: Message, before: Message) {
        let ring = &self.graph.program.rings[message.ring.index()];
        let (release, receive) = (self.graph.releaser(before), self.graph.receiver(before));
        if let (Flow::Credit, Some(release), Some(receive)) = (ring.flow, release, receive) {
            return self.too_early(release, receive, before);
        }
        let Some(early) = self.graph.sender(before) else { return };
        let (base, late) = (Base::Message(message), at.op);
        let (space, start) = self.places.locate(at.rank, base);
        let sent = self.sent(late).min(self.sent(early)).min(ring.slot_bytes);
        let bytes = (space, base, [start, start + sent]);
        let conflict = Conflict::of(Direction::decided(Race::Waw), [late, early], bytes);
        self.overtaken.push((before.ring, conflict));
    }

    /// Bytes of the messages that an op sends.
    fn sent(&self, op: u32) -> u64 {
        let (rank, index) = self.graph.op(op);
        match self.graph.program.op(rank, index).effect() {
            Effect::Move { from, .. } => self.view(rank, from).bytes(),
            Effect::Compute(_) | Effect::Fold(_) | Effect::Nothing => u64::MAX,
        }
    }

    /// Tells of what is known only in the end.
    pub fn settle(&mut self) {
        for (ring, conflict) in std::mem::take(&mut self.overtaken) {
            if !self.raced.contains(&(conflict.late, ring)) {
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

    /// A write that comes after all that it could meet.
    fn write_held(&mut self, at: &Start<'_>, view: &View) {
        let given = is_given(self.graph.program, view.base);
        let place = self.places.of(at.rank, view);
        view.for_each_span(|start, end| {
            let new = |readers, had_writer| Cell {
                last: LastAccess { writer: Some(at.touch), readers },
                base: Some(view.base),
                had_value: given || had_writer,
                passed: Vec::new(),
            };
            place.cells.write(place.shift + start, place.shift + end, |_, _, _| {}, new);
        });
    }

    fn write(&mut self, at: &Start<'_>, view: &View) {
        if self.tracking.is_held(view) {
            return self.write_held(at, view);
        }
        let (touch, is_message) = (at.touch, matches!(view.base, Base::Message(_)));
        self.take_over(at, view, touch);
        let (edges, given, mut found) = (self.edges, is_given(self.graph.program, view.base), Met::default());
        let place = self.places.of(at.rank, view);
        let shift = place.shift;
        view.for_each_span(|start, end| {
            let passed = RefCell::new(Vec::new());
            let old = |from: u64, to: u64, cell: &Cell| {
                for early in unordered(edges, at, cell, [from, to]) {
                    let kind = if early.writes { Race::Waw } else { Race::War };
                    found.note(early.touch, Direction::decided(kind), early.bytes.map(|byte| byte - shift));
                    keep(&mut passed.borrow_mut(), early);
                }
            };
            let new = |readers, had_writer| {
                let last = LastAccess { writer: Some(touch), readers };
                let passed = if is_message { Vec::new() } else { passed.take() };
                Cell { last, base: Some(view.base), had_value: given || had_writer, passed }
            };
            place.cells.write(shift + start, shift + end, old, new);
        });
        if found.all.is_empty() {
            return;
        }
        let own = match view.base {
            // Who reads this very message before it has arrived was found when it read.
            Base::Message(message) => self.message(message).last.readers.clone(),
            Base::Buffer(_) | Base::Tensor(_) => Readers::new(),
        };
        found.all.retain(|(other, direction, _)| {
            let told = direction.kind == Race::War && self.reads_late(other.op, view.base);
            !told && !own.contains(other)
        });
        let (space, base) = self.places.locate(at.rank, view.base);
        for (other, direction, bytes) in found.all {
            self.conflict_of_write(
                direction.kind,
                at,
                other.op,
                (space, view.base, bytes.map(|byte| base + byte)),
            );
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
