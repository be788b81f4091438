//! A deadlock as a value: who waits for whom, the cycle among them, and what was tried and found to free it.

mod candidates;
mod cycle;
mod ends;
mod graph;
mod moves;
mod repair;
mod waiting;

use diagnostic::Deadlock;
use diagnostic::deadlock::WayOut;
use order::Dependencies;
use program::Program;

use crate::progress::Stop;

pub(crate) use repair::{Looked, Stuck, leaks, repaired};

/// The deadlock of a stopped program, without a search for repairs.
pub fn deadlock_of(program: &Program, dependencies: &Dependencies, stop: &Stop) -> Deadlock {
    let graph = graph::Graph::of(program, dependencies, stop);
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
        way_out: WayOut::untried(graph.hint(&chain)),
    }
}
