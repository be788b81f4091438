//! Propagation of poison from unwritten bytes. Values cannot show it: the maximum of NaN and 1 is 1. So the result of
//! an op counts as poisoned when any operand was, and remembers the read at which the poison entered.
//!
//! A move keeps poison to its bytes. An op that computes spreads it over its whole result, which may name outputs
//! that the poison did not reach; the read that is named is wrong in any case.

use std::collections::BTreeMap;

use diagnostic::fact::{self, Observed};
use diagnostic::{
    Access, Advice, Code, Diagnostic, Does, Edge, End, Fact, Line, OpRef, Place, Repair, Times,
};
use oplog::OpLog;
use program::{Base, Effect, Target, View};

use crate::history::Part;
use crate::place::op_ref;
use crate::reads::Reads;
use crate::version::{VersionId, Versions, Writer};

/// Bytes `start..end` of a version's value hold poison that the op `by` let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stain {
    start: u64,
    end: u64,
    by: u32,
}

/// A read of unwritten bytes, and the intended version.
pub struct Poison<'a> {
    pub log: &'a OpLog,
    pub versions: &'a Versions,
    pub reads: &'a Reads,
    pub meant: &'a Reads,
}

/// The outputs that one op let poison into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// By output, ascending.
    pub outputs: Vec<u32>,
    pub by: u32,
}

