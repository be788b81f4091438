//! Units: an op begins when it is at the head of its unit's queue and the unit is free.

use std::num::NonZeroU32;

use machine::{Cycles, SimTime, Span};
use oplog::{StallReason, UnitId};
use program::{Message, UnitKind, cost};

use super::Ranks;
use super::state::WantsCredit;
use crate::event::{Event, OpId};
use crate::lower::Lowered;
use crate::run::Run;
use crate::transport::Transport;
use crate::turn::Turn;

impl Ranks {
    /// The unit takes an op at `at`, now or later; a send may still have to wait for a slot.
    pub(super) fn begin(
        &mut self,
        run: &mut Run,
        transport: &mut Transport,
        op: OpId,
        unit: UnitId,
        at: SimTime,
    ) {
        self.state(op.rank).unit(unit).running = Some(op.index);
        let global = run.global(op);
        match run.lowering.ops[global] {
            Lowered::Move { .. } | Lowered::ReceiveCopy(_) | Lowered::Pass { kind: UnitKind::Dma, .. } => {
                run.record.started(global, at);
                let setup = if unit == UnitId::RECV { self.costs.receive } else { self.costs.dma_setup };
                transport.begin_move(run, op, unit, (at, setup));
            }
            Lowered::Compute { cycles, .. } | Lowered::Pass { cycles, .. } => {
                begin_compute(run, transport, op, unit, (at, cycles));
            }
            Lowered::ReceiveReduce { .. } => begin_compute(run, transport, op, unit, (at, None)),
            sends @ (Lowered::Send { .. } | Lowered::Multicast { .. }) => {
                self.begin_send(run, transport, op, sends, (at, at));
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
    pub fn retry_send(&mut self, run: &mut Run, transport: &mut Transport, rank: u32) {
        let state = self.state(rank);
        let (Some(WantsCredit { since, .. }), Some(index)) =
            (state.wants_credit.take(), state.unit(UnitId::SEND).running)
        else {
            return;
        };
        let op = OpId { rank, index };
        let at = since.max(run.now());
        if self.begin_send(run, transport, op, run.lowered(op), (since, at)) {
            run.stall(op, StallReason::Credit, since, at);
        }
    }

    /// Begins a send at `at` if every slot that it fills is free then; otherwise it waits, as it has `since`.
    fn begin_send(
        &mut self,
        run: &mut Run,
        transport: &mut Transport,
        op: OpId,
        sends: Lowered,
        (since, at): (SimTime, SimTime),
    ) -> bool {
        let Some((of, known)) = self.missing_credit(run, sends, at) else {
            run.record.started(run.global(op), at);
            send(run, transport, op, sends, at);
            return true;
        };
        let of = if known.is_none() { Some(of) } else { None };
        self.state(op.rank).wants_credit = Some(WantsCredit { since, of });
        if let Some(back) = known {
            run.schedule(back, Turn::into(op.rank), Event::SendGoesOn { rank: op.rank });
        }
        false
    }

    /// The first message whose credit a send does not have at `at`, and when it will, if that is known.
    fn missing_credit(&self, run: &Run, sends: Lowered, at: SimTime) -> Option<(Message, Option<SimTime>)> {
        let missing = |message: Message| {
            let frees = self.rings.frees(message)?;
            let back = self.rings.credit_of(frees);
            back.is_none_or(|back| back > at).then_some((frees, back))
        };
        if let Lowered::Multicast { first, len } = sends {
            return run.lowering.messages(first, len).iter().copied().find_map(missing);
        }
        let Lowered::Send { message, .. } = sends else { unreachable!("only sends need credits") };
        missing(message)
    }
}

/// An op of a math or GEMM unit begins at `at`.
fn begin_compute(
    run: &mut Run,
    transport: &mut Transport,
    op: OpId,
    unit: UnitId,
    (at, cycles): (SimTime, Option<NonZeroU32>),
) {
    run.record.started(run.global(op), at);
    let end = at + compute_time(run, op, cycles);
    let end = end.max(transport.operands_through(run, op, at));
    run.op_ends(op, unit, end);
}

/// The time of an op of a math or GEMM unit.
pub(super) fn compute_time(run: &Run, op: OpId, cycles: Option<NonZeroU32>) -> Span {
    let spec = run.spec();
    let cycles = cycles.map(|cycles| Cycles(u64::from(cycles.get()))).unwrap_or_else(|| {
        cost::compute(spec, run.rank(op.rank), run.op(op)).expect("GEMM and math ops have a cost")
    });
    spec.clock.pe_fs.span(cycles)
}

fn send(run: &mut Run, transport: &mut Transport, op: OpId, sends: Lowered, at: SimTime) {
    if let Lowered::Send { message, bytes } = sends {
        let total = bytes.map_or_else(|| run.sent_bytes(op), |bytes| u64::from(bytes.get()));
        transport.send(run, op, message, (at, total));
    } else if let Lowered::Multicast { first, len } = sends {
        transport.multicast(run, op, (first, len), at);
    }
}
