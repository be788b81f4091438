//! Releases and signals: they wait for the ops that they name without holding the sequencer, and then take effect.

use machine::{SimTime, Traffic};
use program::op::Growth;
use program::{Message, OpIndex};

use super::Ranks;
use super::state::Deferred;
use crate::event::{Event, OpId};
use crate::lower::Lowered;
use crate::run::Run;
use crate::transport::Transport;
use crate::turn::Turn;

impl Ranks {
    /// An op is done at `at`: the releases and signals that waited for it take effect.
    pub(super) fn mark_done(&mut self, run: &mut Run, transport: &Transport, op: OpId, at: SimTime) {
        run.record.done(run.global(op), at);
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

    /// Takes effect when all it waits for is done, if that is known; otherwise waits for the first op of which it is not.
    pub(super) fn settle(
        &mut self,
        run: &mut Run,
        transport: &Transport,
        rank: u32,
        mut deferred: Deferred,
    ) -> bool {
        let op = OpId { rank, index: deferred.op };
        let after = waited_for(run, op);
        while let Some(&OpIndex(index)) = after.get(deferred.known_done as usize) {
            let Some(done) = run.record.done_at(run.global(OpId { rank, index })) else {
                self.state(rank).deferred.entry(index).or_default().push(deferred);
                return false;
            };
            deferred.ready = deferred.ready.max(done);
            deferred.known_done += 1;
        }
        let at = deferred.ready;
        run.record.done(run.global(op), at);
        if let Lowered::Release(message) = run.lowered(op) {
            self.return_credit(run, message, at);
        } else if let Some(Growth { to, semaphore, amount }) = run.op(op).growth() {
            let latency = transport.latency(Traffic::Message, run.pe(rank), run.pe(to.0));
            let signal = Event::Signalled { rank: to.0, semaphore: semaphore.0, amount };
            run.schedule(at + latency, Turn::into(to.0), signal);
        }
        true
    }

    /// A slot is free at `at`: its credit leaves for the producer, whose send goes on if it waits for it.
    pub(super) fn return_credit(&mut self, run: &mut Run, message: Message, at: SimTime) {
        let (producer, back) = self.rings.return_credit(message, at);
        run.record.reaches(back);
        let waits = self.state(producer).wants_credit.is_some_and(|wants| wants.of == Some(message));
        if waits {
            run.schedule(back, Turn::into(producer), Event::SendGoesOn { rank: producer });
        }
    }
}

/// The ops that a release or a signal waits for.
fn waited_for<'a>(run: &Run<'a>, op: OpId) -> &'a [OpIndex] {
    if let Lowered::Release(_) = run.lowered(op) {
        return run.dependencies(op);
    }
    run.op(op).signals_after().unwrap_or_default()
}
