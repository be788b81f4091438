//! What changed between two runs, by meaning: the ops, their times, or their values; where each change begins,
//! and what shifted the rest.

mod cause;
mod machines;
mod structures;
mod times;
mod values;

use program::{OpIndex, Rank};
use serde::{Deserialize, Serialize};

use crate::checksums::Checksums;
use crate::finding::FindingOp;
use crate::log::OpLog;

pub use cause::Cause;
pub use machines::MachineChange;

/// The difference between logs `a` and `b`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    pub verdict: Difference,
    pub first: First,
    /// What shifted the times, earliest first; ops of one source line that changed alike are one cause.
    pub causes: Vec<Cause>,
    pub makespan: MakespanChange,
    /// Keys of the machine that differ.
    pub machine: Vec<MachineChange>,
    /// Kernel, seed, parameters and given inputs that differ.
    pub params: Vec<MachineChange>,
}

/// The most that changed: other ops make other times, and other times may come with other values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    Structure,
    Timing,
    Data,
    Same,
}

/// Where each kind of change begins: structure in (rank, index) order, timing and data in time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct First {
    pub structure: Option<Spot>,
    pub timing: Option<Spot>,
    /// `None` also when the values are not known.
    pub data: Option<Spot>,
}

/// Where two logs differ, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// As log `a` has it, or `b` when `a` does not; absent when the difference is not of an op.
    #[serde(flatten)]
    pub op: Option<FindingOp>,
    pub what: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MakespanChange {
    pub a: u64,
    pub b: u64,
    pub delta: i64,
}

/// Compares two logs; the checksums of a replay of each, when both are known, tell about values.
pub fn diff(a: &OpLog, b: &OpLog, checksums: Option<(&Checksums, &Checksums)>) -> Diff {
    let pair = Pair::new(a, b);
    let first = First {
        structure: pair.structure.clone(),
        timing: times::first(&pair),
        data: checksums.and_then(|(of_a, of_b)| values::first(&pair, of_a, of_b)),
    };
    let verdict = match &first {
        First { structure: Some(_), .. } => Difference::Structure,
        First { timing: Some(_), .. } => Difference::Timing,
        First { data: Some(_), .. } => Difference::Data,
        First { structure: None, timing: None, data: None } => Difference::Same,
    };
    let causes = if first.timing.is_some() { cause::find(&pair) } else { Vec::new() };
    let makespan = (a.makespan().fs(), b.makespan().fs());
    let makespan = MakespanChange {
        a: makespan.0,
        b: makespan.1,
        delta: makespan.1.wrapping_sub(makespan.0).cast_signed(),
    };
    let machine = machines::changes(&a.machine, &b.machine);
    Diff { verdict, first, causes, makespan, machine, params: machines::params(a, b) }
}

/// Two logs and how far they ask for the same ops.
struct Pair<'a> {
    a: &'a OpLog,
    b: &'a OpLog,
    structure: Option<Spot>,
    /// By rank: how many ops at its start are the same.
    common: Vec<usize>,
    /// By rank: the number of its first op in each log.
    firsts: Vec<[usize; 2]>,
}

/// An op that both logs have.
#[derive(Clone, Copy)]
struct Same {
    rank: Rank,
    index: OpIndex,
    /// Its number among all ops, in `a` and in `b`.
    global: [usize; 2],
}

impl<'a> Pair<'a> {
    fn new(a: &'a OpLog, b: &'a OpLog) -> Pair<'a> {
        let (structure, common) = structures::compare(a, b);
        let firsts = a.first_ops().into_iter().zip(b.first_ops()).map(|(a, b)| [a, b]).collect();
        Pair { a, b, structure, common, firsts }
    }

    /// The ops that both logs have, in (rank, index) order.
    fn ops(&self) -> impl Iterator<Item = Same> + '_ {
        let ranks = self.common.iter().zip(&self.firsts).enumerate();
        ranks.flat_map(|(rank, (&common, first))| {
            (0..common).map(move |index| Same {
                rank: Rank(rank as u32),
                index: OpIndex(index as u32),
                global: [first[0] + index, first[1] + index],
            })
        })
    }

    fn spot(&self, op: Same, what: String) -> Spot {
        Spot { op: Some(describe(self.a, op.rank, op.index)), what }
    }
}

/// An op as messages name it.
fn describe(log: &OpLog, rank: Rank, index: OpIndex) -> FindingOp {
    FindingOp {
        rank: rank.0,
        index: index.0,
        op: log.program.op(rank, index).kind().to_owned(),
        unit: log.entries.unit[log.first_ops()[rank.index()] + index.index()].to_string(),
        source: log.program.source(rank, index).unwrap_or_default(),
    }
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
