//! Reads for which hardware and program disagree on the bytes. They are found from times alone; whether the values
//! differed too is known after the replay has computed them.

use std::collections::{BTreeMap, BTreeSet};

use diagnostic::{Code, Line};
use oplog::OpLog;
use program::{Base, Rank, Space, TensorId, View};

use crate::conflict::{Conflict, Group, Other, agreements, differences};
use crate::history::{Histories, Part, Reader};
use crate::identity::Ambiguous;
use crate::reads::Reads;
use crate::rule::{host, ranks, reader, taken_by_host};
use crate::threads::side_by_side;
use crate::version::{VersionId, Versions, Writer, whole_tensor};

/// What makes two conflicts one observation: code if any, reader and what it conflicts with.
type Key = (Option<Code>, Who, BTreeSet<Who>);

/// Ops of one source line are alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Nothing,
    Host,
    /// The host, as it gave the tensor.
    Given(TensorId),
    Line(Line),
}

/// What makes runs of one read one conflict: whether they changed during it, and the versions meant and found.
type Between = (bool, [Option<VersionId>; 2]);

/// The reads of both rules.
pub struct Comparison<'a> {
    pub log: &'a OpLog,
    pub versions: &'a Versions,
    pub histories: &'a Histories,
    pub identity: &'a Reads,
    pub hardware: &'a Reads,
    pub ambiguous: &'a Ambiguous,
}

/// One read, by number and by place.
#[derive(Clone, Copy)]
struct Read {
    /// Place of the reader among all readers, and of the read among the reader's.
    number: (usize, usize),
    reader: Reader,
    view: View,
    space: Space,
}

impl Comparison<'_> {
    /// All conflicts, grouped, in the order of their first readers.
    pub fn groups(&self) -> Vec<Group> {
        let (mut groups, mut known): (Vec<Group>, BTreeMap<Key, usize>) = (Vec::new(), BTreeMap::new());
        let of_rank = |(rank, first): (Rank, usize)| {
            let mut conflicts = Vec::new();
            self.for_each_of_rank(rank, first, |read| conflicts.extend(self.conflicts(&read)));
            conflicts
        };
        let mut conflicts: Vec<Vec<Conflict>> = side_by_side(ranks(self.log), of_rank);
        self.for_each_of_host(|read| conflicts.push(self.conflicts(&read)));
        for conflict in conflicts.into_iter().flatten() {
            let at = *known.entry(self.key(&conflict)).or_insert(groups.len());
            if at == groups.len() {
                groups.push(Group::default());
            }
            let by_host = conflict.reader.op == Reader::HOST;
            let rank = (!by_host).then(|| self.versions.op(conflict.reader.op).0);
            groups[at].add(conflict, rank);
        }
        groups
    }

    fn for_each_of_rank(&self, rank: Rank, first: usize, mut visit: impl FnMut(Read)) {
        let program = self.log.program.rank(rank);
        for (at, op) in (first..).zip(&program.ops) {
            for (nth, view) in op.access().reads().enumerate() {
                let view = program.views[view.index()];
                let (space, _) = self.log.layout.locate(&self.log.program, rank, &view);
                visit(Read { number: (at, nth), reader: reader(self.log, at), view, space });
            }
        }
    }

    fn for_each_of_host(&self, mut visit: impl FnMut(Read)) {
        let reader = host(self.log);
        for tensor in (0..self.log.program.tensors.len() as u32).map(TensorId) {
            let taken = taken_by_host(self.log, tensor).zip(whole_tensor(self.log, tensor));
            if let Some(((space, _), view)) = taken {
                let number = (self.versions.n_ops() + tensor.index(), 0);
                visit(Read { number, reader, view, space });
            }
        }
    }

    /// What the read finds when it starts; where that is right, what changes before it ends; and where several may
    /// have written last, what else it may find.
    fn conflicts(&self, read: &Read) -> Vec<Conflict> {
        let (at, nth) = read.number;
        let (meant, held) = (self.identity.nth(at, nth), self.hardware.nth(at, nth));
        let mut by_versions: BTreeMap<Between, Vec<(Part, Part)>> = BTreeMap::new();
        let mut add = |during, run: (Part, Part)| {
            by_versions.entry((during, [run.0.version, run.1.version])).or_default().push(run);
        };
        differences(meant, held).into_iter().for_each(|run| add(false, run));
        for part in agreements(meant, held) {
            if part.version.is_none() {
                // Bytes that nothing ever wrote look the same to both rules.
                add(false, (part, part));
                continue;
            }
            let changes =
                self.histories.changes(self.versions, read.space, (part.start, part.length), read.reader);
            differences(&[part], &changes).into_iter().for_each(|run| add(true, run));
        }
        let Read { reader, view, space, .. } = *read;
        let conflict = |other, runs| Conflict { other, reader, view, space, runs };
        let held = by_versions.into_iter().map(|((during, between), runs)| {
            conflict(Other::Held { code: self.code(&view, between), during }, runs)
        });
        let possible = self.ambiguous.get(&read.number).into_iter().flatten();
        held.chain(possible.map(|runs| conflict(Other::Possible, runs.clone()))).collect()
    }

    fn code(&self, view: &View, [meant, found]: [Option<VersionId>; 2]) -> Code {
        let order = |id: VersionId| self.versions.get(id).order();
        let Some(meant) = meant.map(order) else { return Code::UninitialisedRead };
        if found.map(order).is_none_or(|found| found < meant) {
            return Code::RaceRaw;
        }
        match view.base {
            Base::Message(_) => Code::SlotOverwritten,
            Base::Buffer(_) | Base::Tensor(_) => Code::MemoryOverwritten,
        }
    }

    fn key(&self, conflict: &Conflict) -> Key {
        let line = |op: u32| {
            let (rank, index) = self.versions.op(op);
            let location = self.log.program.location(rank, index);
            Who::Line(location.map_or(Line::Op(rank, index), Line::Location))
        };
        let reader = match conflict.reader.op {
            Reader::HOST => Who::Host,
            op => line(op),
        };
        let other = |version: Option<VersionId>| match version.map(|id| self.versions.get(id).writer) {
            Some(Writer::Op(op)) => line(op),
            Some(Writer::Host(tensor)) => Who::Given(tensor),
            None => Who::Nothing,
        };
        match conflict.other {
            Other::Held { code, .. } => {
                let version = if code == Code::RaceRaw { conflict.meant() } else { conflict.found() };
                (Some(code), reader, [other(version)].into())
            }
            Other::Possible => {
                let writers = conflict.versions().into_iter().map(|version| other(Some(version)));
                (None, reader, writers.collect())
            }
        }
    }
}
