//! The sequencer of a rank takes ops in program order: it holds an op until it may go, gives it to its unit, and goes
//! on. Receives, waits and barriers it does itself.

use machine::{Span, Traffic};
use oplog::UnitId;
use program::{Message, UnitKind};

use super::state::{Deferred, StallCause, Stalled};
use super::{Ranks, first_pending};
use crate::event::{Event, OpId};
use crate::lower::Lowered;
use crate::run::Run;
use crate::transport::Transport;
use crate::turn::Turn;

/// What became of the op that the sequencer looked at.
enum Step {
    /// It may not go yet: the cause is noted.
    Stalls,
    /// The sequencer is done with it, and busy for this long.
    Goes(Span),
}

impl Ranks {
    /// Runs a rank's sequencer until it is stalled, busy or at the end.
    pub fn advance(&mut self, run: &mut Run, transport: &mut Transport, rank: u32) {
        loop {
            let state = self.state(rank);
            if state.next == state.n_ops {
                return;
            }
            state.reached.get_or_insert(run.now());
            match self.step(run, transport, rank) {
                Step::Stalls => return,
                Step::Goes(busy) => {
                    self.end_stall(run, rank);
                    let state = self.state(rank);
                    state.next += 1;
                    state.reached = None;
                    state.known_done = 0;
                    if busy > Span::ZERO {
                        return run.schedule(
                            run.now() + busy,
                            Turn::next(rank),
                            Event::SequencerFree { rank },
                        );
                    }
                }
            }
        }
    }

    fn step(&mut self, run: &mut Run, transport: &mut Transport, rank: u32) -> Step {
        let state = &self.states[rank as usize];
        let op = OpId { rank, index: state.next };
        match run.lowered(op) {
            Lowered::Compute { unit, .. } => self.issue(run, transport, rank, unit.kind()),
            Lowered::Move { kind } => self.issue(run, transport, rank, kind),
            Lowered::Send { .. } | Lowered::Multicast { .. } => {
                self.issue(run, transport, rank, UnitKind::Send)
            }
            Lowered::Receive(message) => match self.rings.is_filled(message) {
                true => self.done_by_sequencer(run, transport, rank, self.costs.receive),
                false => self.stall(run, rank, StallCause::Message(message)),
            },
            Lowered::ReceiveLater(message) => self.receive_later(run, rank, message),
            Lowered::ReceiveCopy(message) => match self.rings.is_filled(message) {
                true => self.issue(run, transport, rank, UnitKind::Recv),
                false => self.stall(run, rank, StallCause::Message(message)),
            },
            Lowered::ReceiveReduce { first, len } => match self.first_missing(run, first, len) {
                None => self.issue(run, transport, rank, UnitKind::Math),
                Some(message) => self.stall(run, rank, StallCause::Message(message)),
            },
            Lowered::Release(_) | Lowered::Signal => self.defer(run, transport, rank),
            Lowered::Wait { first, len } => match self.first_not_done(run, rank, first, len) {
                Some(op) => self.stall(run, rank, StallCause::Wait(op)),
                None => self.done_by_sequencer(run, transport, rank, Span::ZERO),
            },
            Lowered::WaitGe { semaphore, value } => {
                match state.semaphores[semaphore as usize] >= u64::from(value) {
                    true => self.done_by_sequencer(run, transport, rank, Span::ZERO),
                    false => self.stall(run, rank, StallCause::Semaphore),
                }
            }
            Lowered::Barrier { number } => self.barrier(run, transport, op, number),
            Lowered::Instant => {
                self.pass_by(run, rank);
                self.mark_done(run, transport, op);
                Step::Goes(Span::ZERO)
            }
            Lowered::Pass { kind, .. } => self.encode(run, rank, kind),
            Lowered::EventSignal { .. } | Lowered::EventWait { .. } => {
                self.encode(run, rank, UnitKind::Sequencer)
            }
            Lowered::Commit => {
                self.pass_by(run, rank);
                self.commit(run, rank);
                Step::Goes(self.costs.issue)
            }
            Lowered::HostCopy => {
                let copying = transport.host_copy(run, op);
                self.done_by_sequencer(run, transport, rank, copying)
            }
        }
    }

    /// Gives an op to its unit, unless an operand or the queue holds it.
    fn issue(&mut self, run: &mut Run, transport: &mut Transport, rank: u32, kind: UnitKind) -> Step {
        let unit = self.unit_for(rank, kind);
        let state = &mut self.states[rank as usize];
        let op = OpId { rank, index: state.next };
        let global = run.global(op);
        let dependencies = run.verified.dependencies.of(global);
        if let Some(op) = first_pending(run, rank, dependencies, &mut state.known_done) {
            return self.stall(run, rank, StallCause::Operand(op));
        }
        let of_unit = &mut state.units[unit.index()];
        let idle = of_unit.running.is_none();
        if !idle {
            if of_unit.queue.len() >= self.fifo_depth {
                return self.stall(run, rank, StallCause::QueueFull(unit));
            }
            of_unit.queue.push_back(op.index);
        }
        run.record.issued(global, unit, run.now());
        state.dma_issued += u32::from(kind == UnitKind::Dma);
        if idle {
            self.begin(run, transport, op, unit);
        }
        Step::Goes(self.costs.issue)
    }