impl Poison<'_> {
    /// The ops that let poison in that reached an output. `order` has every op after those whose versions it reads.
    pub fn reached(&self, order: impl IntoIterator<Item = u32>) -> Vec<Reached> {
        let mut stains: Vec<Vec<Stain>> = vec![Vec::new(); self.versions.n_ids()];
        for op in order {
            if let Some(written) = self.versions.written_by(op as usize) {
                stains[op as usize] = self.stains(op, written.bytes(), &stains);
            }
        }
        let mut reached: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (tensor, of) in self.outputs() {
            let parts = self.reads.of(self.versions.n_ops() + tensor).flatten();
            for by in parts.filter_map(|part| part.version.map(|id| stained(&stains, part, id))).flatten() {
                let outputs = reached.entry(by.by).or_default();
                outputs.push(of);
                outputs.sort_unstable();
                outputs.dedup();
            }
        }
        reached.into_iter().map(|(by, outputs)| Reached { outputs, by }).collect()
    }

    /// What an op leaves behind.
    fn stains(&self, op: u32, bytes: u64, stains: &[Vec<Stain>]) -> Vec<Stain> {
        let (mut found, mut at) = (Vec::new(), 0);
        for part in self.reads.of(op as usize).flatten() {
            match part.version {
                None => found.push(Stain { start: at, end: at + part.length, by: op }),
                Some(id) => found.extend(stained(stains, part, id).into_iter().map(|stain| Stain {
                    start: at + stain.start,
                    end: at + stain.end,
                    ..stain
                })),
            }
            at += part.length;
        }
        if self.keeps_order(op) && at == bytes {
            return found;
        }
        found.first().map(|first| Stain { start: 0, end: bytes, by: first.by }).into_iter().collect()
    }

    /// Whether an op writes the bytes it reads, in the order in which they lie in memory.
    fn keeps_order(&self, op: u32) -> bool {
        let (rank, index) = self.versions.op(op);
        let axes = |view: program::ViewId| -> Vec<usize> {
            let view: &View = &self.log.program.rank(rank).views[view.index()];
            view.memory_order().collect()
        };
        match self.log.program.op(rank, index).effect() {
            Effect::Move { from, to: Target::View(to) } => axes(from) == axes(to),
            Effect::Move { from, to: Target::Slots(_) } => axes(from).is_sorted(),
            Effect::Compute(_) | Effect::Fold(_) | Effect::Nothing => false,
        }
    }

    fn outputs(&self) -> impl Iterator<Item = (usize, u32)> + '_ {
        let tensors = self.log.program.tensors.iter().enumerate();
        tensors.filter_map(|(at, tensor)| tensor.role.taken().map(|(of, _)| (at, of)))
    }

    /// The read that let poison in, as a finding; one for each line of the kernel.
    pub fn findings(&self, reached: &[Reached]) -> Vec<Diagnostic> {
        let mut lines: BTreeMap<(Vec<u32>, Line), Vec<u32>> = BTreeMap::new();
        for Reached { outputs, by } in reached {
            lines.entry((outputs.clone(), self.op(*by).line())).or_default().push(*by);
        }
        lines.into_iter().map(|((outputs, _), ops)| self.finding(&outputs, &ops)).collect()
    }

    fn finding(&self, outputs: &[u32], ops: &[u32]) -> Diagnostic {
        let by = ops[0];
        let (nth, part) = self.hole(by).expect("it let poison in");
        let (rank, index) = self.versions.op(by);
        let view =
            self.log.program.op(rank, index).access().reads().nth(nth).expect("it is one of its reads");
        let view = &self.log.program.rank(rank).views[view.index()];
        let (space, _) = self.log.layout.locate(&self.log.program, rank, view);
        let meant = self.meant.nth(by as usize, nth).iter().find(|meant| meant.end() > part.start);
        let writer = meant.and_then(|meant| meant.version).map(|id| self.versions.get(id).writer);
        let mut ranks: Vec<_> = ops.iter().map(|&op| self.versions.op(op).0).collect();
        ranks.dedup();
        let (code, from, advice) = match writer {
            None => (Code::UninitialisedRead, fact::Poison::Unwritten, Advice::WriteFirst),
            Some(Writer::Host(_)) => (Code::TimingDependent, fact::Poison::Host, Advice::AsOfRace),
            Some(Writer::Op(op)) => {
                let in_slot = matches!(view.base, Base::Message(_));
                let from = fact::Poison::Op(self.op(op), in_slot);
                (Code::TimingDependent, from, Advice::AsOfRace)
            }
        };
        let other = if let fact::Poison::Op(op, _) = &from { Some(op.clone()) } else { None };
        let outputs = outputs.iter().map(|&of| self.output_name(of)).collect();
        let mut accesses = vec![Access::new(self.op(by), Does::Reads)];
        accesses.extend(other.clone().map(|op| Access::new(op, Does::Writes)));
        Diagnostic {
            accesses,
            place: Some(Place::of(&self.log.program, space, view.base)),
            bytes: Some([part.start, part.end()]),
            missing: other.map(|op| Edge::new(End::End(op), End::Start(self.op(by)))),
            repair: Repair::Fixed(advice),
            times: Times { count: ops.len() as u64, ranks: ranks.len() },
            ..Diagnostic::new(code, Fact::Observed(Box::new(Observed::Poison { outputs, from })))
        }
    }

    /// The first of an op's reads that finds nothing, and where.
    fn hole(&self, op: u32) -> Option<(usize, Part)> {
        let mut reads = self.reads.of(op as usize).enumerate();
        reads.find_map(|(nth, parts)| Some((nth, *parts.iter().find(|part| part.version.is_none())?)))
    }
    pub fn output_name(&self, of: u32) -> String {
        self.log.program.outputs[of as usize].name.clone()
    }
    fn op(&self, op: u32) -> OpRef {
        op_ref(self.log, self.versions, op)
    }
}

/// The poison in what `part` takes of a version, counted from the first byte taken.
fn stained(stains: &[Vec<Stain>], part: &Part, id: VersionId) -> Vec<Stain> {
    let (from, to) = (part.at, part.at + part.length);
    let within = stains[id.index()].iter().filter(|stain| stain.start < to && stain.end > from);
    let cut = |stain: &Stain| Stain {
        start: stain.start.max(from) - from,
        end: stain.end.min(to) - from,
        ..*stain
    };
    within.map(cut).collect()
}
