//! The contribution ledger: a partial is marked with a key where it is born, keys flow with the values made
//! from it, and at the end every key must have arrived exactly once, and no other.
//!
//! Keys belong to whole versions. An op's result holds the sum of what its operands hold, whether it adds,
//! multiplies or takes a maximum, so a kernel marks *one* tensor of a partial, say l of (m, l, o): then a
//! factor made from m adds nothing. A comparison holds nothing, and a selection holds what either side does.
//! An operand that lies in several versions holds what each of them does: this misses a key that two parts of
//! one reduced tile both hold, and never invents one. Bytes that nothing wrote hold nothing.

use std::collections::BTreeMap;

use oplog::{Finding, FindingKind, OpLog};
use program::Op;

use crate::error::ReplayError;
use crate::history::Part;
use crate::keys::Keys;
use crate::marks::{self, Mark};
use crate::place::{finding_op, memory, place};
use crate::reads::Reads;
use crate::schedule::Schedule;
use crate::version::{VersionId, Versions};

/// Most keys, and most ops, that a finding names.
const NAMED: usize = 8;

/// Checks every `Expect` of a log.
///
/// # Errors
/// [`ReplayError::Log`] when the log's reads form a cycle.
pub fn check(log: &OpLog, versions: &Versions, identity: &Reads) -> Result<Vec<Finding>, ReplayError> {
    let marks = marks::find(log, versions);
    if marks.is_empty() {
        return Ok(Vec::new());
    }
    let mut ledger =
        Ledger { log, versions, keys: vec![Keys::default(); versions.n_ids()], sources: BTreeMap::new() };
    ledger.fill(identity, &marks)?;
    Ok(marks.iter().flat_map(|mark| ledger.check(mark)).collect())
}

struct Ledger<'a> {
    log: &'a OpLog,
    versions: &'a Versions,
    /// By version.
    keys: Vec<Keys>,
    /// By key: the global ops that contribute it.
    sources: BTreeMap<u32, Vec<u32>>,
}

impl<'a> Ledger<'a> {
    fn fill(&mut self, identity: &Reads, marks: &[Mark]) -> Result<(), ReplayError> {
        let mut born: BTreeMap<VersionId, Vec<u32>> = BTreeMap::new();
        for mark in marks {
            if let Op::Contribute { key, .. } = self.op(mark.op) {
                self.sources.entry(*key).or_default().push(mark.op);
                mark.versions.iter().for_each(|version| born.entry(*version).or_default().push(*key));
            }
        }
        let mut schedule = Schedule::new(self.log, self.versions, identity);
        loop {
            let wave = schedule.wave()?;
            if wave.is_empty() {
                return Ok(());
            }
            for op in wave {
                let own = born.get(&VersionId(op)).into_iter().flatten();
                let inherited = self.of_op(self.op(op), identity.of(op as usize));
                self.keys[op as usize] = own.fold(inherited, |keys, &key| keys.with(key));
                schedule.done(op);
            }
        }
    }

    fn of_op<'p>(&self, op: &Op, reads: impl Iterator<Item = &'p [Part]>) -> Keys {
        // A sum over an axis gathers what lies along it; any other op keeps elements apart.
        let join = if let Op::Dot { .. } | Op::Reduce { .. } = op { Keys::either } else { Keys::apart };
        let mut operands = reads.map(|parts| self.of_operand(parts, join));
        if let Op::Compare { .. } = op {
            Keys::default()
        } else if let Op::Where { .. } = op {
            // The mask chooses; it is no part of the result. Nor is a constant, which stands in for elements that
            // have no partial: a choice of a constant where there is one is missed.
            operands.skip(1).reduce(Keys::apart).unwrap_or_default()
        } else {
            operands.next().map(|first| operands.fold(first, Keys::added)).unwrap_or_default()
        }
    }

    fn of_operand(&self, parts: &[Part], join: fn(Keys, Keys) -> Keys) -> Keys {
        let mut versions: Vec<Option<VersionId>> = parts.iter().map(|part| part.version).collect();
        versions.sort_unstable();
        versions.dedup();
        versions
            .into_iter()
            .map(|version| version.map_or_else(Keys::default, |version| self.keys[version.index()].clone()))
            .reduce(join)
            .unwrap_or_default()
    }

    fn op(&self, op: u32) -> &'a Op {
        let (rank, index) = self.versions.op(op);
        self.log.program.op(rank, index)
    }

    /// Every piece of an expectation's view must hold exactly its keys.
    fn check(&self, mark: &Mark) -> Vec<Finding> {
        let Op::Expect { keys, .. } = self.op(mark.op) else { return Vec::new() };
        let none = [Keys::default()];
        let written = mark.versions.iter().map(|version| &self.keys[version.index()]);
        let unwritten = none.iter().filter(|_| mark.unwritten || mark.versions.is_empty());
        let pieces: Vec<&Keys> = written.chain(unwritten).collect();
        let lacks = |key: u32| pieces.iter().any(|piece| piece.count(key).least == 0);
        let missing: Vec<u32> = keys.iter().copied().filter(|&key| lacks(key)).collect();
        let held = pieces.iter().flat_map(|piece| piece.iter());
        let too_often = held.filter(|(key, count)| count.most > u32::from(keys.contains(key)));
        let mut twice: Vec<u32> = too_often.map(|(key, _)| key).collect();
        twice.sort_unstable();
        twice.dedup();
        let wrong = [(FindingKind::LedgerMissing, missing), (FindingKind::LedgerTwice, twice)];
        let wrong = wrong.into_iter().filter(|(_, keys)| !keys.is_empty());
        wrong.map(|(kind, keys)| self.finding(mark, kind, &keys)).collect()
    }

    fn finding(&self, mark: &Mark, kind: FindingKind, keys: &[u32]) -> Finding {
        let program = &self.log.program;
        let (rank, index) = self.versions.op(mark.op);
        let (space, _) = self.log.layout.locate(program, rank, &mark.view);
        let held = memory(program, space, &mark.view);
        let named: Vec<String> = keys.iter().take(NAMED).map(u32::to_string).collect();
        let rest = keys.len().saturating_sub(NAMED);
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let (how, repair) = if kind == FindingKind::LedgerMissing {
            ("lacks", "merge the partial, or mark it with `tl.contribute` where it is born")
        } else {
            ("counts too often", "merge each partial once: a ring in both directions delivers it twice")
        };
        let contributors = keys.iter().filter_map(|key| self.sources.get(key)).flatten().copied().take(NAMED);
        let ops = std::iter::once(mark.op).chain(contributors);
        Finding {
            kind,
            ops: ops.map(|op| finding_op(self.log, self.versions, op)).collect(),
            message: format!(
                "{} {how} contribution {}{more} in {held}",
                place(program, rank, index),
                named.join(", ")
            ),
            place: held,
            bytes: None,
            missing: String::new(),
            repair: repair.to_owned(),
            value_differed: None,
            slack_fs: None,
        }
    }
}
