//! One wrong element: what it is made of, and what of that is wrong.

use oplog::provenance::{Beside, Compared, Difference, Ranges, Region, Taken, Traced};
use program::Program;
use replay::HostValues;
use replay::provenance::compare::{self, Reference};
use replay::provenance::{Graph, Slice, boxes, region};
use replay::verdict::Wrong;

use super::asking::Asked;
use super::beside::{self, Line};
use super::{Failing, causes, shape, values};
use crate::error::Error;

/// Boxes of inputs that are told of an element.
const BOXES: usize = 32;

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
        let found = self.with_repeated(program, right, asked.as_mut(), found);
        let (mut differences, mut perhaps) =
            if asked.is_some() { (found, Vec::new()) } else { self.confirmed(found, right.is_some()) };
        if differences.is_empty() && !self.is_plain {
            let causes = values::differences(self, asked.as_mut().filter(|_| compared == Compared::Whole));
            let to = if causes.is_certain { &mut differences } else { &mut perhaps };
            to.extend(causes.found);
        }
        if let Some(line) = &line {
            perhaps.extend(self.neglected(line.closest()));
        }
        if !differences.is_empty() || self.is_plain || self.is_rounded {
            perhaps.clear();
        }
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
    fn compared(&self, program: &Program, asked: &mut Asked<'_>) -> (Vec<Difference>, Compared) {
        let (mut all, mut compared) = (Vec::new(), Compared::Whole);
        for input in (0..program.inputs.len()).filter(|&input| program.inputs[input].dtype.is_float()) {
            match self.differences(input, asked) {
                Some((found, is_partial)) => {
                    all.extend(found);
                    compared = if is_partial { Compared::Partly } else { compared };
                }
                None => return (all, Compared::Partly),
            }
        }
        (all, compared)
    }

    /// A box that a right element takes, too, and whose values are not linear, where one of its shape is the only box of
    /// its input that reaches no output.
    fn neglected(&self, right: &Slice) -> Vec<Difference> {
        let program = &self.graph.log.program;
        let of_right = right.taken(program, self.inputs);
        let other = |it: &Taken| {
            let is_of_shape = |unused: &&Region| {
                unused.input == it.region.input && compare::is_moved(&unused.ranges, &it.region.ranges)
            };
            let is_shared = it.times == 0
                && of_right.iter().any(|right| {
                    right.region.input == it.region.input && right.region.ranges == it.region.ranges
                });
            let mut unused = self.unused.iter().filter(|_| is_shared).filter(is_of_shape);
            let (first, None) = (unused.next()?, unused.next()) else { return None };
            Some(Difference::Neglected { taken: it.region.clone(), unused: first.clone() })
        };
        self.slice.taken(program, self.inputs).iter().filter_map(other).collect()
    }

    /// Those that are the error, and those that may be. A guess that is alone and is not the error is neither; nor is one
    /// that no right element was held against.
    fn confirmed(&self, found: Vec<Difference>, is_beside: bool) -> (Vec<Difference>, Vec<Difference>) {
        let (mut certain, mut perhaps) = (Vec::new(), Vec::new());
        let is_alone = found.len() == 1;
        for difference in found {
            match causes::is_confirmed(self, &difference) {
                Some(true) => certain.push(difference),
                Some(false) if is_alone => {}
                Some(false) | None if is_beside => perhaps.push(difference),
                Some(false) | None => {}
            }
        }
        (certain, perhaps)
    }

    /// Against what the elements beside it take.
    fn beside(&self, line: &Line) -> Vec<Difference> {
        let inputs = 0..self.graph.log.program.inputs.len();
        let found = inputs.filter_map(|input| {
            let extents = shape(&self.graph.log.program.inputs[input]);
            let mut meant = line.meant(input, &extents, &self.slice.inputs[input])?;
            Some(self.differences(input, &mut meant)?.0)
        });
        found.flatten().collect()
    }

    /// Differences of one input, and whether more of it could have been asked for.
    fn differences(&self, input: usize, reference: &mut dyn Reference) -> Option<(Vec<Difference>, bool)> {
        let program = &self.graph.log.program;
        let ways = &self.slice.inputs[input];
        let found = compare::differences(input, &shape(&program.inputs[input]), ways, reference)?;
        let region = |ranges| region(program, input, ranges);
        let own = |ranges| self.slice.region(program, input, ranges);
        let displaced = found
            .displaced
            .map(|(taken, meant)| Difference::Displaced { taken: own(taken), meant: region(meant) });
        let missing = found.missing.into_iter().map(|it| Difference::Missing { region: region(it) });
        let foreign = found.foreign.into_iter().map(|it| Difference::Foreign { region: own(it) });
        Some((displaced.into_iter().chain(missing).chain(foreign).collect(), found.is_partial))
    }

    /// A box that is taken too often, where another of its shape is the only one of its input that is missing: taken in
    /// its place.
    fn in_place_of(&self, program: &Program, right: Option<&Slice>, all: Vec<Difference>) -> Vec<Difference> {
        let is_missing = |of: &Difference| matches!(of, Difference::Missing { .. });
        let replaced = |missing: Difference| {
            let Difference::Missing { region: meant } = &missing else { return missing };
            let of_input = |of: &&Difference| is_missing(of) && of.input() == meant.input;
            let input = program.inputs.iter().position(|host| host.name == meant.input);
            let Some(input) = input.filter(|_| all.iter().filter(of_input).count() == 1) else {
                return missing;
            };
            let right = right.map(|right| &right.inputs[input]);
            let found = compare::repeated(&shape(&program.inputs[input]), &self.slice.inputs[input], right);
            match found.as_ref().map(|(_, boxes)| &boxes[..]) {
                Some([(taken, _)]) if compare::is_moved(taken, &meant.ranges) => Difference::Displaced {
                    taken: self.slice.region(program, input, taken.clone()),
                    meant: meant.clone(),
                },
                Some(_) | None => missing,
            }
        };
        all.iter().cloned().map(replaced).collect()
    }

    /// With what is taken too often, but for inputs of which a box is displaced.
    fn with_repeated(
        &self,
        program: &Program,
        right: Option<&Slice>,
        asked: Option<&mut Asked<'_>>,
        found: Vec<Difference>,
    ) -> Vec<Difference> {
        let mut all = self.in_place_of(program, right, found);
        let is_displaced = |of: &Difference| {
            all.iter().any(|it| matches!(it, Difference::Displaced { .. }) && it.input() == of.input())
        };
        let repeated = self.repeated(program, right, asked).into_iter();
        let repeated: Vec<Difference> = repeated.filter(|of| !is_displaced(of)).collect();
        all.extend(repeated);
        all
    }

    /// Boxes that are taken too often. Where there is a reference, what they give too much must be the error.
    fn repeated(
        &self,
        program: &Program,
        right: Option<&Slice>,
        mut asked: Option<&mut Asked<'_>>,
    ) -> Vec<Difference> {
        let mut all = Vec::new();
        for (input, host) in program.inputs.iter().enumerate() {
            let ways = &self.slice.inputs[input];
            let right = right.map(|right| &right.inputs[input]);
            let Some((usual, boxes)) = compare::repeated(&shape(host), ways, right) else { continue };
            let is_error = |asked: &mut Asked<'_>| self.is_error(asked, input, usual, &boxes);
            if asked.as_deref_mut().is_some_and(|asked| is_error(asked) == Some(false)) {
                continue;
            }
            let told = |(ranges, times)| {
                let region = self.slice.region(program, input, ranges);
                Difference::Repeated { region, times, usual }
            };
            all.extend(boxes.into_iter().map(told));
        }
        all
    }

    /// Whether the error is what these boxes give too much; `None` when that is not known.
    fn is_error(
        &self,
        asked: &mut Asked<'_>,
        input: usize,
        usual: u32,
        boxes: &[(Ranges, u32)],
    ) -> Option<bool> {
        let Wrong { value, oracle, .. } = self.worst;
        let (error, mut too_much) = (value - oracle, 0.0);
        for (ranges, times) in boxes {
            let given = asked.given(input, ranges)?;
            too_much += given * (f64::from(*times) / f64::from(usual) - 1.0);
        }
        Some((error - too_much).abs() <= 0.25 * error.abs())
    }
}
