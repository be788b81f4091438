//! The contribution ledger: a partial is marked with a key where it is born, keys flow with the values made
//! from it, and at the end every key must have arrived exactly once, and no other.
//!
//! Keys belong to bytes, so a tile or a message that packs m, l and o keeps the keys of l where l lies. An element
//! of a result holds the sum of what the elements it is made of hold, whether it adds, multiplies or takes a
//! maximum, so a kernel marks *one* tensor of a partial, say l of (m, l, o): then a factor made from m adds
//! nothing. A comparison holds nothing, and a selection holds what either side does.
//! A reduction and a product gather what lies along the axis they sum: a key that two elements of one row hold
//! counts as often as in the one that holds it most often. This misses a partial that is split along that axis and
//! of which a piece is there twice, and never invents one. Bytes that nothing wrote hold nothing.
//!
//! Only values from which an expected one was made, and into which a partial may have gone, are looked at, once
//! each, and a value that holds one key all over costs one step, whatever its size.

mod blame;
mod held;
mod keys;
mod regions;
mod rules;
mod runs;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use oplog::{Finding, FindingKind, FindingOp, OpLog, words};
use order::Dataflow;
use program::{NoteOp, Op, View};

use held::{At, Held};
use keys::Keys;

/// Most keys, and most ops, that a finding names.
const NAMED: usize = 8;

/// Checks every `expect` of a log whose program has this `flow`. Findings are in order of the ops they name, then
/// by kind.
pub fn check(log: &OpLog, flow: &Dataflow) -> Vec<Finding> {
    let (mut contributed, mut expected) = (Vec::new(), Vec::new());
    for at in flow.marks() {
        let view = |view: program::ViewId| &log.program.rank(at.0).views[view.index()];
        let op = log.program.op(at.0, at.1);
        if let Op::Note(NoteOp::Contribute { view: of, key }) = op {
            contributed.push(Contributed { at, view: view(*of), key: *key });
        } else if let Op::Note(NoteOp::Expect { view: of, keys }) = op {
            expected.push(Expected { at, view: view(*of), keys });
        }
    }
    if expected.is_empty() {
        return Vec::new();
    }
    let mut held = Held::new(log, flow, &contributed);
    let mut ledger = Ledger { log, sources: BTreeMap::new() };
    for Contributed { at, key, .. } in contributed {
        ledger.sources.entry(key).or_default().push(at);
    }
    let mut findings: Vec<Finding> = Vec::new();
    for expected in expected {
        let parts = flow.marked(expected.at.0, expected.at.1);
        held.follow(expected.at, parts);
        let pieces = held.regions(expected.at, parts).read(expected.view);
        // To find who is to blame takes a walk over the log.
        let blamed = (findings.len() < NAMED).then_some(&held);
        findings.extend(ledger.check(&expected, blamed, pieces.iter().map(|(_, keys)| keys)));
    }
    findings.sort_by(|a, b| (&a.ops, a.kind).cmp(&(&b.ops, b.kind)));
    findings
}

/// A view whose bytes are marked.
struct Contributed<'a> {
    at: At,
    view: &'a View,
    key: u32,
}

/// What must lie in a view, each exactly once.
struct Expected<'a> {
    at: At,
    view: &'a View,
    keys: &'a [u32],
}

struct Ledger<'a> {
    log: &'a OpLog,
    /// By key: the ops that contribute it.
    sources: BTreeMap<u32, Vec<At>>,
}

impl Ledger<'_> {
    /// Every piece of the view must hold exactly the keys.
    fn check<'p>(
        &self,
        expected: &Expected<'_>,
        held: Option<&Held<'_>>,
        pieces: impl Iterator<Item = &'p Keys>,
    ) -> Vec<Finding> {
        let pieces: Vec<&Keys> = pieces.collect();
        let lacks = |key: u32| pieces.iter().any(|piece| piece.count(key).least == 0);
        let missing: Vec<u32> = expected.keys.iter().copied().filter(|&key| lacks(key)).collect();
        let counts = pieces.iter().flat_map(|piece| piece.iter());
        let too_often = counts.filter(|(key, count)| count.most > u32::from(expected.keys.contains(key)));
        let mut twice: Vec<u32> = too_often.map(|(key, _)| key).collect();
        twice.sort_unstable();
        twice.dedup();
        let wrong = [(FindingKind::LedgerMissing, missing), (FindingKind::LedgerTwice, twice)];
        let wrong = wrong.into_iter().filter(|(_, keys)| !keys.is_empty());
        wrong.map(|(kind, keys)| self.finding(expected, held, kind, &keys)).collect()
    }

    fn finding(
        &self,
        expected: &Expected<'_>,
        held: Option<&Held<'_>>,
        kind: FindingKind,
        keys: &[u32],
    ) -> Finding {
        let program = &self.log.program;
        let (rank, index) = expected.at;
        let (space, _) = self.log.layout.locate(program, rank, expected.view);
        let place = words::memory(program, space, expected.view.base);
        let named: Vec<String> = keys.iter().take(NAMED).map(u32::to_string).collect();
        let rest = keys.len().saturating_sub(NAMED);
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let (how, repair) = if kind == FindingKind::LedgerMissing {
            ("lacks", self.of_missing(expected, held, keys[0]))
        } else {
            ("counts too often", self.of_twice(expected, held, keys[0]))
        };
        let contributors = keys.iter().filter_map(|key| self.sources.get(key)).flatten().copied().take(NAMED);
        let ops = std::iter::once(expected.at).chain(contributors);
        let (op, named) = (words::op(program, rank, index), named.join(", "));
        Finding {
            kind,
            ops: ops.map(|(rank, index)| FindingOp::of(self.log, rank, index)).collect(),
            message: format!("{op} {how} contribution {named}{more} in {place}"),
            place,
            bytes: None,
            missing: String::new(),
            repair,
            value_differed: None,
            slack_fs: None,
        }
    }
}
