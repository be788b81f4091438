//! The steps of a run in a legal order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use machine::random::mix;
use oplog::{OpLog, Times};
use order::{Event, Phase};

use super::Order;
use super::latest;
use super::progress::Progress;
use super::steps::{Moment, Step, Steps};
use crate::error::ReplayError;

/// # Errors
/// [`ReplayError::Log`] when the program cannot finish in any order, so that the log is not a log of it.
pub fn sequence(steps: &Steps<'_>, log: &OpLog, order: Order) -> Result<Vec<Step>, ReplayError> {
    let sequence = match order {
        Order::Log => {
            let times = Times { log, graph: steps.graph };
            least_first(steps, |step| (time(times, step), turn(step.moment)))
        }
        Order::Earliest => least_first(steps, |_| ()),
        // A wait that counts then needs signals that came before it in some order.
        Order::Latest if !steps.waits.is_empty() => latest::sequence(steps, &least_first(steps, |_| ())),
        Order::Latest => latest::sequence(steps, &[]),
        // A step with a high draw is put off for as long as others can go on, and all that need it with it.
        Order::Seed(seed) => least_first(steps, |step| mix(seed ^ mix(step.number() as u64))),
        Order::Late(late) => least_first(steps, |step| step == late),
    };
    if sequence.len() == steps.n_steps {
        return Ok(sequence);
    }
    let left = steps.n_steps - sequence.len();
    Err(ReplayError::Log(format!("{left} events of its program can happen in no order")))
}

/// Of the steps that may happen, always the one with the least key; then by op.
fn least_first<K: Ord>(steps: &Steps<'_>, key: impl Fn(Step) -> K) -> Vec<Step> {
    let mut progress = Progress::new(steps);
    let mut ready: BinaryHeap<_> =
        progress.first().into_iter().map(|step| Reverse((key(step), step))).collect();
    let mut sequence = Vec::with_capacity(steps.n_steps);
    while let Some(Reverse((_, step))) = ready.pop() {
        sequence.push(step);
        progress.happen(step, |next| ready.push(Reverse((key(next), next))));
    }
    sequence
}

/// When the log says that a step happened, in fs. Ops read when they start.
fn time(times: Times<'_>, step: Step) -> u64 {
    let phase = match step.moment {
        Moment::Issue => Phase::Issue,
        Moment::Start | Moment::Read => Phase::Start,
        Moment::End => Phase::End,
        Moment::Arrive => Phase::Arrive,
    };
    times.of(Event { op: step.op, phase }).fs()
}

/// At one instant, what is written is there for what reads.
fn turn(moment: Moment) -> u8 {
    match moment {
        Moment::End => 0,
        Moment::Arrive => 1,
        Moment::Issue => 2,
        Moment::Start => 3,
        Moment::Read => 4,
    }
}
