//! Conflicts in words: what was read, what was there instead, who wrote it, and the cheapest repair.

use machine::Span;
use oplog::{Finding, FindingKind, FindingOp, OpLog};

use crate::conflict::{Conflict, Group};
use crate::history::Reader;
use crate::place::{self, finding_op, ns};
use crate::version::{Version, VersionId, Versions, Writer};

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

    /// The reader, the op whose bytes it found, and the op whose bytes it meant.
    fn ops(&self, conflict: &Conflict) -> Vec<FindingOp> {
        let reader = (conflict.reader.op != Reader::HOST).then_some(conflict.reader.op);
        let mut ops: Vec<u32> = Vec::new();
        for op in [reader, self.writer(conflict.found()), self.writer(conflict.meant())].into_iter().flatten()
        {
            if !ops.contains(&op) {
                ops.push(op);
            }
        }
        ops.into_iter().map(|op| finding_op(self.log, self.versions, op)).collect()
    }

    fn message(&self, conflict: &Conflict) -> String {
        let (reader, place) = (self.name(conflict.reader.op), self.place(conflict));
        let (meant, found) = (self.said(conflict.meant()), self.said(conflict.found()));
        let (start, done) = (ns(conflict.reader.start), ns(conflict.reader.done));
        if conflict.meant().is_none() {
            format!(
                "{reader} reads bytes of {place} that nothing has written; when it started at {start} they held {found}"
            )
        } else if conflict.during {
            format!(
                "{reader} reads {meant} in {place}, which was overwritten before it was done at {done} by {found}"
            )
        } else {
            format!("{reader} reads {meant} in {place}, but when it started at {start} it held {found}")
        }
    }

    /// From the overwriting to the read, or from the read to the late write; 0 when they overlap.
    fn slack(&self, conflict: &Conflict) -> Option<Span> {
        let start = conflict.reader.start;
        let written = |id: VersionId| self.versions.get(id).t_write;
        let meant = written(conflict.meant()?);
        if conflict.kind == FindingKind::RaceRaw {
            Some(meant.since(start))
        } else if conflict.during {
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
        place::place(&self.log.program, rank, index)
    }
    fn place(&self, conflict: &Conflict) -> String {
        place::memory(&self.log.program, conflict.space, &conflict.view)
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
