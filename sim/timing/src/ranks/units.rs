//! Units: an op begins when it is at the head of its unit's queue and the unit is free.

use std::num::NonZeroU32;

use machine::Cycles;
use oplog::{StallReason, UnitId};
use program::{UnitKind, cost};

use super::Ranks;
use crate::event::Event;
use crate::lower::Lowered;
use crate::run::Run;
use crate::transport::Transport;

impl Ranks {
    /// The unit takes an op; a send may still have to wait for a slot.
    pub(super) fn begin(
        &mut self,
        run: &mut Run<'_>,
        transport: &mut Transport,
        rank: u32,
        index: u32,
        unit: UnitId,
    ) {
        let state = self.state(rank);
        state.unit(unit).running = Some(index);
        let global = state.global(index);
        match run.lowering.ops[global] {
            Lowered::Compute { cycles, .. } => {
                begin_compute(run, transport, (rank, index, global), unit, cycles);
            }
            sends @ (Lowered::Send { .. } | Lowered::Multicast { .. }) => {
                if self.has_credit(run, sends) {
                    begin_send(run, transport, (rank, index, global), sends);
                } else {
                    self.state(rank).wants_credit = Some(run.now());
                }
            }
            Lowered::ReceiveReduce { .. } => {
                begin_compute(run, transport, (rank, index, global), unit, None);
            }
            Lowered::Move { .. } | Lowered::ReceiveCopy(_) | Lowered::Pass { kind: UnitKind::Dma, .. } => {
                run.record.started(global, run.now());
                let setup = if unit == UnitId::RECV { self.costs.receive } else { self.costs.dma_setup };
                transport.begin_move(run, (rank, index), unit, setup);
            }
            Lowered::Pass { cycles, .. } => {
                begin_compute(run, transport, (rank, index, global), unit, cycles);
            }
            Lowered::Receive(_)
            | Lowered::ReceiveLater(_)
            | Lowered::Release(_)
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

    /// The send of a rank that waited for a slot goes on, if it now has one.
    pub(super) fn retry_send(&mut self, run: &mut Run<'_>, transport: &mut Transport, rank: u32) {
        let state = self.state(rank);
        let (Some(since), Some(index)) = (state.wants_credit, state.unit(UnitId::SEND).running) else {
            return;
        };
        let global = state.global(index);
        let sends = run.lowering.ops[global];
        if !self.has_credit(run, sends) {
            return;
        }
        self.state(rank).wants_credit = None;
        run.record.stall(rank, global, StallReason::Credit, since, run.now());
        begin_send(run, transport, (rank, index, global), sends);
    }

    /// Whether every slot that a send fills is free.
    fn has_credit(&self, run: &Run<'_>, sends: Lowered) -> bool {
        if let Lowered::Multicast { first, len } = sends {
            let mut messages = run.lowering.messages(first, len).iter();
            return messages.all(|&message| self.rings.has_slot(message));
        }
        let Lowered::Send { message, .. } = sends else { unreachable!("only sends need credits") };
        self.rings.has_slot(message)
    }
}

fn begin_compute(
    run: &mut Run<'_>,
    transport: &mut Transport,
    (rank, op, global): (u32, u32, usize),
    unit: UnitId,
    cycles: Option<NonZeroU32>,
) {
    let spec = run.spec();
    let cycles = cycles.map(|cycles| Cycles(u64::from(cycles.get()))).unwrap_or_else(|| {
        cost::compute(spec, run.rank(rank), run.op(rank, op)).expect("GEMM and math ops have a cost")
    });
    run.record.started(global, run.now());
    let end = run.now() + spec.clock.pe_fs.span(cycles);
    let end = end.max(transport.operands_through(run, rank, op));
    run.schedule(end, Event::OpDone { rank, op, unit });
}

fn begin_send(
    run: &mut Run<'_>,
    transport: &mut Transport,
    (rank, op, global): (u32, u32, usize),
    sends: Lowered,
) {
    run.record.started(global, run.now());
    if let Lowered::Send { message, bytes } = sends {
        let total = bytes.map_or_else(|| run.sent_view(rank, op).bytes(), |bytes| u64::from(bytes.get()));
        transport.send(run, rank, op, message, total);
    } else if let Lowered::Multicast { first, len } = sends {
        transport.multicast(run, rank, op, (first, len));
    }
}
