//! Units: an op begins when it is at the head of its unit's queue and the unit is free, and what it then does.

use std::num::NonZeroU32;

use machine::{Cycles, SimTime, Span, Traffic};
use oplog::{StallReason, UnitId};
use program::program::Flow;
use program::{Rank, UnitKind, View, cost};

use crate::engine::Engine;
use crate::event::Event;
use crate::lower::Lowered;
use crate::memory::Access;
use crate::pieces::Pieces;
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
            Lowered::Move { .. }
            | Lowered::ReceiveCopy { .. }
            | Lowered::Pass { kind: UnitKind::Dma, .. } => self.begin_move(rank, index, unit),
            Lowered::Pass { cycles, .. } => self.begin_compute(rank, index, unit, cycles),
            Lowered::Receive { .. }
            | Lowered::ReceiveLater { .. }
            | Lowered::Release { .. }
            | Lowered::Signal
            | Lowered::Wait { .. }
            | Lowered::WaitGe { .. }
            | Lowered::Barrier { .. }
            | Lowered::Instant
            | Lowered::Commit
            | Lowered::EventSignal { .. }
            | Lowered::EventWait { .. }
            | Lowered::HostCopy => unreachable!("the sequencer does this op itself"),
        }
    }

    fn begin_compute(&mut self, rank: u32, index: u32, unit: UnitId, cycles: Option<NonZeroU32>) {
        let spec = self.machine.spec();
        let cycles = cycles.map(|cycles| Cycles(u64::from(cycles.get()))).unwrap_or_else(|| {
            let rank = &self.program.ranks[rank as usize];
            let op = &rank.ops[index as usize];
            cost::compute(spec, rank, op).expect("GEMM and math ops have a cost")
        });
        self.started(rank, index);
        let mut end = self.now + spec.clock.pe_fs.span(cycles);
        if self.tcms.are_shared() {
            end = end.max(self.operands_through(rank, index));
        }
        self.push(end, Event::OpDone { rank, op: index, unit });
    }

    /// When the operands of an op have gone through a TCM that is shared, in whole cycles.
    fn operands_through(&mut self, rank: u32, index: u32) -> SimTime {
        let program = &self.program.ranks[rank as usize];
        let bytes = cost::operand_bytes(program, &program.ops[index as usize]).0;
        let end = self.tcms.take(self.ranks[rank as usize].pe, self.now, (0, bytes)).end;
        self.on_pe_cycle(end)
    }

    /// The first whole cycle of a PE from now on that is not before `at`.
    fn on_pe_cycle(&self, at: SimTime) -> SimTime {
        let clock = self.machine.spec().clock.pe_fs;
        self.now + clock.span(clock.cycles_covering(at - self.now))
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
        let purpose = Purpose::Message { ring, number, rank, op: index };
        let mut transfer = Transfer::new(purpose, state.path, total, self.now);
        if let Some(memory) = state.memory {
            let slot = u64::from(number % state.n_slots);
            let address = state.address + slot * state.slot_bytes;
            transfer.writes = Some(Pieces::new(memory, vec![(address, total)]));
        }
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

    /// A send whose first byte moves later: after its setup, and after its slot in HBM or SRAM has been read. Then
    /// it leaves from where that memory is.
    fn send_after(&mut self, rank: u32, index: u32, mut transfer: Transfer) {
        let ready = self.now + self.send_setup;
        let Some(pieces) = self.pieces(rank, self.sent_view(rank, index)) else {
            return self.send_at(transfer, ready);
        };
        let memory = pieces.memory;
        transfer.path = self.path(Traffic::Message, memory.pe, transfer.path.to);
        transfer.reads = Some(pieces);
        let request = self.network.latency(Traffic::Message, self.ranks[rank as usize].pe, memory.pe);
        self.ask_at(transfer, ready + request);
    }

    /// Where a view's bytes lie in a memory; `None` when they lie in this rank's TCM.
    fn pieces(&self, rank: u32, view: &View) -> Option<Pieces> {
        let (space, base) = self.verified.layout.locate(self.program, Rank(rank), view);
        let memory = self.memory(space)?;
        let runs = view.runs().into_iter().map(|(start, length)| (base + start, length)).collect();
        Some(Pieces::new(memory, runs))
    }

    fn begin_move(&mut self, rank: u32, index: u32, unit: UnitId) {
        self.started(rank, index);
        let access = self.program.ranks[rank as usize].ops[index as usize].access();
        let (from, to) = (access.reads().next().expect("a move reads"), access.write.expect("a move writes"));
        let views = &self.program.ranks[rank as usize].views;
        let (from, to) = (&views[from.index()], &views[to.index()]);
        let (total, pe) = (from.bytes(), self.ranks[rank as usize].pe);
        let ready = self.now + self.setup(unit);
        match (self.pieces(rank, from), self.pieces(rank, to)) {
            (None, None) => {
                // Each byte is read and written.
                let through = self.tcms.take(pe, self.now, (0, 2 * total)).end;
                let end = self.on_pe_cycle(through).max(ready + self.tcm.whole(total));
                self.push(end, Event::OpDone { rank, op: index, unit });
            }
            (Some(reads), _) => {
                let purpose = Purpose::Op { rank, op: index, unit, acknowledge: Span::ZERO };
                let path = self.path(Traffic::Load, reads.memory.pe, pe);
                let request = self.network.latency(Traffic::Load, pe, reads.memory.pe);
                let transfer =
                    Transfer { reads: Some(reads), ..Transfer::new(purpose, path, total, self.now) };
                self.ask_at(transfer, ready + request);
            }
            (None, Some(writes)) => {
                let beside = writes.memory.pe == pe;
                let acknowledge = self.network.latency(Traffic::Store, writes.memory.pe, pe);
                let purpose = Purpose::Op { rank, op: index, unit, acknowledge };
                let path = self.path(Traffic::Store, pe, writes.memory.pe);
                let transfer =
                    Transfer { writes: Some(writes), ..Transfer::new(purpose, path, total, self.now) };
                if beside { self.ask_at(transfer, ready) } else { self.send_at(transfer, ready) }
            }
        }
    }

    /// What a unit takes before the first byte of a move.
    fn setup(&self, unit: UnitId) -> Span {
        let spec = self.machine.spec();
        let cycles = if unit == UnitId::RECV { spec.ipcq.recv_cycles } else { spec.pe.dma_setup_cycles };
        spec.clock.pe_fs.span(cycles)
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
        if self.queues.is_some() && unit != UnitId::SEQUENCER {
            self.pass_done(rank, index);
        }
    }

    /// The host reads one tensor and writes another as the bytes come: how long that takes, in whole cycles.
    pub fn host_copy(&mut self, rank: u32, index: u32) -> Span {
        let program = &self.program.ranks[rank as usize];
        let access = program.ops[index as usize].access();
        let mut end = self.now;
        for id in access.reads().chain(access.write) {
            let view = &program.views[id.index()];
            let pieces = self.pieces(rank, view).expect("a host copies between tensors in HBM");
            let runs = pieces.between(0, view.bytes());
            let access = if access.write == Some(id) { Access::Write } else { Access::Read };
            end = end.max(self.memories.book(pieces.memory, &runs, access, self.now).end);
        }
        let clock = self.machine.spec().clock.pe_fs;
        clock.span(clock.cycles_covering(end - self.now))
    }
}
