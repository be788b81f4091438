//! Units: an op begins when it is at the head of its unit's queue and the unit is free.

use std::num::NonZeroU32;

use machine::Cycles;
use oplog::{StallReason, UnitId};
use program::{UnitKind, cost};

use super::Ranks;
use crate::event::{Event, OpId};
use crate::lower::Lowered;
use crate::run::Run;
use crate::transport::Transport;
use crate::turn::Turn;

impl Ranks {
    /// The unit takes an op; a send may still have to wait for a slot.
    pub(super) fn begin(&mut self, run: &mut Run, transport: &mut Transport, op: OpId, unit: UnitId) {
        self.state(op.rank).unit(unit).running = Some(op.index);
        let global = run.global(op);
        match run.lowering.ops[global] {
            Lowered::Move { .. } | Lowered::ReceiveCopy(_) | Lowered::Pass { kind: UnitKind::Dma, .. } => {
                run.record.started(global, run.now());
                let setup = if unit == UnitId::RECV { self.costs.receive } else { self.costs.dma_setup };
                transport.begin_move(run, op, unit, setup);
            }
            Lowered::Compute { cycles, .. } | Lowered::Pass { cycles, .. } => {
                begin_compute(run, transport, op, unit, cycles);
            }
            Lowered::ReceiveReduce { .. } => begin_compute(run, transport, op, unit, None),
            sends @ (Lowered::Send { .. } | Lowered::Multicast { .. }) => {
                if self.has_credit(run, sends) {
                    begin_send(run, transport, op, sends);
                } else {
                    self.state(op.rank).wants_credit = Some(run.now());
                }
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
    pub(super) fn retry_send(&mut self, run: &mut Run, transport: &mut Transport, rank: u32) {
        let state = self.state(rank);
        let (Some(since), Some(index)) = (state.wants_credit, state.unit(UnitId::SEND).running) else {
            return;
        };
        let op = OpId { rank, index };
        let sends = run.lowered(op);
        if self.has_credit(run, sends) {
            self.state(rank).wants_credit = None;
            run.stall(op, StallReason::Credit, since, run.now());
            begin_send(run, transport, op, sends);
        }
    }

    /// Whether every slot that a send fills is free.
    fn has_credit(&self, run: &Run, sends: Lowered) -> bool {
        if let Lowered::Multicast { first, len } = sends {
            let mut messages = run.lowering.messages(first, len).iter();
            return messages.all(|&message| self.rings.has_slot(message));
        }
        let Lowered::Send { message, .. } = sends else { unreachable!("only sends need credits") };
        self.rings.has_slot(message)
    }
}

fn begin_compute(
    run: &mut Run,
    transport: &mut Transport,
    op: OpId,
    unit: UnitId,
    cycles: Option<NonZeroU32>,
) {
    let spec = run.spec();
    let cycles = cycles.map(|cycles| Cycles(u64::from(cycles.get()))).unwrap_or_else(|| {
        cost::compute(spec, run.rank(op.rank), run.op(op)).expect("GEMM and math ops have a cost")
    });
    run.record.started(run.global(op), run.now());
    let end = run.now() + spec.clock.pe_fs.span(cycles);
    let end = end.max(transport.operands_through(run, op));
    run.schedule(end, Turn::of(op), Event::OpDone { op, unit });
}

fn begin_send(run: &mut Run, transport: &mut Transport, op: OpId, sends: Lowered) {
    run.record.started(run.global(op), run.now());
    if let Lowered::Send { message, bytes } = sends {
        let total = bytes.map_or_else(|| run.sent_bytes(op), |bytes| u64::from(bytes.get()));
        transport.send(run, op, message, total);
    } else if let Lowered::Multicast { first, len } = sends {
        transport.multicast(run, op, (first, len));
    }
}
