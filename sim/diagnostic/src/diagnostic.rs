//! One finding or refusal, as data to the end: text, JSON and JUnit are views of it.

use std::cmp::Ordering;
use std::fmt;

use machine::Span;

use crate::fact::Fact;
use crate::{Code, Edge, Meaning, OpRef, Patch, Place, Repair, Trial, Way};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    pub fact: Fact,
    /// The op at fault first, then those it conflicts with.
    pub accesses: Vec<Access>,
    pub place: Option<Place>,
    /// The bytes in conflict, `[start, end)` as addresses of the place's memory.
    pub bytes: Option<[u64; 2]>,
    /// The edge that would have ordered the accesses.
    pub missing: Option<Edge>,
    /// What the repair decides, where the program leaves open which access comes first.
    pub meaning: Option<Meaning>,
    pub repair: Repair,
    /// The repair of every place that this stands for, where it can be made without the author.
    pub patch: Option<Patch>,
    /// Other repairs: of another meaning, or in case the first one fails.
    pub more: Vec<Way>,
    pub trial: Trial,
    /// Whether the values differed in this run; `None` when no values were computed.
    pub value_differed: Option<bool>,
    /// How far apart the two accesses were in this run.
    pub slack: Option<Span>,
    pub times: Times,
}

/// An op, and its access to the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    pub op: OpRef,
    pub does: Does,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    Reads,
    Writes,
    Overwrites,
    /// Releases the slot.
    Releases,
    /// Receives the message in the slot.
    Receives,
    /// The op is only named.
    Names,
}

/// Number of places with the same mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    pub count: u64,
    pub ranks: usize,
}

impl Times {
    pub const ONCE: Times = Times { count: 1, ranks: 1 };
}

impl Access {
    pub fn new(op: OpRef, does: Does) -> Access {
        Access { op, does }
    }
}

impl Diagnostic {
    /// A diagnostic with only a code and a fact.
    pub fn new(code: Code, fact: Fact) -> Diagnostic {
        Diagnostic {
            code,
            fact,
            accesses: Vec::new(),
            place: None,
            bytes: None,
            missing: None,
            meaning: None,
            repair: Repair::Fixed(crate::Advice::None),
            patch: None,
            more: Vec::new(),
            trial: Trial::Untried,
            value_differed: None,
            slack: None,
            times: Times::ONCE,
        }
    }

    pub fn ops(&self) -> impl ExactSizeIterator<Item = &OpRef> {
        self.accesses.iter().map(|access| &access.op)
    }

    /// The problem in one sentence.
    pub fn message(&self) -> String {
        self.fact.text(self)
    }
    /// The missing edge in words; empty when none is missing.
    pub fn missing_text(&self) -> String {
        self.missing.as_ref().map_or_else(String::new, Edge::to_string)
    }
    /// The cheapest repair, in the words of `tl`, of each meaning.
    pub fn repair_text(&self) -> String {
        if let Some(repair) = self.fact.repair() {
            return repair;
        }
        let first = (self.meaning.as_ref(), &self.repair);
        let ways =
            std::iter::once(first).chain(self.more.iter().map(|way| (way.meaning.as_ref(), &way.repair)));
        self.trial.text(ways)
    }
    /// The memory, slot, ring or tensor concerned; empty when there is none.
    pub fn place_text(&self) -> String {
        self.place.as_ref().map_or_else(String::new, Place::to_string)
    }

    /// By the ops they name, then by code and place: the order of every list.
    pub fn in_order(&self, other: &Diagnostic) -> Ordering {
        let rest = |it: &Diagnostic| (it.code, it.place.clone());
        self.ops().cmp(other.ops()).then_with(|| rest(self).cmp(&rest(other)))
    }
}

/// One line: `race_raw: rank 1, op 3 (load) may read … (k.rs:40:9)`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.message())?;
        let location = self.ops().next().and_then(|op| op.location.as_ref());
        location.iter().try_for_each(|location| write!(f, " ({location})"))
    }
}

#[cfg(test)]
#[path = "diagnostic_tests.rs"]
mod tests;
