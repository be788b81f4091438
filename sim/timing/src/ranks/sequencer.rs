//! The sequencer of a rank takes ops in program order: it holds an op until it may go, gives it to its unit, and goes
//! on. Receives, waits and barriers it does itself.

use std::num::NonZeroU32;

use machine::{SimTime, Span, Traffic};
use oplog::UnitId;
use program::{Message, UnitKind};

use super::state::{Deferred, Given, StallCause, Stalled};
use super::units::compute_time;
use super::{Pending, Ranks, first_pending};
use crate::event::{Event, OpId};
use crate::lower::Lowered;
use crate::run::Run;
use crate::transport::Transport;
use crate::turn::Turn;

/// What became of the op that the sequencer looked at.
enum Step {
    /// It may not go yet: the cause is noted.
    Stalls,
    /// It may not go before this time: the cause is noted.
    StallsUntil(SimTime),
    /// The sequencer is done with it, and busy for this long.
    Goes(Span),
}

impl Ranks {
    /// Runs a rank's sequencer until it needs what is not known yet, is busy or at the end.
    pub fn advance(&mut self, run: &mut Run, transport: &mut Transport, rank: u32) {
        let state = self.state(rank);
        state.clock = state.clock.max(run.now());
        loop {
            let state = self.state(rank);
            if state.next == state.n_ops {
                return;
            }
            let clock = state.clock;
            // The event ends a run that is too long.
            if clock > SimTime::MAX {
                return run.schedule(clock, Turn::next(rank), Event::SequencerFree { rank });
            }
            state.reached.get_or_insert(clock);
            match self.step(run, transport, rank) {
                Step::Stalls => return,
                Step::StallsUntil(at) => self.state(rank).clock = at,
                Step::Goes(busy) => {
                    self.end_stall(run, rank);
                    let ahead = self.ahead.sequencers;
                    let state = self.state(rank);
                    state.next += 1;
                    state.reached = None;
                    state.known_done = 0;
                    let free = clock + busy;
                    if busy > Span::ZERO && !ahead {
                        return run.schedule(free, Turn::next(rank), Event::SequencerFree { rank });
                    }
                    state.clock = free;
                }
            }
        }
    }

