//! Numbers of the semaphores and events that patches add: patches that are told side by side share none.

use program::{Op, Program, QueueOp, Rank, SyncOp};

use super::{Patch, Setting, Step};

/// How many semaphores and events there are, those of earlier patches counted.
#[derive(Clone, Debug)]
pub struct Ids {
    pub(super) events: u32,
    /// By rank.
    pub(super) semaphores: Vec<u32>,
}

impl Ids {
    pub fn of(program: &Program) -> Ids {
        let semaphores = program.ranks.iter().map(|rank| rank.n_semaphores).collect();
        Ids { events: program.n_events, semaphores }
    }

    /// The patch of `program` with its new semaphores and events counted from here, which then count as well.
    #[must_use]
    pub fn next(&mut self, patch: &Patch, program: &Program) -> Patch {
        let mut after = self.clone();
        let renumbered = |step: &Step| match step {
            Step::Insert { rank, before, op } => {
                Step::Insert { rank: *rank, before: *before, op: self.renamed(program, *rank, op) }
            }
            Step::Set(Setting::Events { n_events: all }) => {
                after.events = self.events + (all - program.n_events);
                Step::Set(Setting::Events { n_events: after.events })
            }
            Step::Set(Setting::Semaphores { rank, n_semaphores: all }) => {
                let more = all - program.rank(*rank).n_semaphores;
                after.semaphores[rank.index()] = self.semaphores[rank.index()] + more;
                let n_semaphores = after.semaphores[rank.index()];
                Step::Set(Setting::Semaphores { rank: *rank, n_semaphores })
            }
            Step::Change { .. } | Step::Move { .. } | Step::Set(_) => step.clone(),
        };
        let steps = patch.steps.iter().map(renumbered).collect();
        *self = after;
        Patch { steps }
    }

    /// An op with its new semaphore or event counted from here.
    pub(super) fn renamed(&self, program: &Program, rank: Rank, op: &Op) -> Op {
        let mut op = op.clone();
        let semaphores = |rank: Rank| (program.rank(rank).n_semaphores, self.semaphores[rank.index()]);
        if let Op::Sync(SyncOp::Signal { semaphore, to, .. }) = &mut op {
            semaphore.0 = counted(semaphore.0, semaphores(*to));
        } else if let Op::Sync(SyncOp::SignalSet { set }) = &mut op {
            set.semaphore.0 = counted(set.semaphore.0, semaphores(set.to));
        } else if let Op::Sync(
            SyncOp::WaitGe { semaphore, .. }
            | SyncOp::WaitUntil { semaphore, .. }
            | SyncOp::SemaphoreSet { semaphore, .. },
        ) = &mut op
        {
            semaphore.0 = counted(semaphore.0, semaphores(rank));
        } else if let Op::Queue(QueueOp::EventSignal { event, .. })
        | Op::Queue(QueueOp::EventWait { event, .. }) = &mut op
        {
            event.0 = counted(event.0, (program.n_events, self.events));
        }
        op
    }
}

/// A number that is new beside `old` ones, counted from `now`.
fn counted(number: u32, (old, now): (u32, u32)) -> u32 {
    if number < old { number } else { number - old + now }
}
