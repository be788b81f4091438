//! Why a program is refused.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::deadlock::Deadlock;
use crate::op::OpIndex;
use crate::program::{Program, Rank};

/// A closed list, with the names that findings have in the op log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    UseAfterRelease,
    DoubleRelease,
    /// A wait for more than all signals together give.
    Semaphore,
    OutOfBounds,
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
    /// Anything else that makes a program malformed.
    Malformed,
}

impl RefusalKind {
    /// The name in JSON and in the terminal.
    pub const fn name(self) -> &'static str {
        match self {
            RefusalKind::UseAfterRelease => "use_after_release",
            RefusalKind::DoubleRelease => "double_release",
            RefusalKind::Semaphore => "semaphore",
            RefusalKind::OutOfBounds => "out_of_bounds",
            RefusalKind::UnmatchedSend => "unmatched_send",
            RefusalKind::UnmatchedRecv => "unmatched_recv",
            RefusalKind::Mismatch => "mismatch",
            RefusalKind::SlotCount => "slot_count",
            RefusalKind::Capacity => "capacity",
            RefusalKind::Deadlock => "deadlock",
            RefusalKind::Malformed => "malformed",
        }
    }
}

/// One reason. Its fields become those of a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Refused {
    /// `None` when no rank is at fault alone.
    pub rank: Option<u32>,
    /// The op's index in its rank's program.
    pub op: Option<u32>,
    pub kind: RefusalKind,
    /// The kind of op; empty when no op is at fault.
    pub op_kind: String,
    /// `file:line:column`, or empty.
    pub source: String,
    /// The memory, ring, message or tensor concerned, in words; may be empty.
    pub place: String,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The cheapest repair, in the words of `tl`.
    pub repair: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.kind.name())?;
        if let Some(rank) = self.rank {
            write!(f, "rank {rank}")?;
            if let Some(op) = self.op {
                write!(f, " op {op} ({})", self.op_kind)?;
            }
            if !self.source.is_empty() {
                write!(f, " at {}", self.source)?;
            }
            f.write_str(": ")?;
        }
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        write!(f, "{}; {}", self.message, self.repair)
    }
}

/// Every reason found, each once, in the order of the ops they name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub reasons: Vec<Refused>,
    /// Who waits for whom, when one of the reasons is that the program cannot finish.
    pub deadlock: Option<Box<Deadlock>>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, reason) in self.reasons.iter().enumerate() {
            write!(f, "{}{reason}", if index == 0 { "" } else { "\n" })?;
        }
        self.deadlock.iter().try_for_each(|deadlock| write!(f, "\n{deadlock}"))
    }
}

impl std::error::Error for Refusal {}

/// What is wrong, before it is known which op it is said of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub kind: RefusalKind,
    pub place: String,
    pub message: String,
    pub repair: String,
}

impl Breach {
    pub fn new(kind: RefusalKind, message: impl Into<String>, repair: impl Into<String>) -> Breach {
        Breach { kind, place: String::new(), message: message.into(), repair: repair.into() }
    }
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Breach {
        self.place = place.to_string();
        self
    }
}

/// Reasons being collected.
pub(super) struct Reasons<'a> {
    program: &'a Program,
    list: Vec<Refused>,
}

impl<'a> Reasons<'a> {
    pub fn of(program: &'a Program) -> Reasons<'a> {
        Reasons { program, list: Vec::new() }
    }
    pub fn op(&mut self, rank: Rank, op: OpIndex, breach: Breach) {
        let source = self.program.source(rank, op).unwrap_or_default();
        let op_kind = self.program.op(rank, op).kind().to_owned();
        self.list.push(refused(Some(rank.0), Some(op.0), op_kind, source, breach));
    }
    pub fn rank(&mut self, rank: Rank, breach: Breach) {
        self.list.push(refused(Some(rank.0), None, String::new(), String::new(), breach));
    }
    pub fn program(&mut self, breach: Breach) {
        self.list.push(refused(None, None, String::new(), String::new(), breach));
    }
    /// The refusal, unless there is no reason for one.
    pub fn refusal(&mut self) -> Result<(), Refusal> {
        if self.list.is_empty() {
            return Ok(());
        }
        let mut reasons = std::mem::take(&mut self.list);
        reasons.sort();
        reasons.dedup();
        Err(Refusal { reasons, deadlock: None })
    }
}

fn refused(rank: Option<u32>, op: Option<u32>, op_kind: String, source: String, breach: Breach) -> Refused {
    let Breach { kind, place, message, repair } = breach;
    Refused { rank, op, kind, op_kind, source, place, message, repair }
}
