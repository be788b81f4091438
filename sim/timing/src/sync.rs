//! Who waits for whom: done ops, messages, credits, semaphores and barriers.

use machine::Traffic;
use oplog::UnitId;
use program::{Op, OpIndex, Rank, SyncOp};

use crate::engine::Engine;
use crate::event::Event;
use crate::lower::Lowered;
use crate::rank::{Deferred, HeldBy};
use crate::record::Record;

impl Engine<'_> {
    /// An op is done: releases and signals that waited for it take effect, and the sequencer goes on if it
    /// was held by it.
    pub fn finish(&mut self, rank: u32, index: u32) {
        self.mark_done(rank, index);
        let state = &self.ranks[rank as usize];
        let free = match self.held_by(rank) {
            Some(HeldBy::Operand(op) | HeldBy::Wait(op)) => self.record.is_done(state.global(op)),
            Some(HeldBy::QueueFull(_)) => true,
            Some(HeldBy::Message { .. } | HeldBy::Semaphore | HeldBy::Barrier) | None => false,
        };
        if free {
            self.advance(rank);
        }
    }

    /// As [`Engine::finish`], for an op that the sequencer itself is at.
    pub fn mark_done(&mut self, rank: u32, index: u32) {
        let global = self.ranks[rank as usize].global(index);
        self.record.done(global, self.now);
        if self.ranks[rank as usize].deferred.is_empty() {
            return;
        }
        // A signal may wait for a release, and another for that signal.
        let mut done = vec![index];
        while let Some(op) = done.pop() {
            let waiting = self.ranks[rank as usize].deferred.remove(&op).unwrap_or_default();
            done.extend(waiting.into_iter().filter(|&deferred| self.settle(rank, deferred)).map(|d| d.op));
        }
    }

    /// Takes effect if all it waits for is done; otherwise waits for the first op that is not.
    pub fn settle(&mut self, rank: u32, mut deferred: Deferred) -> bool {
        let state = &self.ranks[rank as usize];
        let global = state.global(deferred.op);
        let after = self.waited_for(rank, deferred.op);
        if let Some(op) = first_pending(&self.record, state.first, after, &mut deferred.known_done) {
            self.ranks[rank as usize].deferred.entry(op).or_default().push(deferred);
            return false;
        }
        self.record.done(global, self.now);
        if let Lowered::Release { ring, number } = self.lowering.ops[global] {
            self.return_credit(ring, number);
        } else {
            self.send_signal(rank, deferred.op);
        }
        true
    }

    /// The ops a release or a signal waits for.
    fn waited_for(&self, rank: u32, op: u32) -> &[OpIndex] {
        let global = self.ranks[rank as usize].global(op);
        if let Lowered::Release { .. } = self.lowering.ops[global] {
            return self.verified.holds.of(global);
        }
        let Op::Sync(SyncOp::Signal { after, .. }) = self.program.op(Rank(rank), OpIndex(op)) else {
            return &[];
        };
        after
    }

    fn send_signal(&mut self, rank: u32, op: u32) {
        let program = self.program;
        if let Op::Sync(SyncOp::Signal { semaphore, to, amount, .. }) = program.op(Rank(rank), OpIndex(op)) {
            let (from, to_pe) = (self.ranks[rank as usize].pe, self.ranks[to.index()].pe);
            let latency = self.network.latency(Traffic::Message, from, to_pe);
            let signal = Event::Signalled { rank: to.0, semaphore: semaphore.0, amount: *amount };
            self.push(self.now + latency, signal);
        }
    }

    fn return_credit(&mut self, ring: u32, number: u32) {
        let at = self.now + self.rings[ring as usize].credit;
        self.push(at, Event::CreditBack { ring, number });
    }

    pub fn credit_back(&mut self, ring: u32, number: u32) {
        self.record.messages[ring as usize][number as usize].credit = Some(self.now);
        self.retry_send(self.rings[ring as usize].producer);
    }

    /// A receive that copies or reduces has emptied its slots.
    pub fn copied_out(&mut self, rank: u32, index: u32) {
        let global = self.ranks[rank as usize].global(index);
        let op = self.lowering.ops[global];
        if let Lowered::ReceiveCopy { ring, number } = op {
            self.return_credit(ring, number);
        } else if let Lowered::ReceiveReduce { first, len } = op {
            for place in 0..len {
                let message = self.lowering.messages(first, len)[place as usize];
                self.return_credit(message.ring.0, message.number);
            }
        }
    }

    pub fn message_arrives(&mut self, ring: u32, number: u32) {
        self.record.messages[ring as usize][number as usize].filled = self.now;
        let state = &mut self.rings[ring as usize];
        let consumer = state.consumer;
        if let Some(op) = state.awaited.remove(&number) {
            self.readable(consumer, op);
        }
        if self.held_by(consumer) == Some(HeldBy::Message { ring, number }) {
            self.advance(consumer);
        }
    }

    /// The message of an asynchronous receive has arrived: it may be read once the unit has seen it.
    pub fn readable(&mut self, rank: u32, op: u32) {
        let spec = self.machine.spec();
        let at = self.now + spec.clock.pe_fs.span(spec.ipcq.recv_cycles);
        self.push(at, Event::OpDone { rank, op, unit: UnitId::SEQUENCER });
    }

    pub fn signalled(&mut self, rank: u32, semaphore: u32, amount: u32) {
        self.ranks[rank as usize].semaphores[semaphore as usize] += u64::from(amount);
        if self.held_by(rank) == Some(HeldBy::Semaphore) {
            self.advance(rank);
        }
    }

    /// Rank 0 counts the ranks at a barrier and tells all of them when it is full.
    pub fn barrier_reached(&mut self, number: u32) {
        let reached = self.barriers.entry(number).or_default();
        *reached += 1;
        if *reached < self.ranks.len() as u32 {
            return;
        }
        for rank in 0..self.ranks.len() as u32 {
            let (from, pe) = (self.ranks[0].pe, self.ranks[rank as usize].pe);
            let latency = self.network.latency(Traffic::Message, from, pe);
            self.push(self.now + latency, Event::BarrierOpen { rank });
        }
    }

    pub fn barrier_open(&mut self, rank: u32) {
        assert!(self.held_by(rank) == Some(HeldBy::Barrier), "a barrier opened for a rank that is not at it");
        self.advance(rank);
    }
}

/// The first of `ops`, ops of the rank whose first global op is `first`, that is not done. Those before `known_done`
/// are known to be, and so are, from now on, those before the one found.
pub fn first_pending(record: &Record, first: usize, ops: &[OpIndex], known_done: &mut u32) -> Option<u32> {
    while let Some(op) = ops.get(*known_done as usize) {
        if !record.is_done(first + op.index()) {
            return Some(op.0);
        }
        *known_done += 1;
    }
    None
}
