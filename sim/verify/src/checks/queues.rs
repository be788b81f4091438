//! Command queues: a machine has them or rings, events that are waited for are signalled, and whatever is encoded
//! is committed before anybody waits for it.

use diagnostic::{Fault, Place};
use machine::Machine;
use program::{Op, OpIndex, Program, QueueOp, Rank, Stage, SyncOp, buffer_of, command_buffers};

use crate::checks::ops;
use crate::checks::refusal::Reasons;

pub(super) fn check(program: &Program, machine: &Machine, reasons: &mut Reasons<'_>) {
    let queues = machine.queue().is_some();
    let name = &machine.spec().name;
    for (rank, rank_program) in program.ranks.iter().enumerate() {
        let rank = Rank(rank as u32);
        let mut ops = rank_program.ops.iter().zip(0..);
        // One reason a rank: the same is wrong with all that follow.
        if let Some((op, index)) = ops.find(|(op, _)| if queues { needs_rings(op) } else { needs_queues(op) })
        {
            reasons.op(rank, OpIndex(index), misplaced(op, name));
        } else if queues {
            commits(program, rank, reasons);
        }
    }
    if queues {
        events(program, reasons);
    }
}

fn needs_queues(op: &Op) -> bool {
    matches!(op, Op::Queue(QueueOp::HostCopy { .. })) || matches!(op.stage(), Stage::Event | Stage::Commit)
}

fn needs_rings(op: &Op) -> bool {
    !op.messages().is_empty()
}

fn misplaced(op: &Op, machine: &str) -> Fault {
    let machine = machine.to_owned();
    if needs_rings(op) { Fault::NoRings { machine } } else { Fault::NoQueues { machine } }
}

/// What is encoded is committed, and before the host waits for it.
fn commits(program: &Program, rank: Rank, reasons: &mut Reasons<'_>) {
    let rank_program = program.rank(rank);
    let buffers = command_buffers(rank_program);
    if let Some(first) = buffers.last().filter(|last| last.commit.is_none()).and_then(|last| last.ops.first())
    {
        reasons.op_at(rank, *first, Fault::NeverCommitted {}, Place::CommandBuffer { rank, number: None });
    }
    for (index, op) in rank_program.ops.iter().enumerate() {
        let (index, Op::Sync(SyncOp::Wait { on })) = (OpIndex(index as u32), op) else { continue };
        let late = on.iter().find(|&&waited| {
            let encoded = matches!(rank_program.ops[waited.index()].stage(), Stage::Pass | Stage::Event);
            encoded && buffers[buffer_of(&buffers, waited)].commit.is_none_or(|commit| commit > index)
        });
        if let Some(waited) = late {
            let place = Place::CommandBuffer { rank, number: None };
            reasons.op_at(rank, index, Fault::WaitBeforeCommit { op: *waited }, place);
        }
    }
}

/// No wait asks for more than is signalled.
fn events(program: &Program, reasons: &mut Reasons<'_>) {
    let mut largest = vec![0; program.n_events as usize];
    for (_, _, op) in ops(program) {
        if let Op::Queue(QueueOp::EventSignal { event, value }) = op {
            largest[event.index()] = value.max(&largest[event.index()]).to_owned();
        }
    }
    for (rank, index, op) in ops(program) {
        let Op::Queue(QueueOp::EventWait { event, value }) = *op else { continue };
        if value > largest[event.index()] {
            let fault = match largest[event.index()] {
                0 => Fault::EventNotSignalled { value },
                largest => Fault::EventTooSmall { value, largest },
            };
            reasons.op_at(rank, index, fault, Place::Event(event));
        }
    }
}
