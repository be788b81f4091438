//! What is wrong with a program or a run, as a value: the same object in the terminal, in JSON and in tests.

use serde::{Deserialize, Serialize};

/// A closed list: scripts match on these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

/// One finding. Lists of findings are in a fixed order: by the ops they name, then by kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// One side of a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FindingOp {
    pub rank: u32,
    pub index: u32,
    /// The kind of op.
    pub op: String,
    pub unit: String,
    /// `file:line:column`, or empty.
    pub source: String,
}
