//! Conflicts that the shadow finds: their direction, and what a replay has seen of them.

use order::sequencer;
use order::traversal::Start;
use program::Base;

use super::{Conflict, Race, Shadow};
use crate::checks::Check;
use crate::direction::{Direction, Touched};

impl Shadow<'_> {
    /// A write that nothing orders with an access visited before it: which should come first is asked where ranks
    /// share a tensor.
    pub(super) fn conflict_of_write(&mut self, kind: Race, at: &Start<'_>, other: u32, bytes: Touched) {
        let (rank, _) = self.graph.op(other);
        let (space, base, range) = bytes;
        if rank == at.rank || !matches!(base, Base::Tensor(_)) {
            return self.conflict(kind, at, other, bytes);
        }
        if kind == Race::Waw {
            return match self.directions.of_writes(other, at.op) {
                Some(true) => self.conflict(kind, at, other, bytes),
                Some(false) => self.push(Conflict::of(Direction::decided(kind), [other, at.op], bytes)),
                None => self.push(Conflict::of(Direction::open(kind), [at.op, other], bytes)),
            };
        }
        let mut direction = self.directions.between(other, at.op, true);
        if direction != Direction::decided(Race::War) && self.unwritten.take(other, space, range) {
            direction = Direction::decided(Race::Raw);
        }
        self.read_and_write(direction, at, [other, at.op], bytes);
    }

    /// A read and a write, of which the one that is visited now comes last.
    pub(super) fn read_and_write(
        &mut self,
        direction: Direction,
        at: &Start<'_>,
        [reader, writer]: [u32; 2],
        bytes: Touched,
    ) {
        let [late, early] = if direction.kind == Race::War { [writer, reader] } else { [reader, writer] };
        if late == at.op && !direction.is_open {
            return self.conflict(direction.kind, at, early, bytes);
        }
        let issue_known = self.graph.op(late).0 == self.graph.op(early).0;
        self.push(Conflict { issue_known, ..Conflict::of(direction, [late, early], bytes) });
    }

    pub(super) fn conflict(&mut self, kind: Race, at: &Start<'_>, other: u32, bytes: Touched) {
        let (rank, index) = self.graph.op(other);
        let issue_known = rank == at.rank || at.clock.get(sequencer(rank)) > index.0;
        let conflict = Conflict::of(Direction::decided(kind), [at.op, other], bytes);
        self.push(Conflict { issue_known, ..conflict });
    }

    pub(super) fn push(&mut self, conflict: Conflict) {
        let check = match conflict.kind {
            Race::War => Check::WriteAfterRead,
            Race::Waw => Check::WriteAfterWrite,
            Race::Raw => Check::ReadAfterWrite,
        };
        if self.checks.has(check) {
            let Conflict { late, early, space, bytes, .. } = conflict;
            if let (Race::War, Base::Message(message)) = (conflict.kind, conflict.base) {
                self.raced.insert((late, message.ring));
            }
            let shown = self.seen.about([late, early], space, bytes);
            self.conflicts.add(self.graph, conflict.group(), [late, early], conflict).shown.extend(shown);
        }
    }
}
