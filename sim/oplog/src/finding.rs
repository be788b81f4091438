//! What is wrong with a program or a run, as a value: the same object in the terminal, in JSON and in tests.

use std::fmt;

use program::{OpIndex, Rank};
use serde::{Deserialize, Serialize};

use crate::log::OpLog;

/// A closed list: scripts match on these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    RaceRaw,
    RaceWar,
    RaceWaw,
    UninitialisedRead,
    /// A slot was read after a later message overwrote it, or while it did.
    SlotOverwritten,
    /// Memory was read after a later op overwrote it, or while it did.
    MemoryOverwritten,
    UseAfterRelease,
    DoubleRelease,
    SlotLeak,
    CreditLeak,
    VacuousWait,
    WaitGatesNothing,
    Semaphore,
    LedgerMissing,
    LedgerTwice,
    OutOfBounds,
    TimingDependent,
    UnmatchedSend,
    UnmatchedRecv,
    /// Shape, dtype or bytes of two ends do not agree.
    Mismatch,
    /// A slot count with which the program cannot finish.
    SlotCount,
    /// TCM, HBM or SRAM is too small.
    Capacity,
    /// The program cannot finish, whatever the timing.
    Deadlock,
    /// Copies of one output differ.
    OutputsDiffer,
    /// Anything else that makes a program malformed.
    Malformed,
}

impl FindingKind {
    /// The name in JSON and in the terminal.
    pub const fn name(self) -> &'static str {
        match self {
            FindingKind::RaceRaw => "race_raw",
            FindingKind::RaceWar => "race_war",
            FindingKind::RaceWaw => "race_waw",
            FindingKind::UninitialisedRead => "uninitialised_read",
            FindingKind::SlotOverwritten => "slot_overwritten",
            FindingKind::MemoryOverwritten => "memory_overwritten",
            FindingKind::UseAfterRelease => "use_after_release",
            FindingKind::DoubleRelease => "double_release",
            FindingKind::SlotLeak => "slot_leak",
            FindingKind::CreditLeak => "credit_leak",
            FindingKind::VacuousWait => "vacuous_wait",
            FindingKind::WaitGatesNothing => "wait_gates_nothing",
            FindingKind::Semaphore => "semaphore",
            FindingKind::LedgerMissing => "ledger_missing",
            FindingKind::LedgerTwice => "ledger_twice",
            FindingKind::OutOfBounds => "out_of_bounds",
            FindingKind::TimingDependent => "timing_dependent",
            FindingKind::UnmatchedSend => "unmatched_send",
            FindingKind::UnmatchedRecv => "unmatched_recv",
            FindingKind::Mismatch => "mismatch",
            FindingKind::SlotCount => "slot_count",
            FindingKind::Capacity => "capacity",
            FindingKind::Deadlock => "deadlock",
            FindingKind::OutputsDiffer => "outputs_differ",
            FindingKind::Malformed => "malformed",
        }
    }
}

/// One finding. Lists of findings are in a fixed order: by the ops they name, then by kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    pub kind: FindingKind,
    /// The op at fault first, then those it conflicts with.
    pub ops: Vec<FindingOp>,
    /// The memory, slot, ring or tensor concerned, in words.
    #[serde(rename = "where")]
    pub place: String,
    /// The bytes in conflict, `[start, end)` as addresses of that memory.
    pub bytes: Option<[u64; 2]>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The edge that would have ordered the two, in words; empty when no edge is missing.
    pub missing: String,
    /// The cheapest repair, in the words of `tl`.
    pub repair: String,
    /// Whether the values differed in this run; `None` when no values were computed.
    pub value_differed: Option<bool>,
    /// How far apart the two accesses were in this run.
    pub slack_fs: Option<u64>,
}

/// One line: `race_raw: rank 1's load may read … (k.rs:40:9)`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.message)?;
        match self.ops.first().map(|op| &op.source[..]) {
            Some("") | None => Ok(()),
            Some(source) => write!(f, " ({source})"),
        }
    }
}

/// One side of a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FindingOp {
    pub rank: u32,
    pub index: u32,
    /// The kind of op.
    pub op: String,
    pub unit: String,
    /// `file:line:column`, or empty.
    pub source: String,
}

impl FindingOp {
    pub fn of(log: &OpLog, rank: Rank, index: OpIndex) -> FindingOp {
        let global = log.first_ops()[rank.index()] + index.index();
        FindingOp {
            rank: rank.0,
            index: index.0,
            op: log.program.op(rank, index).kind().to_owned(),
            unit: log.entries.unit[global].to_string(),
            source: log.program.source(rank, index).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_told_in_one_line() {
        let op = FindingOp {
            rank: 1,
            index: 2,
            op: "load".to_owned(),
            unit: "dma0".to_owned(),
            source: "k.rs:40:9".to_owned(),
        };
        let race = Finding {
            kind: FindingKind::RaceRaw,
            ops: vec![op],
            place: "b0 in TCM of rank 1".to_owned(),
            bytes: Some([0, 8]),
            message: "it comes too early".to_owned(),
            missing: String::new(),
            repair: String::new(),
            value_differed: None,
            slack_fs: None,
        };
        assert_eq!(race.to_string(), "race_raw: it comes too early (k.rs:40:9)");
        let nowhere = Finding { ops: Vec::new(), ..race };
        assert_eq!(nowhere.to_string(), "race_raw: it comes too early");
    }
}
