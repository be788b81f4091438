//! The signal that let a wait return: the one that made a semaphore or shared event large enough.

use std::collections::BTreeMap;

use machine::{SimTime, Traffic};
use oplog::OpLog;
use program::op::{Growth, SemaphoreId};
use program::{EventId, Op, QueueOp, Rank};

/// Signals in the order in which they took effect.
#[derive(Debug, Default)]
pub struct Signals {
    semaphores: BTreeMap<(Rank, SemaphoreId), Vec<Signal>>,
    events: BTreeMap<EventId, Vec<Signal>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signal {
    /// Time at which it reached its target.
    pub at: SimTime,
    pub op: u32,
    value: u32,
}

impl Signals {
    pub fn of(log: &OpLog) -> Signals {
        let mut signals = Signals::default();
        for (op, (rank, index)) in log.ops().enumerate() {
            let done = log.entries.done[op];
            let signal = |at, value| Signal { at, op: op as u32, value };
            if let Some(Growth { to, semaphore, amount }) = log.program.op(rank, index).growth() {
                let (from, goal) = (log.placement[rank.index()], log.placement[to.index()]);
                let at = done + log.machine.latency(Traffic::Message, from, goal);
                signals.semaphores.entry((to, semaphore)).or_default().push(signal(at, amount));
            } else if let Op::Queue(QueueOp::EventSignal { event, value }) = log.program.op(rank, index) {
                signals.events.entry(*event).or_default().push(signal(done, *value));
            }
        }
        signals
            .semaphores
            .values_mut()
            .chain(signals.events.values_mut())
            .for_each(|all| all.sort_unstable());
        signals
    }

    /// The signal with which the sum of a semaphore reached `value`.
    pub fn semaphore(&self, rank: Rank, semaphore: SemaphoreId, value: u32) -> Option<Signal> {
        let mut sum = 0u64;
        let all = self.semaphores.get(&(rank, semaphore))?;
        all.iter().copied().find(|signal| {
            sum += u64::from(signal.value);
            sum >= u64::from(value)
        })
    }

    /// The signal with which an event became at least `value`.
    pub fn event(&self, event: EventId, value: u32) -> Option<Signal> {
        self.events.get(&event)?.iter().copied().find(|signal| signal.value >= value)
    }
}
