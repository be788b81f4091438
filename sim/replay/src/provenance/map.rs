//! Map of wrong elements: by the rank that wrote them and the share that they lie in.

use std::collections::BTreeMap;

use oplog::provenance::WrongPart;

use super::boxes;
use super::slice::{extents, shares};
use super::trace::{Graph, Writers};
use crate::verdict::Wrong;

/// Wrong elements of one rank and share.
pub struct Part {
    pub told: WrongPart,
    /// The element that is furthest beyond its limit.
    pub worst: Wrong,
    /// All of them, ascending.
    pub all: Vec<Wrong>,
}

/// No share.
const NONE: u32 = u32::MAX;

/// A wrong element, and the global op that wrote it.
type Written = (Wrong, Option<u32>);

/// Parts of an output that have wrong elements, most first.
pub fn map(graph: &Graph<'_>, output: usize, wrong: &[Wrong]) -> Vec<Part> {
    let program = &graph.log.program;
    let shape = extents(&program.outputs[output]);
    let shares = shares(program, output, false);
    let mut owner = vec![NONE; boxes::volume(&boxes::whole(&shape)) as usize];
    for (number, (_, share)) in shares.iter().enumerate().rev() {
        boxes::for_each(&shape, share, |at| owner[at as usize] = number as u32);
    }
    let writers: Vec<Writers> = shares.iter().map(|(tensor, _)| graph.writers(*tensor)).collect();
    let mut parts: BTreeMap<(u32, Option<u32>), Vec<Written>> = BTreeMap::new();
    for element in wrong {
        let share = owner.get(element.at as usize).copied().unwrap_or(NONE);
        let op =
            shares.get(share as usize).zip(writers.get(share as usize)).and_then(|((_, share), writers)| {
                let index = boxes::index(&shape, element.at);
                let extents: Vec<u64> = share.iter().map(|[first, end]| end - first).collect();
                writers.of(boxes::flat(&extents, index.iter().zip(share).map(|(i, range)| i - range[0])))
            });
        let rank = op.map(|op| graph.versions.op(op).0.0);
        parts.entry((share, rank)).or_default().push((*element, op));
    }
    let mut parts: Vec<Part> =
        parts.iter().filter_map(|((_, rank), wrong)| part(graph, &shape, *rank, wrong)).collect();
    parts.sort_by_key(|part| (std::cmp::Reverse(part.told.wrong), part.worst.at));
    parts
}

fn part(graph: &Graph<'_>, shape: &[u64], rank: Option<u32>, wrong: &[Written]) -> Option<Part> {
    let ranges = boxes::bounding(shape, wrong.iter().map(|(wrong, _)| wrong.at))?;
    let first = *wrong.first()?;
    let further = |worst: Written, other: &Written| {
        if other.0.excess > worst.0.excess { *other } else { worst }
    };
    let (worst, op) = wrong.iter().fold(first, further);
    let place = op.map(|op| graph.versions.op(op));
    let location = place.and_then(|(rank, index)| graph.log.program.location(rank, index));
    let (op, source) = (place.map(|(_, index)| index.0), location.map(|location| location.in_short()));
    let of = boxes::volume(&ranges);
    let told = WrongPart { rank, op, source, ranges, wrong: wrong.len() as u64, of, likeness: Vec::new() };
    Some(Part { told, worst, all: wrong.iter().map(|(wrong, _)| *wrong).collect() })
}
