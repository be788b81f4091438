//! Observations of a replay, beside the hazards that explain them. Both name ops, and are joined by these.

use std::collections::{BTreeMap, BTreeSet};

use diagnostic::{Code, Diagnostic, Observation, Observations, ObservedRead};
use program::Space;

/// Observations, by the ops that they are about.
pub struct Seen<'a> {
    observations: &'a Observations,
    by_op: BTreeMap<u32, Vec<(usize, &'a ObservedRead)>>,
}

/// Observations of a hazard, by number.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// Those about both of its ops.
    both: BTreeSet<usize>,
    /// Those about one of them, and about the same bytes: the other op came between in this run.
    one: BTreeSet<usize>,
}

impl Shown {
    pub fn extend(&mut self, more: Shown) {
        self.both.extend(more.both);
        self.one.extend(more.one);
    }
}

/// A finding about the order of ops.
pub struct Found {
    pub diagnostic: Diagnostic,
    pub shown: Shown,
}

impl<'a> Seen<'a> {
    pub fn of(observations: &'a Observations) -> Seen<'a> {
        let mut by_op: BTreeMap<u32, Vec<(usize, &ObservedRead)>> = BTreeMap::new();
        for (at, observation) in observations.list.iter().enumerate() {
            for read in &observation.reads {
                read.ops.iter().for_each(|&op| by_op.entry(op).or_default().push((at, read)));
            }
        }
        Seen { observations, by_op }
    }

    /// Observations of two accesses to these bytes; of one, when both ops are the same.
    pub fn about(&self, ops: [u32; 2], space: Space, [start, end]: [u64; 2]) -> Shown {
        let mut shown = Shown::default();
        for &(at, read) in ops.iter().filter_map(|op| self.by_op.get(op)).flatten() {
            if ops[0] != ops[1] && ops.iter().all(|op| read.ops.contains(op)) {
                shown.both.insert(at);
            } else if read.space == space && read.bytes[0] < end && start < read.bytes[1] {
                shown.one.insert(at);
            }
        }
        shown
    }

    /// One list of findings: hazards, which say whether values differed in this run, and the observations that none
    /// of them explains.
    pub fn merged(&self, found: Vec<Found>) -> Vec<Diagnostic> {
        let (mut differed, mut rest) = (BTreeSet::new(), Vec::new());
        for (at, observation) in self.observations.list.iter().enumerate() {
            let by = explained_by(at, observation, &found);
            if by.is_empty() {
                rest.extend(observation.finding());
            }
            if observation.value_differed == Some(true) {
                differed.extend(by);
            }
        }
        let hazard = |(at, Found { mut diagnostic, .. }): (usize, Found)| {
            // Of bytes that nothing wrote, it is not known what they should be.
            if diagnostic.code.is_race() && self.observations.have_values {
                // What came in the right order in this run did no harm.
                diagnostic.value_differed = Some(differed.contains(&at) && diagnostic.slack.is_none());
            }
            diagnostic
        };
        found.into_iter().enumerate().map(hazard).chain(rest).collect()
    }
}

/// Hazards whose two ops are those of an observation; without any, hazards of one of its ops at the same bytes.
fn explained_by(at: usize, observation: &Observation, found: &[Found]) -> Vec<usize> {
    let of = |shows: &dyn Fn(&Found) -> bool| -> Vec<usize> {
        found.iter().enumerate().filter(|(_, found)| shows(found)).map(|(hazard, _)| hazard).collect()
    };
    let both = of(&|found| found.shown.both.contains(&at));
    if !both.is_empty() {
        return both;
    }
    // Bytes that nothing writes are not the reason for any other finding.
    let unwritten = |code| code == Code::UninitialisedRead;
    let is_unwritten = observation.unexplained.as_ref().is_some_and(|it| unwritten(it.code));
    of(&|found| found.shown.one.contains(&at) && (is_unwritten || !unwritten(found.diagnostic.code)))
}

#[cfg(test)]
#[path = "seen_tests.rs"]
mod tests;
