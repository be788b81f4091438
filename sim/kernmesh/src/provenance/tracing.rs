//! One wrong element: what it is made of, and what of that is wrong.

use oplog::provenance::{Beside, Compared, Difference, Ranges, Region, Taken, Traced};
use program::Program;
use replay::HostValues;
use replay::provenance::compare::{self, Found, Reference};
use replay::provenance::{Graph, Slice, boxes};
use replay::verdict::Wrong;

use super::asking::Asked;
use super::beside::{self, Line};
use super::{Failing, causes, neglected, shape, values};
use crate::error::Error;

/// Boxes of inputs that are told of an element.
const BOXES: usize = 32;

/// Differences of one input, by its number.
pub(super) type OfInput = (usize, Found);

/// A wrong element.
pub(super) struct Tracing<'a> {
    pub graph: &'a Graph<'a>,
    pub inputs: &'a HostValues,
    pub failing: &'a Failing<'a>,
    pub worst: Wrong,
    /// All wrong elements of its part, ascending.
    pub part: &'a [Wrong],
    pub slice: &'a Slice,
    pub right: Option<&'a Slice>,
    /// Parts of inputs that reach no output.
    pub unused: &'a [Region],
    /// Whether it is the worst of all: others are not compared with elements that are right.
    pub is_first: bool,
    /// Whether the values of its part say enough.
    pub is_plain: bool,
    /// Whether the errors of its part are of the size of rounding.
    pub is_rounded: bool,
}

impl Tracing<'_> {
    pub fn traced(&self, threads: usize) -> Result<Traced, Error> {
        let program = &self.graph.log.program;
        let Wrong { at, value, oracle, .. } = self.worst;
        let output = &program.outputs[self.failing.output];
        let mut asked = match self.failing.reference {
            Some(reference) => Some(Asked::of(program, reference, self.inputs, threads, (output, at))?),
            None => None,
        };
        let line =
            if asked.is_none() && self.is_first { beside::line(self.graph, self.failing, at) } else { None };
        let (found, compared) = match (&mut asked, &line) {
            // Of what is not finite the reference changes with nothing.
            (Some(_), _) if !self.slice.is_complete() || !oracle.is_finite() => {
                (Vec::new(), Compared::Partly)
            }
            (Some(asked), _) => self.compared(program, asked),
            (None, Some(line)) if self.slice.is_complete() => (self.beside(line), Compared::Beside),
            (None, _) => (Vec::new(), Compared::NoReference),
        };
        let right = line.as_ref().map(Line::closest).or(self.right);
        let (mut differences, mut perhaps) = match &mut asked {
            Some(asked) => (self.proved(program, right, asked, found), Vec::new()),
            None => self.confirmed(self.likely(program, right, found), right.is_some()),
        };
        if differences.is_empty() && !self.is_plain {
            let causes = values::differences(self, asked.as_mut().filter(|_| compared == Compared::Whole));
            let to = if causes.is_certain { &mut differences } else { &mut perhaps };
            to.extend(causes.found);
        }
        if let Some(line) = &line {
            let neglected = self.neglected(line.closest());
            // They account for parts that no output takes, and other guesses do not.
            perhaps = if neglected.is_empty() { perhaps } else { neglected };
        }
        if !differences.is_empty() || self.is_plain || self.is_rounded {
            perhaps.clear();
        }
        without_others(&mut perhaps, self.unused);
        let (taken, more_taken) = self.told(self.slice);
        let beside = line.map(|line| {
            let (taken, more_taken) = self.told(line.closest());
            Beside { index: line.index(), taken, more_taken }
        });
        Ok(Traced {
            index: boxes::index(&shape(output), at),
            value,
            oracle,
            taken,
            more_taken,
            unwritten: self.slice.unwritten(),
            beside,
            differences,
            perhaps,
            compared,
            complete: self.slice.is_complete(),
        })
    }

    /// Boxes that are told, and how many more there are.
    fn told(&self, slice: &Slice) -> (Vec<Taken>, u64) {
        let mut taken = slice.taken(&self.graph.log.program, self.inputs);
        let more = taken.len().saturating_sub(BOXES) as u64;
        taken.truncate(BOXES);
        (taken, more)
    }

    /// Against what the reference depends on. Integers may be indices: they are not changed.
    fn compared(&self, program: &Program, asked: &mut Asked<'_>) -> (Vec<OfInput>, Compared) {
        let (mut all, mut compared) = (Vec::new(), Compared::Whole);
        for input in (0..program.inputs.len()).filter(|&input| program.inputs[input].dtype.is_float()) {
            match self.differences(input, asked) {
                Some(found) => {
                    compared = if found.is_partial { Compared::Partly } else { compared };
                    all.push((input, found));
                }
                None => return (all, Compared::Partly),
            }
        }
        (all, compared)
    }

    /// Boxes that a right element takes, too, and whose values are not linear, where boxes of their shape reach no output.
    fn neglected(&self, right: &Slice) -> Vec<Difference> {
        let program = &self.graph.log.program;
        let of_right = right.taken(program, self.inputs);
        let is_shared = |it: &Taken| {
            it.times == 0
                && of_right.iter().any(|right| {
                    right.region.input == it.region.input && has(&right.region.ranges, &it.region.ranges)
                })
        };
        let own = self.slice.taken(program, self.inputs);
        let shared: Vec<Region> = own.into_iter().filter(is_shared).map(|it| it.region).collect();
        neglected::neglected(&shared, self.unused)
    }

    /// Those that are the error, and those that may be. A guess that is alone and is not the error is neither, unless it
    /// is a box that is taken more often than by a right element; nor is one that no right element was held against.
    fn confirmed(&self, found: Vec<Difference>, is_beside: bool) -> (Vec<Difference>, Vec<Difference>) {
        let (mut certain, mut perhaps) = (Vec::new(), Vec::new());
        let is_alone = found.len() == 1;
        for difference in found {
            match causes::is_confirmed(self, &difference) {
                Some(true) => certain.push(difference),
                Some(false) if is_alone && !matches!(difference, Difference::Repeated { .. }) => {}
                Some(false) | None if is_beside => perhaps.push(difference),
                Some(false) | None => {}
            }
        }
        (certain, perhaps)
    }

    /// Against what the elements beside it take.
    fn beside(&self, line: &Line) -> Vec<OfInput> {
        let inputs = 0..self.graph.log.program.inputs.len();
        let found = inputs.filter_map(|input| {
            let extents = shape(&self.graph.log.program.inputs[input]);
            let mut meant = line.meant(input, &extents, &self.slice.inputs[input])?;
            Some((input, self.differences(input, &mut meant)?))
        });
        found.collect()
    }

    /// Differences of one input.
    fn differences(&self, input: usize, reference: &mut dyn Reference) -> Option<Found> {
        let extents = shape(&self.graph.log.program.inputs[input]);
        compare::differences(input, &extents, &self.slice.inputs[input], reference)
    }
}

