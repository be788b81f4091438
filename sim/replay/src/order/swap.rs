//! A legal order in which one event comes before another, if there is one.

use oplog::OpLog;
use order::{Dataflow, Dependencies, EventGraph};

use super::Order;
use super::compare::{Ordered, replayed};
use super::sequence::sequence;
use super::steps::{Step, Steps};
use crate::error::ReplayError;
use crate::inputs::HostValues;
use crate::run::Options;

/// Repeats a run in a legal order in which `first` comes before `second`; `None` when there is none. Exact: an event only
/// ever allows others, so whatever can come before `second` does when that is put off for as long as possible.
///
/// # Errors
/// As [`super::run`].
pub fn swap(
    log: &OpLog,
    flow: &Dataflow,
    dependencies: &Dependencies,
    inputs: &HostValues,
    options: Options,
    [first, second]: [Step; 2],
) -> Result<Option<Ordered>, ReplayError> {
    let graph = EventGraph::of(&log.program, &log.machine, dependencies);
    let steps = Steps::of(&graph);
    let order = Order::Late(second);
    let sequence = sequence(&steps, log, order)?;
    let at = |step| sequence.iter().position(|other| *other == step);
    let swaps = at(first).zip(at(second)).is_some_and(|(first, second)| first < second);
    swaps.then(|| replayed(log, flow, inputs, options, (&steps, order, &sequence))).transpose()
}
