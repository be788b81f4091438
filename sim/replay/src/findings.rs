//! Conflicts in words: what was read, what was there instead, who wrote it, and the cheapest repair.

use machine::Span;
use oplog::{Finding, FindingKind, FindingOp, OpLog};

use crate::conflict::{Conflict, Group, How};
use crate::history::Reader;
use crate::place::{self, finding_op, ns};
use crate::version::{Version, VersionId, Versions, Writer};

/// Most ops that a finding names.
const NAMED: usize = 8;

/// Turns groups of conflicts into findings.
pub struct Words<'a> {
    pub log: &'a OpLog,
    pub versions: &'a Versions,
}

impl Words<'_> {
    /// `value_differed` is what comparing the values of the group gave.
    pub fn finding(&self, group: &Group, value_differed: Option<bool>) -> Finding {
        let conflict = group.first();
        let (missing, repair) = self.repair(conflict);
        Finding {
            kind: conflict.kind,
            ops: self.ops(conflict),
            place: self.place(conflict),
            bytes: Some(conflict.bytes()),
            message: format!("{}{}", self.message(conflict), often(group)),
            missing,
            repair,
            value_differed,
            slack_fs: self.slack(conflict).map(Span::fs),
        }
    }

    /// The reader, the ops whose bytes it found or may find, and the op whose bytes it meant.
    fn ops(&self, conflict: &Conflict) -> Vec<FindingOp> {
        let reader = (conflict.reader.op != Reader::HOST).then_some(conflict.reader.op);
        let mut ops: Vec<u32> = Vec::new();
        let writers = conflict.versions().into_iter().filter_map(|version| self.writer(Some(version)));
        for op in reader.into_iter().chain(writers) {
            if !ops.contains(&op) {
                ops.push(op);
            }
        }
        ops.into_iter().take(NAMED).map(|op| finding_op(self.log, self.versions, op)).collect()
    }

    fn message(&self, conflict: &Conflict) -> String {
        let (reader, place) = (self.name(conflict.reader.op), self.place(conflict));
        let (meant, found) = (self.said(conflict.meant()), self.said(conflict.found()));
        let (start, done) = (ns(conflict.reader.start), ns(conflict.reader.done));
        if let How::Undecided { .. } = conflict.how {
            let among = conflict.versions().len();
            let more = if among > 2 { format!(" and {} more", among - 2) } else { String::new() };
            format!(
                "{reader} reads {place}, and nothing says who wrote it last: log order decides for {meant}, against {found}{more}"
            )
        } else if conflict.meant().is_none() {
            format!(
                "{reader} reads bytes of {place} that nothing has written; when it started at {start} they held {found}"
            )
        } else if conflict.how == How::During {
            format!(
                "{reader} reads {meant} in {place} from {start} to {done}, and meanwhile it is overwritten by {found}"
            )
        } else {
            format!("{reader} reads {meant} in {place}, but when it started at {start} it held {found}")
        }
    }

    /// From the overwriting to the read, or from the read to the late write; 0 when they overlap.
    fn slack(&self, conflict: &Conflict) -> Option<Span> {
        if let How::Undecided { .. } = conflict.how {
            return None;
        }
        let start = conflict.reader.start;
        let written = |id: VersionId| self.versions.get(id).t_write;
        let meant = written(conflict.meant()?);
        if conflict.kind == FindingKind::RaceRaw {
            Some(meant.since(start))
        } else if conflict.how == How::During {
            Some(Span::ZERO)
        } else {
            Some(start.since(written(conflict.found()?)))
        }
    }

    pub(super) fn writer(&self, version: Option<VersionId>) -> Option<u32> {
        match self.versions.get(version?).writer {
            Writer::Op(op) => Some(op),
            Writer::Host(_) => None,
        }
    }
    /// An op, or the host, in words.
    pub(super) fn name(&self, op: u32) -> String {
        if op == Reader::HOST {
            return "the host".to_owned();
        }
        let (rank, index) = self.versions.op(op);
        place::short(&self.log.program, rank, index)
    }
    fn place(&self, conflict: &Conflict) -> String {
        place::memory(&self.log.program, conflict.space, conflict.view.base)
    }
    fn said(&self, version: Option<VersionId>) -> String {
        let said = |version: &Version| place::version(self.log, self.versions, version);
        version.map_or_else(|| "nothing".to_owned(), |id| said(self.versions.get(id)))
    }
}

fn often(group: &Group) -> String {
    match (group.count, group.ranks.len()) {
        (1, _) => String::new(),
        (count, 0 | 1) => format!(" ({count} times)"),
        (count, ranks) => format!(" ({count} times, on {ranks} ranks)"),
    }
}
