//! Causes of a wrong output: what its worst elements are made of, against what the reference of the kernel depends on.

mod asking;
mod beside;
mod causes;
#[cfg(test)]
mod mistakes;
mod moves;
mod neglected;
mod tracing;
mod values;

use kernels::Reference;
use oplog::OpLog;
use oplog::provenance::{Likeness, Provenance};
use order::Dataflow;
use program::program::HostTensor;
use program::{DType, Program};
use replay::HostValues;
use replay::provenance::{Graph, Likened, Part, Slice, likeness, map, rounding, with_graph};
use replay::verdict::Wrong;

use crate::error::Error;
use tracing::Tracing;

/// Parts of an output that are told.
const PARTS: usize = 4;
/// Parts of inputs that are told as reaching no output.
const UNUSED: usize = 32;
/// Those that guesses are held against.
const UNUSED_ASKED: usize = 1024;
/// Elements that are traced. Where the inputs are large, it is one, and none that is right: each costs some passes over
/// the inputs.
const ELEMENTS: usize = 3;
const LARGE: u64 = 1 << 20;

/// An output that fails.
pub(crate) struct Failing<'a> {
    pub output: usize,
    /// Its wrong elements, ascending.
    pub wrong: Vec<Wrong>,
    /// All that is expected of it; empty where a sample of rows is judged.
    pub expected: Vec<f64>,
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
    let wrong = beyond_rounding(&failing.wrong);
    let mut parts = map(graph, failing.output, &wrong);
    let output = &graph.log.program.outputs[failing.output];
    let dtypes = dtypes(&graph.log.program);
    let told = parts.iter_mut().take(PARTS);
    told.for_each(|part| part.told.likeness = likeness(&likened(output, failing, part), &dtypes));
    let n_traced = n_traced(&graph.log.program);
    let right = if n_traced > 1 { right(graph, failing) } else { None };
    let (unused, n_unused) = graph.unused(UNUSED_ASKED);
    let mut elements = Vec::new();
    for at in worst_of(&parts, n_traced) {
        let part = &mut parts[at];
        let Some(slice) = graph.slice(failing.output, part.worst.at) else { continue };
        // Factors of rows say which op is wrong, and not why it is.
        let is_plain = |it: &Likeness| !matches!(it, Likeness::RowFactors { .. });
        let (is_first, is_plain) = (elements.is_empty(), part.told.likeness.iter().any(is_plain));
        let rounding = rounding(&likened(output, failing, part), &dtypes).filter(|_| !is_plain);
        let is_rounded = rounding.is_some();
        let (worst, slice, right) = (part.worst, &slice, right.as_ref());
        let tracing = Tracing {
            graph,
            inputs,
            failing,
            worst,
            part: &part.all,
            slice,
            right,
            unused: &unused,
            is_first,
            is_plain,
            is_rounded,
        };
        let traced = tracing.traced(threads)?;
        part.told.likeness.extend(rounding.filter(|_| traced.differences.is_empty()));
        elements.push(traced);
    }
    let (shown, rest) = parts.split_at(parts.len().min(PARTS));
    Ok(Provenance {
        wrong: shown.iter().map(|part| part.told.clone()).collect(),
        not_listed: rest.iter().map(|part| part.told.wrong).sum(),
        off_by_little: (failing.wrong.len() - wrong.len()) as u64,
        elements,
        more_unused: n_unused.saturating_sub(UNUSED as u64),
        unused: unused.into_iter().take(UNUSED).collect(),
        by_value: graph.values.is_some(),
    })
}

/// Wrong elements without those that are off by little more than they may be, where others are off by far more: those
/// are of rounding, and the others of the mistake.
fn beyond_rounding(wrong: &[Wrong]) -> Vec<Wrong> {
    const FAR: f64 = 256.0;
    const LITTLE: f64 = 4.0;
    let times = |it: &Wrong| {
        let error = (it.value - it.oracle).abs();
        error / (error - it.excess)
    };
    let is_far = |it: &Wrong| it.excess.is_infinite() || times(it) >= FAR;
    let is_any_far = wrong.iter().any(is_far);
    wrong.iter().copied().filter(|it| !is_any_far || is_far(it) || times(it) > LITTLE).collect()
}

fn likened<'a>(output: &HostTensor, failing: &'a Failing<'_>, part: &'a Part) -> Likened<'a> {
    let Part { told, all: wrong, .. } = part;
    let shape = shape(output);
    Likened { wrong, ranges: &told.ranges, shape, dtype: output.dtype, expected: &failing.expected }
}

/// Dtypes that the program computes in.
fn dtypes(program: &Program) -> Vec<DType> {
    let all = program.ranks.iter().flat_map(|rank| rank.views.iter().map(|view| view.dtype));
    let mut dtypes: Vec<DType> = Vec::new();
    for dtype in all {
        if !dtypes.contains(&dtype) {
            dtypes.push(dtype);
        }
    }
    dtypes
}

fn n_traced(program: &Program) -> usize {
    let elements: u64 = program.inputs.iter().map(HostTensor::elements).sum();
    if elements > LARGE { 1 } else { ELEMENTS }
}

/// The parts whose worst elements are traced: the `n` that are furthest beyond their limits.
fn worst_of(parts: &[Part], n: usize) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..parts.len()).collect();
    let worst = |at: usize| parts[at].worst;
    numbers.sort_by(|a, b| {
        let [a, b] = [*a, *b].map(worst);
        b.excess.total_cmp(&a.excess).then(a.at.cmp(&b.at))
    });
    numbers.truncate(n);
    numbers
}

/// What an element is made of that is not wrong: how often others take the same.
fn right(graph: &Graph<'_>, failing: &Failing<'_>) -> Option<Slice> {
    if failing.expected.is_empty() {
        // A sample was judged: no other element is known to be right.
        return None;
    }
    let elements = graph.log.program.outputs[failing.output].elements();
    let mut wrong = failing.wrong.iter().map(|wrong| wrong.at).peekable();
    let right = (0..elements).find(|at| wrong.next_if(|wrong| wrong == at).is_none())?;
    graph.slice(failing.output, right)
}

fn shape(of: &HostTensor) -> Vec<u64> {
    of.shape.iter().map(|&n| n.into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Errors as multiples of what is allowed, 1.
    #[test]
    fn rounding_is_left_out_beside_a_mistake_alone() {
        let kept = |errors: &[f64]| {
            let wrong = |(at, &error): (usize, &f64)| Wrong {
                at: at as u64,
                excess: error - 1.0,
                value: error,
                oracle: 0.0,
            };
            let all: Vec<Wrong> = errors.iter().enumerate().map(wrong).collect();
            beyond_rounding(&all).iter().map(|it| it.value).collect::<Vec<f64>>()
        };
        assert_eq!(kept(&[1.5, 300.0, 3.9, 5.0]), [300.0, 5.0]);
        assert_eq!(kept(&[1.5, 255.0, 3.9]), [1.5, 255.0, 3.9]);
        assert_eq!(kept(&[1.5, 2.0]), [1.5, 2.0]);
    }
}
