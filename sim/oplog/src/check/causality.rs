//! Causality of a log: its times are a run of its program when each event comes no earlier than what it waits for. Without
//! this, what the hazard checks say of all runs would not be true of this one (ADR 0060).

use std::collections::BTreeMap;

use machine::SimTime;
use order::{Cause, Event, EventGraph, Phase};
use program::op::{EventId, Growth, SemaphoreId};
use program::{Op, QueueOp, Rank, SyncOp};

use crate::damage::Damage;
use crate::log::OpLog;
use crate::times::Times;

const PHASES: [Phase; 3] = [Phase::Issue, Phase::Start, Phase::End];

/// # Errors
/// [`Damage::At`] names the first op that comes before what it waits for.
pub fn check(log: &OpLog, graph: &EventGraph<'_>) -> Result<(), Damage> {
    let times = Times { log, graph };
    let (given, met) = (Given::of(times), Met::of(times));
    for op in 0..graph.n_ops() as u32 {
        let early = check_op(times, &given, &met, op).and_then(|()| check_messages(times, op));
        early.map_err(|reason| {
            let (rank, index) = graph.op(op);
            super::at(log, rank, index, reason)
        })?;
    }
    Ok(())
}

fn check_op(times: Times<'_>, given: &Given, met: &Met, op: u32) -> Result<(), String> {
    let graph = times.graph;
    let place = graph.op(op);
    if let Some(before) = place.1.0.checked_sub(1).map(|_| op - 1) {
        // An op that holds its sequencer has been reached before it is passed.
        let passed = Event { op: before, phase: Phase::Issue };
        late(times.of(passed), times.log.entries.issue[op as usize], Phase::Issue, || named(times, passed))?;
    }
    let is_barrier = matches!(times.op(op), Op::Sync(SyncOp::Barrier { .. }));
    if let Op::Sync(SyncOp::Barrier { number }) = times.op(op) {
        let all = met.all.get(number).copied().unwrap_or_default();
        late(all, times.log.entries.done[op as usize], Phase::End, || {
            "the last rank at the barrier".to_owned()
        })?;
    }
    for phase in PHASES {
        // Every rank is a cause of every barrier: they were looked at together.
        if is_barrier && phase == Phase::Issue {
            continue;
        }
        let (event, mut found) = (Event { op, phase }, Ok(()));
        graph.causes_of(event, place, &mut |cause| {
            if found.is_ok() {
                found = check_cause(times, given, event, cause);
            }
        });
        found?;
    }
    Ok(())
}

fn check_cause(times: Times<'_>, given: &Given, event: Event, cause: Cause) -> Result<(), String> {
    let at = times.of(event);
    match cause {
        Cause::Event(Event { op, phase: Phase::Arrive }, _) => {
            let own = times.op(event.op).receives().iter().copied();
            let sent = |message: &_| times.graph.sender(*message) == Some(op);
            match own.filter(sent).max_by_key(|&message| times.filled(message)) {
                Some(message) => late(times.filled(message), at, event.phase, || format!("{message}")),
                None => Ok(()),
            }
        }
        Cause::Event(cause, _) => late(times.of(cause), at, event.phase, || named(times, cause)),
        Cause::Semaphore { rank, semaphore, value } => {
            let enough = given.semaphore((rank, semaphore), value);
            late(enough, at, event.phase, || format!("{semaphore} at {value}"))
        }
        Cause::Shared { event: shared, value } => {
            late(given.event(shared, value), at, event.phase, || format!("{shared} at {value}"))
        }
    }
}

/// A message is in its slot no earlier than its send begins. That it has left its tile by then is not held: where sends
/// are issued at a rate, a short message arrives before its send is done.
fn check_messages(times: Times<'_>, op: u32) -> Result<(), String> {
    let start = times.log.entries.start[op as usize];
    let early = times.op(op).sends().iter().find(|&&message| times.filled(message) < start);
    early.map_or(Ok(()), |&message| {
        let (filled, start) = (times.filled(message).fs(), start.fs());
        Err(format!("it starts at {start} fs and {message} was filled at {filled} fs"))
    })
}

/// An event must not come before what it waits for.
fn late(cause: SimTime, at: SimTime, phase: Phase, what: impl FnOnce() -> String) -> Result<(), String> {
    if cause <= at {
        return Ok(());
    }
    let does = match phase {
        Phase::Issue => "is issued",
        Phase::Start => "starts",
        Phase::End | Phase::Arrive => "is done",
    };
    let (at, cause, what) = (at.fs(), cause.fs(), what());
    Err(format!("it {does} at {at} fs, and waits for {what}, which comes at {cause} fs"))
}

fn named(times: Times<'_>, event: Event) -> String {
    let (rank, index) = times.graph.op(event.op);
    format!("op {} ({}) of rank {}", index.0, times.op(event.op).kind(), rank.0)
}

/// By barrier: when the last rank is at it.
struct Met {
    all: BTreeMap<u32, SimTime>,
}

impl Met {
    fn of(times: Times<'_>) -> Met {
        let mut met = Met { all: BTreeMap::new() };
        for op in 0..times.graph.n_ops() as u32 {
            if let Op::Sync(SyncOp::Barrier { number }) = times.op(op) {
                let at = times.log.entries.issue[op as usize];
                let all = met.all.entry(*number).or_default();
                *all = at.max(*all);
            }
        }
        met
    }
}

/// When semaphores and shared events have which value, in the order of time.
#[derive(Default)]
struct Given {
    semaphores: BTreeMap<(Rank, SemaphoreId), Vec<(SimTime, u64)>>,
    events: BTreeMap<EventId, Vec<(SimTime, u64)>>,
}

impl Given {
    fn of(times: Times<'_>) -> Given {
        let mut given = Given::default();
        for op in 0..times.graph.n_ops() as u32 {
            let done = times.log.entries.done[op as usize];
            if let Some(Growth { to, semaphore, amount }) = times.op(op).growth() {
                given.semaphores.entry((to, semaphore)).or_default().push((done, u64::from(amount)));
            } else if let Op::Queue(QueueOp::EventSignal { event, value }) = times.op(op) {
                given.events.entry(*event).or_default().push((done, u64::from(*value)));
            }
        }
        // A semaphore is the sum of its signals so far, an event the largest of them.
        for signals in given.semaphores.values_mut() {
            signals.sort_unstable();
            accumulate(signals, |so_far, amount| so_far + amount);
        }
        for signals in given.events.values_mut() {
            signals.sort_unstable();
            accumulate(signals, u64::max);
        }
        given
    }

    fn semaphore(&self, name: (Rank, SemaphoreId), value: u32) -> SimTime {
        reached(self.semaphores.get(&name), value)
    }
    fn event(&self, event: EventId, value: u32) -> SimTime {
        reached(self.events.get(&event), value)
    }
}

fn accumulate(signals: &mut [(SimTime, u64)], with: impl Fn(u64, u64) -> u64) {
    let mut so_far = 0;
    for (_, value) in signals {
        so_far = with(so_far, *value);
        *value = so_far;
    }
}

/// When a value that only grows is large enough.
fn reached(values: Option<&Vec<(SimTime, u64)>>, wanted: u32) -> SimTime {
    if wanted == 0 {
        return SimTime::ZERO;
    }
    let values = values.map_or(&[][..], |values| values);
    let first = values.partition_point(|&(_, value)| value < u64::from(wanted));
    values.get(first).map_or(SimTime::MAX, |&(at, _)| at)
}
