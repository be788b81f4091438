//! The sequencer of a rank takes ops in program order: it holds an op until it may go, gives it to its unit,
//! and goes on. Receives, waits and barriers it does itself.

use machine::{SimTime, Span, Traffic};
use oplog::UnitId;
use program::UnitKind;

use crate::engine::Engine;
use crate::event::Event;
use crate::lower::Lowered;
use crate::rank::{Deferred, Held, HeldBy};
use crate::sync::first_pending;

/// What became of the op the sequencer looked at.
enum Step {
    /// It may not go yet.
    Holds(HeldBy),
    /// The sequencer is done with it, and busy for this long.
    Goes(Span),
}

impl Engine<'_> {
    /// Runs a rank's sequencer until it is held, busy or at the end.
    pub fn advance(&mut self, rank: u32) {
        loop {
            let state = &mut self.ranks[rank as usize];
            if state.next == state.n_ops {
                return;
            }
            state.reached.get_or_insert(self.now);
            match self.step(rank) {
                Step::Holds(by) => return self.hold(rank, by),
                Step::Goes(busy) => {
                    self.let_go(rank);
                    let state = &mut self.ranks[rank as usize];
                    state.next += 1;
                    state.reached = None;
                    state.known_done = 0;
                    if busy > Span::ZERO {
                        return self.push(self.now + busy, Event::SequencerFree { rank });
                    }
                }
            }
        }
    }

    fn step(&mut self, rank: u32) -> Step {
        let state = &self.ranks[rank as usize];
        let index = state.next;
        match self.lowering.ops[state.global(index)] {
            Lowered::Compute { unit, .. } => self.issue(rank, index, unit.kind()),
            Lowered::Move { kind } => self.issue(rank, index, kind),
            Lowered::Send { .. } => self.issue(rank, index, UnitKind::Send),
            Lowered::Receive { ring, number } => self.receive(rank, index, ring, number),
            Lowered::ReceiveLater { ring, number } => self.receive_later(rank, index, ring, number),
            Lowered::ReceiveCopy { ring, number } => match self.filled(ring, number) {
                true => self.issue(rank, index, UnitKind::Recv),
                false => Step::Holds(HeldBy::Message { ring, number }),
            },
            Lowered::Release { .. } | Lowered::Signal => self.defer(rank, index),
            Lowered::Wait { first, len } => match self.first_not_done(rank, first, len) {
                Some(op) => Step::Holds(HeldBy::Wait(op)),
                None => self.done_by_sequencer(rank, index, Span::ZERO),
            },
            Lowered::WaitGe { semaphore, value } => {
                match state.semaphores[semaphore as usize] >= u64::from(value) {
                    true => self.done_by_sequencer(rank, index, Span::ZERO),
                    false => Step::Holds(HeldBy::Semaphore),
                }
            }
            Lowered::Barrier { number } => self.barrier(rank, index, number),
            Lowered::Instant => {
                self.record_instant(rank, index);
                Step::Goes(Span::ZERO)
            }
            Lowered::Pass { kind, .. } => self.encode(rank, index, kind),
            Lowered::EventSignal { .. } | Lowered::EventWait { .. } => {
                self.encode(rank, index, UnitKind::Sequencer)
            }
            Lowered::Commit => {
                let global = state.global(index);
                self.record.issued(global, UnitId::SEQUENCER, self.now);
                self.record.started(global, self.now);
                self.commit(rank);
                Step::Goes(self.issue)
            }
            Lowered::HostCopy => {
                let copying = self.host_copy(rank, index);
                self.done_by_sequencer(rank, index, copying)
            }
        }
    }

    /// Gives an op to its unit, unless an operand or the queue holds it.
    fn issue(&mut self, rank: u32, index: u32, kind: UnitKind) -> Step {
        let global = self.ranks[rank as usize].global(index);
        if let Some(op) = self.first_hold(rank, global) {
            return Step::Holds(HeldBy::Operand(op));
        }
        let unit = self.unit_for(rank, kind);
        let depth = self.machine.spec().pe.fifo_depth as usize;
        let state = self.ranks[rank as usize].unit(unit);
        if state.running.is_some() && state.queue.len() >= depth {
            return Step::Holds(HeldBy::QueueFull(unit));
        }
        let idle = state.running.is_none();
        if !idle {
            state.queue.push_back(index);
        }
        self.record.issued(global, unit, self.now);
        if kind == UnitKind::Dma {
            self.ranks[rank as usize].dma_dealt += 1;
        }
        if idle {
            self.begin(rank, index, unit);
        }
        Step::Goes(self.issue)
    }

    /// Writes an op into the current command buffer.
    fn encode(&mut self, rank: u32, index: u32, kind: UnitKind) -> Step {
        let unit = self.unit_for(rank, kind);
        let state = &mut self.ranks[rank as usize];
        state.dma_dealt += u32::from(kind == UnitKind::Dma);
        self.record.issued(state.global(index), unit, self.now);
        Step::Goes(self.issue)
    }

    fn unit_for(&self, rank: u32, kind: UnitKind) -> UnitId {
        match kind {
            UnitKind::Sequencer => UnitId::SEQUENCER,
            UnitKind::Gemm => UnitId::GEMM,
            UnitKind::Math => UnitId::MATH,
            UnitKind::Send => UnitId::SEND,
            UnitKind::Recv => UnitId::RECV,
            UnitKind::Dma => {
                let channels = self.machine.spec().pe.dma_channels;
                UnitId::dma((self.ranks[rank as usize].dma_dealt % channels) as u8)
            }
        }
    }

    /// The first op this one is held by that is not done. Those found done once are not looked at again.
    fn first_hold(&mut self, rank: u32, global: usize) -> Option<u32> {
        let verified = self.verified;
        let state = &mut self.ranks[rank as usize];
        first_pending(&self.record, state.first, verified.holds.of(global), &mut state.known_done)
    }

    /// As [`Engine::first_hold`], for the ops that a wait names.
    fn first_not_done(&mut self, rank: u32, first: u32, len: u32) -> Option<u32> {
        let state = &mut self.ranks[rank as usize];
        let ops = &self.lowering.lists[first as usize..(first + len) as usize];
        first_pending(&self.record, state.first, ops, &mut state.known_done)
    }

    fn receive(&mut self, rank: u32, index: u32, ring: u32, number: u32) -> Step {
        if !self.filled(ring, number) {
            return Step::Holds(HeldBy::Message { ring, number });
        }
        let spec = self.machine.spec();
        self.done_by_sequencer(rank, index, spec.clock.pe_fs.span(spec.ipcq.recv_cycles))
    }

    fn receive_later(&mut self, rank: u32, index: u32, ring: u32, number: u32) -> Step {
        let global = self.ranks[rank as usize].global(index);
        self.record.issued(global, UnitId::SEQUENCER, self.now);
        self.record.started(global, self.now);
        if self.filled(ring, number) {
            self.readable(rank, index);
        } else {
            self.rings[ring as usize].awaited.insert(number, index);
        }
        Step::Goes(self.issue)
    }

    /// A release or a signal goes by at once; its effect comes when the ops it waits for are done.
    fn defer(&mut self, rank: u32, index: u32) -> Step {
        let global = self.ranks[rank as usize].global(index);
        self.record.issued(global, UnitId::SEQUENCER, self.now);
        self.record.started(global, self.now);
        self.settle(rank, Deferred { op: index, known_done: 0 });
        Step::Goes(self.issue)
    }

    /// An op of the sequencer ends now, after it has kept the sequencer since it was reached.
    fn done_by_sequencer(&mut self, rank: u32, index: u32, extra: Span) -> Step {
        let state = &self.ranks[rank as usize];
        let (global, reached) = (state.global(index), state.reached.unwrap_or(self.now));
        self.record.issued(global, UnitId::SEQUENCER, reached);
        self.record.started(global, reached);
        if extra == Span::ZERO {
            self.mark_done(rank, index);
        } else {
            self.push(self.now + extra, Event::OpDone { rank, op: index, unit: UnitId::SEQUENCER });
        }
        Step::Goes(extra + self.issue)
    }

    fn record_instant(&mut self, rank: u32, index: u32) {
        let global = self.ranks[rank as usize].global(index);
        self.record.issued(global, UnitId::SEQUENCER, self.now);
        self.record.started(global, self.now);
        self.mark_done(rank, index);
    }

    fn barrier(&mut self, rank: u32, index: u32, number: u32) -> Step {
        let state = &self.ranks[rank as usize];
        let (global, pe) = (state.global(index), state.pe);
        if !self.record.is_issued(global) {
            self.record.issued(global, UnitId::SEQUENCER, self.now);
            self.record.started(global, self.now);
            let latency = self.network.latency(Traffic::Message, pe, self.ranks[0].pe);
            self.push(self.now + latency, Event::BarrierReached { number });
            return Step::Holds(HeldBy::Barrier);
        }
        self.mark_done(rank, index);
        Step::Goes(self.issue)
    }

    /// Notes why the sequencer is held, and closes the wait before when the reason changed.
    fn hold(&mut self, rank: u32, by: HeldBy) {
        let now = self.now;
        let state = &mut self.ranks[rank as usize];
        match &mut state.held {
            Some(held) if held.by.reason() == by.reason() => held.by = by,
            Some(_) => {
                self.let_go(rank);
                self.ranks[rank as usize].held = Some(Held { since: now, by });
            }
            None => state.held = Some(Held { since: now, by }),
        }
    }

    fn let_go(&mut self, rank: u32) {
        let state = &mut self.ranks[rank as usize];
        if let Some(held) = state.held.take() {
            let global = state.global(state.next);
            self.record.stall(rank, global, held.by.reason(), held.since, self.now);
        }
    }

    pub fn held_by(&self, rank: u32) -> Option<HeldBy> {
        self.ranks[rank as usize].held.map(|held| held.by)
    }

    pub fn filled(&self, ring: u32, number: u32) -> bool {
        let times = &self.record.messages[ring as usize];
        times.get(number as usize).is_some_and(|message| message.filled <= SimTime::MAX)
    }
}
