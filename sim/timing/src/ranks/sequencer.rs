//! The sequencer of a rank takes ops in program order: it holds an op until it may go, gives it to its unit, and goes
//! on. Receives, waits and barriers it does itself.

use std::num::NonZeroU32;

use machine::{SimTime, Span, Traffic};
use oplog::UnitId;
use program::{Message, UnitKind};

use super::state::{Deferred, Place, StallCause, Stalled};
use super::units::compute_time;
use super::{Pending, Ranks, first_pending};
use crate::event::{Event, OpId};
use crate::lower::Lowered;
use crate::run::Run;
use crate::transport::Transport;
use crate::turn::Turn;

/// The most ops of a rank that are looked at in one event: long runs are not silent.
const AT_ONCE: u32 = 2048;

/// A message that has not arrived.
struct Missing {
    /// When it will have; `None` while that is not known.
    until: Option<SimTime>,
}

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
        let pause = state.next.saturating_add(AT_ONCE);
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
                    let ahead = run.ahead;
                    let state = self.state(rank);
                    state.next += 1;
                    state.reached = None;
                    state.known_done = 0;
                    let free = clock + busy;
                    state.clock = free;
                    if busy > Span::ZERO && !ahead || state.next == pause {
                        return run.schedule(free, Turn::next(rank), Event::SequencerFree { rank });
                    }
                }
            }
        }
    }

    fn step(&mut self, run: &mut Run, transport: &mut Transport, rank: u32) -> Step {
        let state = &self.states[rank as usize];
        let op = OpId { rank, index: state.next };
        match run.lowered(op) {
            Lowered::Compute { unit, cycles } if run.ahead => self.compute(run, op, unit, cycles),
            Lowered::Compute { unit, .. } => self.issue(run, transport, rank, unit.kind()),
            Lowered::Move { kind } => self.issue(run, transport, rank, kind),
            Lowered::Send { .. } | Lowered::Multicast { .. } => {
                self.issue(run, transport, rank, UnitKind::Send)
            }
            Lowered::Receive(message) => match self.missing(rank, message) {
                None => self.done_by_sequencer(run, transport, rank, self.costs.receive),
                Some(missing) => self.stall_for(run, rank, StallCause::Message(message), missing.until),
            },
            Lowered::ReceiveLater(message) => self.receive_later(run, rank, message),
            Lowered::ReceiveCopy(message) => match self.missing(rank, message) {
                None => self.issue(run, transport, rank, UnitKind::Recv),
                Some(missing) => self.stall_for(run, rank, StallCause::Message(message), missing.until),
            },
            Lowered::ReceiveReduce { first, len } => match self.first_missing(run, rank, first, len) {
                Some((message, missing)) => {
                    self.stall_for(run, rank, StallCause::Message(message), missing.until)
                }
                None if run.ahead => self.compute(run, op, UnitId::MATH, None),
                None => self.issue(run, transport, rank, UnitKind::Math),
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
        let place = of_unit.place(clock, self.fifo_depth);
        if let Place::Full { until } = place {
            return self.stall_for(run, rank, StallCause::QueueFull(unit), until);
        }
        run.record.issued(run.global(op), unit, clock);
        state.dma_issued += u32::from(kind == UnitKind::Dma);
        if let Place::Begins(at) = place {
            if at > clock {
                of_unit.begins.push_back(at);
            }
            self.begin(run, transport, op, unit, at);
        } else {
            of_unit.queue.push_back(op.index);
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
        let of_unit = state.unit(unit);
        let start = match of_unit.place(clock, depth) {
            Place::Begins(start) => start,
            Place::Full { until } => {
                return self.stall_for(run, op.rank, StallCause::QueueFull(unit), until);
            }
            Place::Queue => unreachable!("the ends of all its ops are known"),
        };
        if start > clock {
            of_unit.begins.push_back(start);
        }
        let end = start + compute_time(run, op, cycles);
        of_unit.free = end;
        let global = run.global(op);
        run.record.issued(global, unit, clock);
        run.record.started(global, start);
        run.record.done(global, end);
        if run.lowering.reduces {
            self.copied_out(run, op, end);
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

    /// Whether a message that a rank needs has not arrived.
    fn missing(&self, rank: u32, message: Message) -> Option<Missing> {
        let until = self.rings.filled_at(message);
        until.is_none_or(|until| until > self.states[rank as usize].clock).then_some(Missing { until })
    }

    fn first_missing(&self, run: &Run, rank: u32, first: u32, len: u32) -> Option<(Message, Missing)> {
        let mut messages = run.lowering.messages(first, len).iter();
        messages.find_map(|&message| Some((message, self.missing(rank, message)?)))
    }

    fn receive_later(&mut self, run: &mut Run, rank: u32, message: Message) -> Step {
        let op = self.pass_by(run, rank);
        match self.rings.filled_at(message) {
            Some(filled) => self.readable(run, op, filled.max(self.states[rank as usize].clock)),
            None => self.rings.wait(message, op.index),
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
        let state = self.state(rank);
        let (op, clock) = (OpId { rank, index: state.next }, state.clock);
        let reached = state.reached.unwrap_or(clock);
        let global = run.global(op);
        run.record.issued(global, UnitId::SEQUENCER, reached);
        run.record.started(global, reached);
        if run.ahead || extra == Span::ZERO {
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
    #[inline(always)]
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