    /// Writes an op into the current command buffer.
    fn encode(&mut self, run: &mut Run, rank: u32, kind: UnitKind) -> Step {
        let unit = self.unit_for(rank, kind);
        let state = self.state(rank);
        state.dma_issued += u32::from(kind == UnitKind::Dma);
        let global = run.global(OpId { rank, index: state.next });
        run.record.issued(global, unit, run.now());
        Step::Goes(self.costs.issue)
    }

    fn unit_for(&self, rank: u32, kind: UnitKind) -> UnitId {
        match kind {
            UnitKind::Sequencer => UnitId::SEQUENCER,
            UnitKind::Gemm => UnitId::GEMM,
            UnitKind::Math => UnitId::MATH,
            UnitKind::Send => UnitId::SEND,
            UnitKind::Recv => UnitId::RECV,
            UnitKind::Dma => UnitId::dma((self.states[rank as usize].dma_issued % self.dma_channels) as u8),
        }
    }

    /// The first of the ops that a wait names that is not done. Those found done once are not looked at again.
    fn first_not_done(&mut self, run: &Run, rank: u32, first: u32, len: u32) -> Option<u32> {
        let state = self.state(rank);
        let ops = &run.lowering.lists[first as usize..(first + len) as usize];
        first_pending(run, rank, ops, &mut state.known_done)
    }

    fn first_missing(&self, run: &Run, first: u32, len: u32) -> Option<Message> {
        let mut messages = run.lowering.messages(first, len).iter().copied();
        messages.find(|&message| !self.rings.is_filled(message))
    }

    fn receive_later(&mut self, run: &mut Run, rank: u32, message: Message) -> Step {
        let op = self.pass_by(run, rank);
        if self.rings.is_filled(message) {
            self.readable(run, op);
        } else {
            self.rings.wait(message, op.index);
        }
        Step::Goes(self.costs.issue)
    }

    /// A release or a signal goes by at once; its effect comes when the ops that it waits for are done.
    fn defer(&mut self, run: &mut Run, transport: &Transport, rank: u32) -> Step {
        let op = self.pass_by(run, rank);
        self.settle(run, transport, rank, Deferred { op: op.index, known_done: 0 });
        Step::Goes(self.costs.issue)
    }

    /// An op of the sequencer ends now, after it has kept the sequencer since it was reached.
    fn done_by_sequencer(&mut self, run: &mut Run, transport: &Transport, rank: u32, extra: Span) -> Step {
        let state = self.state(rank);
        let (op, reached) = (OpId { rank, index: state.next }, state.reached.unwrap_or(run.now()));
        let global = run.global(op);
        run.record.issued(global, UnitId::SEQUENCER, reached);
        run.record.started(global, reached);
        if extra == Span::ZERO {
            self.mark_done(run, transport, op);
        } else {
            run.schedule(run.now() + extra, Turn::of(op), Event::OpDone { op, unit: UnitId::SEQUENCER });
        }
        Step::Goes(extra + self.costs.issue)
    }

    /// An op of the sequencer begins now: the op.
    fn pass_by(&mut self, run: &mut Run, rank: u32) -> OpId {
        let op = OpId { rank, index: self.state(rank).next };
        let global = run.global(op);
        run.record.issued(global, UnitId::SEQUENCER, run.now());
        run.record.started(global, run.now());
        op
    }

    fn barrier(&mut self, run: &mut Run, transport: &Transport, op: OpId, number: u32) -> Step {
        if run.record.is_issued(run.global(op)) {
            self.mark_done(run, transport, op);
            return Step::Goes(self.costs.issue);
        }
        self.pass_by(run, op.rank);
        let latency = transport.latency(Traffic::Message, run.pe(op.rank), run.pe(0));
        run.schedule(run.now() + latency, Turn::into(0), Event::BarrierReached { number });
        self.stall(run, op.rank, StallCause::Barrier)
    }

    /// Notes why the sequencer is stalled, and closes the stall before when the reason changed. The cause is written where
    /// it stays: handed on, it would be written twice.
    #[inline(always)]
    fn stall(&mut self, run: &mut Run, rank: u32, cause: StallCause) -> Step {
        let stalled = Stalled { since: run.now(), cause };
        match &mut self.state(rank).stalled {
            Some(before) if before.cause.reason() == cause.reason() => before.cause = cause,
            Some(_) => {
                self.end_stall(run, rank);
                self.state(rank).stalled = Some(stalled);
            }
            none => *none = Some(stalled),
        }
        Step::Stalls
    }

    fn end_stall(&mut self, run: &mut Run, rank: u32) {
        let state = self.state(rank);
        if let Some(Stalled { since, cause }) = state.stalled.take() {
            let op = OpId { rank, index: state.next };
            run.stall(op, cause.reason(), since, run.now());
        }
    }
}
