//! A deadlock as a value: who waits for whom, the cycle among them, and what was tried and found to free it.

mod candidates;
mod cycle;
mod edit;
mod ends;
mod graph;
mod moves;
mod repair;
mod words;

use std::fmt;

use program::Program;
use serde::{Deserialize, Serialize};

use crate::progress::Stop;
pub use edit::Edit;
use order::Holds;
pub(crate) use repair::{Looked, Stuck, leaks, repaired};
pub(crate) use words::name;

/// Why nothing can happen any more. Its fields are those of JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Deadlock {
    /// The shortest cycle of waits, from its smallest (rank, index): each op waits for the next, the last one for
    /// the first. Where there is no cycle, an op that waits for what nobody will ever do.
    pub cycle: Vec<Waiting>,
    /// Whether it is a cycle.
    pub closed: bool,
    /// Every op that waits, by rank: its sequencer, then the send at the head of its queue, then where its
    /// command buffers stand.
    pub waits: Vec<Waiting>,
    /// The smallest number of slots, the same for every ring, with which the program finishes, found by trying.
    /// `None` when no number does, or when the program would still be refused for another reason.
    pub smallest_slots: Option<u32>,
    /// In the words of `tl`; it says whether it was tried.
    pub repair: String,
    /// The changes that were tried: with all of them, one after the other, the program finishes. Empty when none
    /// was found.
    pub edits: Vec<Edit>,
}

/// An op that waits for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Waiting {
    pub rank: u32,
    pub index: u32,
    /// The kind of op.
    pub op: String,
    /// In words.
    pub waits_for: String,
    /// `file:line:column`, or empty.
    pub source: String,
    /// The op that would free it, the one that leads on in the cycle; `None` when there is none.
    pub on: Option<Place>,
}

/// An op by its rank, and its index in that rank's program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Place {
    pub rank: u32,
    pub index: u32,
}

impl Deadlock {
    /// What a stopped program shows by itself. Nothing is tried.
    pub fn of(program: &Program, holds: &Holds, stop: &Stop) -> Deadlock {
        let graph = graph::Graph::of(program, holds, stop);
        let chain = graph.chain();
        let follows = |at: usize| match chain.links.get(at + 1) {
            None if chain.closed => chain.links.first().copied(),
            next => next.copied(),
        };
        let links = chain.links.iter().enumerate();
        Deadlock {
            cycle: links.map(|(at, &link)| graph.waiting(link, follows(at))).collect(),
            closed: chain.closed,
            waits: stop.waits.iter().map(|waits| graph.waiting((waits.rank, waits.op), None)).collect(),
            smallest_slots: None,
            repair: graph.advice(&chain).to_owned(),
            edits: Vec::new(),
        }
    }

    /// What is wrong, as a clause.
    pub fn clause(&self) -> String {
        match (&self.cycle[..], self.closed) {
            ([only], true) => format!("rank {} op {} ({}) waits for itself", only.rank, only.index, only.op),
            ([first, ..], false) => {
                let Waiting { rank, index, op, .. } = first;
                format!("nobody will ever free rank {rank} op {index} ({op})")
            }
            (cycle, _) => format!("{} ops wait for each other", cycle.len()),
        }
    }
}

/// Several lines: the clause, then who waits for whom.
impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "deadlock: {}", self.clause())?;
        self.cycle.iter().try_for_each(|waiting| write!(f, "\n  {waiting}"))?;
        write!(f, "\n  {}", self.repair)
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rank {} op {} ({})", self.rank, self.index, self.op)?;
        if !self.source.is_empty() {
            write!(f, " at {}", self.source)?;
        }
        write!(f, " waits for {}", self.waits_for)
    }
}
