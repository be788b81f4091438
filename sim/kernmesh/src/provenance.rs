//! Why an output is wrong: what its worst elements are made of, against what the reference of the kernel depends on.

mod asking;
mod beside;
#[cfg(test)]
mod mistakes;
mod tracing;
mod values;

use kernels::Reference;
use oplog::OpLog;
use oplog::provenance::{Likeness, Provenance};
use order::Dataflow;
use program::program::HostTensor;
use replay::HostValues;
use replay::provenance::{Graph, Likened, Part, Slice, likeness, map, with_graph};
use replay::verdict::Wrong;

use crate::error::Error;
use tracing::Tracing;

/// Parts of an output that are told.
const PARTS: usize = 4;
/// Elements that are traced.
const ELEMENTS: usize = 3;

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
    let mut parts = map(graph, failing.output, &failing.wrong);
    let output = &graph.log.program.outputs[failing.output];
    parts.iter_mut().take(PARTS).for_each(|part| part.told.likeness = likened(output, failing, part));
    let right = right(graph, failing);
    let mut elements = Vec::new();
    for part in worst_of(&parts) {
        let Some(slice) = graph.slice(failing.output, part.worst.at) else { continue };
        let (is_first, is_plain) = (elements.is_empty(), part.told.likeness.iter().any(is_plain));
        let right = right.as_ref();
        let tracing =
            Tracing { graph, inputs, failing, worst: part.worst, slice: &slice, right, is_first, is_plain };
        elements.push(tracing.traced(threads)?);
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

fn likened(output: &HostTensor, failing: &Failing<'_>, part: &Part) -> Vec<Likeness> {
    let (shape, expected) = (&shape(output)[..], &failing.expected[..]);
    let Part { told, all: wrong, .. } = part;
    likeness(&Likened { wrong, ranges: &told.ranges, shape, dtype: output.dtype, expected })
}

/// Whether the values alone say what was done: nothing is then tried upon the reference.
fn is_plain(likeness: &Likeness) -> bool {
    match likeness {
        Likeness::Constant { .. }
        | Likeness::Factor { .. }
        | Likeness::Offset { .. }
        | Likeness::Elsewhere { .. }
        | Likeness::Transposed
        | Likeness::Numbers { .. } => true,
        Likeness::Rounding { .. } => false,
    }
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

fn shape(of: &HostTensor) -> Vec<u64> {
    of.shape.iter().map(|&n| n.into()).collect()
}
