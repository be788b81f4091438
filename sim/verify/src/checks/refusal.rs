//! Why a program is refused.

use std::fmt;

use program::{Breach, OpIndex, Program, Rank, RefusalKind};
use serde::{Deserialize, Serialize};

use crate::Deadlock;

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
