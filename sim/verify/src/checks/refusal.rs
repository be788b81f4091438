//! Refusal of a program, with its reasons.

use std::fmt;

use diagnostic::{Access, Deadlock, Diagnostic, Does, Fact, Fault, OpRef, Place};
use program::OpIndex;
use program::program::{Program, Rank};

/// Every reason found, each once, in the order of the ops they name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reasons: Vec<Diagnostic>,
    /// Who waits for whom, when one of the reasons is that the program cannot finish.
    pub deadlock: Option<Box<Deadlock>>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, reason) in self.reasons.iter().enumerate() {
            write!(f, "{}{}: ", if index == 0 { "" } else { "\n" }, reason.code.name())?;
            reason.ops().take(1).try_for_each(|op| write!(f, "{op:#}: "))?;
            reason.place.iter().try_for_each(|place| write!(f, "{place}: "))?;
            write!(f, "{}; {}", reason.message(), reason.repair_text())?;
        }
        self.deadlock.iter().try_for_each(|deadlock| write!(f, "\n{deadlock}"))
    }
}

impl std::error::Error for Refusal {}

/// Reasons being collected.
pub(crate) struct Reasons<'a> {
    program: &'a Program,
    list: Vec<Reason>,
}

/// Ordered by rank, then op; what is wrong with the whole program comes first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Reason {
    rank: Option<Rank>,
    op: Option<OpIndex>,
    fault: Fault,
    place: Option<Place>,
}

impl<'a> Reasons<'a> {
    pub fn of(program: &'a Program) -> Reasons<'a> {
        Reasons { program, list: Vec::new() }
    }
    pub fn of_program(&self) -> &'a Program {
        self.program
    }
    /// A fault of an op.
    pub fn op(&mut self, rank: Rank, op: OpIndex, fault: Fault) {
        self.list.push(Reason { rank: Some(rank), op: Some(op), fault, place: None });
    }
    /// A fault of an op with a memory, ring, message or tensor.
    pub fn op_at(&mut self, rank: Rank, op: OpIndex, fault: Fault, place: Place) {
        self.list.push(Reason { rank: Some(rank), op: Some(op), fault, place: Some(place) });
    }
    /// A fault of no single op.
    pub fn at(&mut self, place: Place, fault: Fault) {
        self.list.push(Reason { rank: place.rank(), op: None, fault, place: Some(place) });
    }
    pub fn program(&mut self, fault: Fault) {
        self.list.push(Reason { rank: None, op: None, fault, place: None });
    }

    /// The refusal, unless there is no reason for one.
    pub fn refusal(&mut self) -> Result<(), Refusal> {
        if self.list.is_empty() {
            return Ok(());
        }
        let mut reasons = std::mem::take(&mut self.list);
        reasons.sort();
        reasons.dedup();
        let reasons = reasons.into_iter().map(|reason| self.diagnostic(reason)).collect();
        Err(Refusal { reasons, deadlock: None })
    }

    fn diagnostic(&self, Reason { rank, op, fault, place }: Reason) -> Diagnostic {
        let op = rank.zip(op).map(|(rank, op)| OpRef::of(self.program, rank, op));
        Diagnostic {
            accesses: op.map(|op| Access::new(op, Does::Names)).into_iter().collect(),
            place,
            ..Diagnostic::new(fault.code(), Fact::Refused(fault))
        }
    }
}
