//! One op of a program, as diagnostics name it.

use std::fmt;

use program::{Location, OpIndex, Program, Rank, UnitId};

/// Prints as `rank 1, op 12 (recv)`, the one spelling of an op; with `{:#}` as `rank 1, op 12 (recv, kernel.rs:40)`,
/// where no line is shown beside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpRef {
    pub rank: Rank,
    pub index: OpIndex,
    pub kind: &'static str,
    /// The unit that ran it; `None` before a run.
    pub unit: Option<UnitId>,
    /// `None` when the program does not say.
    pub location: Option<Location>,
}

impl OpRef {
    pub fn of(program: &Program, rank: Rank, index: OpIndex) -> OpRef {
        let (kind, location) = (program.op(rank, index).kind(), program.location(rank, index));
        OpRef { rank, index, kind, unit: None, location }
    }
    #[must_use]
    pub fn on(self, unit: UnitId) -> OpRef {
        OpRef { unit: Some(unit), ..self }
    }

    /// The source line that ops of several ranks and rounds share.
    pub fn line(&self) -> Line {
        match &self.location {
            Some(location) => Line::Location(location.clone()),
            None => Line::Op(self.rank, self.index),
        }
    }
}

/// A source line, or the op itself when the program does not say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    Location(Location),
    Op(Rank, OpIndex),
}

impl fmt::Display for OpRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.location.as_ref().filter(|_| f.alternate()).map(Location::in_short);
        let line = line.map_or_else(String::new, |line| format!(", {line}"));
        write!(f, "rank {}, op {} ({}{line})", self.rank.0, self.index.0, self.kind)
    }
}
