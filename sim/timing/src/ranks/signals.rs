//! Releases and signals: they wait for the ops that they name without holding the sequencer, and then take effect.

use machine::Traffic;
use program::{Op, OpIndex};

use super::state::Deferred;
use super::{Ranks, first_pending};
use crate::event::Event;
use crate::lower::Lowered;
use crate::run::Run;
use crate::transport::Transport;

impl Ranks {
    /// An op is done: the releases and signals that waited for it take effect.
    pub(super) fn mark_done(&mut self, run: &mut Run<'_>, transport: &Transport, rank: u32, index: u32) {
        let state = self.state(rank);
        run.record.done(state.global(index), run.now());
        if state.deferred.is_empty() {
            return;
        }
        // A signal may wait for a release, and another for that signal.
        let mut done = vec![index];
        while let Some(op) = done.pop() {
            for deferred in self.state(rank).deferred.remove(&op).unwrap_or_default() {
                if self.settle(run, transport, rank, deferred) {
                    done.push(deferred.op);
                }
            }
        }
    }

    /// Takes effect if all it waits for is done; otherwise waits for the first op that is not.
    pub(super) fn settle(
        &mut self,
        run: &mut Run<'_>,
        transport: &Transport,
        rank: u32,
        mut deferred: Deferred,
    ) -> bool {
        let state = self.state(rank);
        let global = state.global(deferred.op);
        let lowered = run.lowering.ops[global];
        let after = waited_for(run, lowered, (rank, deferred.op));
        if let Some(op) = first_pending(&run.record, state.first, after, &mut deferred.known_done) {
            state.deferred.entry(op).or_default().push(deferred);
            return false;
        }
        run.record.done(global, run.now());
        if let Lowered::Release(message) = lowered {
            self.rings.return_credit(run, message);
        } else {
            send_signal(run, transport, rank, deferred.op);
        }
        true
    }
}

/// The ops that a release or a signal waits for.
fn waited_for<'a>(run: &Run<'a>, lowered: Lowered, (rank, op): (u32, u32)) -> &'a [OpIndex] {
    if let Lowered::Release(_) = lowered {
        return run.verified.holds.of(run.global(rank, op));
    }
    let Op::Signal { after, .. } = run.op(rank, op) else { return &[] };
    after
}

fn send_signal(run: &mut Run<'_>, transport: &Transport, rank: u32, op: u32) {
    if let Op::Signal { semaphore, to, amount, .. } = run.op(rank, op) {
        let latency = transport.latency(Traffic::Message, run.pe(rank), run.pe(to.0));
        let signal = Event::Signalled { rank: to.0, semaphore: semaphore.0, amount: *amount };
        run.schedule(run.now() + latency, signal);
    }
}
