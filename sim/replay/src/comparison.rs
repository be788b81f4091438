//! Reads for which hardware and program disagree on the bytes. They are found from times alone; whether the values
//! differed too is known after the replay has computed them.

use std::collections::{BTreeMap, BTreeSet};

use diagnostic::{Code, Line};
use oplog::OpLog;
use program::{Base, Space, TensorId, View};

use crate::conflict::{Conflict, Group, How, agreements, differences};
use crate::history::{Histories, Part, Reader};
use crate::identity::Races;
use crate::reads::Reads;
use crate::rule::{host, reader, taken_by_host};
use crate::version::{VersionId, Versions, Writer, whole_tensor};

/// What makes two conflicts one finding: code, whether log order had to decide, reader and what it conflicts with.
type Key = (Code, bool, Who, Vec<Who>);

/// Ops of one source line are alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Nothing,
    Host,
    /// The host, as it gave the tensor.
    Given(TensorId),
    Line(Line),
}

/// What makes runs of one read one conflict: how they differ, and the versions meant and found.
type Between = (How, [Option<VersionId>; 2]);

/// The reads of both rules.
pub struct Comparison<'a> {
    pub log: &'a OpLog,
    pub versions: &'a Versions,
    pub histories: &'a Histories,
    pub identity: &'a Reads,
    pub hardware: &'a Reads,
    pub races: &'a Races,
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
        self.for_each_read(|read| {
            for mut conflict in self.conflicts(&read) {
                conflict.code = self.code(&conflict);
                let at = *known.entry(self.key(&conflict)).or_insert(groups.len());
                if at == groups.len() {
                    groups.push(Group::default());
                }
                let by_host = read.reader.op == Reader::HOST;
                let rank = (!by_host).then(|| self.versions.op(read.reader.op).0);
                groups[at].add(conflict, rank);
            }
        });
        groups
    }

    fn for_each_read(&self, mut visit: impl FnMut(Read)) {
        for (at, (rank, index)) in self.log.ops().enumerate() {
            let access = self.log.program.op(rank, index).access();
            for (nth, view) in access.reads().enumerate() {
                let view = self.log.program.rank(rank).views[view.index()];
                let (space, _) = self.log.layout.locate(&self.log.program, rank, &view);
                visit(Read { number: (at, nth), reader: reader(self.log, at), view, space });
            }
        }
        for tensor in (0..self.log.program.tensors.len() as u32).map(TensorId) {
            let taken = taken_by_host(self.log, tensor).zip(whole_tensor(self.log, tensor));
            if let Some(((space, _), view)) = taken {
                let number = (self.versions.n_ops() + tensor.index(), 0);
                visit(Read { number, reader: host(self.log), view, space });
            }
        }
    }

    /// What the read finds when it starts; where that is right, what changes before it ends; and where nothing
    /// says what is right, what else it may find.
    fn conflicts(&self, read: &Read) -> Vec<Conflict> {
        let (at, nth) = read.number;
        let (meant, held) = (self.identity.nth(at, nth), self.hardware.nth(at, nth));
        let mut by_versions: BTreeMap<Between, Vec<(Part, Part)>> = BTreeMap::new();
        let mut add = |how, run: (Part, Part)| {
            by_versions.entry((how, [run.0.version, run.1.version])).or_default().push(run);
        };
        differences(meant, held).into_iter().for_each(|run| add(How::AtStart, run));
        for part in agreements(meant, held) {
            if part.version.is_none() {
                // Bytes that nothing ever wrote look the same to both rules.
                add(How::AtStart, (part, part));
                continue;
            }
            let changes =
                self.histories.changes(self.versions, read.space, (part.start, part.length), read.reader);
            differences(&[part], &changes).into_iter().for_each(|run| add(How::During, run));
        }
        let Read { reader, view, space, .. } = *read;
        let conflict = |how, runs| {
            let code = Code::MemoryOverwritten;
            Conflict { code, reader, view, space, runs, how }
        };
        let races = self.races.get(&read.number).into_iter().flatten();
        let races =
            races.map(|race| conflict(How::Undecided { with_reader: race.with_reader }, race.runs.clone()));
        by_versions.into_iter().map(|((how, _), runs)| conflict(how, runs)).chain(races).collect()
    }

    fn code(&self, conflict: &Conflict) -> Code {
        let order = |id: VersionId| self.versions.get(id).order();
        if let How::Undecided { with_reader } = conflict.how {
            return if with_reader { Code::RaceRaw } else { Code::RaceWaw };
        }
        let Some(meant) = conflict.meant().map(order) else { return Code::UninitialisedRead };
        if conflict.found().map(order).is_none_or(|found| found < meant) {
            return Code::RaceRaw;
        }
        match conflict.view.base {
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
        let others = match conflict.how {
            How::Undecided { .. } => {
                let writers: BTreeSet<Who> =
                    conflict.versions().into_iter().map(|version| other(Some(version))).collect();
                writers.into_iter().collect()
            }
            How::AtStart if conflict.code == Code::RaceRaw => vec![other(conflict.meant())],
            How::AtStart | How::During => vec![other(conflict.found())],
        };
        let undecided = matches!(conflict.how, How::Undecided { .. });
        (conflict.code, undecided, reader, others)
    }
}