/// Whether a box lies in another.
fn has(whole: &Ranges, part: &Ranges) -> bool {
    whole.iter().zip(part).all(|(whole, part)| whole[0] <= part[0] && part[1] <= whole[1])
}

/// Leaves out what right elements suggest of an input where they say that a part is missing, and another one is known to
/// be: it reaches no output.
fn without_others(perhaps: &mut Vec<Difference>, unused: &[Region]) {
    let meets = |a: &Region, b: &Region| {
        a.input == b.input && a.ranges.iter().zip(&b.ranges).all(|(a, b)| a[0] < b[1] && b[0] < a[1])
    };
    let missing = |it: &Difference| match it {
        Difference::Missing { region } => Some(region.clone()),
        Difference::Displaced { meant, .. } | Difference::Neglected { unused: meant, .. } => {
            Some(meant.clone())
        }
        Difference::Foreign { .. }
        | Difference::Repeated { .. }
        | Difference::Weighed { .. }
        | Difference::Scaled { .. }
        | Difference::Error { .. } => None,
    };
    let missing: Vec<Region> = perhaps.iter().filter_map(missing).collect();
    perhaps.retain(|it| {
        let of_input = || missing.iter().filter(|missing| missing.input == it.input());
        let is_named = of_input().any(|missing| unused.iter().any(|unused| meets(missing, unused)));
        let is_whole = unused.iter().all(|unused| unused.input != it.input());
        let is_repeated = matches!(it, Difference::Repeated { .. });
        is_repeated || is_whole || is_named || of_input().next().is_none()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the input `k`, each box by its first axis.
    fn region(input: &str, ranges: [u64; 2]) -> Region {
        Region { input: input.to_owned(), ranges: vec![ranges], ranks: vec![0] }
    }

    fn missing(input: &str, ranges: [u64; 2]) -> Difference {
        Difference::Missing { region: region(input, ranges) }
    }

    #[test]
    fn a_guess_of_what_is_missing_names_what_reaches_no_output() {
        let foreign = || Difference::Foreign { region: region("k", [0, 9]) };
        let twice = || Difference::Repeated { region: region("k", [7, 8]), times: 2, usual: 1 };
        let check = |guesses: Vec<Difference>, unused: &[Region], kept: &[Difference]| {
            let mut perhaps = guesses;
            without_others(&mut perhaps, unused);
            assert_eq!(perhaps, kept);
        };
        let unused = [region("k", [9, 10])];
        check(vec![missing("k", [12, 14]), foreign()], &unused, &[]);
        check(vec![missing("k", [8, 14]), foreign()], &unused, &[missing("k", [8, 14]), foreign()]);
        check(vec![missing("k", [12, 14]), twice()], &unused, &[twice()]);
        check(vec![foreign()], &unused, &[foreign()]);
        check(vec![missing("v", [12, 14])], &unused, &[missing("v", [12, 14])]);
        check(vec![missing("k", [12, 14])], &[], &[missing("k", [12, 14])]);
    }
}