    fn step(&mut self, run: &mut Run, transport: &mut Transport, rank: u32) -> Step {
        let state = &self.states[rank as usize];
        let op = OpId { rank, index: state.next };
        match run.lowered(op) {
            Lowered::Compute { unit, cycles } if self.ahead.knows(unit) => {
                self.compute(run, op, unit, cycles)
            }
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
                Some(pending) => self.stall_for(run, rank, StallCause::Wait(pending.index), pending.until),
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
                let at = self.states[rank as usize].clock;
                self.mark_done(run, transport, op, at);
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
        if let Some(pending) = self.pending_operand(run, rank) {
            return self.stall_for(run, rank, StallCause::Operand(pending.index), pending.until);
        }
        let unit = self.unit_for(rank, kind);
        let state = &mut self.states[rank as usize];
        let (op, clock) = (OpId { rank, index: state.next }, state.clock);
        let of_unit = &mut state.units[unit.index()];
        let idle = of_unit.running.is_none();
        if !idle {
            if of_unit.queue.len() >= self.fifo_depth {
                return self.stall(run, rank, StallCause::QueueFull(unit));
            }
            of_unit.queue.push_back(op.index);
        }
        run.record.issued(run.global(op), unit, clock);
        state.dma_issued += u32::from(kind == UnitKind::Dma);
        if idle {
            self.begin(run, transport, op, unit, clock);
        }
        Step::Goes(self.costs.issue)
    }

    /// Gives an op to a unit of which it is known when it begins and ends the op.
    fn compute(&mut self, run: &mut Run, op: OpId, unit: UnitId, cycles: Option<NonZeroU32>) -> Step {
        if let Some(pending) = self.pending_operand(run, op.rank) {
            return self.stall_for(run, op.rank, StallCause::Operand(pending.index), pending.until);
        }
        let depth = self.fifo_depth;
        let state = self.state(op.rank);
        let clock = state.clock;
        let of_unit = if unit == UnitId::GEMM { &mut state.gemm } else { &mut state.math };
        match of_unit.give(clock, depth, || compute_time(run, op, cycles)) {
            Given::Runs { start, end } => {
                let global = run.global(op);
                run.record.issued(global, unit, clock);
                run.record.started(global, start);
                run.record.done(global, end);
                Step::Goes(self.costs.issue)
            }
            Given::Full { until } => {
                self.stall_for(run, op.rank, StallCause::QueueFull(unit), Some(until))
            }
        }
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
    fn first_not_done(&mut self, run: &Run, rank: u32, first: u32, len: u32) -> Option<Pending> {
        let state = self.state(rank);
        let ops = &run.lowering.lists[first as usize..(first + len) as usize];
        first_pending(run, rank, ops, &mut state.known_done, state.clock)
    }

    /// The first op that has not written, or not read, what the next op needs.
    fn pending_operand(&mut self, run: &Run, rank: u32) -> Option<Pending> {
        let state = self.state(rank);
        let dependencies = run.dependencies(OpId { rank, index: state.next });
        first_pending(run, rank, dependencies, &mut state.known_done, state.clock)
    }

    fn first_missing(&self, run: &Run, first: u32, len: u32) -> Option<Message> {
        let mut messages = run.lowering.messages(first, len).iter().copied();
        messages.find(|&message| !self.rings.is_filled(message))
    }

    fn receive_later(&mut self, run: &mut Run, rank: u32, message: Message) -> Step {
        let op = self.pass_by(run, rank);
        if self.rings.is_filled(message) {
            let at = self.states[rank as usize].clock;
            self.readable(run, op, at);
        } else {
            self.rings.wait(message, op.index);
        }
        Step::Goes(self.costs.issue)
    }

    /// A release or a signal goes by at once; its effect comes when the ops that it waits for are done.
    fn defer(&mut self, run: &mut Run, transport: &Transport, rank: u32) -> Step {
        let op = self.pass_by(run, rank);
        let ready = self.states[rank as usize].clock;
        self.settle(run, transport, rank, Deferred { op: op.index, known_done: 0, ready });
        Step::Goes(self.costs.issue)
    }

    /// An op of the sequencer ends now, after it has kept the sequencer since it was reached.
    fn done_by_sequencer(&mut self, run: &mut Run, transport: &Transport, rank: u32, extra: Span) -> Step {
        let ahead = self.ahead.sequencers;
        let state = self.state(rank);
        let (op, clock) = (OpId { rank, index: state.next }, state.clock);
        let reached = state.reached.unwrap_or(clock);
        let global = run.global(op);
        run.record.issued(global, UnitId::SEQUENCER, reached);
        run.record.started(global, reached);
        if ahead || extra == Span::ZERO {
            self.mark_done(run, transport, op, clock + extra);
        } else {
            run.schedule(clock + extra, Turn::of(op), Event::OpDone { op, unit: UnitId::SEQUENCER });
        }
        Step::Goes(extra + self.costs.issue)
    }

    /// An op of the sequencer begins now: the op.
    fn pass_by(&mut self, run: &mut Run, rank: u32) -> OpId {
        let state = self.state(rank);
        let (op, clock) = (OpId { rank, index: state.next }, state.clock);
        let global = run.global(op);
        run.record.issued(global, UnitId::SEQUENCER, clock);
        run.record.started(global, clock);
        op
    }

    fn barrier(&mut self, run: &mut Run, transport: &Transport, op: OpId, number: u32) -> Step {
        let clock = self.state(op.rank).clock;
        if run.record.is_issued(run.global(op)) {
            self.mark_done(run, transport, op, clock);
            return Step::Goes(self.costs.issue);
        }
        self.pass_by(run, op.rank);
        let latency = transport.latency(Traffic::Message, run.pe(op.rank), run.pe(0));
        run.schedule(clock + latency, Turn::into(0), Event::BarrierReached { number });
        self.stall(run, op.rank, StallCause::Barrier)
    }

    /// Notes why the sequencer is stalled, and closes the stall before when the reason changed. The cause is written where
    /// it stays: handed on, it would be written twice.
    #[inline(always)]
    fn stall(&mut self, run: &mut Run, rank: u32, cause: StallCause) -> Step {
        let state = self.state(rank);
        let stalled = Stalled { since: state.clock, cause };
        match &mut state.stalled {
            Some(before) if before.cause.reason() == cause.reason() => before.cause = cause,
            Some(_) => {
                self.end_stall(run, rank);
                self.state(rank).stalled = Some(stalled);
            }
            none => *none = Some(stalled),
        }
        Step::Stalls
    }

    /// As [`Ranks::stall`], until a time that may be known.
    fn stall_for(&mut self, run: &mut Run, rank: u32, cause: StallCause, until: Option<SimTime>) -> Step {
        self.stall(run, rank, cause);
        until.map_or(Step::Stalls, Step::StallsUntil)
    }

    fn end_stall(&mut self, run: &mut Run, rank: u32) {
        let state = self.state(rank);
        if let Some(Stalled { since, cause }) = state.stalled.take() {
            let op = OpId { rank, index: state.next };
            let clock = state.clock;
            run.stall(op, cause.reason(), since, clock);
        }
    }
}
