//! The beginnings of transfers: sends, loads, stores, copies, and copies by the host.

use machine::{SimTime, Span, Traffic};
use oplog::{StallReason, UnitId};
use program::{Message, cost};

use super::Transport;
use super::transfer::{Purpose, Transfer};
use crate::event::OpId;
use crate::memory::{Access, AddressRuns};
use crate::run::Run;

impl Transport {
    /// A send has its credit. Its first byte moves after its setup and, from a slot in HBM or SRAM, after that has been
    /// read; then it leaves from where that memory is.
    pub fn send(&mut self, run: &mut Run, op: OpId, message: Message, (at, total): (SimTime, u64)) {
        let mut transfer = self.send_transfer(run, op, message, (at, total));
        let ready = at + self.send_setup;
        let reads = if self.slots_outside_tcm { self.runs(run, op.rank, run.sent_view(op)) } else { None };
        let Some(reads) = reads else { return self.send_at(run, transfer, ready) };
        let at = reads.memory.pe;
        transfer.path = self.routes.path(Traffic::Message, at, transfer.path.to);
        transfer.reads = Some(reads);
        let request = self.latency(Traffic::Message, run.pe(op.rank), at);
        self.ask_at(run, transfer, ready + request);
    }

    /// The transfer of a message into its slot.
    #[inline(always)]
    pub(super) fn message_transfer(
        &self,
        op: OpId,
        purpose: Purpose,
        message: Message,
        (at, total): (SimTime, u64),
    ) -> Transfer {
        let slots = &self.slots[message.ring.index()];
        let transfer = Transfer::new(op, purpose, slots.path, total, at);
        let Some(memory) = slots.memory else { return transfer };
        let address = slots.address + u64::from(message.number % slots.n_slots) * slots.slot_bytes;
        Transfer {
            writes: Some(Box::new(AddressRuns::new(memory, vec![(address, total)], total))),
            ..transfer
        }
    }

    /// A load, a store or a copy begins at `now`, or later than that; `setup` passes before its first byte moves.
    pub fn begin_move(&mut self, run: &mut Run, op: OpId, unit: UnitId, (now, setup): (SimTime, Span)) {
        let of_rank = run.rank(op.rank);
        let access = run.op(op).access();
        let (from, to) = (access.reads().next().expect("a move reads"), access.write.expect("a move writes"));
        let (from, to) = (&of_rank.views[from.index()], &of_rank.views[to.index()]);
        let (total, pe) = (from.bytes(), run.pe(op.rank));
        let ready = now + setup;
        match (self.runs(run, op.rank, from), self.runs(run, op.rank, to)) {
            (None, None) => {
                // Each byte is read and written.
                let through = self.tcms.take(pe, now, (0, 2 * total)).end;
                let end = on_pe_cycle(run, now, through).max(ready + self.tcm.whole(total));
                run.op_ends(op, unit, end);
            }
            (Some(reads), _) => {
                let purpose = Purpose::Op { unit, acknowledge: Span::ZERO };
                let path = self.routes.path(Traffic::Load, reads.memory.pe, pe);
                let request = self.latency(Traffic::Load, pe, reads.memory.pe);
                let transfer =
                    Transfer { reads: Some(reads), ..Transfer::new(op, purpose, path, total, now) };
                self.ask_at(run, transfer, ready + request);
            }
            (None, Some(writes)) => {
                let beside = writes.memory.pe == pe;
                let acknowledge = self.latency(Traffic::Store, writes.memory.pe, pe);
                let purpose = Purpose::Op { unit, acknowledge };
                let path = self.routes.path(Traffic::Store, pe, writes.memory.pe);
                let transfer =
                    Transfer { writes: Some(writes), ..Transfer::new(op, purpose, path, total, now) };
                if beside { self.ask_at(run, transfer, ready) } else { self.send_at(run, transfer, ready) }
            }
        }
    }

    /// Moves bytes between a PE's TCM and the memory beside it. The op ends on a whole cycle of the PE.
    pub(super) fn move_beside(&mut self, run: &mut Run, transfer: u32, op: OpId) {
        let moving = self.transfers.moving.get(transfer);
        let (total, begun, now) = (moving.total, moving.begun, run.now());
        let reading = moving.reads.is_some();
        let runs = moving.reads.as_ref().or(moving.writes.as_ref()).expect("one end is a memory");
        let access = if reading { Access::Read } else { Access::Write };
        let shared = self.tcms.take(moving.path.to, now, (0, total)).end;
        // Bytes go through the TCM's port as they come from a memory, or on their way into it.
        let latency = self.memories.latency(runs.memory);
        let (mut begin, mut tcm, mut end) = (SimTime::MAX, None, shared);
        let mut from = 0;
        while from < total {
            let to = (from + self.transfers.packet_bytes).min(total);
            let booking = self.memories.book(runs.memory, &runs.between(from, to), access, now);
            begin = begin.min(booking.start);
            let first = if reading { booking.start + latency } else { now };
            let through = tcm.unwrap_or(first).max(first) + self.tcm.occupancy(from, to);
            tcm = Some(through);
            end = end.max(booking.end).max(if reading { through } else { through + latency });
            from = to;
        }
        run.stall(op, StallReason::Memory, now, begin.min(end));
        self.transfers.ends(run, transfer, on_pe_cycle(run, begun, end));
    }

    /// When the operands of an op that begins at `at` have gone through a TCM that is shared, in whole cycles; `at`, where
    /// none is.
    pub fn operands_through(&mut self, run: &Run, op: OpId, at: SimTime) -> SimTime {
        if !self.tcms.are_shared() {
            return at;
        }
        let bytes = cost::operand_bytes(run.rank(op.rank), run.op(op)).0;
        let end = self.tcms.take(run.pe(op.rank), at, (0, bytes)).end;
        on_pe_cycle(run, at, end)
    }

    /// The host reads one tensor and writes another as the bytes come: how long that takes, in whole cycles.
    pub fn host_copy(&mut self, run: &Run, op: OpId) -> Span {
        let (of_rank, now) = (run.rank(op.rank), run.now());
        let access = run.op(op).access();
        let mut end = now;
        for id in access.reads().chain(access.write) {
            let view = &of_rank.views[id.index()];
            let runs = self.runs(run, op.rank, view).expect("a host copies between tensors in HBM");
            let access = if access.write == Some(id) { Access::Write } else { Access::Read };
            let booking = self.memories.book(runs.memory, &runs.between(0, view.bytes()), access, now);
            end = end.max(booking.end);
        }
        on_pe_cycle(run, now, end) - now
    }
}

/// The first whole cycle of a PE from `begun` on that is not before `at`.
fn on_pe_cycle(run: &Run, begun: SimTime, at: SimTime) -> SimTime {
    let clock = run.spec().clock.pe_fs;
    begun + clock.span(clock.cycles_covering(at - begun))
}
