//! Releases and signals: they wait for the ops that they name without holding the sequencer, and then take effect.

use machine::Traffic;
use program::{Op, OpIndex, SyncOp};

use super::state::Deferred;
use super::{Ranks, first_pending};
use crate::event::{Event, OpId};
use crate::lower::Lowered;
use crate::run::Run;
use crate::transport::Transport;
use crate::turn::Turn;

impl Ranks {
    /// An op is done: the releases and signals that waited for it take effect.
    pub(super) fn mark_done(&mut self, run: &mut Run, transport: &Transport, op: OpId) {
        run.record.done(run.global(op), run.now());
        if self.state(op.rank).deferred.is_empty() {
            return;
        }
        // A signal may wait for a release, and another for that signal.
        let mut done = vec![op.index];
        while let Some(index) = done.pop() {
            for deferred in self.state(op.rank).deferred.remove(&index).unwrap_or_default() {
                if self.settle(run, transport, op.rank, deferred) {
                    done.push(deferred.op);
                }
            }
        }
    }

    /// Takes effect if all it waits for is done; otherwise waits for the first op that is not.
    pub(super) fn settle(
        &mut self,
        run: &mut Run,
        transport: &Transport,
        rank: u32,
        mut deferred: Deferred,
    ) -> bool {
        let op = OpId { rank, index: deferred.op };
        let after = waited_for(run, op);
        if let Some(op) = first_pending(run, rank, after, &mut deferred.known_done) {
            self.state(rank).deferred.entry(op).or_default().push(deferred);
            return false;
        }
        run.record.done(run.global(op), run.now());
        if let Lowered::Release(message) = run.lowered(op) {
            self.rings.return_credit(run, message);
        } else if let Op::Sync(SyncOp::Signal { semaphore, to, amount, .. }) = run.op(op) {
            let latency = transport.latency(Traffic::Message, run.pe(rank), run.pe(to.0));
            let signal = Event::Signalled { rank: to.0, semaphore: semaphore.0, amount: *amount };
            run.schedule(run.now() + latency, Turn::into(to.0), signal);
        }
        true
    }
}

/// The ops that a release or a signal waits for.
fn waited_for<'a>(run: &Run<'a>, op: OpId) -> &'a [OpIndex] {
    if let Lowered::Release(_) = run.lowered(op) {
        return run.dependencies(op);
    }
    let Op::Sync(SyncOp::Signal { after, .. }) = run.op(op) else { return &[] };
    after
}
