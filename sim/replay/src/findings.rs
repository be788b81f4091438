//! Conflicts as diagnostics: what was read, what was there instead, who wrote it, and the cheapest repair.

use diagnostic::fact::{self, Observed};
use diagnostic::{Access, Code, Diagnostic, Does, Fact, Observation, OpRef, Place, Times};
use machine::Span;
use oplog::OpLog;

use crate::conflict::{Conflict, Group, Other};
use crate::history::Reader;
use crate::place::{self, op_ref};
use crate::version::{VersionId, Versions};

/// Most ops that a finding names.
const NAMED: usize = 8;

/// Turns groups of conflicts into diagnostics.
pub struct Findings<'a> {
    pub log: &'a OpLog,
    pub versions: &'a Versions,
}

impl Findings<'_> {
    /// `value_differed` is what comparing the values of the group gave.
    pub fn observation(&self, group: &Group, value_differed: Option<bool>) -> Observation {
        let unexplained = match group.first().other {
            Other::Held { code, during } => Some(self.finding(group, code, during)),
            Other::Possible => None,
        };
        Observation { reads: group.reads(self.versions), value_differed, unexplained }
    }

    fn finding(&self, group: &Group, code: Code, during: bool) -> Diagnostic {
        let conflict = group.first();
        let (missing, repair) = self.repair(conflict, code);
        let reader = place::read(self.log, self.versions, conflict.reader);
        let [meant, found] = [conflict.meant(), conflict.found()].map(|version| self.version(version));
        let observed = Observed::Found { reader, meant, found, during };
        Diagnostic {
            accesses: self.accesses(conflict),
            place: Some(Place::of(&self.log.program, conflict.space, conflict.view.base)),
            bytes: Some(conflict.bytes()),
            missing,
            repair,
            slack: self.slack(conflict, code, during),
            times: Times { count: group.count, ranks: group.ranks.len() },
            ..Diagnostic::new(code, Fact::Observed(Box::new(observed)))
        }
    }

    /// The reader, the ops whose bytes it found, and the op whose bytes it meant.
    fn accesses(&self, conflict: &Conflict) -> Vec<Access> {
        let reader = (conflict.reader.op != Reader::HOST).then_some(conflict.reader.op);
        let mut ops: Vec<u32> = Vec::new();
        let writers = conflict.versions().into_iter().filter_map(|version| self.writer(Some(version)));
        for op in reader.into_iter().chain(writers) {
            if !ops.contains(&op) {
                ops.push(op);
            }
        }
        let does = |op| if Some(op) == reader { Does::Reads } else { Does::Writes };
        ops.into_iter().take(NAMED).map(|op| Access::new(self.op(op), does(op))).collect()
    }

    /// From the overwriting to the read, or from the read to the late write; 0 when they overlap.
    fn slack(&self, conflict: &Conflict, code: Code, during: bool) -> Option<Span> {
        let start = conflict.reader.start;
        let written = |id: VersionId| self.versions.get(id).t_write;
        let meant = written(conflict.meant()?);
        if code == Code::RaceRaw {
            Some(meant.since(start))
        } else if during {
            Some(Span::ZERO)
        } else {
            Some(start.since(written(conflict.found()?)))
        }
    }

    pub(super) fn writer(&self, version: Option<VersionId>) -> Option<u32> {
        self.versions.get(version?).writer.op()
    }
    pub(super) fn op(&self, op: u32) -> OpRef {
        op_ref(self.log, self.versions, op)
    }
    fn version(&self, version: Option<VersionId>) -> Option<fact::Version> {
        version.map(|id| place::version(self.log, self.versions, self.versions.get(id)))
    }
}
