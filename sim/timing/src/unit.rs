//! Units: an op begins when it is at the head of its unit's queue and the unit is free, and what it then does.

use std::num::NonZeroU32;

use machine::{Cycles, SimTime, Span};
use oplog::{StallReason, UnitId};
use program::program::Flow;
use program::{Rank, View};

use crate::cost;
use crate::engine::Engine;
use crate::event::Event;
use crate::lower::Lowered;
use crate::memory::MemoryRef;
use crate::transfer::{Purpose, Transfer};

impl Engine<'_> {
    /// The unit takes an op; a send may still have to wait for a slot.
    pub fn begin(&mut self, rank: u32, index: u32, unit: UnitId) {
        let state = &mut self.ranks[rank as usize];
        state.unit(unit).running = Some(index);
        match self.lowering.ops[state.global(index)] {
            Lowered::Compute { cycles, .. } => self.begin_compute(rank, index, unit, cycles),
            Lowered::Send { ring, number, bytes } => {
                if self.slot_is_free(ring, number) {
                    self.send(rank, index, ring, number, bytes);
                } else {
                    self.ranks[rank as usize].wants_credit = Some(self.now);
                }
            }
            Lowered::Move { .. } | Lowered::ReceiveCopy { .. } => self.begin_move(rank, index, unit),
            Lowered::Receive { .. }
            | Lowered::ReceiveLater { .. }
            | Lowered::Release { .. }
            | Lowered::Signal
            | Lowered::Wait { .. }
            | Lowered::WaitGe { .. }
            | Lowered::Barrier { .. }
            | Lowered::Instant => unreachable!("the sequencer does this op itself"),
        }
    }

    fn begin_compute(&mut self, rank: u32, index: u32, unit: UnitId, cycles: Option<NonZeroU32>) {
        let spec = self.machine.spec();
        let cycles = cycles.map(|cycles| Cycles(u64::from(cycles.get()))).unwrap_or_else(|| {
            let rank = &self.program.ranks[rank as usize];
            let op = &rank.ops[index as usize];
            cost::compute(&spec.gemm, &spec.math, rank, op).expect("GEMM and math ops have a cost")
        });
        self.started(rank, index);
        self.push(self.now + spec.clock.pe_fs.span(cycles), Event::OpDone { rank, op: index, unit });
    }

    fn started(&mut self, rank: u32, index: u32) {
        let global = self.ranks[rank as usize].global(index);
        self.record.started(global, self.now);
    }

    /// The send of a rank that waited for a slot goes on, if it now has one.
    pub fn retry_send(&mut self, rank: u32) {
        let state = &mut self.ranks[rank as usize];
        let (Some(since), Some(index)) = (state.wants_credit, state.unit(UnitId::SEND).running) else {
            return;
        };
        let global = state.global(index);
        let Lowered::Send { ring, number, bytes } = self.lowering.ops[global] else { return };
        if !self.slot_is_free(ring, number) {
            return;
        }
        self.ranks[rank as usize].wants_credit = None;
        self.record.stall(rank, global, StallReason::Credit, since, self.now);
        self.send(rank, index, ring, number, bytes);
    }

    fn slot_is_free(&self, ring: u32, number: u32) -> bool {
        let state = &self.rings[ring as usize];
        match (state.flow, number.checked_sub(state.n_slots)) {
            (Flow::None, _) | (_, None) => true,
            (Flow::Credit, Some(before)) => {
                self.record.messages[ring as usize][before as usize].credit.is_some()
            }
        }
    }

    fn send(&mut self, rank: u32, index: u32, ring: u32, number: u32, bytes: Option<NonZeroU32>) {
        self.started(rank, index);
        let total = match bytes {
            Some(bytes) => u64::from(bytes.get()),
            None => self.sent_view(rank, index).bytes(),
        };
        let state = &self.rings[ring as usize];
        let slot = u64::from(number % state.n_slots);
        let pieces = state.memory.map(|_| vec![(state.address + slot * state.slot_bytes, total)]);
        let transfer = Transfer {
            purpose: Purpose::Message { ring, number, rank, op: index },
            path: state.path,
            total,
            packets_left: 0,
            begun: self.now,
            end: SimTime::ZERO,
            reads: None,
            writes: state.memory,
            pieces: pieces.unwrap_or_default(),
        };
        if self.send_setup == Span::ZERO && !self.slots_outside_tcm {
            self.send_at(transfer, self.now);
        } else {
            self.send_after(rank, index, transfer);
        }
    }

    fn sent_view(&self, rank: u32, index: u32) -> &View {
        let rank = &self.program.ranks[rank as usize];
        let from = rank.ops[index as usize].access().reads().next().expect("a send reads");
        &rank.views[from.index()]
    }

    /// A send whose first byte moves later: after its setup, and after its slot in HBM or SRAM has been read.
    fn send_after(&mut self, rank: u32, index: u32, transfer: Transfer) {
        let mut ready = self.now + self.send_setup;
        if let (Some(memory), pieces) = self.end_of(rank, self.sent_view(rank, index)) {
            ready = self.memories.book(memory, &pieces, ready).end;
        }
        self.send_at(transfer, ready);
    }

    /// The memory a view lies in, `None` for this rank's TCM, and the byte runs it covers there.
    fn end_of(&self, rank: u32, view: &View) -> (Option<MemoryRef>, Vec<(u64, u64)>) {
        let (space, base) = self.verified.layout.locate(self.program, Rank(rank), view);
        match self.memory(space) {
            None => (None, Vec::new()),
            Some(memory) => (
                Some(memory),
                view.runs().into_iter().map(|(start, length)| (base + start, length)).collect(),
            ),
        }
    }

    fn begin_move(&mut self, rank: u32, index: u32, unit: UnitId) {
        self.started(rank, index);
        let access = self.program.ranks[rank as usize].ops[index as usize].access();
        let (from, to) = (access.reads().next().expect("a move reads"), access.write.expect("a move writes"));
        let spec = self.machine.spec();
        let setup = match unit {
            UnitId::RECV => spec.ipcq.recv_cycles,
            _ => spec.pe.dma_setup_cycles,
        };
        let setup = spec.clock.pe_fs.span(setup);
        let views = &self.program.ranks[rank as usize].views;
        let (from, to) = (&views[from.index()], &views[to.index()]);
        let (total, pe) = (from.bytes(), self.ranks[rank as usize].pe);
        let (source, target) = (self.end_of(rank, from), self.end_of(rank, to));
        let purpose = |acknowledge| Purpose::Op { rank, op: index, unit, acknowledge };
        match (source, target) {
            ((None, _), (None, _)) => {
                let span = setup + self.tcm.whole(total);
                self.push(self.now + span, Event::OpDone { rank, op: index, unit });
            }
            ((Some(memory), pieces), _) | ((None, _), (Some(memory), pieces)) if memory.pe == pe => {
                self.move_beside(rank, index, unit, memory, &pieces, total, setup);
            }
            ((Some(memory), pieces), _) => {
                let path = self.path(memory.pe, pe);
                let request = self.network.latency(pe, memory.pe);
                let transfer =
                    transfer(purpose(Span::ZERO), self.now, path, total, [Some(memory), None], pieces);
                let transfer = self.transfers.add(transfer);
                self.push(self.now + setup + request, Event::RequestAtMemory { transfer });
            }
            ((None, _), (Some(memory), pieces)) => {
                let path = self.path(pe, memory.pe);
                let acknowledge = self.network.latency(memory.pe, pe);
                let moved =
                    transfer(purpose(acknowledge), self.now, path, total, [None, Some(memory)], pieces);
                self.send_at(moved, self.now + setup);
            }
        }
    }

    /// Between a TCM and the memory beside it. The op ends on a whole cycle of the PE.
    #[allow(clippy::too_many_arguments)]
    fn move_beside(
        &mut self,
        rank: u32,
        index: u32,
        unit: UnitId,
        memory: MemoryRef,
        pieces: &[(u64, u64)],
        total: u64,
        setup: Span,
    ) {
        let asked = self.now;
        let (begin, end) = self.move_locally(memory, pieces, total);
        let global = self.ranks[rank as usize].global(index);
        self.record.stall(rank, global, StallReason::Memory, asked, begin);
        let clock = self.machine.spec().clock.pe_fs;
        let span = clock.span(clock.cycles_covering(setup + (end - asked)));
        self.push(asked + span, Event::OpDone { rank, op: index, unit });
    }

    /// An op is done: its unit takes the next, and whoever waited for it goes on.
    pub fn op_done(&mut self, rank: u32, index: u32, unit: UnitId) {
        if unit != UnitId::SEQUENCER {
            self.ranks[rank as usize].unit(unit).running = None;
            if let Some(next) = self.ranks[rank as usize].unit(unit).queue.pop_front() {
                self.begin(rank, next, unit);
            }
        }
        self.finish(rank, index);
        if unit == UnitId::RECV {
            self.copied_out(rank, index);
        }
    }
}

fn transfer(
    purpose: Purpose,
    begun: SimTime,
    path: crate::packet::Path,
    total: u64,
    [reads, writes]: [Option<MemoryRef>; 2],
    pieces: Vec<(u64, u64)>,
) -> Transfer {
    Transfer { purpose, path, total, packets_left: 0, begun, end: SimTime::ZERO, reads, writes, pieces }
}
