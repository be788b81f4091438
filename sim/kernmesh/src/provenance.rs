//! Why an output is wrong: what its worst elements are made of, against what the reference of the kernel depends on.

mod asking;

use kernels::Reference;
use oplog::OpLog;
use oplog::provenance::{Compared, Difference, Provenance, Traced};
use order::Dataflow;
use program::Program;
use program::program::HostTensor;
use replay::HostValues;
use replay::provenance::{Graph, Part, Slice, Ways, compare, map, with_graph};
use replay::verdict::Wrong;

use crate::error::Error;
use asking::Asked;

/// Parts of an output that are told.
const PARTS: usize = 4;
/// Elements that are traced.
const ELEMENTS: usize = 3;
/// Boxes of inputs that are told of an element.
const BOXES: usize = 32;

/// An output that fails.
pub(crate) struct Failing<'a> {
    pub output: usize,
    /// Its wrong elements, ascending.
    pub wrong: Vec<Wrong>,
    /// The reference that says so, of a kernel.
    pub reference: Option<&'a Reference>,
}

/// Explains an output that fails.
///
/// # Errors
/// Those of a replay, and of the reference.
pub(crate) fn explain(
    log: &OpLog,
    flow: &Dataflow,
    inputs: &HostValues,
    options: replay::Options,
    failing: &Failing<'_>,
) -> Result<Provenance, Error> {
    let ask = |graph: &Graph<'_>| explained(graph, inputs, options.threads, failing);
    with_graph(log, flow, inputs, options, ask)?
}

fn explained(
    graph: &Graph<'_>,
    inputs: &HostValues,
    threads: usize,
    failing: &Failing<'_>,
) -> Result<Provenance, Error> {
    let parts = map(graph, failing.output, &failing.wrong);
    let right = right(graph, failing);
    let mut elements = Vec::new();
    for part in worst_of(&parts) {
        let Some(slice) = graph.slice(failing.output, part.worst.at) else { continue };
        let traced = Tracing { graph, failing, worst: part.worst, slice: &slice, right: right.as_ref() };
        elements.push(traced.traced(inputs, threads)?);
    }
    let (shown, rest) = parts.split_at(parts.len().min(PARTS));
    Ok(Provenance {
        wrong: shown.iter().map(|part| part.told.clone()).collect(),
        not_listed: rest.iter().map(|part| part.told.wrong).sum(),
        elements,
        unused: graph.unused(),
        by_value: graph.values.is_some(),
    })
}

/// The parts whose worst elements are traced: those that are furthest beyond their limits.
fn worst_of(parts: &[Part]) -> impl Iterator<Item = &Part> {
    let mut parts: Vec<&Part> = parts.iter().collect();
    parts.sort_by(|a, b| b.worst.excess.total_cmp(&a.worst.excess).then(a.worst.at.cmp(&b.worst.at)));
    parts.into_iter().take(ELEMENTS)
}

/// What an element is made of that is not wrong: how often others take the same.
fn right(graph: &Graph<'_>, failing: &Failing<'_>) -> Option<Slice> {
    let elements = graph.log.program.outputs[failing.output].elements();
    let mut wrong = failing.wrong.iter().map(|wrong| wrong.at).peekable();
    let right = (0..elements).find(|at| wrong.next_if(|wrong| wrong == at).is_none())?;
    graph.slice(failing.output, right)
}

/// A wrong element.
struct Tracing<'a> {
    graph: &'a Graph<'a>,
    failing: &'a Failing<'a>,
    worst: Wrong,
    slice: &'a Slice,
    right: Option<&'a Slice>,
}

fn shape(of: &HostTensor) -> Vec<u64> {
    of.shape.iter().map(|&n| n.into()).collect()
}

impl Tracing<'_> {
    fn traced(&self, inputs: &HostValues, threads: usize) -> Result<Traced, Error> {
        let program = &self.graph.log.program;
        let Wrong { at, value, oracle, .. } = self.worst;
        let output = &program.outputs[self.failing.output];
        let mut asked = match self.failing.reference {
            Some(reference) => Some(Asked::of(program, reference, inputs, threads, (output, at))?),
            None => None,
        };
        let (mut differences, compared) = match &mut asked {
            Some(asked) if self.slice.is_complete() => self.compared(program, asked),
            Some(_) => (Vec::new(), Compared::Partly),
            None => (Vec::new(), Compared::NoReference),
        };
        differences.extend(self.repeated(program, asked.as_mut()));
        let mut taken = self.slice.taken(program);
        let more_taken = taken.len().saturating_sub(BOXES) as u64;
        taken.truncate(BOXES);
        Ok(Traced {
            index: replay::provenance::boxes::index(&shape(output), at),
            value,
            oracle,
            taken,
            more_taken,
            unwritten: self.slice.unwritten(),
            differences,
            compared,
            complete: self.slice.is_complete(),
        })
    }

    fn compared(&self, program: &Program, asked: &mut Asked<'_>) -> (Vec<Difference>, Compared) {
        let mut all = Vec::new();
        for (input, host) in program.inputs.iter().enumerate().filter(|(_, host)| host.dtype.is_float()) {
            let ways = &self.slice.inputs[input];
            let Some(found) = compare::differences(input, &shape(host), ways, asked) else {
                return (all, Compared::Partly);
            };
            let region = |ranges| replay::provenance::region(program, input, ranges);
            all.extend(found.displaced.map(|(taken, meant)| {
                let [taken, meant] = [taken, meant].map(region);
                Difference::Displaced { taken, meant }
            }));
            all.extend(found.missing.into_iter().map(|it| Difference::Missing { region: region(it) }));
            all.extend(found.foreign.into_iter().map(|it| Difference::Foreign { region: region(it) }));
        }
        (all, Compared::Whole)
    }

    /// Boxes that are taken too often. Where there is a reference, what they give too much must be the error.
    fn repeated(&self, program: &Program, mut asked: Option<&mut Asked<'_>>) -> Vec<Difference> {
        let mut all = Vec::new();
        for (input, host) in program.inputs.iter().enumerate() {
            let ways: &[Ways] = &self.slice.inputs[input];
            let right = self.right.map(|right| &right.inputs[input][..]);
            let Some((usual, boxes)) = compare::repeated(&shape(host), ways, right) else { continue };
            let is_error = |asked: &mut Asked<'_>| self.is_error(asked, input, usual, &boxes);
            if asked.as_deref_mut().is_some_and(|asked| is_error(asked) == Some(false)) {
                continue;
            }
            let told = |(ranges, times)| {
                let region = replay::provenance::region(program, input, ranges);
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
        boxes: &[(Vec<[u64; 2]>, u32)],
    ) -> Option<bool> {
        use compare::Reference;
        let Wrong { value, oracle, .. } = self.worst;
        let (error, mut too_much) = (value - oracle, 0.0);
        for (ranges, times) in boxes {
            let given = oracle - asked.without(input, std::slice::from_ref(ranges))?;
            too_much += given * (f64::from(*times) / f64::from(usual) - 1.0);
        }
        Some((error - too_much).abs() <= 0.25 * error.abs())
    }
}

#[cfg(test)]
#[path = "provenance_tests.rs"]
mod tests;
